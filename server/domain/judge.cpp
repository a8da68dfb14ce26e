#include "server/domain/judge.hpp"

#include <algorithm>

#include "server/domain/budget.hpp"
#include "server/domain/events.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/names.hpp"
#include "shared/totp.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kPhishingWindow{90};

std::vector<Tracked<FactorRow>*> candidates(VerifyRows& rows, const Attempt& attempt) {
    std::vector<Tracked<FactorRow>*> out;
    for (auto& [id, factor] : rows.factors) {
        if (factor.row.user != attempt.user || factor.row.status != FactorStatus::active) continue;
        if (factor.row.method != Method::totp) continue;
        if (!attempt.only.empty() && attempt.only != id) continue;
        out.push_back(&factor);
    }
    return out;
}

Problem refused(Code code, std::optional<Seconds> retry_after) {
    return Problem{code, retry_after, {}, {}};
}

void charge_one(Core& core, VerifyRows& rows, Tracked<FactorRow>& factor, Instant now,
                Verdict& verdict) {
    BudgetRow& budget = budget_of(rows, factor.row.id.value, factor.row.user).edit();
    const bool locks = charge(budget, core.settings, now);
    if (exhausted(budget, core.settings)) {
        factor.edit().secret = {};  // of no further use to anybody
        verdict.ended.push_back(factor.row.id);
        verdict.notices.push_back({"factor_ended", factor.row.label, "totp"});
    } else if (locks) {
        verdict.notices.push_back({"factor_locked", factor.row.label, "totp"});
    }
}

void accept(VerifyRows& rows, Tracked<FactorRow>& factor, std::int64_t step, const Attempt& attempt,
            Instant now) {
    FactorRow& row = factor.edit();
    row.last_step = step;
    row.last_step_at = now;
    row.last_step_session = attempt.used_by;
    row.last_used_at = now;
    rows.steps.push_back({row.id, step, now});
    // Security 41: only the factor used. An untouched budget needs no write.
    const auto it = rows.budgets.find(row.id.value);
    if (it != rows.budgets.end() && it->second.row.failures != 0) forgive(it->second.edit());
}

}  // namespace

bool Verdict::evaluated() const {
    if (!problem) return true;
    return problem->code == Code::code_invalid || problem->code == Code::code_already_used;
}

Tracked<BudgetRow>& budget_of(VerifyRows& rows, const std::string& id, const UserId& user) {
    const auto [it, made] = rows.budgets.try_emplace(id);
    if (made) it->second.row = fresh_budget(id, user);
    return it->second;
}

bool usable(const FactorRow& factor, const BudgetRow* budget, const Settings& settings) {
    return factor.status == FactorStatus::active && !factor.secret.empty() &&
           (budget == nullptr || !exhausted(*budget, settings));
}

std::string hand_of(Core& core, const Caller& caller) {
    if (const SessionCaller* session = caller.session()) return session->id.value;
    if (const KeyCaller* key = caller.key())
        return core.sealer.keyed_hash("hand", key->id.value + "\n" + caller.client.ip);
    return {};
}

Verdict judge_totp(Core& core, VerifyRows& rows, const Attempt& attempt) {
    const Instant now = core.clock.now();
    Verdict verdict;
    std::vector<Tracked<FactorRow>*> factors = candidates(rows, attempt);
    std::erase_if(factors, [&](Tracked<FactorRow>* f) {
        const auto budget = rows.budgets.find(f->row.id.value);
        return !usable(f->row, budget == rows.budgets.end() ? nullptr : &budget->second.row,
                       core.settings);
    });
    if (factors.empty()) {
        verdict.problem = problem(Code::factor_ended);
        return verdict;
    }
    // A code of another length cannot be right for a factor: it is no guess at it.
    std::erase_if(factors, [&](Tracked<FactorRow>* f) {
        return static_cast<std::size_t>(f->row.totp.digits) != attempt.digits.size();
    });
    if (factors.empty()) {
        verdict.problem = invalid("/code", "format");
        return verdict;
    }
    // While locked nothing is evaluated: right and wrong look the same (security 42).
    std::optional<Seconds> wait;
    std::erase_if(factors, [&](Tracked<FactorRow>* f) {
        const std::optional<Seconds> left =
            lock_left(budget_of(rows, f->row.id.value, attempt.user).row, now);
        if (left) wait = wait ? std::min(*wait, *left) : *left;
        return left.has_value();
    });
    if (factors.empty()) {
        verdict.problem = refused(Code::factor_locked, wait);
        return verdict;
    }

    std::vector<Tracked<FactorRow>*> wrong;
    Tracked<FactorRow>* replayed = nullptr;
    for (Tracked<FactorRow>* factor : factors) {
        const std::optional<Secret> secret = open_secret(core, factor->row);
        if (!secret) continue;
        const Result<std::int64_t> step =
            totp_verify(factor->row.totp, secret->expose(), attempt.digits,
                        now.time_since_epoch().count(), core.settings.window);
        if (step && *step > factor->row.last_step) {
            accept(rows, *factor, *step, attempt, now);
            verdict.factor = factor->row.id;
            verdict.label = factor->row.label;
            return verdict;
        }
        if (step && *step == factor->row.last_step && replayed == nullptr) {
            replayed = factor;
        } else {
            wrong.push_back(factor);  // rule 1: every step below the last one is simply wrong
        }
    }
    if (replayed != nullptr) {
        const FactorRow& row = replayed->row;
        const std::int64_t next = (row.last_step + 1) * row.totp.period;
        const std::int64_t left = next - now.time_since_epoch().count();
        verdict.problem =
            refused(Code::code_already_used, Seconds(std::max<std::int64_t>(left, 1)));
        verdict.factor = row.id;
        verdict.label = row.label;
        if (row.last_step_at && now - *row.last_step_at <= kPhishingWindow &&
            row.last_step_session != attempt.seen_by)
            verdict.notices.push_back({"code_reused", row.label, "totp"});
        return verdict;
    }
    if (wrong.empty()) {
        verdict.problem = problem(Code::unavailable);  // no secret opened: a key is missing
        return verdict;
    }
    int left = 0;
    for (Tracked<FactorRow>* factor : wrong) {
        charge_one(core, rows, *factor, now, verdict);
        left = std::max(left, tries_left(budget_of(rows, factor->row.id.value, attempt.user).row,
                                         core.settings, now));
    }
    verdict.problem = Problem{Code::code_invalid, {}, left, {}};
    if (wrong.size() == 1) {
        verdict.factor = wrong.front()->row.id;
        verdict.label = wrong.front()->row.label;
    }
    return verdict;
}

void announce(Tx& tx, VerifyRows& rows, Core& core, const Caller& caller, const UserRow& user,
              const Verdict& verdict) {
    for (const FactorId& id : verdict.ended) {
        const auto factor = rows.factors.find(id);
        record(rows, core, caller, user,
               {.action = "factor.ended",
                .method = "totp",
                .object = id.value,
                .label = factor == rows.factors.end() ? "" : factor->second.row.label});
    }
    for (const Notice& notice : verdict.notices) notify(tx, core, caller, user, notice);
}

}  // namespace twofold::domain
