// judge.hpp - right or wrong: the one decision on a code of an authenticator app or of a message
// (rules 1, 2, 4), for every path (sign-in, step-up, manage, proof). Works on rows loaded and locked by Tx::load_for_verify and
// changes them in memory, so that later attempts of the same batch see what earlier ones did;
// nothing of it is disclosed before the rows are committed. Pure but for opening the sealed secret.
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/notices.hpp"

namespace twofold::domain {

struct Attempt {
    UserId user;
    FactorId only;        // this factor alone; empty: every active one of that many digits
    std::optional<Method> method;  // of this method alone
    ChallengeId challenge;         // whose sent codes count; empty: none do
    std::string digits;   // canonical (code_text.hpp)
    std::string seen_by;  // who tries: compared with who used the last code (phishing warning)
    std::string used_by;  // who will have used it: remembered when accepted
    DeviceId device = {};  // the remembered browser that tries, on its own budgets; empty: none
};

struct Verdict {
    // None: accepted. code_invalid + attempts_remaining: charged. code_already_used + retry_after
    // (until the next step begins): not charged. factor_locked + retry_after, factor_ended,
    // factor_suspended, code_not_sent (no sent code waits for this challenge), validation_failed (no
    // factor of that many digits), unavailable (the secret does not open): nothing was evaluated.
    std::optional<Problem> problem;
    Method method = Method::totp;  // of the factor, as far as one was meant
    FactorId factor;
    std::string label;
    std::vector<Notice> notices;  // to be queued in the same transaction
    std::vector<FactorId> ended;  // came to their end by this attempt
    TextMap why;                       // for the desk alone, sealed in the audit: see explain.hpp
    std::vector<MessageId> withdrawn;  // of sent codes that ended: they need not leave any more
    // Whether the attempt was evaluated and therefore leaves a mark in the audit.
    bool evaluated() const;
};

Verdict judge_code(Core& core, VerifyRows& rows, const Attempt& attempt);

// The budget of that id among the rows, fresh when nobody has charged it yet.
Tracked<BudgetRow>& budget_of(VerifyRows& rows, const std::string& id, const UserId& user);

// The remembered browser that tries, with its budgets loaded among the rows; empty: none, or one that
// has used its budget up and is charged like anybody.
DeviceId load_device_budgets(Tx& tx, VerifyRows& rows, Core& core, const Caller& caller);

// Active in the store and not come to its end by failures: it can still be used. A factor that came
// to its end keeps gating (2FA never switches itself off) until it is replaced or disabled.
bool usable(const FactorRow& factor, const BudgetRow* budget, const Settings& settings);

// Who a caller is to the phishing warning: one session, or one client behind a key.
std::string hand_of(Core& core, const Caller& caller);

// Queues the verdict's notices, withdraws messages and records the factors it ended.
void announce(Tx& tx, VerifyRows& rows, Core& core, const Caller& caller, const UserRow& user,
              const Verdict& verdict);

}  // namespace twofold::domain
