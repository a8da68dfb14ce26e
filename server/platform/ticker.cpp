#include "server/platform/ticker.hpp"

#include <exception>

namespace twofold::platform {

Ticker::Ticker(std::chrono::milliseconds period, std::function<void()> work,
               std::function<void(const char*)> failed)
    : period_(period),
      work_(std::move(work)),
      failed_(std::move(failed)),
      thread_([this] { run(); }) {}

Ticker::~Ticker() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Ticker::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

void Ticker::run() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
        woken_ = false;
        lock.unlock();
        try {
            work_();
        } catch (const std::exception& e) {
            failed_(e.what());
        }
        lock.lock();
        changed_.wait_for(lock, period_, [this] { return stop_ || woken_; });
    }
}

}  // namespace twofold::platform
