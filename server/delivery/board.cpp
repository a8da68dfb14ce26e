#include "server/delivery/board.hpp"

#include <algorithm>

namespace twofold::delivery {

using domain::Channel;
using domain::ChannelRow;
using domain::Failure;
using domain::Instant;
using domain::Seconds;

namespace {

constexpr Seconds kRegionClosed{24 * 3600};
// A token, a template or an account wants a person to mend it: looked at every ten minutes.
constexpr Seconds kBroken{600};
// Longer than a try takes (its own time limits are shorter).
constexpr Seconds kTrial{30};

}  // namespace

std::string_view name_of(Channel channel) {
    return channel == Channel::email ? "email" : "whatsapp";
}

ChannelBoard::ChannelBoard(domain::Store& store, domain::Clock& clock, OnChange on_change)
    : store_(store), clock_(clock), on_change_(std::move(on_change)) {}

Seconds ChannelBoard::closed_for(int times) {
    return std::min(Seconds{30LL << std::clamp(times, 0, 10)}, Seconds{600});
}

void ChannelBoard::refresh() {
    const Instant now = clock_.now();
    if (now == read_at_) return;
    std::vector<ChannelRow> rows;
    if (!store_.read([&](domain::Tx& tx) { rows = tx.channels(); })) return;
    read_at_ = now;
    for (const Channel channel : {Channel::email, Channel::whatsapp}) {
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const ChannelRow& r) {
            return r.id == name_of(channel);
        });
        State& state = of(channel);
        const Instant until = row == rows.end() ? Instant{} : row->closed_until;
        if (until > now) state.half_open = true;  // once it is over
        state.closed_until = until;
    }
}

int ChannelBoard::may_lease(Channel channel, int most) {
    const std::lock_guard lock(mutex_);
    refresh();
    State& state = of(channel);
    const Instant now = clock_.now();
    if (now < state.closed_until) return 0;
    if (!state.half_open) return most;
    if (now < state.trial_until) return 0;
    state.trial_until = now + kTrial;
    return std::min(1, most);
}

void ChannelBoard::not_tried(Channel channel) {
    const std::lock_guard lock(mutex_);
    of(channel).trial_until = {};
}

bool ChannelBoard::is_closed(Channel channel) {
    const std::lock_guard lock(mutex_);
    refresh();
    return clock_.now() < of(channel).closed_until;
}

void ChannelBoard::succeeded(Channel channel) {
    bool opened = false;
    {
        const std::lock_guard lock(mutex_);
        State& state = of(channel);
        state.failures = 0;
        opened = state.half_open || state.times_closed > 0;
        if (!opened) return;
        state = State{};
        put(std::string(name_of(channel)), Instant{}, Failure::none);
    }
    on_change_(name_of(channel), Failure::none, 0);
}

void ChannelBoard::failed(Channel channel, Failure failure) {
    {
        const std::lock_guard lock(mutex_);
        State& state = of(channel);
        state.failures += 1;
        const bool closed = clock_.now() < state.closed_until;
        if (closed || (state.failures < kFailuresToClose && !state.half_open)) return;
        close_locked(channel, failure, closed_for(state.times_closed));
        state.times_closed += 1;
    }
    on_change_(name_of(channel), failure, 0);
}

void ChannelBoard::close(Channel channel, Failure failure, int code) {
    {
        const std::lock_guard lock(mutex_);
        close_locked(channel, failure, kBroken);
        of(channel).times_closed += 1;
    }
    on_change_(name_of(channel), failure, code);
}

void ChannelBoard::close_locked(Channel channel, Failure failure, Seconds how_long) {
    State& state = of(channel);
    state.failures = 0;
    state.half_open = true;
    state.trial_until = {};
    state.closed_until = clock_.now() + how_long;
    put(std::string(name_of(channel)), state.closed_until, failure);
}

void ChannelBoard::close_region(std::string_view region, Failure failure, int code) {
    if (region.empty()) return;
    const std::string id = "whatsapp:" + std::string(region);
    put(id, clock_.now() + kRegionClosed, failure);
    on_change_(id, failure, code);
}

void ChannelBoard::put(const std::string& id, Instant until, Failure failure) {
    // Lost when the database is away: this process keeps to it, the others find out by themselves.
    (void)store_.write("req_channel", [&](domain::Tx& tx) {
        tx.put_channel({id, until, failure, clock_.now()});
        return true;
    });
}

}  // namespace twofold::delivery
