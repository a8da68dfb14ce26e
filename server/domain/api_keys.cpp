#include "server/domain/api_keys.hpp"

#include <algorithm>

#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/key_cache.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kTouchEvery{60};

// The operator may do all; a key with scope `keys` for its own application.
std::optional<Problem> may_manage(const Caller& caller, const ApplicationId* application) {
    if (std::holds_alternative<OperatorCaller>(caller.who)) return std::nullopt;
    const KeyCaller* key = caller.key();
    if (key == nullptr)
        return problem(caller.session() != nullptr ? Code::forbidden : Code::unauthenticated);
    if (!key->scopes.contains(Scope::keys)) return problem(Code::forbidden);
    if (application != nullptr && key->application != *application) return problem(Code::not_found);
    return std::nullopt;
}

// Spaces and case tell no two names apart for people; letters of any script may be in them.
bool valid_application_name(std::string_view name) { return valid_label(name); }

}  // namespace

Outcome<ApiKeys::Made> ApiKeys::create(const Caller& caller, std::string_view application_name,
                                       const Scopes& scopes, std::string_view name) {
    if (std::optional<Problem> refused = may_manage(caller, nullptr)) return *refused;
    if (!valid_application_name(application_name)) return invalid("/application", "format");
    if (!name.empty() && !valid_label(name)) return invalid("/name", "format");
    if (scopes.empty()) return invalid("/scopes", "required");
    const KeyCaller* creator = caller.key();
    if (creator != nullptr && !std::includes(creator->scopes.begin(), creator->scopes.end(),
                                             scopes.begin(), scopes.end()))
        return problem(Code::forbidden);  // never more than one has oneself

    const std::string token = "tfk_" + new_token(core_.random);
    Outcome<Made> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        std::optional<ApplicationRow> application = tx.application_named(application_name);
        if (creator != nullptr && (!application || application->id != creator->application)) {
            answer = problem(Code::not_found);
            return false;
        }
        // Who works at the desk is the command line's matter alone.
        if (application && application->id.value == kDeskApplication) {
            answer = invalid("/application", "unsupported");
            return false;
        }
        const Instant now = core_.clock.now();
        if (!application) {
            application =
                ApplicationRow{new_id<ApplicationId>(core_.random, "app_"),
                               std::string(application_name), std::string(application_name), now, {}};
            if (!tx.insert_application(*application)) {
                answer = Problem{Code::unavailable, Seconds(1), {}, {}};
                return false;
            }
            record(tx, core_, caller, application->id,
                   {.action = "application.created", .object = application->id.value});
        }
        ApiKeyRow row;
        row.id = new_id<ApiKeyId>(core_.random, "key_");
        row.application = application->id;
        row.name = std::string(name);
        row.hash = core_.sealer.keyed_hash("api_key", token);
        row.scopes = scopes;
        row.created_at = now;
        tx.insert_api_key(row);
        record(tx, core_, caller, application->id,
               {.action = "api_key.created", .object = row.id.value, .label = row.name});
        answer = Made{row.id, token, application->id};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Done> ApiKeys::revoke(const Caller& caller, const ApiKeyId& id) {
    if (std::optional<Problem> refused = may_manage(caller, nullptr)) return *refused;
    const KeyCaller* key = caller.key();
    Outcome<Done> answer = problem(Code::not_found);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::not_found);
        ApplicationId application;
        if (key != nullptr) {
            application = key->application;
            const std::vector<ApiKeyRow> own = tx.api_keys(application);
            if (std::none_of(own.begin(), own.end(),
                             [&](const ApiKeyRow& k) { return k.id == id; }))
                return false;
        }
        if (!tx.revoke_api_key(id, core_.clock.now())) return false;
        const Event event{.action = "api_key.revoked", .object = id.value};
        if (key != nullptr) {
            record(tx, core_, caller, application, event);
        } else {
            record_system(tx, core_, caller, event);
        }
        answer = Done{};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    core_.key_cache->forget(id);
    if (!done) return done.error();
    return answer;
}

bool ApiKeys::known(std::string_view token) {
    // Still known when authenticate() looks, a moment from now.
    constexpr std::int64_t kMoment = 100;
    return core_.key_cache
        ->get(core_.sealer.keyed_hash("api_key", token), core_.clock.now_ms() + kMoment)
        .has_value();
}

Outcome<Caller> ApiKeys::authenticate(std::string_view token, const ClientInfo& client,
                                      std::string request_id) {
    if (token.size() != 47 || !token.starts_with("tfk_")) return problem(Code::unauthenticated);
    const std::string hash = core_.sealer.keyed_hash("api_key", token);
    const std::int64_t now_ms = core_.clock.now_ms();
    std::optional<ApiKeyRow> row = core_.key_cache->get(hash, now_ms);
    if (!row) {
        const Outcome<Done> done =
            core_.store.read([&](Tx& tx) { row = tx.api_key_by_hash(hash); });
        if (!done) return done.error();
        if (!row || row->revoked_at) return problem(Code::unauthenticated);
        const Instant now = core_.clock.now();
        if (!row->last_used_at || now - *row->last_used_at >= kTouchEvery) {
            const Outcome<Done> touched = core_.store.write(request_id, [&](Tx& tx) {
                tx.touch_api_key(row->id, now);
                return true;
            });
            if (!touched) return touched.error();
            row->last_used_at = now;
        }
        core_.key_cache->put(*row, now_ms);
    }
    return Caller{KeyCaller{row->id, row->application, row->scopes}, client, std::move(request_id)};
}

}  // namespace twofold::domain
