// access.hpp - who may touch whom. One application never learns of another's users (security 55),
// and a session after the password alone has no rights (rule 7).
#pragma once
#include <string_view>

#include "server/domain/core.hpp"

namespace twofold::domain {

// Without looking at the store. A session that came by a re-enrol link may enrol and nothing else. unauthenticated for nobody; second_factor_required for a session
// between password and second step; forbidden for a key without the scope and for the operator.
Outcome<Done> permit(const Caller& caller, Scope scope);

// The user meant by `user`: "me" for a session, the integrator's own id for a key of that user's
// application; else not_found. Locked for change by `lock_subject`.
Outcome<UserRow> find_subject(Tx& tx, const Caller& caller, std::string_view user, Scope scope);
Outcome<UserRow> lock_subject(Tx& tx, const Caller& caller, std::string_view user, Scope scope);

// The same in a transaction of its own, for work that must come before the one that changes.
Outcome<UserRow> look_up_subject(Core& core, const Caller& caller, std::string_view user,
                                 Scope scope);

// Whether the caller may see and use a challenge: the session it is bound to, or a key (scope
// verify) of the application it was made for by a key. Otherwise it does not exist for them.
bool may_use(const Caller& caller, const ChallengeRow& challenge);

// The caller with the client that stands behind it: what a key told about its own visitor when the
// challenge was made, else who is at the other end of the line.
Caller behind(const Caller& caller, const ChallengeRow& challenge);

}  // namespace twofold::domain
