// Opening an enrolment, and sending its code again.
#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/addresses.hpp"
#include "server/domain/enrolment_view.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/names.hpp"
#include "server/domain/proof_check.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/users.hpp"
#include "shared/base32.hpp"
#include "shared/otpauth.hpp"

namespace twofold::domain {
namespace {

constexpr std::size_t kPendingAtOnce = 3;

// The account an app shows beside the code. The format of the URI knows no colon inside it.
std::string account_name(Core& core, const UserRow& user) {
    std::string name = open_text(core, places::user_email(user), user.email);
    if (name.empty()) name = open_text(core, places::user_display_name(user), user.display_name);
    if (name.empty()) name = user.external_id;
    std::replace(name.begin(), name.end(), ':', '_');
    return name;
}

bool password_is_fresh(const Caller& caller, const Settings& settings, Instant now) {
    const SessionCaller* session = caller.session();
    return session == nullptr || now - session->password_at <= settings.proof_life;
}

std::string default_label(Method method) {
    switch (method) {
        case Method::email:
            return "Email";
        case Method::whatsapp:
            return "WhatsApp";
        default:
            return "Authenticator app";
    }
}

bool recovering(const Caller& caller) {
    return caller.session() != nullptr && caller.session()->state == SessionState::recovery;
}

struct Address {
    std::string text;    // one address, or E.164
    std::string region;  // whatsapp
};

// Where codes will go: what was typed, or the contact on file.
Outcome<Address> read_address(Core& core, const UserRow& user, const EnrolmentRequest& request) {
    const bool email = request.method == Method::email;
    std::string text = request.address.value_or("");
    if (!request.address)
        text = email ? open_text(core, places::user_email(user), user.email)
                     : open_text(core, places::user_phone(user), user.phone);
    if (text.empty()) return invalid("/address", "required");
    if (email) {
        if (!valid_email(text)) return invalid("/address", "format");
        return Address{text, {}};
    }
    const std::optional<PhoneNumber> number =
        core.phones.parse(text, request.region.empty() ? core.settings.phone_region
                                                       : request.region);
    if (!number) return invalid("/address", "format");
    return Address{number->e164, number->region};
}

// The shape of a request, before anything is looked up.
std::optional<Problem> fault(const EnrolmentRequest& request, const std::string& label) {
    if (request.method == Method::backup_code) return invalid("/method", "unsupported");
    if (!valid(request.totp)) return invalid("/totp", "range");
    if (!valid_label(label)) return invalid("/label", "format");
    if (request.method == Method::totp && request.address) return invalid("/address", "unknown");
    if (request.method != Method::whatsapp && !request.region.empty())
        return invalid("/region", "unknown");
    return std::nullopt;
}

// A place among the pending and active ones, or why not. `room` makes it: wizards left half-way
// end, the oldest first.
std::optional<Problem> no_room(const Core& core, const Caller& caller, const EnrolmentRequest& request,
                               std::vector<FactorRow>& factors, const std::string& index) {
    if (!request.replaces.empty()) {
        const FactorRow* old = find_factor(factors, request.replaces);
        if (old == nullptr || old->status != FactorStatus::active)
            return invalid("/replaces", "unknown");
    }
    int active = 0;
    for (const FactorRow& f : factors) {
        if (f.status != FactorStatus::active || f.id == request.replaces) continue;
        active += 1;
        if (!index.empty() && f.method == request.method && f.address_index == index &&
            !recovering(caller))
            return invalid("/address", "duplicate");
    }
    // A re-enrolment ends all the others.
    if (recovering(caller)) return std::nullopt;
    if (active >= core.settings.factors_a_user) return problem(Code::too_many_factors);
    return std::nullopt;
}

void make_room(Tx& tx, const UserId& owner, Instant now) {
    std::vector<FactorRow> factors = tx.lock_factors(owner);
    std::vector<FactorRow*> pending;
    for (FactorRow& f : factors)
        if (f.status == FactorStatus::pending) pending.push_back(&f);
    for (std::size_t i = 0; i + kPendingAtOnce <= pending.size(); ++i)
        end_factor(tx, *pending[i], now);
}

// Rule 8: what opened it, or why it may not be. A refusal with `charged` must be committed.
struct Opened {
    OpenedWith with = OpenedWith::none;
    std::optional<Problem> refused;
    bool charged = false;
};
Opened check_right(Tx& tx, Core& core, const Caller& caller, const UserRow& owner,
                   const EnrolmentRequest& request, Action action, ProofCheck& proof,
                   bool enrolled) {
    const Instant now = core.clock.now();
    if (recovering(caller)) {
        if (recovery_case(tx, core, caller, owner)) return {OpenedWith::link, {}, false};
        return {{}, problem(Code::proof_required), false};
    }
    if (!enrolled) {
        if (password_is_fresh(caller, core.settings, now)) return {};
        return {{}, problem(Code::reauthentication_required), false};
    }
    if (!request.proof.empty()) return {OpenedWith::proof, proof.check(tx, owner), true};
    // A backup code that was found gives no way to send the owner's codes elsewhere (ADR 0007).
    if (action != Action::change_address && recover_grant(tx, caller, owner.id, now, false))
        return {OpenedWith::recover, {}, false};
    if (caller.key() != nullptr && recovery_case(tx, core, caller, owner))
        return {OpenedWith::link, {}, false};
    return {{}, problem(Code::proof_required), false};
}

// What leaves the server of a TOTP secret, once.
std::optional<Problem> show_secret(Tx& tx, Core& core, const UserRow& owner, const FactorRow& row,
                                   const Secret& secret, EnrolmentStarted& started) {
    const std::optional<ApplicationRow> application = tx.application(owner.application);
    started.secret_base32 = base32_encode(secret.expose());
    started.issuer = application ? application->issuer : core.settings.issuer;
    std::replace(started.issuer.begin(), started.issuer.end(), ':', '_');
    started.account = account_name(core, owner);
    Result<std::string> uri =
        build_otpauth({started.issuer, started.account, secret.expose(), row.totp});
    if (!uri) return problem(Code::internal);
    started.otpauth_uri = std::move(*uri);
    return std::nullopt;
}

// What the proof must have been for. Replacing an email or WhatsApp factor by its own kind changes its
// address (flow 7).
Outcome<Action> action_of(Core& core, const UserId& user, const EnrolmentRequest& request) {
    Action action = Action::add_factor;
    if (!is_delivered(request.method) || request.replaces.empty()) return action;
    const Outcome<Done> looked = core.store.read([&](Tx& tx) {
        std::vector<FactorRow> factors = tx.factors(user);
        const FactorRow* old = find_factor(factors, request.replaces);
        action = old != nullptr && old->method == request.method ? Action::change_address
                                                                 : Action::add_factor;
    });
    if (!looked) return looked.error();
    return action;
}

// The pending row, not stored yet, with its secret or address inside.
Outcome<FactorRow> new_factor(Tx& tx, Core& core, const UserRow& owner,
                              const EnrolmentRequest& request, const std::string& label,
                              const Secret& secret) {
    FactorRow row;
    row.id = new_id<FactorId>(core.random, "enr_");
    row.application = owner.application;
    row.user = owner.id;
    row.method = request.method;
    row.status = FactorStatus::pending;
    row.label = label;
    row.totp = request.totp;
    row.replaces = request.replaces;
    row.created_at = core.clock.now();
    row.expires_at = row.created_at + core.settings.enrolment_life;
    if (!is_delivered(request.method)) {
        seal_secret(core, row, secret.expose());
        return row;
    }
    const Outcome<Address> address = read_address(core, owner, request);
    if (!address) return address.error();
    const auto application = tx.application(owner.application);
    if (!application ||
        offer_of(tx, core, *application, row.method, address->region) != Offer::available)
        return problem(Code::method_unavailable);
    set_address(core, row, address->text, address->region);
    return row;
}

// Shows an app's secret, or sends the first code.
std::optional<Problem> hand_over(Tx& tx, Core& core, const Caller& caller, const UserRow& owner,
                                 const FactorRow& row, const Secret& secret,
                                 EnrolmentStarted& started) {
    if (!is_delivered(row.method)) return show_secret(tx, core, owner, row, secret, started);
    const Outcome<DeliveryView> sent =
        send_code(tx, core, caller, {&owner, &row, nullptr});
    if (sent) {
        started.view.delivery = *sent;
        return std::nullopt;
    }
    // With a proof that was used up the pending one stays: its code can be asked for without
    // another.
    if (row.opened_with == OpenedWith::proof) return std::nullopt;
    return sent.error();
}

}  // namespace

Outcome<EnrolmentStarted> Enrolments::start(const Caller& caller, std::string_view user,
                                            const EnrolmentRequest& request) {
    const std::string label =
        request.label.empty() ? default_label(request.method) : request.label;
    if (std::optional<Problem> wrong = fault(request, label)) return *wrong;
    const Outcome<UserRow> known = look_up_subject(core_, caller, user, Scope::enroll);
    if (!known) return known.error();
    const Outcome<Action> action = action_of(core_, known->id, request);
    if (!action) return action.error();
    ProofCheck proof(core_, caller, request.proof, *action, request.replaces.value);
    if (const Outcome<Done> ready = proof.prepare(known->id); !ready) return ready.error();

    const Secret secret = random_bytes(core_.random, digest_size(request.totp.algorithm));
    Outcome<EnrolmentStarted> answer = problem(Code::unavailable);
    const auto refuse = [&](Problem why) {
        answer = std::move(why);
        return false;
    };
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::enroll);
        if (!owner) return refuse(owner.error());
        // Everything that can be refused for another reason comes before the proof: a right code is
        // never told to be right without being used up.
        Outcome<FactorRow> made = new_factor(tx, core_, *owner, request, label, secret);
        if (!made) return refuse(made.error());
        FactorRow& row = *made;
        std::vector<FactorRow> before = tx.factors(owner->id);
        if (auto full = no_room(core_, caller, request, before, row.address_index)) return refuse(*full);
        const Opened opened = check_right(tx, core_, caller, *owner, request, *action, proof,
                                          has_second_factor(before));
        if (opened.refused) {
            answer = *opened.refused;
            return opened.charged;
        }
        row.opened_with = opened.with;
        if (opened.with == OpenedWith::recover) row.opened_by = caller.session()->id;
        make_room(tx, owner->id, row.created_at);
        tx.insert_factor(row);
        record(tx, core_, caller, *owner,
               {.action = "enrollment.started",
                .method = std::string(name_of(row.method)),
                .object = row.id.value,
                .label = label});
        EnrolmentStarted started;
        started.view = view_of(row, nullptr, *owner, core_);
        if (auto wrong = hand_over(tx, core_, caller, *owner, row, secret, started))
            return refuse(*wrong);
        answer = std::move(started);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<DeliveryView> Enrolments::send(const Caller& caller, std::string_view user,
                                       const FactorId& id) {
    Outcome<DeliveryView> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = lock_subject(tx, caller, user, Scope::enroll);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        const std::optional<FactorRow> factor = tx.lock_factor(id);
        if (!factor || factor->user != owner->id) {
            answer = problem(Code::not_found);
            return false;
        }
        if (factor->status != FactorStatus::pending) {
            answer = problem(Code::enrollment_closed);
            return false;
        }
        if (core_.clock.now() >= factor->expires_at) {
            answer = problem(Code::enrollment_expired);
            return false;
        }
        if (!is_delivered(factor->method)) {
            answer = problem(Code::not_found);
            return false;
        }
        answer = send_code(tx, core_, caller, {&*owner, &*factor, nullptr});
        return answer.has_value();
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
