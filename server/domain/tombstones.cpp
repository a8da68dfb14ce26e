#include "server/domain/tombstones.hpp"

#include <algorithm>

#include "server/domain/budget.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kTombstoneLife{30 * 86400};

// A Client Area account gets a new external id each time, so its address is who it was.
std::string tombstone_id(Core& core, const UserRow& user) {
    const bool own_id = user.external_id == user.id.value;
    return core.sealer.keyed_hash(
        "tombstone", user.application.value + "\n" +
                         (own_id ? "email:" + user.email_index : "id:" + user.external_id));
}

std::optional<TombstoneRow> live_tombstone(Tx& tx, Core& core, const UserRow& user) {
    std::optional<TombstoneRow> row = tx.tombstone(tombstone_id(core, user));
    if (row && core.clock.now() >= row->expires_at) row.reset();
    return row;
}

void inherit_into(Tx& tx, const TombstoneRow& row, std::string id, const UserId& user) {
    BudgetRow budget = tx.lock_budget(id).value_or(fresh_budget(id, user));
    budget.failures = std::max(budget.failures, row.failures);
    budget.locked_until = std::max(budget.locked_until, row.locked_until);
    tx.put_budget(budget);
}

}  // namespace

void leave_tombstone(Tx& tx, Core& core, const UserRow& user) {
    TombstoneRow row;
    if (std::optional<TombstoneRow> before = live_tombstone(tx, core, user)) row = *before;
    row.id = tombstone_id(core, user);
    for (const BudgetRow& budget : tx.budgets(user.id)) {
        row.failures = std::max(row.failures, budget.failures);
        row.locked_until = std::max(row.locked_until, budget.locked_until);
    }
    row.expires_at = core.clock.now() + kTombstoneLife;
    if (row.failures > 0) tx.put_tombstone(row);
}

void inherit_failures(Tx& tx, Core& core, const UserRow& user) {
    const std::optional<TombstoneRow> row = live_tombstone(tx, core, user);
    if (!row) return;
    for (const Method method : {Method::totp, Method::email, Method::whatsapp})
        inherit_into(tx, *row, pending_budget_id(user.id, method), user.id);
    inherit_into(tx, *row, backup_budget_id(user.id), user.id);
}

void inherit_failures(Tx& tx, Core& core, const UserRow& user, const FactorId& factor) {
    std::optional<TombstoneRow> row = live_tombstone(tx, core, user);
    if (!row) return;
    // A new secret was just proven: it may be slowed at once, but not be over before it began.
    row->failures = std::min(row->failures, core.settings.failures_that_end - 1);
    inherit_into(tx, *row, factor.value, user.id);
}

}  // namespace twofold::domain
