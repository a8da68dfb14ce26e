#include "server/domain/judge.hpp"

#include <algorithm>

#include "server/domain/budget.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/events.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/names.hpp"
#include "shared/totp.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kPhishingWindow{90};
constexpr Seconds kPast{600};  // how far back a wrong code is explained

// A factor the code is compared with, and for email and WhatsApp the code that was sent.
struct Candidate {
    Tracked<FactorRow>* factor = nullptr;
    Tracked<DeliveryRow>* delivery = nullptr;
    std::size_t digits() const {
        return static_cast<std::size_t>(delivery != nullptr ? delivery->row.digits
                                                            : factor->row.totp.digits);
    }
};

Tracked<DeliveryRow>* live_delivery(VerifyRows& rows, const Attempt& attempt, const FactorRow& factor,
                                    Instant now) {
    if (attempt.challenge.empty()) return nullptr;
    for (auto& [id, delivery] : rows.deliveries) {
        const DeliveryRow& row = delivery.row;
        if (row.challenge == attempt.challenge && row.factor == factor.id && is_live(row, now))
            return &delivery;
    }
    return nullptr;
}

Problem refused(Code code, std::optional<Seconds> retry_after) {
    return Problem{code, retry_after, {}, {}};
}

// The factors meant, and why there is none when there is none.
std::vector<Candidate> candidates(Core& core, VerifyRows& rows, const Attempt& attempt, Instant now,
                                  Verdict& verdict) {
    std::vector<Candidate> out;
    Code why = Code::factor_ended;
    for (auto& [id, factor] : rows.factors) {
        const FactorRow& row = factor.row;
        if (row.user != attempt.user || row.status != FactorStatus::active) continue;
        if (!attempt.only.empty() && attempt.only != id) continue;
        if (attempt.method && *attempt.method != row.method) continue;
        if (suspends(row.trouble)) {
            if (why == Code::factor_ended) why = Code::factor_suspended;
            continue;
        }
        const auto budget = rows.budgets.find(id.value);
        if (!usable(row, budget == rows.budgets.end() ? nullptr : &budget->second.row,
                    core.settings))
            continue;
        Candidate candidate{&factor, nullptr};
        if (row.method != Method::totp) {
            candidate.delivery = live_delivery(rows, attempt, row, now);
            if (candidate.delivery == nullptr) {
                why = Code::code_not_sent;
                verdict.method = row.method;
                continue;
            }
        }
        out.push_back(candidate);
    }
    if (out.empty()) verdict.problem = problem(why);
    return out;
}

// A remembered browser has a budget of its own for each factor.
std::string budget_meant(const Attempt& attempt, const FactorId& factor) {
    return attempt.device.empty() ? factor.value : device_budget_id(attempt.device, factor);
}

void charge_one(Core& core, VerifyRows& rows, const Candidate& candidate, const Attempt& attempt,
                Instant now, Verdict& verdict) {
    Tracked<FactorRow>& factor = *candidate.factor;
    const std::string method(name_of(factor.row.method));
    BudgetRow& budget =
        budget_of(rows, budget_meant(attempt, factor.row.id), factor.row.user).edit();
    const bool locks = charge(budget, core.settings, now);
    // The end of a browser's own budget is the end of that budget alone (load_device_budgets).
    if (attempt.device.empty() && exhausted(budget, core.settings)) {
        factor.edit().secret = {};  // of no further use to anybody
        factor.edit().address = {};
        verdict.ended.push_back(factor.row.id);
        verdict.notices.push_back({"factor_ended", factor.row.label, method});
    } else if (locks) {
        verdict.notices.push_back({"factor_locked", factor.row.label, method});
    }
    if (candidate.delivery == nullptr) return;
    DeliveryRow& delivery = candidate.delivery->edit();
    delivery.failures += 1;
    if (delivery.failures >= core.settings.code_tries) {
        delivery.ended_at = now;
        verdict.withdrawn.push_back({delivery.id.value});
    }
}

// Security 41: only the factor used. An untouched budget needs no write.
void forgive_one(VerifyRows& rows, const Attempt& attempt, const FactorId& factor) {
    const auto it = rows.budgets.find(budget_meant(attempt, factor));
    if (it != rows.budgets.end() && it->second.row.failures != 0) forgive(it->second.edit());
}

