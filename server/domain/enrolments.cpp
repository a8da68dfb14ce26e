#include "server/domain/enrolments.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/addresses.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/enrolment_view.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/proof_check.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {
namespace {

std::vector<MethodOffer> offers_to(Tx& tx, Core& core, const UserRow& user) {
    const std::optional<ApplicationRow> application = tx.application(user.application);
    if (!application) return {};
    const std::vector<ChannelRow> channels = tx.channels();
    std::vector<MethodOffer> out;
    for (const Method method : {Method::totp, Method::email, Method::whatsapp}) {
        MethodOffer offer{method, offer_of(channels, core, *application, method), {}};
        if (method == Method::email) {
            const std::string email = open_text(core, places::user_email(user), user.email);
            if (!email.empty()) offer.suggested = masked_email(email);
        } else if (method == Method::whatsapp) {
            const std::string phone = open_text(core, places::user_phone(user), user.phone);
            const auto number = phone.empty() ? std::nullopt : core.phones.parse(phone, {});
            if (number) offer.suggested = masked_phone(number->e164, number->calling_code);
        }
        out.push_back(std::move(offer));
    }
    return out;
}

}  // namespace

Outcome<EnrolmentList> Enrolments::list(const Caller& caller, std::string_view user) {
    Outcome<EnrolmentList> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return;
        }
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        EnrolmentList list;
        for (const FactorRow& f : tx.factors(owner->id)) {
            if (f.status == FactorStatus::pending && !is_live_pending(f, core_.clock.now()))
                continue;
            list.items.push_back(view_of(f, find_budget(budgets, f.id.value), *owner, core_));
        }
        list.offers = offers_to(tx, core_, *owner);
        answer = std::move(list);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<EnrolmentView> Enrolments::get(const Caller& caller, std::string_view user,
                                       const FactorId& id) {
    Outcome<EnrolmentView> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return;
        }
        std::vector<FactorRow> factors = tx.factors(owner->id);
        const FactorRow* factor = find_factor(factors, id);
        if (factor == nullptr || (factor->status == FactorStatus::pending &&
                                  !is_live_pending(*factor, core_.clock.now()))) {
            answer = problem(Code::not_found);
            return;
        }
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        EnrolmentView view = view_of(*factor, find_budget(budgets, id.value), *owner, core_);
        if (factor->status == FactorStatus::pending && is_delivered(factor->method))
            view.delivery = newest_delivery(tx, core_, {}, id, factors);
        answer = std::move(view);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<EnrolmentView> Enrolments::change(const Caller& caller, std::string_view user,
                                          const FactorId& id, const EnrolmentChange& change) {
    if (!change.label && !change.preferred) return invalid("/label", "required");
    if (change.label && !valid_label(*change.label)) return invalid("/label", "format");
    Outcome<EnrolmentView> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::manage);
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
        if (change.preferred && factor->status == FactorStatus::pending) {
            answer = invalid("/preferred", "not_active");
            return false;
        }
        const std::string method(name_of(factor->method));
        if (change.label && *change.label != factor->label) {
            const std::string old = factor->label;
            factor->label = *change.label;
            tx.update_factor(*factor);
            record(tx, core_, caller, *owner,
                   {.action = "factor.renamed",
                    .method = method,
                    .object = id.value,
                    .label = factor->label,
                    .details = {{"old_label", old}}});
        }
        if (change.preferred && *change.preferred != (owner->preferred_factor == id)) {
            owner->preferred_factor = *change.preferred ? id : FactorId{};
            tx.update_user(*owner);
            record(tx, core_, caller, *owner,
                   {.action = *change.preferred ? "factor.preferred" : "factor.not_preferred",
                    .method = method,
                    .object = id.value,
                    .label = factor->label});
        }
        const std::vector<BudgetRow> budgets = tx.budgets(owner->id);
        answer = view_of(*factor, find_budget(budgets, id.value), *owner, core_);
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
                   {.action = "enrollment.ended",
                    .method = std::string(name_of(factor->method)),
                    .object = id.value});
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
        const std::string method(name_of(factor->method));
        std::vector<std::string> also;  // the mailbox that is being left is told, too
        if (factor->method == Method::email) also.push_back(address_of(core_, *factor));
        end_factor(tx, *factor, now);
        record(tx, core_, caller, *owner,
               {.action = "factor.removed", .method = method, .object = id.value, .label = label});
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
            end_devices(tx, core_, caller, *owner, "factor_removed");
            notify(tx, core_, caller, *owner, {"factor_removed", label, method, -1, also});
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
