#include "server/domain/enrolment_view.hpp"

#include <algorithm>

#include "server/domain/budget.hpp"
#include "server/domain/judge.hpp"
#include "server/domain/names.hpp"

namespace twofold::domain {

EnrolmentView view_of(const FactorRow& row, const BudgetRow* budget, const UserRow& owner,
                      Core& core) {
    EnrolmentView view;
    view.id = row.id;
    view.method = row.method;
    view.status = row.status;
    view.trouble = row.trouble;
    const bool suspended = suspends(row.trouble);
    if (row.status == FactorStatus::active && !suspended && !usable(row, budget, core.settings))
        view.status = FactorStatus::ended;  // still gates; shown as what it is: of no further use
    view.label = row.label;
    view.totp = row.totp;
    if (is_delivered(row.method)) view.to = shown_address(core, row);
    view.preferred = row.status == FactorStatus::active && owner.preferred_factor == row.id;
    view.created_at = row.created_at;
    view.expires_at = row.expires_at;
    view.activated_at = row.activated_at;
    view.last_used_at = row.last_used_at;
    if (budget != nullptr && locked(*budget, core.clock.now()))
        view.locked_until = budget->locked_until;
    return view;
}

FactorRow* find_factor(std::vector<FactorRow>& factors, const FactorId& id) {
    const auto it = std::find_if(factors.begin(), factors.end(),
                                 [&](const FactorRow& f) { return f.id == id; });
    return it == factors.end() ? nullptr : &*it;
}

}  // namespace twofold::domain
