#include "server/domain/users.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/addresses.hpp"
#include "server/domain/backup_set.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/password_check.hpp"
#include "server/domain/proof_check.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/tombstones.hpp"
#include "server/domain/user_view.hpp"

namespace twofold::domain {
namespace {

std::optional<Problem> fault(const UserChange& change) {
    if (change.email && !change.email->empty() && !valid_email(*change.email))
        return invalid("/email", "format");
    if (change.phone && !change.phone->empty() && !valid_phone(*change.phone))
        return invalid("/phone", "format");
    if (change.locale && !valid_locale(*change.locale)) return invalid("/locale", "unsupported");
    if (change.display_name && !valid_display_name(*change.display_name))
        return invalid("/display_name", "format");
    return std::nullopt;
}

void apply(Core& core, UserRow& user, const UserChange& change, Instant now) {
    if (change.email) set_email(core, user, *change.email, now);
    if (change.phone) set_phone(core, user, *change.phone, now);
    if (change.locale) user.locale = *change.locale;
    if (change.high_value) user.high_value = *change.high_value;
    if (change.display_name)
        user.display_name = seal_text(core, places::user_display_name(user), *change.display_name);
    user.updated_at = now;
}

std::optional<std::string> shown(Core& core, const SealedPlace& place, const Sealed& sealed) {
    if (sealed.empty()) return std::nullopt;
    return open_text(core, place, sealed);
}

}  // namespace

UserView view_of(Tx& tx, Core& core, const UserRow& user) {
    UserView view;
    view.id = user.id;
    view.external_id = user.external_id;
    view.email = shown(core, places::user_email(user), user.email);
    view.phone = shown(core, places::user_phone(user), user.phone);
    if (view.email) view.masked_email = masked_email(*view.email);
    if (view.phone) {
        const std::optional<PhoneNumber> number = core.phones.parse(*view.phone, {});
        view.masked_phone = masked_phone(*view.phone, number ? number->calling_code : "");
    }
    view.display_name = shown(core, places::user_display_name(user), user.display_name);
    view.locale = user.locale;
    view.created_at = user.created_at;
    const std::vector<FactorRow> factors = tx.factors(user.id);
    view.two_factor_enabled = has_second_factor(factors);
    const std::vector<BudgetRow> budgets = tx.budgets(user.id);
    for (const FactorRow& f : factors)
        if (is_usable(f, budgets, core.settings) &&
            std::find(view.methods.begin(), view.methods.end(), f.method) == view.methods.end())
            view.methods.push_back(f.method);
    if (view.two_factor_enabled)
        if (const std::optional<BackupSetRow> set = tx.backup_set(user.id)) {
            view.backup_codes_remaining = backup_codes_left(*set);
            view.backup_codes_created_at = set->created_at;
        }
    return view;
}

Outcome<Users::Put> Users::put(const Caller& caller, std::string_view user,
                               const UserChange& change) {
    if (const Outcome<Done> allowed = permit(caller, Scope::users); !allowed)
        return allowed.error();
    const KeyCaller* key = caller.key();
    if (key == nullptr) return problem(Code::forbidden);  // "me": an address needs proof (flow 7)
    if (user == "me" || !valid_external_id(user)) return problem(Code::not_found);
    if (std::optional<Problem> wrong = fault(change)) return *wrong;
    Outcome<Put> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        std::optional<UserRow> row = tx.user_by_external_id(key->application, user);
        const bool created = !row;
        if (created) {
            row = new_user(core_, key->application, user, change.locale.value_or("en"), now);
            apply(core_, *row, change, now);
            if (!tx.insert_user(*row)) {
                answer = Problem{Code::unavailable, Seconds(1), {}, {}};  // made by another request
                return false;
            }
            inherit_failures(tx, core_, *row);
        } else {
            row = tx.lock_user(row->id);
            if (!row) {
                answer = Problem{Code::unavailable, Seconds(1), {}, {}};
                return false;
            }
            apply(core_, *row, change, now);
            tx.update_user(*row);
        }
        record(tx, core_, caller, *row, {.action = created ? "user.created" : "user.changed"});
        answer = Put{view_of(tx, core_, *row), created};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<UserView> Users::get(const Caller& caller, std::string_view user) {
    Outcome<UserView> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> row = find_subject(tx, caller, user, Scope::users);
        if (row) {
            answer = view_of(tx, core_, *row);
        } else {
            answer = row.error();
        }
    });
    if (!done) return done.error();
    return answer;
}

Outcome<Done> Users::erase(const Caller& caller, std::string_view user,
                           const std::optional<std::string>& password, const ProofGiven& given) {
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::erase);
    if (!known) return known.error();
    const bool self = caller.session() != nullptr;
    if (self) {
        if (!password) return invalid("/password", "required");
        if (const Outcome<AccountRow> right = try_password(core_, caller, known->id, *password);
            !right)
            return right.error();
    }
    // Erasing takes the second factor with it, so it asks for what disabling asks.
    ProofCheck proof(core_, caller, given, Action::disable, {});
    if (self)
        if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    Outcome<Done> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::erase);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        if (self && has_second_factor(tx.factors(owner->id))) {
            if (std::optional<Problem> refused = proof.check(tx, *owner)) {
                answer = *refused;
                return true;
            }
        }
        leave_tombstone(tx, core_, *owner);
        tx.erase_user(owner->id);
        // The key of this user's details is gone: the event says no more than that it happened.
        UserRow gone;
        gone.id = owner->id;
        gone.application = owner->application;
        record(tx, core_, caller, gone, {.action = "user.erased"});
        answer = Done{};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
