#include "server/domain/challenge_view.hpp"

#include <algorithm>
#include <tuple>

#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/channels.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/names.hpp"

namespace twofold::domain {

namespace {

// What the person chose first, then what last worked; addresses that are known to fail come last.
std::vector<FactorRow> in_order(Tx& tx, const ChallengeRow& challenge) {
    std::vector<FactorRow> factors = tx.factors(challenge.user);
    const std::optional<UserRow> user = tx.user(challenge.user);
    const FactorId chosen = user ? user->preferred_factor : FactorId{};
    const auto rank = [&](const FactorRow& f) {
        const bool failing = f.trouble != FactorTrouble::none;
        const bool other = chosen.empty() || f.id != chosen;
        return std::tuple(failing, other, -f.last_used_at.value_or(Instant{}).time_since_epoch());
    };
    std::stable_sort(factors.begin(), factors.end(),
                     [&](const FactorRow& a, const FactorRow& b) { return rank(a) < rank(b); });
    return factors;
}

// The remembered browser of the session it belongs to, whose own budgets then count.
DeviceId device_behind(Tx& tx, Core& core, const ChallengeRow& challenge) {
    if (challenge.session.empty() || challenge.purpose == Purpose::sign_in) return {};
    const std::optional<SessionRow> session = tx.session(challenge.session);
    if (!session) return {};
    return device_of(tx, core, session->application, session->user, session->device);
}

}  // namespace

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

    if (!challenge.session.empty() && challenge.purpose == Purpose::sign_in) {
        const std::optional<UserRow> user = tx.user(challenge.user);
        const std::optional<CaseRow> open =
            user && !user->open_case.empty() ? tx.support_case(user->open_case) : std::nullopt;
        if (open) view.support_case = ChallengeView::Case{open->id, open->state};
    }
    const std::vector<FactorRow> factors = in_order(tx, challenge);
    const std::vector<BudgetRow> budgets = tx.budgets(challenge.user);
    const std::optional<ApplicationRow> application = tx.application(challenge.application);
    const DeviceId device = device_behind(tx, core, challenge);
    const auto budget_for = [&](const FactorId& factor) {
        if (!device.empty()) return find_budget(budgets, device_budget_id(device, factor));
        return find_budget(budgets,
                           factor.empty() ? backup_budget_id(challenge.user) : factor.value);
    };
    // Only who has such a factor pays for the look.
    const bool delivered = std::any_of(factors.begin(), factors.end(), [](const FactorRow& f) {
        return is_delivered(f.method);
    });
    const std::vector<ChannelRow> channels =
        delivered ? tx.channels() : std::vector<ChannelRow>{};
    view.preferred = Method::backup_code;
    for (const FactorRow& factor : factors) {
        const bool suspended = suspends(factor.trouble) &&
                               factor.status == FactorStatus::active;
        if (!suspended && !is_usable(factor, budgets, core.settings)) continue;
        if (!challenge.factor.empty() && challenge.factor != factor.id) continue;
        ChallengeMethod method{factor.method, factor.id, factor.label, {}, {}, factor.trouble, {}};
        if (is_delivered(factor.method)) {
            method.to = shown_address(core, factor);
            if (application)
                method.offer =
                    offer_of(channels, core, *application, factor.method, factor.region, true);
        }
        const BudgetRow* budget = budget_for(factor.id);
        if (budget != nullptr && locked(*budget, now)) {
            method.locked_until = budget->locked_until;
        } else if (!suspended) {
            view.attempts_remaining =
                std::max(view.attempts_remaining, budget == nullptr
                                                      ? core.settings.tries_before_lock
                                                      : tries_left(*budget, core.settings, now));
            if (view.preferred == Method::backup_code && method.offer == Offer::available) {
                view.preferred = factor.method;
                view.preferred_factor = factor.id;
            }
        }
        view.methods.push_back(std::move(method));
    }
    const std::optional<BackupSetRow> set = tx.backup_set(challenge.user);
    if (challenge.factor.empty() && set && backup_codes_left(*set) > 0) {
        ChallengeMethod method;
        method.method = Method::backup_code;
        const BudgetRow* budget = budget_for({});
        if (budget != nullptr && locked(*budget, now)) method.locked_until = budget->locked_until;
        view.methods.push_back(std::move(method));
    } else if (view.preferred == Method::backup_code && !view.methods.empty()) {
        view.preferred = view.methods.front().method;  // locked, but there is no other
        view.preferred_factor = view.methods.front().enrollment;
    }
    if (challenge.purpose == Purpose::sign_in && !challenge.session.empty())
        view.remember_days = remember_days(core, application);
    if (challenge.deliveries > 0)
        view.delivery = newest_delivery(tx, core, challenge.id, {}, factors);
    return view;
}

}  // namespace twofold::domain
