#include "server/domain/budget.hpp"

#include <algorithm>

#include "server/domain/names.hpp"

namespace twofold::domain {

std::string backup_budget_id(const UserId& user) { return user.value + ":backup"; }

std::string pending_budget_id(const UserId& user, Method method) {
    return user.value + ":pending:" + std::string(name_of(method));
}

std::string device_budget_id(const DeviceId& device, const FactorId& factor) {
    return device.value + ":" + (factor.empty() ? std::string("backup") : factor.value);
}

bool locked(const BudgetRow& budget, Instant now) { return now < budget.locked_until; }

std::optional<Seconds> lock_left(const BudgetRow& budget, Instant now) {
    if (!locked(budget, now)) return std::nullopt;
    return budget.locked_until - now;
}

bool exhausted(const BudgetRow& budget, const Settings& settings) {
    return budget.failures >= settings.failures_that_end;
}

int tries_left(const BudgetRow& budget, const Settings& settings, Instant now) {
    if (locked(budget, now)) return 0;
    return settings.tries_before_lock - budget.failures % settings.tries_before_lock;
}

bool charge(BudgetRow& budget, const Settings& settings, Instant now) {
    ++budget.failures;
    if (budget.failures % settings.tries_before_lock != 0) return false;
    const auto round = static_cast<std::size_t>(budget.failures / settings.tries_before_lock - 1);
    const Seconds length = settings.locks[std::min(round, settings.locks.size() - 1)];
    budget.locked_until = std::max(budget.locked_until, now + length);
    return true;
}

void forgive(BudgetRow& budget) {
    budget.failures = 0;
    budget.locked_until = {};
}

BudgetRow fresh_budget(std::string id, const UserId& user) {
    return BudgetRow{std::move(id), user, 0, {}, 0};
}

}  // namespace twofold::domain
