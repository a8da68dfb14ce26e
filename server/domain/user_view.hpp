// user_view.hpp - what is told of a user; 2FA is computed from factor rows at each call (rule 7).
#pragma once
#include "server/domain/core.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {

UserView view_of(Tx& tx, Core& core, const UserRow& user);

}  // namespace twofold::domain
