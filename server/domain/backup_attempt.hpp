// backup_attempt.hpp - one try at a backup code. Argon2id takes 20 ms, too long for a transaction,
// so the attempt is charged and committed first (rule 2: N parallel guesses never exceed the
// budget), then hashed and compared, then settled by the guarded single use of rule 1.
#pragma once
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/judge.hpp"

namespace twofold::domain {

struct BackupAttempt {
    BackupSetId set;
    int position = -1;        // -1: none of the set
    int remaining_after = 0;  // unused codes once this one is used
    DeviceId device = {};     // the remembered browser whose own budget was charged
};

// Reserves, then hashes and compares with every code of the live set alike. `challenge` may be
// empty (a proof for `user`); else it must be open, usable by the caller and not bound to one
// factor, and decides the user.
//   errors  not_found, challenge_closed, challenge_expired, factor_locked, validation_failed
Outcome<BackupAttempt> try_backup_code(Core& core, const Caller& caller, const UserId& user,
                                       const ChallengeId& challenge, std::string_view canonical);

// In the transaction that acts on it: uses the code up (at most once, whoever else tries) and
// clears the budget, or gives code_invalid with the attempts that remain.
Verdict settle_backup(Tx& tx, VerifyRows& rows, Core& core, const UserId& user,
                      const BackupAttempt& attempt);

}  // namespace twofold::domain
