// transport.hpp - the way a message leaves. One interface, one implementation a channel.
#pragma once
#include <string>

#include "server/domain/rows.hpp"

namespace twofold::delivery {

// A rendered message. `to`, `text`, `html`, `code` and `link` are secret: never logged.
struct Letter {
    domain::MessageId id;
    domain::Channel channel{};
    std::string kind;
    std::string locale;
    std::string to;       // email address, or E.164
    std::string region;   // whatsapp: of the number
    std::string subject;  // one line
    std::string text;     // lines end in \n
    std::string html;     // email: the same as a page of its own
    std::string link;     // empty: none
    std::string code;     // empty: none
    domain::Instant created_at{};
    domain::Instant not_after{};  // never sent later (rule 14)
};

enum class Sent {
    done,     // accepted by the other side
    later,    // not now: try again with back-off
    refused,  // never: this address or text is not taken
};

// What became of one try.
struct Receipt {
    Sent sent{};
    domain::Failure failure{};  // why not; `unclear` with later: it may have arrived, send the same again
    std::string provider_id;    // whatsapp: wamid
};

class Transport {
 public:
    virtual ~Transport() = default;
    // Blocking, for a bounded time. Called by one worker at a time per instance. The same letter may
    // come twice (a crash after sending): use its id where the other side can tell.
    virtual Receipt send(const Letter& letter) = 0;
    // From any thread: a send that runs ends within about a second, as if the other side were silent.
    virtual void give_up() {}
};

}  // namespace twofold::delivery
