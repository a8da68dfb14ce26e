#include "server/domain/enrolments.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/backup_set.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/judge.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/proof_check.hpp"
#include "server/domain/second_step.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/tombstones.hpp"
#include "shared/base32.hpp"
#include "shared/code_text.hpp"
#include "shared/otpauth.hpp"

namespace twofold::domain {
namespace {

constexpr std::size_t kPendingAtOnce = 3;

EnrolmentView view_of(const FactorRow& row, const BudgetRow* budget, Core& core) {
    EnrolmentView view;
    view.id = row.id;
    view.method = row.method;
    view.status = row.status;
    if (row.status == FactorStatus::active && !usable(row, budget, core.settings))
        view.status = FactorStatus::ended;  // still gates; shown as what it is: of no further use
    view.label = row.label;
    view.totp = row.totp;
    view.created_at = row.created_at;
    view.expires_at = row.expires_at;
    view.activated_at = row.activated_at;
    view.last_used_at = row.last_used_at;
    if (budget != nullptr && locked(*budget, core.clock.now()))
        view.locked_until = budget->locked_until;
    return view;
}

// The account an app shows beside the code. The format of the URI knows no colon inside it.
std::string account_name(Core& core, const UserRow& user) {
    std::string name = open_text(core, places::user_email(user), user.email);
    if (name.empty()) name = open_text(core, places::user_display_name(user), user.display_name);
    if (name.empty()) name = user.external_id;
    std::replace(name.begin(), name.end(), ':', '_');
    return name;
}

FactorRow* find_factor(std::vector<FactorRow>& factors, const FactorId& id) {
    const auto it = std::find_if(factors.begin(), factors.end(),
                                 [&](const FactorRow& f) { return f.id == id; });
    return it == factors.end() ? nullptr : &*it;
}

bool password_is_fresh(const Caller& caller, const Settings& settings, Instant now) {
    const SessionCaller* session = caller.session();
    return session == nullptr || now - session->password_at <= settings.proof_life;
}

}  // namespace

Outcome<EnrolmentStarted> Enrolments::start(const Caller& caller, std::string_view user,
                                            const EnrolmentRequest& request) {
    if (request.method != Method::totp) return invalid("/method", "unsupported");
    if (!valid(request.totp)) return invalid("/totp", "range");
    const std::string label = request.label.empty() ? "Authenticator app" : request.label;
    if (!valid_label(label)) return invalid("/label", "format");
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::enroll);
    if (!known) return known.error();
    ProofCheck proof(core_, caller, request.proof, Action::add_factor, request.replaces.value);
    if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    const Secret secret = random_bytes(core_.random, digest_size(request.totp.algorithm));
    Outcome<EnrolmentStarted> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        // Everything that can be refused for another reason comes before the proof: a right code is
        // never told to be right without being used up.
        std::vector<FactorRow> before = tx.factors(owner->id);
        if (!request.replaces.empty()) {
            const FactorRow* old = find_factor(before, request.replaces);
            if (old == nullptr || old->status != FactorStatus::active) {
                answer = invalid("/replaces", "unknown");
                return false;
            }
        }
        const auto active = std::count_if(before.begin(), before.end(), [](const FactorRow& f) {
            return f.status == FactorStatus::active;
        });
        if (active - (request.replaces.empty() ? 0 : 1) >= core_.settings.factors_a_user) {
            answer = problem(Code::too_many_factors);
            return false;
        }
        OpenedWith opened = OpenedWith::none;
        if (has_second_factor(before)) {
            if (!request.proof.empty()) {
                if (std::optional<Problem> refused = proof.check(tx, *owner)) {
                    answer = *refused;
                    return true;
                }
                opened = OpenedWith::proof;
            } else if (recover_grant(tx, caller, owner->id, now, false)) {
                opened = OpenedWith::recover;
            } else {
                answer = problem(Code::proof_required);
                return false;
            }
        } else if (!password_is_fresh(caller, core_.settings, now)) {
            answer = problem(Code::reauthentication_required);
            return false;
        }

