#include "server/platform/clock.hpp"

#include <time.h>

#include <cstdlib>

namespace twofold::platform {
namespace {

std::int64_t read_ms(clockid_t id) {
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1000000;
}

constexpr std::int64_t kRebaseAfterMs = 60'000;

}  // namespace

domain::Instant SystemClock::now() const {
    return domain::Instant{domain::Seconds{now_ms() / 1000}};
}
std::int64_t SystemClock::now_ms() const { return read_ms(CLOCK_REALTIME); }
std::int64_t monotonic_ms() { return read_ms(CLOCK_BOOTTIME); }

ClockGuard::ClockGuard(Milliseconds wall, Milliseconds monotonic, DatabaseSeconds database)
    : wall_(std::move(wall)),
      monotonic_(std::move(monotonic)),
      database_(std::move(database)),
      offset_ms_(wall_() - monotonic_()) {}

std::int64_t ClockGuard::jump_ms() const { return wall_() - monotonic_() - offset_ms_; }

bool ClockGuard::check() {
    // Asked before the lock is taken: a slow database must not hold up ok().
    const std::int64_t before = wall_();
    std::optional<std::int64_t> database;
    if (database_) database = database_();
    const std::int64_t after = wall_();

    const std::lock_guard lock(mutex_);
    if (database) {
        // The answer is a whole second somewhere between the two readings.
        const std::int64_t low = database.value_or(0) * 1000 - after;
        const std::int64_t high = database.value_or(0) * 1000 + 999 - before;
        database_apart_ms_ = low > 0 ? low : (high < 0 ? high : 0);
        database_agrees_ = std::abs(database_apart_ms_) <= kToleranceMs;
    }
    const std::int64_t jump = jump_ms();
    if (std::abs(jump) <= kToleranceMs) {
        agreed_since_.reset();
    } else if (database && database_agrees_) {
        const std::int64_t now = monotonic_();
        if (!agreed_since_) agreed_since_ = now;
        if (now - *agreed_since_ >= kRebaseAfterMs) {
            offset_ms_ += jump;
            agreed_since_.reset();
        }
    } else {
        agreed_since_.reset();
    }
    return database_agrees_ && std::abs(jump_ms()) <= kToleranceMs;
}

bool ClockGuard::ok() const {
    const std::lock_guard lock(mutex_);
    return database_agrees_ && std::abs(jump_ms()) <= kToleranceMs;
}

std::string ClockGuard::what() const {
    const std::lock_guard lock(mutex_);
    const std::int64_t jump = jump_ms();
    if (std::abs(jump) > kToleranceMs) {
        return "this machine's clock jumped by " + std::to_string(jump / 1000) +
               " s; set it right (timedatectl), then restart twofold";
    }
    if (!database_agrees_) {
        return "this machine's clock and the database's are " +
               std::to_string(database_apart_ms_ / 1000) + " s apart; set both right (timedatectl)";
    }
    return {};
}

}  // namespace twofold::platform
