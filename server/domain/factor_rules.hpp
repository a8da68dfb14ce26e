// factor_rules.hpp - what a set of factor rows means: whether 2FA is on (rule 7), and how it ends
// (rule 9).
#pragma once
#include <optional>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

// Any active row, also one that came to its end by failures: 2FA does not switch itself off.
bool has_second_factor(const std::vector<FactorRow>& factors);

// The budget of that id, or null.
const BudgetRow* find_budget(const std::vector<BudgetRow>& budgets, std::string_view id);

// Active and not come to its end.
bool is_usable(const FactorRow& factor, const std::vector<BudgetRow>& budgets,
               const Settings& settings);

// A pending one whose time is not over.
bool is_live_pending(const FactorRow& factor, Instant now);

// Ends one: the secret goes, and with it its budget.
void end_factor(Tx& tx, FactorRow& factor, Instant now);

// Ends every factor, pending ones and backup codes, closes open challenges, ends the user's other
// sessions, records and notifies. `factors` are locked.
void switch_off(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                std::vector<FactorRow>& factors);

// The caller's own session is kept, all others of that user end.
void end_other_sessions(Tx& tx, const Caller& caller, const UserId& user);

// The unused recover grant of the caller's session (rule 8), locked; nothing when there is none.
// `reserved`: a pending enrolment was opened with it in time, so its time no longer counts.
std::optional<SessionRow> recover_grant(Tx& tx, const Caller& caller, const UserId& user,
                                        Instant now, bool reserved);

}  // namespace twofold::domain
