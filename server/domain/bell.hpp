// bell.hpp - tells this process's workers that a message was queued, so that they need not look all
// the time. A hint: it may ring for nothing, and messages of other processes ring no bell here.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace twofold::domain {

// Thread-safe.
class Bell {
 public:
    void ring() {
        {
            const std::lock_guard lock(mutex_);
            ++rung_;
        }
        changed_.notify_all();
    }
    // True at once when it has rung since `heard`, which then is up to date; false after `at_most`.
    bool wait(std::uint64_t& heard, std::chrono::milliseconds at_most) {
        std::unique_lock lock(mutex_);
        const bool rung = changed_.wait_for(lock, at_most, [&] { return rung_ != heard; });
        heard = rung_;
        return rung;
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t rung_ = 0;
};

}  // namespace twofold::domain