void accept_step(VerifyRows& rows, Tracked<FactorRow>& factor, std::int64_t step,
                 const Attempt& attempt, Instant now) {
    FactorRow& row = factor.edit();
    row.last_step = step;
    row.last_step_at = now;
    row.last_step_session = attempt.used_by;
    row.last_used_at = now;
    rows.steps.push_back({row.id, step, now});
    forgive_one(rows, attempt, row.id);
}

void accept_delivery(VerifyRows& rows, const Candidate& candidate, const Attempt& attempt,
                     Instant now, Verdict& verdict) {
    DeliveryRow& delivery = candidate.delivery->edit();
    delivery.used_at = now;
    delivery.ended_at = now;
    FactorRow& row = candidate.factor->edit();
    row.last_used_at = now;
    row.trouble = FactorTrouble::none;  // it has arrived
    // The unique key is the arbiter of "at most once", as for a time step.
    rows.steps.push_back({FactorId{delivery.id.value}, 0, now});
    verdict.withdrawn.push_back({delivery.id.value});
    forgive_one(rows, attempt, row.id);
}

void take(Verdict& verdict, const FactorRow& row) {
    verdict.factor = row.id;
    verdict.label = row.label;
    verdict.method = row.method;
}

// Whether the code is right for this one, which is then accepted; `step` is what an app's code
// matched. Nothing: its secret does not open.
std::optional<bool> compare(Core& core, VerifyRows& rows, const Candidate& candidate,
                            const Attempt& attempt, Instant now, Verdict& verdict,
                            Result<std::int64_t>& step) {
    Tracked<FactorRow>& factor = *candidate.factor;
    if (candidate.delivery != nullptr) {
        if (!code_matches(core, candidate.delivery->row, attempt.digits)) return false;
        accept_delivery(rows, candidate, attempt, now, verdict);
        return true;
    }
    const std::optional<Secret> secret = open_secret(core, factor.row);
    if (!secret) return std::nullopt;
    step = totp_verify(factor.row.totp, secret->expose(), attempt.digits,
                       now.time_since_epoch().count(), core.settings.window);
    if (!step || *step <= factor.row.last_step) return false;
    accept_step(rows, factor, *step, attempt, now);
    return true;
}

// Whether a wrong code was right a while ago: noted for the desk, and never a reason to accept it or
// to answer differently (rule 4). Only the past: no step later than now + 1 is ever evaluated.
void note_past_step(Core& core, const std::vector<Candidate>& wrong, std::string_view digits,
                    Instant now, Verdict& verdict) {
    const std::int64_t at = now.time_since_epoch().count();
    for (const Candidate& candidate : wrong) {
        if (candidate.delivery != nullptr) continue;
        const FactorRow& row = candidate.factor->row;
        const std::optional<Secret> secret = open_secret(core, row);
        if (!secret) continue;
        for (std::int64_t ago = row.totp.period * (core.settings.window + 1); ago <= kPast.count();
             ago += row.totp.period) {
            if (ago > at || !totp_verify(row.totp, secret->expose(), digits, at - ago, 0)) continue;
            verdict.why["behind_s"] = std::to_string(ago);
            return;
        }
    }
}

