// outbox.hpp - sends what transactions queued (rule 14): leases messages so that no two workers hold
// one, renders and sends them after commit, notes the result, and tries again with jittered back-off -
// never after a message's own not_after. A code is derived here, just before it leaves (rule 11).
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
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
    Outbox(domain::Core& core, domain::Channel channel, Transport& transport, ChannelBoard& board,
           OnAttempt on_attempt);

    // One round: leases up to 16 due messages for a minute and deals with them. How many were
    // leased; call again at once when it is not 0. `stop` ends it between two messages; what it had
    // leased is given back.
    int run_once(const std::atomic<bool>& stop);
    int run_once();

    // The newest messages of either channel that were sent, rendered again; oldest first. For the
    // demo's mailbox after a restart.
    std::vector<Letter> sent_before(int limit);

    // Before try `attempts` + 1: about 2 s, doubling, at most 2 min, with a quarter of jitter.
    domain::Seconds back_off(int attempts);

 private:
    struct Outcome {
        domain::MessageRow row;
        domain::MessageResult result;
    };
    // Nothing when it does not open or there is no such text; `why` says which.
    std::optional<Letter> letter_of(const domain::MessageRow& row, std::string_view& why);
    Outcome deal_with(const domain::MessageRow& row);
    Outcome give_back(const domain::MessageRow& row);
    void tell_board(const domain::MessageRow& row, const Receipt& receipt, int& code);
    void note(std::vector<Outcome>& done);

    domain::Core& core_;
    const domain::Channel channel_;
    Transport& transport_;
    ChannelBoard& board_;
    const OnAttempt on_attempt_;
};

// The workers of a channel, each with a thread and a transport of its own. They sleep until the
// core's bell rings for a message of this process, and look every quarter of a second for those of
// others. The destructor lets the sends that run finish.
class OutboxPool {
 public:
    using MakeTransport = std::function<std::unique_ptr<Transport>()>;
    OutboxPool(domain::Core& core, domain::Channel channel, int workers,
               const MakeTransport& make_transport, ChannelBoard& board,
               const Outbox::OnAttempt& on_attempt);
    ~OutboxPool();
    OutboxPool(const OutboxPool&) = delete;
    OutboxPool& operator=(const OutboxPool&) = delete;

 private:
    void work(Outbox& outbox);

    domain::Core& core_;
    const int workers_;
    std::atomic<bool> stop_{false};
    std::vector<std::unique_ptr<Transport>> transports_;
    std::vector<std::unique_ptr<Outbox>> outboxes_;
    std::vector<std::thread> threads_;
};

}  // namespace twofold::delivery
