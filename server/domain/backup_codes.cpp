#include "server/domain/backup_codes.hpp"

#include "server/domain/access.hpp"
#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/proof_check.hpp"

namespace twofold::domain {

Outcome<BackupCodesView> BackupCodes::count(const Caller& caller, std::string_view user) {
    Outcome<BackupCodesView> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return;
        }
        BackupCodesView view;
        if (const std::optional<BackupSetRow> set = tx.backup_set(owner->id)) {
            view.remaining = backup_codes_left(*set);
            view.total = static_cast<int>(set->codes.size());
            view.created_at = set->created_at;
        }
        answer = view;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<BackupCodesMade> BackupCodes::regenerate(const Caller& caller, std::string_view user,
                                                 const ProofGiven& given) {
    // Cheap refusals first: ten Argon2id are spent only where they may be of use.
    Outcome<UserRow> known = problem(Code::not_found);
    std::optional<Problem> early;
    const auto look = [&](Tx& tx) {
        early.reset();
        known = find_subject(tx, caller, user, Scope::manage);
        if (!known) return;
        if (!has_second_factor(tx.factors(known->id))) {
            early = problem(Code::not_enrolled);
        } else if (given.empty() &&
                   (caller.session() == nullptr || !caller.session()->recover_until)) {
            early = problem(Code::proof_required);
        }
    };
    if (const Outcome<Done> looked = core_.store.read(look); !looked) return looked.error();
    if (!known) return known.error();
    if (early) return *early;
    ProofCheck proof(core_, caller, given, Action::regenerate, {});
    if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    const NewBackupSet made = make_backup_set(core_, *known);
    Outcome<BackupCodesMade> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        if (!has_second_factor(tx.factors(owner->id))) {
            answer = problem(Code::not_enrolled);
            return false;
        }
        if (!given.empty()) {
            if (std::optional<Problem> refused = proof.check(tx, *owner)) {
                answer = *refused;
                return true;
            }
        } else {
            std::optional<SessionRow> grant = recover_grant(tx, caller, owner->id, now, false);
            if (!grant) {
                answer = problem(Code::proof_required);
                return false;
            }
            grant->recover_until.reset();
            tx.update_session(*grant);
        }
        tx.replace_backup_set(owner->id, &made.row);
        record(tx, core_, caller, *owner,
               {.action = "backup_codes.made", .object = made.row.id.value});
        notify(tx, core_, caller, *owner, {.kind = "backup_codes_regenerated"});
        answer = BackupCodesMade{made.codes, made.row.created_at};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
