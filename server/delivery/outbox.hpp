// outbox.hpp - sends what transactions queued (rule 14): leases messages so that no two workers
// hold one, renders and sends them after commit, notes the result, and tries again with back-off -
// never after a message's own not_after.
#pragma once
#include <functional>
#include <string_view>
#include <vector>

#include "server/delivery/transport.hpp"
#include "server/domain/ports.hpp"

namespace twofold::delivery {

class Outbox {
 public:
    // Told what became of a message: its id, kind and "sent", "later", "refused", "expired",
    // "unreadable" or "no_text". Never the address or text.
    using OnResult = std::function<void(const domain::MessageId&, std::string_view kind,
                                        std::string_view result)>;
    Outbox(domain::Store& store, domain::Sealer& sealer, domain::Clock& clock, Transport& transport,
           OnResult on_result);

    // One round: leases up to 16 due messages for a minute and deals with them. How many were
    // leased; call again at once when it is not 0. Called by one thread at a time.
    int run_once();

    // The newest messages that were sent, rendered again; oldest first. For the demo's mailbox
    // after a restart.
    std::vector<Letter> sent_before(int limit);

    // Before try `attempts` + 1: 5 s, doubling, at most 5 min.
    static domain::Seconds back_off(int attempts);

 private:
    // Nothing when it does not open or there is no such text; `why` says which.
    std::optional<Letter> letter_of(const domain::MessageRow& row, std::string_view& why);

    domain::Store& store_;
    domain::Sealer& sealer_;
    domain::Clock& clock_;
    Transport& transport_;
    OnResult on_result_;
};

}  // namespace twofold::delivery
