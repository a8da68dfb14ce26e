// worker_pool.hpp - threads for handlers that wait: a database, Argon2id. Threads start when work
// waits and none is free, up to a maximum, with small stacks. The queue is bounded: submit() says
// no instead of letting work grow old, and the front answers 503 `overloaded`.
// Thread-safe.
#pragma once
#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace twofold::http {

class WorkerPool {
 public:
    // The task learns whether it waited too long to be worth running.
    using Task = std::function<void(bool stale)>;

    struct Options {
        std::size_t threads = 96;
        std::size_t queue = 1024;
        std::size_t stack_bytes = std::size_t{512} * 1024;
        std::chrono::milliseconds stale_after{2000};
    };

    explicit WorkerPool(const Options& options) : options_(options) {}
    ~WorkerPool() { stop(); }
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    // False when the queue is full or the pool is stopping.
    [[nodiscard]] bool submit(Task task);
    // Runs what is queued, then ends the threads.
    void stop();

    std::size_t queued() const;
    std::size_t running() const;

 private:
    struct Item {
        Task task;
        std::chrono::steady_clock::time_point since;
    };
    static void* enter(void* self);
    void work();
    bool start_thread();

    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<Item> queue_;
    std::vector<pthread_t> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

}  // namespace twofold::http
