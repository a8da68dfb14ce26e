// outbox_pool.hpp - the workers of one channel in one process. Each has a thread and a transport of its
// own and takes one message at a time from what the pool has leased, so that nobody's code waits behind
// another that is slow. One more thread notes the results: those that come while it commits share the
// next commit.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/delivery/outbox.hpp"

namespace twofold::delivery {

// The workers sleep until the core's bell rings for a message of this process, and look every quarter
// of a second for those of others. The destructor lets the sends that run finish, notes what became
// of them, and gives back what was leased and not begun.
class OutboxPool {
 public:
    using MakeTransport = std::function<std::unique_ptr<Transport>()>;
    OutboxPool(domain::Core& core, domain::Channel channel, int workers,
               const MakeTransport& make_transport, ChannelBoard& board,
               const Outbox::OnAttempt& on_attempt);
    ~OutboxPool();
    // Begins nothing more and waits for the sends that run; those that still do at `deadline` are
    // given up, about a second later at most.
    void finish(std::chrono::steady_clock::time_point deadline);
    OutboxPool(const OutboxPool&) = delete;
    OutboxPool& operator=(const OutboxPool&) = delete;

 private:
    void work(Outbox& outbox);
    // Deals with one message; false when there was none.
    bool one(Outbox& outbox);
    // The next leased one; leases more when there is none left.
    std::optional<domain::MessageRow> take(Outbox& outbox);
    void put(Outbox::Outcome outcome);
    void keep_notes();

    domain::Core& core_;
    const int workers_;
    std::atomic<bool> stop_{false};
    std::vector<std::unique_ptr<Transport>> transports_;
    std::vector<std::unique_ptr<Outbox>> outboxes_;
    std::vector<std::thread> threads_;
    std::atomic<int> working_{0};

    std::mutex stock_mutex_;
    std::deque<domain::MessageRow> stock_;  // leased, not begun
    std::mutex lease_mutex_;                // one worker leases for all
    std::chrono::steady_clock::time_point found_none_{};

    std::mutex notes_mutex_;
    std::condition_variable notes_changed_;
    std::vector<Outbox::Outcome> notes_;
    bool last_note_ = false;
    std::thread noter_;
};

}  // namespace twofold::delivery
