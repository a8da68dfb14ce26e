// Confirming an enrolment: the code that proves the app, the mailbox or the phone.
#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/enrolment_view.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/judge.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/tombstones.hpp"
#include "shared/code_text.hpp"
#include "shared/totp.hpp"

namespace twofold::domain {
namespace {

// What a code did to a pending enrolment: `wrong` is charged, `refused` is not.
struct Judged {
    bool wrong = false;
    std::optional<Problem> refused;
    std::optional<std::int64_t> step;  // totp: the step it matched
};

Judged judge_sent(Tx& tx, Core& core, const FactorRow& factor, std::string_view digits) {
    const Instant now = core.clock.now();
    const std::vector<DeliveryRow> newest = tx.deliveries({}, factor.id, 1);
    std::optional<DeliveryRow> delivery;
    if (!newest.empty()) delivery = tx.lock_delivery(newest.front().id);
    if (!delivery || !is_live(*delivery, now)) return {false, problem(Code::code_not_sent), {}};
    if (static_cast<std::size_t>(delivery->digits) != digits.size())
        return {false, invalid("/code", "format"), {}};
    if (!code_matches(core, *delivery, digits)) {
        delivery->failures += 1;
        if (delivery->failures >= core.settings.code_tries)
            end_delivery(tx, *delivery, now);
        else
            tx.update_delivery(*delivery);
        return {true, {}, {}};
    }
    if (!tx.insert_step_use(FactorId{delivery->id.value}, 0, now))
        return {false, problem(Code::code_already_used), {}};
    delivery->used_at = now;
    end_delivery(tx, *delivery, now);
    return {};
}

// What an attempt cost this app or address is given back; what was spent on another address stays
// spent (rule 2), or whoever proves their own mailbox in between guesses at a foreign one for ever.
void forgive_pending(Tx& tx, BudgetRow& budget, const FactorRow& factor) {
    constexpr int kSentAtMost = 64;  // more than any limit lets go out in an enrolment's life
    if (budget.version == 0) return;
    int spent_here = budget.failures;
    if (is_delivered(factor.method)) {
        spent_here = 0;
        for (const DeliveryRow& sent : tx.deliveries({}, factor.id, kSentAtMost))
            spent_here += sent.failures;
    }
    budget.failures = std::max(budget.failures - spent_here, 0);
    if (budget.failures == 0)
        tx.delete_budget(budget.id);
    else
        tx.put_budget(budget);
}

Judged judge_pending(Tx& tx, Core& core, const FactorRow& factor, std::string_view digits) {
    if (is_delivered(factor.method)) return judge_sent(tx, core, factor, digits);
    if (static_cast<std::size_t>(factor.totp.digits) != digits.size())
        return {false, invalid("/code", "format"), {}};
    const std::optional<Secret> secret = open_secret(core, factor);
    if (!secret) return {false, problem(Code::unavailable), {}};
    const Instant now = core.clock.now();
    const Result<std::int64_t> step =
        totp_verify(factor.totp, secret->expose(), digits, now.time_since_epoch().count(),
                    core.settings.window);
    if (!step) return {true, {}, {}};
    if (!tx.insert_step_use(factor.id, *step, now))
        return {false, problem(Code::code_already_used), {}};
    return {false, {}, *step};
}

// Whether judge_pending will compare the code, as things stand.
bool can_be_judged(Tx& tx, const FactorRow& factor, std::string_view digits, Instant now) {
    if (now >= factor.expires_at) return false;
    if (!is_delivered(factor.method))
        return digits.size() == static_cast<std::size_t>(factor.totp.digits);
    const std::vector<DeliveryRow> newest = tx.deliveries({}, factor.id, 1);
    return !newest.empty() && is_live(newest.front(), now) &&
           digits.size() == static_cast<std::size_t>(newest.front().digits);
}

}  // namespace

Outcome<EnrolmentConfirmed> Enrolments::confirm(const Caller& caller, std::string_view user,
                                                const FactorId& id, std::string_view code) {
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::enroll);
    if (!known) return known.error();
    Result<std::string> digits = canonical_digits(code);
    if (!digits) return invalid("/code", "format");