        std::vector<FactorRow> factors = tx.lock_factors(owner->id);
        // Wizards left half-way: the oldest make room.
        std::vector<FactorRow*> pending;
        for (FactorRow& f : factors)
            if (f.status == FactorStatus::pending) pending.push_back(&f);
        for (std::size_t i = 0; i + kPendingAtOnce <= pending.size(); ++i)
            end_factor(tx, *pending[i], now);

        FactorRow row;
        row.id = new_id<FactorId>(core_.random, "enr_");
        row.application = owner->application;
        row.user = owner->id;
        row.method = Method::totp;
        row.status = FactorStatus::pending;
        row.label = label;
        row.totp = request.totp;
        row.opened_with = opened;
        row.replaces = request.replaces;
        if (opened == OpenedWith::recover) row.opened_by = caller.session()->id;
        row.created_at = now;
        row.expires_at = now + core_.settings.enrolment_life;
        seal_secret(core_, row, secret.expose());
        tx.insert_factor(row);
        record(tx, core_, caller, *owner,
               {.action = "enrollment.started",
                .method = "totp",
                .object = row.id.value,
                .label = label});

        const std::optional<ApplicationRow> application = tx.application(owner->application);
        EnrolmentStarted started;
        started.view = view_of(row, nullptr, core_);
        started.secret_base32 = base32_encode(secret.expose());
        started.issuer = application ? application->issuer : core_.settings.issuer;
        std::replace(started.issuer.begin(), started.issuer.end(), ':', '_');
        started.account = account_name(core_, *owner);
        Result<std::string> uri =
            build_otpauth({started.issuer, started.account, secret.expose(), row.totp});
        if (!uri) {
            answer = problem(Code::internal);
            return false;
        }
        started.otpauth_uri = std::move(*uri);
        answer = std::move(started);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<EnrolmentConfirmed> Enrolments::confirm(const Caller& caller, std::string_view user,
                                                const FactorId& id, std::string_view code) {
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::enroll);
    if (!known) return known.error();
    Result<std::string> digits = canonical_digits(code);
    if (!digits) return invalid("/code", "format");

    // Backup codes come with the first factor or a recover grant. They take 10 Argon2id, so they
    // are made before the transaction, when the state at this moment asks for them and no lock
    // forbids.
    std::optional<NewBackupSet> codes;
    bool wants_codes = false;
    const auto look = [&](Tx& tx) {
        const std::vector<FactorRow> factors = tx.factors(known->id);
        const std::vector<BudgetRow> budgets = tx.budgets(known->id);
        const BudgetRow* budget = find_budget(budgets, pending_budget_id(known->id, Method::totp));
        wants_codes = false;
        if (budget != nullptr && locked(*budget, core_.clock.now())) return;
        for (const FactorRow& f : factors)
            if (f.id == id && f.status == FactorStatus::pending)
                wants_codes = f.opened_with == OpenedWith::recover || !has_second_factor(factors);
    };
    if (const Outcome<Done> looked = core_.store.read(look); !looked) return looked.error();
    if (wants_codes) codes = make_backup_set(core_, *known);

