// outbox.hpp - sends what transactions queued (rule 14): leases messages so that no two workers hold
// one, renders and sends them after commit, notes the result, and tries again with jittered back-off -
// never after a message's own not_after. A code is derived here, just before it leaves (rule 11).
#pragma once
#include <atomic>
#include <functional>
#include <string_view>
#include <vector>

#include "server/delivery/board.hpp"
#include "server/delivery/transport.hpp"
#include "server/domain/core.hpp"

namespace twofold::delivery {

// What became of one try. Never the address, text or code.
struct Attempt {
    domain::MessageId id;
    domain::Channel channel{};
    std::string kind;
    std::string_view result;  // sent later refused expired unreadable no_text
    domain::Failure failure{};
    int number = 1;  // of the try
    std::int64_t ms = 0;
    int code = 0;  // WhatsApp's error code; 0: none
};

// One worker of one channel: its own transport, used by one thread at a time.
class Outbox {
 public:
    using OnAttempt = std::function<void(const Attempt&)>;
    struct Outcome {
        domain::MessageRow row;
        domain::MessageResult result;
    };
    Outbox(domain::Core& core, domain::Channel channel, Transport& transport, ChannelBoard& board,
           OnAttempt on_attempt);

    // At most `most` due messages, for a minute, and no more than the channel's state allows. Empty
    // when the database is away, too: the next round asks again.
    std::vector<domain::MessageRow> lease(int most);
    // Sends a leased one, or finds that it cannot be sent any more.
    Outcome deal_with(const domain::MessageRow& row);
    // Not tried: due again at once, for another worker or another server.
    Outcome give_back(const domain::MessageRow& row);
    // Whether a leased one should be given back: the channel has closed meanwhile, or too little is
    // left of the lease for a send that takes its time.
    bool too_late_for(const domain::MessageRow& row);
    // Writes all of them in one transaction, and forgets them. When this write is lost the leases run
    // out and the messages are sent once more: twice is better than never.
    static void note(domain::Core& core, std::vector<Outcome>& done);

    // One round, all by itself: leases up to 16, deals with them, notes the results. How many were
    // leased. `stop` ends it between two messages; what it had leased is given back.
    int run_once(const std::atomic<bool>& stop);
    int run_once();

    // The newest messages of either channel that were sent, rendered again; oldest first. For the
    // demo's mailbox after a restart.
    std::vector<Letter> sent_before(int limit);

    // Before try `attempts` + 1: about 2 s, doubling, at most 2 min, with a quarter of jitter.
    domain::Seconds back_off(int attempts);

 private:
    // Nothing when it does not open or there is no such text; `why` says which.
    std::optional<Letter> letter_of(const domain::MessageRow& row, std::string_view& why);
    void put_off(const domain::MessageRow& row, domain::MessageResult& result, Attempt& attempt);
    void tell_board(const domain::MessageRow& row, const Receipt& receipt, int& code);

    domain::Core& core_;
    const domain::Channel channel_;
    Transport& transport_;
    ChannelBoard& board_;
    const OnAttempt on_attempt_;
};

}  // namespace twofold::delivery
