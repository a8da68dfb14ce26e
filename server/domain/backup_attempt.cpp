#include "server/domain/backup_attempt.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/events.hpp"
#include "server/domain/second_step.hpp"

namespace twofold::domain {
namespace {

// Among the rows; loaded and locked the first time, for codes of apps never ask for it.
Tracked<BudgetRow>& backup_budget(Tx& tx, VerifyRows& rows, const UserId& user,
                                  const DeviceId& device) {
    const std::string id =
        device.empty() ? backup_budget_id(user) : device_budget_id(device, FactorId{});
    if (!rows.budgets.contains(id))
        if (std::optional<BudgetRow> row = tx.lock_budget(id)) rows.budgets[id].row = *row;
    return budget_of(rows, id, user);
}

// Charges the attempt in the rows. The lock it may set is for the next one.
std::optional<Problem> reserve(Tx& tx, Core& core, const Caller& told, const UserId& proof_user,
                               const ChallengeId& id, BackupAttempt& attempt,
                               std::optional<BackupSetRow>& set) {
    const bool by_challenge = !id.empty();
    VerifyRows rows =
        by_challenge ? tx.load_for_verify({&id, 1}, {}) : tx.load_for_verify({}, {&proof_user, 1});
    Caller caller = told;
    UserId user = proof_user;
    if (by_challenge) {
        const auto found = rows.challenges.find(id);
        if (found == rows.challenges.end() || !may_use(told, found->second.row))
            return problem(Code::not_found);
        const ChallengeRow& challenge = found->second.row;
        if (std::optional<Problem> shut = closed(challenge, core.clock.now())) return shut;
        if (!challenge.factor.empty()) return invalid("/method", "mismatch");
        user = challenge.user;
        caller = behind(told, challenge);
    }
    const auto owner = rows.users.find(user);
    if (owner == rows.users.end()) return problem(Code::not_found);
    attempt.device = load_device_budgets(tx, rows, core, told);
    Tracked<BudgetRow>& budget = backup_budget(tx, rows, user, attempt.device);
    const Instant now = core.clock.now();
    if (const std::optional<Seconds> left = lock_left(budget.row, now))
        return Problem{Code::factor_locked, left, {}, {}};
    charge(budget.edit(), core.settings, now);
    caller.request_id = told.request_id;
    record(rows, core, caller, owner->second.row,
           {.action = "backup_code.tried", .method = "backup_code", .object = id.value});
    tx.save_verified(rows);
    set = tx.backup_set(user);
    return std::nullopt;
}

}  // namespace

Outcome<BackupAttempt> try_backup_code(Core& core, const Caller& caller, const UserId& user,
                                       const ChallengeId& challenge, std::string_view canonical) {
    // An id of its own: the store finds out by it whether this COMMIT happened, not the later one.
    Caller first = caller;
    first.request_id += ":reserve";
    std::optional<Problem> refused;
    std::optional<BackupSetRow> set;
    BackupAttempt attempt;
    const Outcome<Done> done = core.store.write(first.request_id, [&](Tx& tx) {
        set.reset();
        refused = reserve(tx, core, first, user, challenge, attempt, set);
        return !refused;
    });
    if (!done) return done.error();
    if (refused) return *refused;

    attempt.position = find_backup_code(core, set ? &*set : nullptr, canonical);
    if (set) {
        attempt.set = set->id;
        attempt.remaining_after = backup_codes_left(*set) - (attempt.position >= 0 ? 1 : 0);
    }
    return attempt;
}

Verdict settle_backup(Tx& tx, VerifyRows& rows, Core& core, const UserId& user,
                      const BackupAttempt& attempt) {
    const Instant now = core.clock.now();
    Tracked<BudgetRow>& budget = backup_budget(tx, rows, user, attempt.device);
    Verdict verdict;
    if (attempt.position >= 0 && tx.use_backup_code(attempt.set, attempt.position, now)) {
        forgive(budget.edit());
        return verdict;
    }
    verdict.problem =
        Problem{Code::code_invalid, {}, tries_left(budget.row, core.settings, now), {}};
    if (locked(budget.row, now)) verdict.notices.push_back({"factor_locked", {}, "backup_code"});
    return verdict;
}

}  // namespace twofold::domain