    Outcome<EnrolmentConfirmed> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::enroll);
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
        // Again, here where it counts: several may have been opened when there was room for one.
        const auto others = std::count_if(factors.begin(), factors.end(), [&](const FactorRow& f) {
            return f.status == FactorStatus::active && f.id != factor->replaces;
        });
        if (others >= core_.settings.factors_a_user) {
            answer = problem(Code::too_many_factors);
            return false;
        }
        const std::string budget_id = pending_budget_id(owner->id, Method::totp);
        BudgetRow budget = tx.lock_budget(budget_id).value_or(fresh_budget(budget_id, owner->id));
        if (const std::optional<Seconds> left = lock_left(budget, now)) {
            answer = Problem{Code::factor_locked, left, {}, {}};
            return false;
        }
        if ((first || grant) && !codes) {
            // The state moved since the look: the caller tries again.
            answer = Problem{Code::unavailable, Seconds(1), {}, {}};
            return false;
        }
        if (static_cast<std::size_t>(factor->totp.digits) != digits->size()) {
            answer = invalid("/code", "format");
            return false;
        }
        const std::optional<Secret> secret = open_secret(core_, *factor);
        if (!secret) {
            answer = problem(Code::unavailable);
            return false;
        }
        const Result<std::int64_t> step =
            totp_verify(factor->totp, secret->expose(), *digits, now.time_since_epoch().count(),
                        core_.settings.window);
        if (!step) {
            charge(budget, core_.settings, now);
            tx.put_budget(budget);
            record(tx, core_, caller, *owner,
                   {.action = "enrollment.confirmed",
                    .method = "totp",
                    .result = "code_invalid",
                    .object = id.value,
                    .label = factor->label});
            answer = Problem{Code::code_invalid, {}, tries_left(budget, core_.settings, now), {}};
            return true;
        }
        if (!tx.insert_step_use(id, *step, now)) {
            answer = problem(Code::code_already_used);
            return false;
        }

        factor->status = FactorStatus::active;
        factor->activated_at = now;
        factor->last_used_at = now;
        factor->last_step = *step;
        factor->last_step_at = now;
        factor->last_step_session = hand_of(core_, caller);
        tx.update_factor(*factor);
        tx.delete_budget(budget_id);
        inherit_failures(tx, core_, *owner, factor->id);
        record(tx, core_, caller, *owner,
               {.action = "enrollment.confirmed",
                .method = "totp",
                .object = id.value,
                .label = factor->label});

        EnrolmentConfirmed confirmed;
        for (FactorRow& other : factors) {
            if (&other == factor) continue;
            const bool replaced =
                other.id == factor->replaces && other.status == FactorStatus::active;
            const bool unproven =
                other.status == FactorStatus::pending && other.opened_with == OpenedWith::none;
            if (!replaced && !unproven) continue;
            end_factor(tx, other, now);
            record(tx, core_, caller, *owner,
                   {.action = replaced ? "factor.removed" : "enrollment.ended",
                    .method = "totp",
                    .object = other.id.value,
                    .label = other.label});
            if (replaced)
                notify(tx, core_, caller, *owner, {"factor_removed", other.label, "totp"});
        }
        if (first || grant) {
            tx.replace_backup_set(owner->id, &codes->row);
            confirmed.backup_codes = codes->codes;
            record(tx, core_, caller, *owner,
                   {.action = "backup_codes.made", .object = codes->row.id.value});
            if (grant) notify(tx, core_, caller, *owner, {.kind = "backup_codes_regenerated"});
        }
        if (first) record(tx, core_, caller, *owner, {.action = "two_factor.enabled"});
        notify(tx, core_, caller, *owner,
               {first ? "two_factor_enabled" : "factor_added", factor->label, "totp"});
        end_other_sessions(tx, caller, owner->id);
        if (const SessionCaller* session = caller.session()) {
            std::optional<SessionRow> row = grant ? grant : tx.lock_session(session->id);
            if (row) {
                row->second_step_at = now;  // this very code was one
                if (grant) row->recover_until.reset();
                tx.update_session(*row);
            }
        }
        confirmed.view = view_of(*factor, nullptr, core_);
        answer = std::move(confirmed);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<std::vector<EnrolmentView>> Enrolments::list(const Caller& caller, std::string_view user) {
    Outcome<std::vector<EnrolmentView>> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return;
        }
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        std::vector<EnrolmentView> views;
        for (const FactorRow& f : tx.factors(owner->id)) {
            if (f.status == FactorStatus::pending && !is_live_pending(f, core_.clock.now()))
                continue;
            views.push_back(view_of(f, find_budget(budgets, f.id.value), core_));
        }
        answer = std::move(views);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<EnrolmentView> Enrolments::get(const Caller& caller, std::string_view user,
                                       const FactorId& id) {
    const Outcome<std::vector<EnrolmentView>> all = list(caller, user);
    if (!all) return all.error();
    for (const EnrolmentView& view : *all)
        if (view.id == id) return view;
    return problem(Code::not_found);
}

