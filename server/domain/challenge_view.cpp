#include "server/domain/challenge_view.hpp"

#include <algorithm>

#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"

namespace twofold::domain {

ChallengeRow new_challenge(Core& core, const UserRow& user, Purpose purpose) {
    ChallengeRow row;
    row.id = new_id<ChallengeId>(core.random, "chl_");
    row.application = user.application;
    row.user = user.id;
    row.purpose = purpose;
    row.status = ChallengeStatus::pending;
    row.created_at = core.clock.now();
    row.expires_at = row.created_at + core.settings.challenge_life;
    return row;
}

ChallengeView view_of(Tx& tx, Core& core, const ChallengeRow& challenge) {
    const Instant now = core.clock.now();
    ChallengeView view;
    view.id = challenge.id;
    view.purpose = challenge.purpose;
    view.action = challenge.action;
    view.action_name = challenge.action_name;
    view.action_text =
        open_text(core, places::challenge_action_text(challenge), challenge.action_text);
    view.object = challenge.object;
    view.status = challenge.status;
    view.expired = challenge.status == ChallengeStatus::pending && now >= challenge.expires_at;
    view.expires_at = challenge.expires_at;

    std::vector<FactorRow> factors = tx.factors(challenge.user);
    const std::vector<BudgetRow> budgets = tx.budgets(challenge.user);
    // The one that last worked comes first.
    std::stable_sort(factors.begin(), factors.end(), [](const FactorRow& a, const FactorRow& b) {
        return a.last_used_at.value_or(Instant{}) > b.last_used_at.value_or(Instant{});
    });
    view.preferred = Method::backup_code;
    for (const FactorRow& factor : factors) {
        if (!is_usable(factor, budgets, core.settings)) continue;
        if (!challenge.factor.empty() && challenge.factor != factor.id) continue;
        ChallengeMethod method{factor.method, factor.id, factor.label, std::nullopt};
        const BudgetRow* budget = find_budget(budgets, factor.id.value);
        if (budget != nullptr && locked(*budget, now)) {
            method.locked_until = budget->locked_until;
        } else {
            view.attempts_remaining =
                std::max(view.attempts_remaining, budget == nullptr
                                                      ? core.settings.tries_before_lock
                                                      : tries_left(*budget, core.settings, now));
            if (view.preferred == Method::backup_code) view.preferred = factor.method;
        }
        view.methods.push_back(std::move(method));
    }
    const std::optional<BackupSetRow> set = tx.backup_set(challenge.user);
    if (challenge.factor.empty() && set && backup_codes_left(*set) > 0) {
        ChallengeMethod method{Method::backup_code, {}, {}, std::nullopt};
        const BudgetRow* budget = find_budget(budgets, backup_budget_id(challenge.user));
        if (budget != nullptr && locked(*budget, now)) method.locked_until = budget->locked_until;
        view.methods.push_back(std::move(method));
    } else if (view.preferred == Method::backup_code && !view.methods.empty()) {
        view.preferred = view.methods.front().method;  // locked, but there is no other
    }
    return view;
}

}  // namespace twofold::domain
