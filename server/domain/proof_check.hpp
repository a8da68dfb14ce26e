// proof_check.hpp - rule 8: fresh proof for one action on one object, consumed in the transaction
// of the change. A wrong code is charged and must be committed: when check() gives a problem, the
// use case changes nothing and lets the transaction commit.
#pragma once
#include <optional>
#include <string>

#include "server/domain/backup_attempt.hpp"
#include "server/domain/core.hpp"
#include "server/domain/proof.hpp"
#include "server/domain/typed_code.hpp"

namespace twofold::domain {

class ProofCheck {
 public:
    ProofCheck(Core& core, const Caller& caller, const ProofGiven& given, Action action,
               std::string object);

    // Before the transaction: refuses what is malformed; reserves and hashes a backup code.
    Outcome<Done> prepare(const UserId& user);
    // Inside it, with the user locked. proof_required when nothing was given, or the challenge is
    // not an approved, fresh one of this user and caller for this action and object; else as
    // verify. Factor rows read before are stale afterwards.
    std::optional<Problem> check(Tx& tx, const UserRow& user);

 private:
    std::optional<Problem> check_challenge(Tx& tx, const UserRow& user);
    std::optional<Problem> check_code(Tx& tx, const UserRow& user);

    Core& core_;
    const Caller& caller_;
    const ProofGiven& given_;
    Action action_;
    std::string object_;
    std::optional<TypedCode> typed_;
    std::optional<BackupAttempt> backup_;
};

}  // namespace twofold::domain
