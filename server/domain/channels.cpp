#include "server/domain/channels.hpp"

#include <algorithm>

#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/names.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kPumpingWindow{3600};
constexpr Seconds kPumpedRegionClosed{3600};
constexpr Failure kPumped = Failure::too_many;  // why such a region is closed, and no other
constexpr int kNewest = 200;  // codes to a country that its share is taken of

const ChannelRow* closed_now(const std::vector<ChannelRow>& channels, std::string_view id,
                             Instant now) {
    for (const ChannelRow& row : channels)
        if (row.id == id && now < row.closed_until) return &row;
    return nullptr;
}

}  // namespace

bool is_delivered(Method method) { return method == Method::email || method == Method::whatsapp; }

Channel channel_of(Method method) {
    return method == Method::whatsapp ? Channel::whatsapp : Channel::email;
}

bool is_allowed(const ApplicationRow& application, Method method) {
    if (!is_delivered(method)) return true;
    const std::string padded = " " + application.methods_off + " ";
    return padded.find(" " + std::string(name_of(method)) + " ") == std::string::npos;
}

Offer offer_of(const std::vector<ChannelRow>& channels, Core& core,
               const ApplicationRow& application, Method method, std::string_view region,
               bool proven) {
    if (!is_delivered(method)) return Offer::available;
    if (!(method == Method::email ? core.settings.email : core.settings.whatsapp))
        return Offer::not_configured;
    if (!is_allowed(application, method)) return Offer::not_allowed;
    const Instant now = core.clock.now();
    const std::string channel(name_of(method));
    if (closed_now(channels, channel, now)) return Offer::paused;
    if (region.empty()) return Offer::available;
    const ChannelRow* closed = closed_now(channels, channel + ":" + std::string(region), now);
    if (closed != nullptr && !(proven && closed->failure == kPumped)) return Offer::paused;
    return Offer::available;
}

Offer offer_of(Tx& tx, Core& core, const ApplicationRow& application, Method method,
               std::string_view region, bool proven) {
    if (!is_delivered(method)) return Offer::available;
    return offer_of(tx.channels(), core, application, method, region, proven);
}

Outcome<std::vector<Method>> methods_offered(Core& core, const ApplicationRow& application) {
    std::vector<Method> out;
    const Outcome<Done> done = core.store.read([&](Tx& tx) {
        out.clear();
        const std::vector<ChannelRow> channels = tx.channels();
        for (const Method method : {Method::totp, Method::email, Method::whatsapp})
            if (offer_of(channels, core, application, method) == Offer::available)
                out.push_back(method);
    });
    if (!done) return done.error();
    return out;
}

Outcome<Done> set_methods_off(Core& core, const Caller& caller, std::string_view application,
                              std::string_view names) {
    Outcome<Done> answer = problem(Code::unavailable);
    const Outcome<Done> done = core.store.write(caller.request_id, [&](Tx& tx) {
        std::optional<ApplicationRow> row = tx.application_named(application);
        if (!row) {
            answer = problem(Code::not_found);
            return false;
        }
        tx.set_application_methods_off(row->id, names);
        record(tx, core, caller, row->id,
               {.action = "application.changed",
                .object = row->id.value,
                .details = {{"methods_off", std::string(names)}}});
        answer = Done{};
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<std::vector<std::string>> close_pumped_regions(Core& core) {
    std::vector<std::string> closed;
    const Caller self{OperatorCaller{}, {}, "req_" + random_id_text(core.random)};
    const auto work = [&](Tx& tx) {
        closed.clear();
        // Codes whose time is over: who wanted to enter them has.
        const Instant now = core.clock.now();
        const Instant to = now - core.settings.code_life;
        const Instant from = to - kPumpingWindow;
        const std::vector<ChannelRow> channels = tx.channels();
        for (const std::string& destination : tx.delivery_destinations(from, to)) {
            if (!destination.starts_with("whatsapp:")) continue;
            if (closed_now(channels, destination, now)) continue;
            const DeliveryShare share = tx.delivery_share(destination, from, to, kNewest);
            if (share.sent < core.settings.pumping_min ||
                share.entered * 100 >= share.sent * core.settings.pumping_share)
                continue;
            tx.put_channel({destination, now + kPumpedRegionClosed, kPumped, now});
            record_system(tx, core, self,
                          {.action = "channel.closed",
                           .object = destination,
                           .details = {{"sent", std::to_string(share.sent)},
                                       {"entered", std::to_string(share.entered)}}});
            closed.push_back(destination);
        }
        return !closed.empty();
    };
    const Outcome<Done> done = core.store.write(self.request_id, work);
    if (!done) return done.error();
    return closed;
}

}  // namespace twofold::domain