void refuse_replay(const FactorRow& row, const Attempt& attempt, Instant now, Verdict& verdict) {
    const std::int64_t next = (row.last_step + 1) * row.totp.period;
    const std::int64_t left = next - now.time_since_epoch().count();
    verdict.problem = refused(Code::code_already_used, Seconds(std::max<std::int64_t>(left, 1)));
    take(verdict, row);
    if (row.last_step_at)
        verdict.why["used_before_s"] = std::to_string((now - *row.last_step_at).count());
    if (row.last_step_at && now - *row.last_step_at <= kPhishingWindow &&
        row.last_step_session != attempt.seen_by)
        verdict.notices.push_back({"code_reused", row.label, "totp"});
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

DeviceId load_device_budgets(Tx& tx, VerifyRows& rows, Core& core, const Caller& caller) {
    const DeviceId device = device_of(tx, core, caller);
    if (device.empty()) return {};
    bool spent = false;  // by an earlier attempt of the same transaction
    for (const BudgetRow& budget : tx.budgets(caller.session()->user)) {
        if (!budget.id.starts_with(device.value + ":")) continue;
        const auto [it, made] = rows.budgets.try_emplace(budget.id);
        if (made) it->second.row = budget;
        spent |= exhausted(it->second.row, core.settings);
    }
    return spent ? DeviceId{} : device;
}

bool usable(const FactorRow& factor, const BudgetRow* budget, const Settings& settings) {
    return factor.status == FactorStatus::active &&
           !(factor.method == Method::totp ? factor.secret : factor.address).empty() &&
           !suspends(factor.trouble) &&
           (budget == nullptr || !exhausted(*budget, settings));
}

std::string hand_of(Core& core, const Caller& caller) {
    if (const SessionCaller* session = caller.session()) return session->id.value;
    if (const KeyCaller* key = caller.key())
        return core.sealer.keyed_hash("hand", key->id.value + "\n" + caller.client.ip);
    return {};
}

Verdict judge_code(Core& core, VerifyRows& rows, const Attempt& attempt) {
    const Instant now = core.clock.now();
    Verdict verdict;
    std::vector<Candidate> left = candidates(core, rows, attempt, now, verdict);
    if (left.empty()) return verdict;
    verdict.method = left.front().factor->row.method;
    // A code of another length cannot be right for a factor: it is no guess at it.
    std::erase_if(left, [&](const Candidate& c) { return c.digits() != attempt.digits.size(); });
    if (left.empty()) {
        verdict.problem = invalid("/code", "format");
        return verdict;
    }
    // While locked nothing is evaluated: right and wrong look the same (security 42).
    std::optional<Seconds> wait;
    std::erase_if(left, [&](const Candidate& c) {
        const std::optional<Seconds> locked_for =
            lock_left(
            budget_of(rows, budget_meant(attempt, c.factor->row.id), attempt.user).row, now);
        if (locked_for) wait = wait ? std::min(*wait, *locked_for) : *locked_for;
        return locked_for.has_value();
    });
    if (left.empty()) {
        verdict.problem = refused(Code::factor_locked, wait);
        return verdict;
    }

    std::vector<Candidate> wrong;
    const FactorRow* replayed = nullptr;
    for (const Candidate& candidate : left) {
        Result<std::int64_t> step = Error::code_mismatch;
        const std::optional<bool> right =
            compare(core, rows, candidate, attempt, now, verdict, step);
        const FactorRow& row = candidate.factor->row;
        if (!right) continue;
        if (*right) {
            take(verdict, row);
            return verdict;
        }
        if (step && *step == row.last_step && replayed == nullptr) {
            replayed = &row;
        } else {
            wrong.push_back(candidate);  // rule 1: every step below the last one is simply wrong
        }
    }
    if (replayed != nullptr) {
        refuse_replay(*replayed, attempt, now, verdict);
        return verdict;
    }
    if (wrong.empty()) {
        verdict.problem = problem(Code::unavailable);  // no secret opened: a key is missing
        return verdict;
    }
    int tries = 0;
    for (const Candidate& candidate : wrong) {
        charge_one(core, rows, candidate, attempt, now, verdict);
        const std::string id = budget_meant(attempt, candidate.factor->row.id);
        tries = std::max(tries,
                         tries_left(budget_of(rows, id, attempt.user).row, core.settings, now));
    }
    verdict.problem = Problem{Code::code_invalid, {}, tries, {}};
    note_past_step(core, wrong, attempt.digits, now, verdict);
    if (wrong.size() == 1) take(verdict, wrong.front().factor->row);
    return verdict;
}

void announce(Tx& tx, VerifyRows& rows, Core& core, const Caller& caller, const UserRow& user,
              const Verdict& verdict) {
    for (const FactorId& id : verdict.ended) {
        const auto factor = rows.factors.find(id);
        const bool known = factor != rows.factors.end();
        record(rows, core, caller, user,
               {.action = "factor.ended",
                .method = known ? std::string(name_of(factor->second.row.method)) : "",
                .object = id.value,
                .label = known ? factor->second.row.label : ""});
    }
    for (const MessageId& id : verdict.withdrawn) tx.withdraw_message(id);
    for (const Notice& notice : verdict.notices) notify(tx, core, caller, user, notice);
}

}  // namespace twofold::domain
