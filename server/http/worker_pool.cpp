#include "server/http/worker_pool.hpp"

#include <utility>

namespace twofold::http {

bool WorkerPool::submit(Task task) {
    std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= options_.queue) return false;
    // One waiting thread per queued task is enough; start another only when there are fewer.
    if (queue_.size() >= idle_ && threads_.size() < options_.threads && !start_thread() &&
        threads_.empty()) {
        return false;
    }
    queue_.push_back({std::move(task), std::chrono::steady_clock::now()});
    ready_.notify_one();
    return true;
}

bool WorkerPool::start_thread() {
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, options_.stack_bytes);
    pthread_t thread{};
    const bool ok = pthread_create(&thread, &attr, &WorkerPool::enter, this) == 0;
    pthread_attr_destroy(&attr);
    if (ok) threads_.push_back(thread);
    return ok;
}

void* WorkerPool::enter(void* self) {
    static_cast<WorkerPool*>(self)->work();
    return nullptr;
}

void WorkerPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        ready_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (queue_.empty()) return;
        Item item = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        item.task(std::chrono::steady_clock::now() - item.since > options_.stale_after);
        item.task = nullptr;
        lock.lock();
    }
}

void WorkerPool::stop() {
    std::vector<pthread_t> threads;
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
        threads.swap(threads_);
    }
    ready_.notify_all();
    for (pthread_t t : threads) pthread_join(t, nullptr);
}

std::size_t WorkerPool::queued() const {
    std::lock_guard lock(mutex_);
    return queue_.size();
}

std::size_t WorkerPool::running() const {
    std::lock_guard lock(mutex_);
    return threads_.size() - idle_;
}

}  // namespace twofold::http