    // Backup codes come with the first factor or a recover grant. They take 10 Argon2id, so they
    // are made before the transaction, when the state at this moment asks for them and the code will
    // be judged: what is refused without being charged must not cost that much.
    std::optional<NewBackupSet> codes;
    Method method = Method::totp;
    bool wants_codes = false;
    const auto look = [&](Tx& tx) {
        const std::vector<FactorRow> factors = tx.factors(known->id);
        const std::vector<BudgetRow> budgets = tx.budgets(known->id);
        wants_codes = false;
        for (const FactorRow& f : factors) {
            if (f.id != id || f.status != FactorStatus::pending) continue;
            method = f.method;
            wants_codes =
                (f.opened_with == OpenedWith::recover || f.opened_with == OpenedWith::link ||
                 !has_second_factor(factors)) &&
                can_be_judged(tx, f, *digits, core_.clock.now());
        }
        const BudgetRow* budget = find_budget(budgets, pending_budget_id(known->id, method));
        if (budget != nullptr && locked(*budget, core_.clock.now())) wants_codes = false;
    };
    if (const Outcome<Done> looked = core_.store.read(look); !looked) return looked.error();
    if (wants_codes) codes = make_backup_set(core_, *known);

    Outcome<EnrolmentConfirmed> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        std::vector<FactorRow> factors = tx.lock_factors(owner->id);
        FactorRow* factor = find_factor(factors, id);
        if (factor == nullptr) {
            const std::optional<FactorRow> ended = tx.lock_factor(id);
            answer = problem(ended && ended->user == owner->id ? Code::enrollment_closed
                                                               : Code::not_found);
            return false;
        }
        if (factor->status != FactorStatus::pending) {
            answer = problem(Code::enrollment_closed);
            return false;
        }
        if (now >= factor->expires_at) {
            answer = problem(Code::enrollment_expired);
            return false;
        }
        // Rule 6: the proof check again, here where it counts.
        const bool first = !has_second_factor(factors);
        std::optional<SessionRow> grant;
        if (factor->opened_with == OpenedWith::none && !first) {
            answer = problem(Code::enrollment_closed);
            return false;
        }
        if (factor->opened_with == OpenedWith::recover && !first) {
            grant = recover_grant(tx, caller, owner->id, now, true);
            // Reserved is a grant that was alive when this was opened; one that had run out by then
            // comes from another session and is not revived.
            if (!grant || *grant->recover_until <= factor->created_at) {
                answer = problem(Code::proof_required);
                return false;
            }
        }
        std::optional<CaseRow> recovery;
        if (factor->opened_with == OpenedWith::link) {
            recovery = recovery_case(tx, core_, caller, *owner);
            if (!recovery) {
                answer = problem(Code::enrollment_closed);  // paused, over, or another session
                return false;
            }
        } else if (caller.session() != nullptr &&
                   caller.session()->state == SessionState::recovery) {
            answer = problem(Code::enrollment_closed);
            return false;
        }
        // Again, here where it counts: several may have been opened when there was room for one.
        const auto others = std::count_if(factors.begin(), factors.end(), [&](const FactorRow& f) {
            return f.status == FactorStatus::active && f.id != factor->replaces;
        });
        if (others >= core_.settings.factors_a_user && !recovery) {
            answer = problem(Code::too_many_factors);
            return false;
        }
        const std::string budget_id = pending_budget_id(owner->id, factor->method);
        BudgetRow budget = tx.lock_budget(budget_id).value_or(fresh_budget(budget_id, owner->id));
        if (const std::optional<Seconds> left = lock_left(budget, now)) {
            answer = Problem{Code::factor_locked, left, {}, {}};
            return false;
        }
        if ((first || grant || recovery) && !codes && can_be_judged(tx, *factor, *digits, now)) {
            // The state moved since the look: the caller tries again.
            answer = Problem{Code::unavailable, Seconds(1), {}, {}};
            return false;
        }
        const Judged judged = judge_pending(tx, core_, *factor, *digits);
        if (judged.wrong) {
            charge(budget, core_.settings, now);
            tx.put_budget(budget);
            record(tx, core_, caller, *owner,
                   {.action = "enrollment.confirmed",
                    .method = std::string(name_of(factor->method)),
                    .result = "code_invalid",
                    .object = id.value,
                    .label = factor->label});
            answer = Problem{Code::code_invalid, {}, tries_left(budget, core_.settings, now), {}};
            return true;
        }
        if (judged.refused) {
            answer = *judged.refused;
            return false;
        }

