// ticker.hpp - a thread that runs one thing again and again until it is told to stop.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace twofold::platform {

// Runs `work` at once and then every `period`, or sooner when wake() is called. An exception that
// leaves `work` goes to `failed` and the next round comes as usual. Stops, and waits for the round
// that runs, on destruction.
class Ticker {
 public:
    Ticker(std::chrono::milliseconds period, std::function<void()> work,
           std::function<void(const char*)> failed);
    ~Ticker();
    Ticker(const Ticker&) = delete;
    Ticker& operator=(const Ticker&) = delete;
    void wake();

 private:
    void run();
    const std::chrono::milliseconds period_;
    const std::function<void()> work_;
    const std::function<void(const char*)> failed_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_ = false;
    bool woken_ = false;
    std::thread thread_;
};

}  // namespace twofold::platform