Outcome<EnrolmentView> Enrolments::rename(const Caller& caller, std::string_view user,
                                          const FactorId& id, std::string_view label) {
    if (!valid_label(label)) return invalid("/label", "format");
    Outcome<EnrolmentView> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        std::vector<FactorRow> factors = tx.lock_factors(owner->id);
        FactorRow* factor = find_factor(factors, id);
        if (factor == nullptr || (factor->status == FactorStatus::pending &&
                                  !is_live_pending(*factor, core_.clock.now()))) {
            answer = problem(Code::not_found);
            return false;
        }
        const std::string old = factor->label;
        factor->label = std::string(label);
        tx.update_factor(*factor);
        record(tx, core_, caller, *owner,
               {.action = "factor.renamed",
                .method = "totp",
                .object = id.value,
                .label = factor->label,
                .details = {{"old_label", old}}});
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        answer = view_of(*factor, find_budget(budgets, id.value), core_);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Done> Enrolments::remove(const Caller& caller, std::string_view user, const FactorId& id,
                                 const ProofGiven& given) {
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::manage);
    if (!known) return known.error();
    ProofCheck proof(core_, caller, given, Action::remove_factor, id.value);
    if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    Outcome<Done> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        std::vector<FactorRow> before = tx.factors(owner->id);
        const FactorRow* target = find_factor(before, id);
        if (target == nullptr) {
            answer = problem(Code::not_found);
            return false;
        }
        if (target->status ==
            FactorStatus::pending) {  // it gates nothing: leaving it needs no proof
            std::vector<FactorRow> factors = tx.lock_factors(owner->id);
            FactorRow* factor = find_factor(factors, id);
            if (factor == nullptr) {
                answer = problem(Code::not_found);
                return false;
            }
            end_factor(tx, *factor, now);
            record(tx, core_, caller, *owner,
                   {.action = "enrollment.ended", .method = "totp", .object = id.value});
            answer = Done{};
            return true;
        }
        if (std::optional<Problem> refused = proof.check(tx, *owner)) {
            answer = *refused;
            return true;
        }
        std::vector<FactorRow> factors = tx.lock_factors(owner->id);
        FactorRow* factor = find_factor(factors, id);
        if (factor == nullptr) {
            answer = problem(Code::not_found);
            return true;
        }
        const std::string label = factor->label;
        end_factor(tx, *factor, now);
        record(tx, core_, caller, *owner,
               {.action = "factor.removed", .method = "totp", .object = id.value, .label = label});
        // One that came to its end by failures must not be all that is left: it would lock the
        // owner out. Removing the last usable one is disabling (rule 9).
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        const bool left = std::any_of(factors.begin(), factors.end(), [&](const FactorRow& f) {
            return is_usable(f, budgets, core_.settings);
        });
        if (!left) {
            switch_off(tx, core_, caller, *owner, factors);
        } else {
            end_other_sessions(tx, caller, owner->id);
            notify(tx, core_, caller, *owner, {"factor_removed", label, "totp"});
        }
        answer = Done{};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Done> Enrolments::disable(const Caller& caller, std::string_view user,
                                  const ProofGiven& given) {
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::manage);
    if (!known) return known.error();
    ProofCheck proof(core_, caller, given, Action::disable, {});
    if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    Outcome<Done> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        if (!has_second_factor(tx.factors(owner->id))) {
            answer = problem(Code::not_enrolled);
            return false;
        }
        if (std::optional<Problem> refused = proof.check(tx, *owner)) {
            answer = *refused;
            return true;
        }
        std::vector<FactorRow> factors = tx.lock_factors(owner->id);
        switch_off(tx, core_, caller, *owner, factors);
        answer = Done{};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
