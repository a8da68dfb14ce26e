// verify_queue.hpp - verifies that arrive together share one transaction and one commit.
// Each writer thread takes whatever waits (up to verify_batch, without a timer), loads and locks
// all rows at once, decides in memory in order of arrival, writes, commits, and only then answers.
// Commits decide the speed: HMAC is about 1 % of a verify.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/domain/second_step.hpp"

namespace twofold::domain {

// Thread-safe. The destructor lets the writers finish what waits.
class VerifyQueue {
 public:
    // Starts settings.verify_writers threads at the first run().
    explicit VerifyQueue(Core& core);
    ~VerifyQueue();
    VerifyQueue(const VerifyQueue&) = delete;
    VerifyQueue& operator=(const VerifyQueue&) = delete;

    // Called once, on a thread of the queue's (or at once on the caller's, when the queue is full):
    // it must not throw, and not wait.
    using Answer = std::function<void(Outcome<Approved>)>;

    // Answers when the outcome is committed. `digits` is the canonical code.
    //   overloaded   verify_waiting others wait already
    //   unavailable  no answer within verify_deadline; when the code was accepted after all, a
    //                retry gives code_already_used or challenge_closed, never a second success
    void submit(Pass pass, std::string digits, Answer answer);
    // The same for a caller that waits.
    Outcome<Approved> run(const Pass& pass, std::string digits);
    // How many wait for a writer at this moment; for metrics.
    std::size_t waiting();

 private:
    struct Item;
    using Batch = std::vector<std::shared_ptr<Item>>;

    void work();
    void watch();
    void run_batch(const Batch& batch);
    bool try_batch(const Batch& batch);
    void decide(Tx& tx, VerifyRows& rows, Item& item);

    Core& core_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::shared_ptr<Item>> waiting_;
    std::deque<std::shared_ptr<Item>> watched_;  // in order of their deadlines
    std::condition_variable unwatched_;
    std::vector<std::thread> writers_;
    std::thread watch_;
    bool stopping_ = false;
};

}  // namespace twofold::domain
