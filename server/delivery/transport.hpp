// transport.hpp - the way a message leaves. One interface, one implementation a channel.
#pragma once
#include <string>

#include "server/domain/rows.hpp"

namespace twofold::delivery {

// A rendered message. `to`, `text` and `link` are secret: never logged.
struct Letter {
    domain::MessageId id;
    domain::Channel channel{};
    std::string kind;
    std::string locale;
    std::string to;
    std::string subject;  // one line
    std::string text;     // lines end in \n
    std::string link;     // empty: none
    domain::Instant created_at{};
    domain::Instant not_after{};  // never sent later (rule 14)
};

enum class Sent {
    done,     // accepted by the other side
    later,    // not now: try again with back-off
    refused,  // never: this address or text is not taken
};

class Transport {
 public:
    virtual ~Transport() = default;
    // Blocking; called by one worker at a time. The same letter may come twice (a crash after
    // sending): use its id where the other side can tell.
    virtual Sent send(const Letter& letter) = 0;
};

}  // namespace twofold::delivery
