// challenge_view.hpp - making a challenge, and what its holder sees of it.
#pragma once
#include "server/domain/challenges.hpp"
#include "server/domain/core.hpp"

namespace twofold::domain {

// A pending one of the settings' life, not yet stored.
ChallengeRow new_challenge(Core& core, const UserRow& user, Purpose purpose);

// Reads the user's factors, budgets and backup codes; nothing is locked.
ChallengeView view_of(Tx& tx, Core& core, const ChallengeRow& challenge);

}  // namespace twofold::domain
