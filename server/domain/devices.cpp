#include "server/domain/devices.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/browser_words.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {
namespace {

constexpr std::size_t kSeriesLength = 43;  // new_token
constexpr std::size_t kTokenLength = 64;   // keyed_hash
constexpr Seconds kDay{86400};

std::string series_hash(Core& core, std::string_view series) {
    return core.sealer.keyed_hash("device_series", series);
}
std::string token_hash(Core& core, std::string_view token) {
    return core.sealer.keyed_hash("device", token);
}
// Of no use to who knows the token but not the key, nor to who has the database and the key but has
// never seen a token.
std::string next_token(Core& core, const DeviceRow& device, std::string_view token) {
    return core.sealer.keyed_hash("device_next", device.id.value + "\n" + std::string(token));
}

struct CookieParts {
    std::string_view series;
    std::string_view token;
};
std::optional<CookieParts> parts_of(std::string_view cookie) {
    if (cookie.size() != kSeriesLength + 1 + kTokenLength || cookie[kSeriesLength] != '.')
        return std::nullopt;
    return CookieParts{cookie.substr(0, kSeriesLength), cookie.substr(kSeriesLength + 1)};
}

void record_device(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                   const DeviceRow& device, std::string action, std::string_view why = {}) {
    Event event{.action = std::move(action),
                .object = device.id.value,
                .label = browser_words(device.client.user_agent)};
    if (!why.empty()) event.details["why"] = std::string(why);
    record(tx, core, caller, user, event);
}

// A hundred wrong codes in a row came from it: it is nobody's to be trusted.
bool spent(Tx& tx, const Core& core, const DeviceRow& device) {
    const std::vector<BudgetRow> budgets = tx.budgets(device.user);
    return std::any_of(budgets.begin(), budgets.end(), [&](const BudgetRow& budget) {
        return budget.id.starts_with(device.id.value + ":") && exhausted(budget, core.settings);
    });
}

// Of records that were swept when their days were over.
void drop_stray_budgets(Tx& tx, const UserRow& user) {
    const std::vector<DeviceRow> devices = tx.devices(user.id);
    for (const BudgetRow& budget : tx.budgets(user.id)) {
        const bool known = std::any_of(devices.begin(), devices.end(), [&](const DeviceRow& d) {
            return budget.id.starts_with(d.id.value + ":");
        });
        if (budget.id.starts_with("dev_") && !known) tx.delete_budget(budget.id);
    }
}

// What a copy of a token looks like. The sessions end too: any of them may be the thief's.
void report_copy(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                 const DeviceRow& device) {
    record_device(tx, core, caller, user, device, "device.reused");
    end_devices(tx, core, caller, user, "reused");
    tx.delete_sessions(user.id, {});
    notify(tx, core, caller, user,
           {.kind = "device_token_reused", .label = browser_words(device.client.user_agent)});
}

DeviceView view_of(const DeviceRow& row, Instant end, const Caller& caller) {
    DeviceView view;
    view.id = row.id;
    view.browser = browser_of(row.client.user_agent);
    view.system = system_of(row.client.user_agent);
    view.ip = row.client.ip;
    view.created_at = row.created_at;
    view.last_used_at = row.last_used_at;
    view.expires_at = end;
    const SessionCaller* session = caller.session();
    view.current = session != nullptr && session->device == row.id;
    return view;
}

}  // namespace

int remember_days(const Core& core, const std::optional<ApplicationRow>& application) {
    return application && application->remember_devices ? core.settings.remember_days : 0;
}

std::optional<Instant> device_end(const Core& core,
                                  const std::optional<ApplicationRow>& application,
                                  const DeviceRow& device) {
    const int days = remember_days(core, application);
    const Instant end = std::min(device.expires_at, device.created_at + days * kDay);
    if (days == 0 || core.clock.now() >= end) return std::nullopt;
    return end;
}

PresentedDevice present_device(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                               std::string_view cookie) {
    if (cookie.empty()) return {};
    const PresentedDevice useless{{}, DeviceCookie{}};
    const std::optional<CookieParts> parts = parts_of(cookie);
    if (!parts) return useless;
    std::optional<DeviceRow> row = tx.lock_device_by_series(series_hash(core, parts->series));
    if (!row) return useless;
    if (row->user != user.id) return {};  // somebody else's browser too: theirs stays
    const Instant now = core.clock.now();
    const std::optional<Instant> end = device_end(core, tx.application(user.application), *row);
    if (!end) return {};
    const std::string given = token_hash(core, parts->token);
    const std::string next = next_token(core, *row, parts->token);
    if (given == row->token_hash) {
        row->previous_hash = given;
        row->token_hash = token_hash(core, next);
        row->rotated_at = now;
    } else if (given != row->previous_hash || !row->rotated_at ||
               now - *row->rotated_at > kDeviceGrace || token_hash(core, next) != row->token_hash) {
        report_copy(tx, core, caller, user, *row);
        return useless;
    }
    if (spent(tx, core, *row)) {
        end_device(tx, core, caller, user, *row, "failures");
        return useless;
    }
    row->last_used_at = now;
    row->client = {tamed(caller.client.ip, 64), tamed(caller.client.user_agent, 256)};
    tx.update_device(*row);
    record_device(tx, core, caller, user, *row, "device.used");
    return {row->id, DeviceCookie{std::string(parts->series) + "." + next, *end - now}};
}

