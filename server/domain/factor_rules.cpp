#include "server/domain/factor_rules.hpp"

#include <algorithm>

#include "server/domain/delivered_codes.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/events.hpp"
#include "server/domain/judge.hpp"
#include "server/domain/notices.hpp"

namespace twofold::domain {

bool has_second_factor(const std::vector<FactorRow>& factors) {
    return std::any_of(factors.begin(), factors.end(),
                       [](const FactorRow& f) { return f.status == FactorStatus::active; });
}

const BudgetRow* find_budget(const std::vector<BudgetRow>& budgets, std::string_view id) {
    const auto it = std::find_if(budgets.begin(), budgets.end(),
                                 [&](const BudgetRow& b) { return b.id == id; });
    return it == budgets.end() ? nullptr : &*it;
}

bool is_usable(const FactorRow& factor, const std::vector<BudgetRow>& budgets,
               const Settings& settings) {
    return usable(factor, find_budget(budgets, factor.id.value), settings);
}

bool is_live_pending(const FactorRow& factor, Instant now) {
    return factor.status == FactorStatus::pending && now < factor.expires_at;
}

void end_factor(Tx& tx, FactorRow& factor, Instant now) {
    factor.status = FactorStatus::ended;
    factor.secret = {};
    factor.address = {};
    factor.address_index.clear();
    factor.ended_at = now;
    tx.update_factor(factor);
    tx.delete_budget(factor.id.value);
}

void end_other_sessions(Tx& tx, const Caller& caller, const UserId& user) {
    const SessionCaller* session = caller.session();
    tx.delete_sessions(user, session != nullptr ? session->id : SessionId{});
}

void switch_off(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                std::vector<FactorRow>& factors) {
    const Instant now = core.clock.now();
    // Mailboxes that are factors are told like the contact, and their rows end here.
    std::vector<std::string> mailboxes;
    for (const FactorRow& factor : factors)
        if (factor.method == Method::email && factor.status == FactorStatus::active)
            mailboxes.push_back(address_of(core, factor));
    for (FactorRow& factor : factors)
        if (factor.status != FactorStatus::ended) end_factor(tx, factor, now);
    tx.replace_backup_set(user.id, nullptr);
    tx.close_challenges(user.id);
    end_other_sessions(tx, caller, user.id);
    end_devices(tx, core, caller, user, "two_factor");
    record(tx, core, caller, user, {.action = "two_factor.disabled"});
    notify(tx, core, caller, user, {.kind = "two_factor_disabled", .also = mailboxes});
}

std::optional<SessionRow> recover_grant(Tx& tx, const Caller& caller, const UserId& user,
                                        Instant now, bool reserved) {
    const SessionCaller* session = caller.session();
    if (session == nullptr) return std::nullopt;
    std::optional<SessionRow> row = tx.lock_session(session->id);
    if (!row || row->user != user || !row->recover_until) return std::nullopt;
    if (!reserved && now >= *row->recover_until) return std::nullopt;
    return row;
}

}  // namespace twofold::domain
