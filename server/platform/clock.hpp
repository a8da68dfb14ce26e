// clock.hpp - the server's clock, and the guard that notices when it jumps.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "server/domain/ports.hpp"

namespace twofold::platform {

// CLOCK_REALTIME. Thread-safe.
class SystemClock final : public domain::Clock {
 public:
    domain::Instant now() const override;
    std::int64_t now_ms() const override;
};

// Milliseconds since boot, suspend included (CLOCK_BOOTTIME), so that a laptop that slept does not
// look like a clock that jumped.
std::int64_t monotonic_ms();

// Compares the wall, monotonic and database clocks (security: "the clock jumps"). While two of them
// disagree by more than 5 s no code may be judged: a wall clock set forward would let future steps
// in, one set back would revive old ones. Thread-safe.
//   wall, monotonic  milliseconds
//   database         seconds since the epoch, or nothing when there is no answer or no clock of its
//                    own (SQLite: it would only repeat ours)
// A jump clears by itself when the clocks agree again as they did at start, or when a database
// clock of its own has agreed with the wall clock for a whole minute (then our monotonic clock was
// the odd one out, as after a paused virtual machine).
class ClockGuard {
 public:
    using Milliseconds = std::function<std::int64_t()>;
    using DatabaseSeconds = std::function<std::optional<std::int64_t>()>;
    ClockGuard(Milliseconds wall, Milliseconds monotonic, DatabaseSeconds database);

    // Reads the clocks; call it every second or so. True when they agree.
    bool check();
    // Reads wall and monotonic only, with no database round trip; for every verify.
    bool ok() const;
    // Empty while they agree, else which ones part and by how much.
    std::string what() const;

    static constexpr std::int64_t kToleranceMs = 5000;

 private:
    std::int64_t jump_ms() const;  // wall against monotonic, since start; mutex held

    Milliseconds wall_;
    Milliseconds monotonic_;
    DatabaseSeconds database_;
    mutable std::mutex mutex_;
    std::int64_t offset_ms_;  // wall - monotonic, when they were last trusted
    bool database_agrees_ = true;
    std::int64_t database_apart_ms_ = 0;
    std::optional<std::int64_t> agreed_since_;  // monotonic: database and wall agree during a jump
};

}  // namespace twofold::platform
