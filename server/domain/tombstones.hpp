// tombstones.hpp - erasing a user never refills a budget: for 30 days the failure counts stay under
// a keyed hash of who it was, and whoever is made under that name again inherits them.
#pragma once
#include <string>

#include "server/domain/core.hpp"

namespace twofold::domain {

// Call before the user's rows go.
void leave_tombstone(Tx& tx, Core& core, const UserRow& user);
// For a user just made: their pending and backup budgets begin where the erased one's ended.
void inherit_failures(Tx& tx, Core& core, const UserRow& user);
// The same for a factor just confirmed.
void inherit_failures(Tx& tx, Core& core, const UserRow& user, const FactorId& factor);

}  // namespace twofold::domain
