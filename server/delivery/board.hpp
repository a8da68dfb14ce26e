// board.hpp - which channels are open, shared by all servers through the store (domain/channels.hpp):
// the circuit breaker of a channel, and countries that are closed. Thread-safe.
//
// A channel closes after kFailuresToClose tries in a row that failed for its own sake, at first for
// 30 s, then twice as long, at most 10 min; or at once when the other side says that nobody gets any.
// Once the time is over, one message is tried (half-open); the first that is taken opens it again.
#pragma once
#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "server/domain/ports.hpp"

namespace twofold::delivery {

class ChannelBoard {
 public:
    // Told when one closes or opens: "email", "whatsapp" or "whatsapp:ES"; `failure` none: it opened.
    using OnChange = std::function<void(std::string_view id, domain::Failure failure, int code)>;
    ChannelBoard(domain::Store& store, domain::Clock& clock, OnChange on_change);

    // How many messages may be leased now: 0 while closed, 1 while half-open, until it is known what
    // became of it, else `most`. Reads the store at most once a second.
    int may_lease(domain::Channel channel, int most);
    // The one that might have been leased while half-open was not there, or was not sent.
    void not_tried(domain::Channel channel);
    bool is_closed(domain::Channel channel);

    void succeeded(domain::Channel channel);
    // A try that failed for the channel's own sake.
    void failed(domain::Channel channel, domain::Failure failure);
    void close(domain::Channel channel, domain::Failure failure, int code);
    void close_region(std::string_view region, domain::Failure failure, int code);

    static constexpr int kFailuresToClose = 5;
    static domain::Seconds closed_for(int times);  // 30 s, doubling, at most 600 s

 private:
    struct State {
        int failures = 0;      // in a row
        int times_closed = 0;  // in a row
        domain::Instant closed_until{};
        bool half_open = false;
        domain::Instant trial_until{};  // half-open: one is under way, at the longest until then
    };
    void refresh();
    void close_locked(domain::Channel channel, domain::Failure failure, domain::Seconds how_long);
    void put(const std::string& id, domain::Instant until, domain::Failure failure);
    State& of(domain::Channel channel) { return states_[static_cast<std::size_t>(channel)]; }

    domain::Store& store_;
    domain::Clock& clock_;
    const OnChange on_change_;
    std::mutex mutex_;
    std::array<State, 2> states_{};
    domain::Instant read_at_{};
};

std::string_view name_of(domain::Channel channel);

}  // namespace twofold::delivery
