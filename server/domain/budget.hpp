// budget.hpp - how many guesses a factor stands (rule 2, security 37-42). Pure.
// After every `tries_before_lock` consecutive failures the factor is locked: the first time for
// locks[0], then locks[1], … and from then on for the last of them. At `failures_that_end` it is
// over for good (NIST SP 800-63B-4 section 3.2.2) - except backup codes, which are only slowed.
// The count of failures alone decides: no new challenge, session, spelling or address refills it.
#pragma once
#include <optional>
#include <string>

#include "server/domain/rows.hpp"
#include "server/domain/settings.hpp"

namespace twofold::domain {

// The ids of the budgets that do not belong to one factor.
std::string backup_budget_id(const UserId& user);
std::string pending_budget_id(const UserId& user, Method method);
// Of a remembered browser, for a factor or (no factor) the backup codes.
std::string device_budget_id(const DeviceId& device, const FactorId& factor);

// While locked nothing is evaluated.
bool locked(const BudgetRow& budget, Instant now);
// Seconds until it opens again, at least 1; nothing when open.
std::optional<Seconds> lock_left(const BudgetRow& budget, Instant now);
// Whether the factor behind it has come to its end. Never ask this of backup codes.
bool exhausted(const BudgetRow& budget, const Settings& settings);
// Tries left before the next lock or the end; 0 while locked.
int tries_left(const BudgetRow& budget, const Settings& settings, Instant now);
// One failure more. True when this one locks.
bool charge(BudgetRow& budget, const Settings& settings, Instant now);
// A success: of this factor alone.
void forgive(BudgetRow& budget);

// Unlocked for ever: what a factor starts with (version 0: not yet stored).
BudgetRow fresh_budget(std::string id, const UserId& user);

}  // namespace twofold::domain
