#include "server/domain/access.hpp"

#include "server/domain/users.hpp"

namespace twofold::domain {
namespace {

Outcome<UserRow> subject(Tx& tx, const Caller& caller, std::string_view user, Scope scope,
                         bool lock) {
    if (const Outcome<Done> allowed = permit(caller, scope); !allowed) return allowed.error();
    std::optional<UserRow> row;
    if (const SessionCaller* session = caller.session()) {
        if (user == "me") row = lock ? tx.lock_user(session->user) : tx.user(session->user);
    } else if (const KeyCaller* key = caller.key()) {
        if (user != "me" && valid_external_id(user))
            row = tx.user_by_external_id(key->application, user);
        if (row && lock) row = tx.lock_user(row->id);
    }
    if (!row) return problem(Code::not_found);
    return *row;
}

}  // namespace

Outcome<Done> permit(const Caller& caller, Scope scope) {
    if (const SessionCaller* session = caller.session()) {
        const bool recovering =
            session->state == SessionState::recovery && scope == Scope::enroll;
        if (session->state != SessionState::full && !recovering)
            return problem(Code::second_factor_required);
        return Done{};
    }
    if (const KeyCaller* key = caller.key()) {
        if (!key->scopes.contains(scope)) return problem(Code::forbidden);
        return Done{};
    }
    if (std::holds_alternative<NoCaller>(caller.who)) return problem(Code::unauthenticated);
    return problem(Code::forbidden);
}

Outcome<UserRow> find_subject(Tx& tx, const Caller& caller, std::string_view user, Scope scope) {
    return subject(tx, caller, user, scope, false);
}

Outcome<UserRow> lock_subject(Tx& tx, const Caller& caller, std::string_view user, Scope scope) {
    return subject(tx, caller, user, scope, true);
}

Outcome<UserRow> look_up_subject(Core& core, const Caller& caller, std::string_view user,
                                 Scope scope) {
    Outcome<UserRow> row = problem(Code::not_found);
    const Outcome<Done> done =
        core.store.read([&](Tx& tx) { row = find_subject(tx, caller, user, scope); });
    if (!done) return done.error();
    return row;
}

bool may_use(const Caller& caller, const ChallengeRow& challenge) {
    if (const SessionCaller* session = caller.session()) {
        return !challenge.session.empty() && challenge.session == session->id &&
               challenge.user == session->user &&
               (session->state == SessionState::full || session->challenge == challenge.id);
    }
    if (const KeyCaller* key = caller.key())
        return challenge.session.empty() && challenge.application == key->application;
    return false;
}

Caller behind(const Caller& caller, const ChallengeRow& challenge) {
    Caller out = caller;
    if (caller.key() != nullptr && !challenge.client.ip.empty()) out.client = challenge.client;
    return out;
}

}  // namespace twofold::domain