        factor->status = FactorStatus::active;
        factor->activated_at = now;
        factor->last_used_at = now;
        if (judged.step) {
            factor->last_step = *judged.step;
            factor->last_step_at = now;
            factor->last_step_session = hand_of(core_, caller);
        }
        tx.update_factor(*factor);
        forgive_pending(tx, budget, *factor);
        inherit_failures(tx, core_, *owner, factor->id);
        record(tx, core_, caller, *owner,
               {.action = "enrollment.confirmed",
                .method = std::string(name_of(factor->method)),
                .object = id.value,
                .label = factor->label});

        EnrolmentConfirmed confirmed;
        bool address_changed = false;
        bool any_replaced = false;
        for (FactorRow& other : factors) {
            if (&other == factor) continue;
            const bool replaced =
                other.id == factor->replaces && other.status == FactorStatus::active;
            const bool unproven =
                other.status == FactorStatus::pending && other.opened_with == OpenedWith::none;
            if (!replaced && !unproven) continue;
            any_replaced |= replaced;
            const bool moved = replaced && is_delivered(other.method) &&
                               other.method == factor->method;
            const std::string address =
                replaced && other.method == Method::email ? address_of(core_, other) : "";
            const std::string other_method(name_of(other.method));
            end_factor(tx, other, now);
            record(tx, core_, caller, *owner,
                   {.action = moved      ? "factor.address_changed"
                              : replaced ? "factor.removed"
                                         : "enrollment.ended",
                    .method = other_method,
                    .object = other.id.value,
                    .label = other.label});
            // Who had it last is told too: taking an address over cannot be done in silence.
            const std::vector<std::string> also =
                address.empty() ? std::vector<std::string>{} : std::vector<std::string>{address};
            if (moved) {
                notify(tx, core_, caller, *owner,
                       {"factor_address_changed", factor->label, other_method, -1, also});
                address_changed = true;
            } else if (replaced) {
                notify(tx, core_, caller, *owner,
                       {"factor_removed", other.label, other_method, -1, also});
            }
        }
        if (first || grant || recovery) {
            tx.replace_backup_set(owner->id, &codes->row);
            confirmed.backup_codes = codes->codes;
            record(tx, core_, caller, *owner,
                   {.action = "backup_codes.made", .object = codes->row.id.value});
            if (grant || recovery)
                notify(tx, core_, caller, *owner, {.kind = "backup_codes_regenerated"});
        }
        if (first) record(tx, core_, caller, *owner, {.action = "two_factor.enabled"});
        if (!address_changed)
            notify(tx, core_, caller, *owner,
                   {first ? "two_factor_enabled" : "factor_added", factor->label,
                    std::string(name_of(factor->method))});
        if (recovery) {
            finish_recovery(tx, core_, caller, *owner, *recovery, factors, factor->id);
            confirmed.view = view_of(*factor, nullptr, *owner, core_);
            answer = std::move(confirmed);
            return true;
        }
        end_other_sessions(tx, caller, owner->id);
        if (first || any_replaced)
            end_devices(tx, core_, caller, *owner, first ? "two_factor" : "factor_removed");
        if (const SessionCaller* session = caller.session()) {
            std::optional<SessionRow> row = grant ? grant : tx.lock_session(session->id);
            if (row) {
                row->second_step_at = now;  // this very code was one
                if (grant) row->recover_until.reset();
                tx.update_session(*row);
            }
        }
        confirmed.view = view_of(*factor, nullptr, *owner, core_);
        answer = std::move(confirmed);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