DeviceSecret new_device_secret(Core& core) {
    return {new_token(core.random), core.sealer.keyed_hash("device_first", new_token(core.random))};
}

std::optional<RememberedDevice> remember_device(Tx& tx, Core& core, const Caller& caller,
                                                const UserRow& user, const DeviceSecret& secret,
                                                std::string_view old) {
    const int days = remember_days(core, tx.application(user.application));
    if (days == 0) return std::nullopt;
    std::vector<DeviceRow> others = tx.devices(user.id);
    const std::optional<CookieParts> parts = parts_of(old);
    const std::string replaced = parts ? series_hash(core, parts->series) : "";
    std::size_t left = others.size();
    // The newest use comes first: those at the end are the ones to go.
    for (auto it = others.rbegin(); it != others.rend(); ++it) {
        if (it->series_hash != replaced && left < kDevicesAUser) continue;
        end_device(tx, core, caller, user, *it,
                   it->series_hash == replaced ? "replaced" : "too_many");
        --left;
    }
    drop_stray_budgets(tx, user);
    DeviceRow row;
    row.id = new_id<DeviceId>(core.random, "dev_");
    row.application = user.application;
    row.user = user.id;
    row.series_hash = series_hash(core, secret.series);
    row.token_hash = token_hash(core, secret.token);
    row.client = {tamed(caller.client.ip, 64), tamed(caller.client.user_agent, 256)};
    row.created_at = core.clock.now();
    row.last_used_at = row.created_at;
    row.expires_at = row.created_at + days * kDay;
    tx.insert_device(row);
    record_device(tx, core, caller, user, row, "device.remembered");
    return RememberedDevice{
        row.id, {secret.series + "." + secret.token, days * kDay}, row.expires_at};
}

void end_device(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                const DeviceRow& device, std::string_view why) {
    tx.delete_device(device.id);
    for (const BudgetRow& budget : tx.budgets(user.id))
        if (budget.id.starts_with(device.id.value + ":")) tx.delete_budget(budget.id);
    record_device(tx, core, caller, user, device, "device.ended", why);
}

void end_devices(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                 std::string_view why) {
    for (const DeviceRow& device : tx.devices(user.id))
        end_device(tx, core, caller, user, device, why);
}

DeviceId device_of(Tx& tx, Core& core, const Caller& caller) {
    const SessionCaller* session = caller.session();
    if (session == nullptr) return {};
    return device_of(tx, core, session->application, session->user, session->device);
}

DeviceId device_of(Tx& tx, Core& core, const ApplicationId& application, const UserId& user,
                   const DeviceId& device) {
    if (device.empty()) return {};
    const std::optional<DeviceRow> row = tx.device(device);
    if (!row || row->user != user || !device_end(core, tx.application(application), *row) ||
        spent(tx, core, *row))
        return {};
    return row->id;
}

Outcome<std::vector<DeviceView>> Devices::list(const Caller& caller, std::string_view user) {
    Outcome<std::vector<DeviceView>> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return;
        }
        const std::optional<ApplicationRow> application = tx.application(owner->application);
        std::vector<DeviceView> views;
        for (const DeviceRow& row : tx.devices(owner->id))
            if (const std::optional<Instant> end = device_end(core_, application, row))
                views.push_back(view_of(row, *end, caller));
        answer = std::move(views);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<Devices::Forgotten> Devices::forget(const Caller& caller, std::string_view user,
                                            const DeviceId& id) {
    Outcome<Forgotten> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        const std::optional<DeviceRow> row = tx.device(id);
        if (!row || row->user != owner->id) {
            answer = problem(Code::not_found);
            return false;
        }
        end_device(tx, core_, caller, *owner, *row, "revoked");
        const SessionCaller* session = caller.session();
        tx.delete_device_sessions(owner->id, id, session != nullptr ? session->id : SessionId{});
        answer = Forgotten{session != nullptr && session->device == id};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Done> set_remember(Core& core, const Caller& caller, std::string_view application,
                           bool on) {
    Outcome<Done> answer = problem(Code::unavailable);
    const Outcome<Done> done = core.store.write(caller.request_id, [&](Tx& tx) {
        const std::optional<ApplicationRow> row = tx.application_named(application);
        if (!row) {
            answer = problem(Code::not_found);
            return false;
        }
        tx.set_application_remember(row->id, on);
        record(tx, core, caller, row->id,
               {.action = "application.changed",
                .object = row->id.value,
                .details = {{"remember", on ? "on" : "off"}}});
        answer = Done{};
        return true;
    });
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
