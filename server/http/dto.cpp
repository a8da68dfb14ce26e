#include "server/http/dto.hpp"

#include <algorithm>
#include <array>

#include "server/domain/channels.hpp"
#include "server/domain/names.hpp"

namespace twofold::http {

using Need = ObjectReader::Need;

namespace {

Out methods_json(const std::vector<domain::Method>& methods) {
    Out out = Out::array();
    for (domain::Method m : methods) out.push_back(std::string(domain::name_of(m)));
    return out;
}

Out recover_json(domain::Instant until) { return Out{{"expires_at", rfc3339(until)}}; }

std::string_view name_of(domain::FactorStatus s) {
    switch (s) {
        case domain::FactorStatus::pending:
            return "pending";
        case domain::FactorStatus::active:
            return "active";
        case domain::FactorStatus::ended:
            return "ended";
    }
    return "";
}

std::string_view status_of(const domain::ChallengeView& c) {
    switch (c.status) {
        case domain::ChallengeStatus::pending:
            return c.expired ? "expired" : "pending";
        case domain::ChallengeStatus::approved:
            return "approved";
        case domain::ChallengeStatus::consumed:
            return "consumed";
        case domain::ChallengeStatus::closed:
            return "closed";
    }
    return "";
}

std::string_view reason_of(domain::Offer offer) {
    switch (offer) {
        case domain::Offer::available:
            return "";
        case domain::Offer::not_configured:
            return "not_configured";
        case domain::Offer::not_allowed:
            return "not_allowed";
        case domain::Offer::paused:
            return "paused";
    }
    return "";
}

Out totp_json(const TotpParameters& p) {
    return Out{{"algorithm", std::string(twofold::name(p.algorithm))},
               {"digits", p.digits},
               {"period", p.period}};
}

}  // namespace

Out user_json(const domain::UserView& user, bool full) {
    Out out;
    out["id"] = full ? user.id.value : user.external_id;
    if (user.email) out["email"] = full ? *user.email : user.masked_email;
    if (user.phone) out["phone"] = full ? *user.phone : user.masked_phone;
    if (user.display_name) out["display_name"] = *user.display_name;
    out["locale"] = user.locale;
    Out two;
    two["enabled"] = user.two_factor_enabled;
    two["methods"] = methods_json(user.methods);
    two["backup_codes_remaining"] = user.backup_codes_remaining;
    if (user.backup_codes_created_at) {
        two["backup_codes_created_at"] = rfc3339(*user.backup_codes_created_at);
    }
    out["two_factor"] = std::move(two);
    out["created_at"] = rfc3339(user.created_at);
    return out;
}

Out me_json(const domain::Me& me) {
    Out out;
    out["state"] = me.state;
    if (!me.csrf_token.empty()) out["csrf_token"] = me.csrf_token;
    if (me.user) out["user"] = user_json(*me.user, true);
    if (me.challenge) out["challenge"] = challenge_json(*me.challenge);
    if (me.user) {
        Out session = Out::object();
        if (me.password_fresh_until)
            session["password_fresh_until"] = rfc3339(*me.password_fresh_until);
        if (me.recover_until) session["recover"] = recover_json(*me.recover_until);
        out["session"] = std::move(session);
    }
    if (me.recovery_until) out["recovery"] = recover_json(*me.recovery_until);
    if (me.agent)
        out["agent"] = Out{{"role", std::string(domain::name_of(me.agent->role))},
                           {"needs_factor", me.agent->needs_factor}};
    return out;
}

Out signed_in_json(const domain::SignedIn& signed_in) {
    const domain::Me& me = signed_in.me;
    Out out;
    out["status"] = me.state;
    out["csrf_token"] = signed_in.session.csrf_token;
    if (me.user) out["user"] = user_json(*me.user, true);
    if (me.challenge) out["challenge"] = challenge_json(*me.challenge);
    if (signed_in.verified) {
        out["method"] = std::string(domain::name_of(signed_in.verified->method));
        if (me.recover_until) out["recover"] = recover_json(*me.recover_until);
        if (signed_in.remembered_until)
            out["remembered_until"] = rfc3339(*signed_in.remembered_until);
        if (signed_in.verified->method == domain::Method::backup_code) {
            out["backup_codes_remaining"] = signed_in.verified->backup_codes_remaining;
        }
    }
    return out;
}

Out enrollment_json(const domain::EnrolmentView& view) {
    Out out;
    out["id"] = view.id.value;
    out["method"] = std::string(domain::name_of(view.method));
    out["label"] = view.label;
    out["status"] = std::string(name_of(view.status));
    out["created_at"] = rfc3339(view.created_at);
    if (view.status == domain::FactorStatus::pending) out["expires_at"] = rfc3339(view.expires_at);
    if (view.activated_at) out["activated_at"] = rfc3339(*view.activated_at);
    if (view.last_used_at) out["last_used_at"] = rfc3339(*view.last_used_at);
    if (view.locked_until) out["locked_until"] = rfc3339(*view.locked_until);
    if (view.preferred) out["preferred"] = true;
    if (!domain::is_delivered(view.method)) {
        out["totp"] = totp_json(view.totp);
        return out;
    }
    out["to"] = view.to;
    if (view.trouble != domain::FactorTrouble::none)
        out["problem"] = std::string(domain::name_of(view.trouble));
    if (view.delivery) out["delivery"] = delivery_json(*view.delivery);
    return out;
}

Out enrollment_list_json(const domain::EnrolmentList& list) {
    Out items = Out::array();
    for (const domain::EnrolmentView& view : list.items) items.push_back(enrollment_json(view));
    Out offers = Out::array();
    for (const domain::MethodOffer& offer : list.offers) {
        Out each{{"method", std::string(domain::name_of(offer.method))},
                 {"available", offer.offer == domain::Offer::available}};
        if (offer.offer != domain::Offer::available)
            each["reason"] = std::string(reason_of(offer.offer));
        if (!offer.suggested.empty()) each["suggested"] = offer.suggested;
        offers.push_back(std::move(each));
    }
    // At most ten factors and a few pending ones: always one page.
    return Out{
        {"items", std::move(items)}, {"next_cursor", nullptr}, {"offers", std::move(offers)}};
}

Out delivery_json(const domain::DeliveryView& view) {
    Out out{{"enrollment_id", view.factor.value},
            {"method", std::string(domain::name_of(view.method))},
            {"to", view.to},
            {"status", std::string(domain::name_of(view.status))}};
    if (view.failure != domain::Failure::none)
        out["reason"] = std::string(domain::name_of(view.failure));
    out["created_at"] = rfc3339(view.created_at);
    out["resend_at"] = rfc3339(view.resend_at);
    out["expires_at"] = rfc3339(view.expires_at);
    return out;
}

Out pending_enrollment_json(const domain::EnrolmentStarted& started) {
    Out out = enrollment_json(started.view);
    if (domain::is_delivered(started.view.method)) return out;
    Out& totp = out["totp"];
    totp["secret"] = started.secret_base32;
    totp["otpauth_uri"] = started.otpauth_uri;
    totp["issuer"] = started.issuer;
    totp["account"] = started.account;
    return out;
}

Out confirmed_json(const domain::EnrolmentConfirmed& confirmed) {
    Out out;
    out["enrollment"] = enrollment_json(confirmed.view);
    if (!confirmed.backup_codes.empty()) out["backup_codes"] = confirmed.backup_codes;
    return out;
}

Out challenge_json(const domain::ChallengeView& view) {
    Out out;
    out["id"] = view.id.value;
    out["status"] = std::string(status_of(view));
    out["purpose"] = std::string(domain::name_of(view.purpose));
    if (view.purpose == domain::Purpose::manage) {
        out["action"] = std::string(domain::name_of(view.action));
    } else if (!view.action_name.empty()) {
        out["action"] = view.action_name;
    }
    if (!view.action_text.empty()) out["action_text"] = view.action_text;
    if (!view.object.empty()) out["object"] = view.object;
    Out methods = Out::array();
    for (const domain::ChallengeMethod& m : view.methods) {
        Out each;
        each["method"] = std::string(domain::name_of(m.method));
        if (!m.enrollment.empty()) each["enrollment_id"] = m.enrollment.value;
        if (!m.label.empty()) each["label"] = m.label;
        if (!m.to.empty()) each["to"] = m.to;
        if (m.locked_until) each["locked_until"] = rfc3339(*m.locked_until);
        const bool suspended = domain::suspends(m.trouble);
        if (m.trouble != domain::FactorTrouble::none)
            each["problem"] = std::string(domain::name_of(m.trouble));
        if (suspended || m.offer != domain::Offer::available) {
            each["available"] = false;
            each["reason"] = suspended ? "suspended" : std::string(reason_of(m.offer));
        }
        methods.push_back(std::move(each));
    }
    out["methods"] = std::move(methods);
    out["preferred"] = std::string(domain::name_of(view.preferred));
    if (!view.preferred_factor.empty())
        out["preferred_enrollment_id"] = view.preferred_factor.value;
    out["expires_at"] = rfc3339(view.expires_at);
    out["attempts_remaining"] = view.attempts_remaining;
    if (view.delivery) out["delivery"] = delivery_json(*view.delivery);
    if (view.support_case)
        out["support_case"] = Out{{"id", view.support_case->id.value},
                                  {"state", std::string(domain::name_of(view.support_case->state))}};
    if (view.remember_days > 0) out["remember"] = Out{{"days", view.remember_days}};
    return out;
}

Out verified_json(const domain::Verified& verified) {
    Out out;
    out["status"] = "approved";
    out["method"] = std::string(domain::name_of(verified.method));
    if (!verified.enrollment.empty()) out["enrollment_id"] = verified.enrollment.value;
    if (verified.method == domain::Method::backup_code) {
        out["backup_codes_remaining"] = verified.backup_codes_remaining;
    }
    out["assertion"] = verified.assertion;
    return out;
}

Out backup_codes_json(const domain::BackupCodesMade& made) {
    return Out{{"backup_codes", made.codes}, {"created_at", rfc3339(made.created_at)}};
}

Out backup_count_json(const domain::BackupCodesView& view) {
    Out out{{"remaining", view.remaining}, {"total", view.total}};
    if (view.created_at) out["created_at"] = rfc3339(*view.created_at);
    return out;
}

Out audit_json(const domain::AuditPage& page, bool with_user) {
    Out items = Out::array();
    for (const domain::AuditView& v : page.items) {
        Out item{
            {"id", v.id.value}, {"sequence", v.sequence}, {"at", rfc3339(v.at)},
            {"actor", v.actor}, {"action", v.action}};
        if (with_user && !v.user.empty()) item["user"] = v.user;
        if (!v.method.empty()) item["method"] = v.method;
        item["result"] = v.result;
        if (v.object.compare(0, 4, "enr_") == 0) {
            item["enrollment_id"] = v.object;
        } else if (!v.object.empty()) {
            item["object"] = v.object;
        }
        if (!v.label.empty()) item["label"] = v.label;
        if (!v.ip.empty()) item["ip"] = v.ip;
        if (!v.user_agent.empty()) item["user_agent"] = v.user_agent;
        item["request_id"] = v.request_id;
        items.push_back(std::move(item));
    }
    Out out{{"items", std::move(items)}};
    out["next_cursor"] = page.next_cursor.empty() ? Out(nullptr) : Out(page.next_cursor);
    return out;
}

std::optional<domain::Method> read_method(ObjectReader& body, Need need) {
    static constexpr std::array kMethods = {domain::Method::totp, domain::Method::email,
                                            domain::Method::whatsapp, domain::Method::backup_code};
    const auto at = body.choice("method", {"totp", "email", "whatsapp", "backup_code"}, need);
    if (!at) return std::nullopt;
    return kMethods[*at];
}

domain::ProofGiven read_proof(ObjectReader& body, bool with_method) {
    domain::ProofGiven proof;
    proof.code = body.string("code", 1, 64, Need::optional);
    if (with_method) proof.method = read_method(body, Need::optional);
    proof.enrollment.value = body.string("enrollment_id", 1, 64, Need::optional).value_or("");
    proof.challenge.value = body.string("challenge_id", 1, 64, Need::optional).value_or("");
    return proof;
}

domain::VerifyRequest read_verify(ObjectReader& body) {
    domain::VerifyRequest request;
    request.code = body.string("code", 1, 64).value_or("");
    request.method = read_method(body, Need::optional);
    request.enrollment.value = body.string("enrollment_id", 1, 64, Need::optional).value_or("");
    return request;
}

TotpParameters read_totp(const Json* value, std::vector<FieldError>& errors) {
    TotpParameters out;
    if (value == nullptr) return out;
    ObjectReader totp(*value, errors, "/totp");
    static constexpr std::array kAlgorithms = {HashAlgorithm::sha1, HashAlgorithm::sha256,
                                               HashAlgorithm::sha512};
    if (const auto at = totp.choice("algorithm", {"SHA1", "SHA256", "SHA512"}, Need::optional)) {
        out.algorithm = kAlgorithms[*at];
    }
    if (const auto digits = totp.integer("digits", 6, 8, Need::optional)) {
        out.digits = static_cast<int>(*digits);
    }
    if (const auto period = totp.integer("period", 15, 120, Need::optional)) {
        out.period = static_cast<int>(*period);
    }
    totp.finish();
    return out;
}

std::string_view code_name(domain::Code code) {
    using domain::Code;
    switch (code) {
        case Code::validation_failed:
            return "validation_failed";
        case Code::malformed_json:
            return "malformed_json";
        case Code::unsupported_media_type:
            return "unsupported_media_type";
        case Code::payload_too_large:
            return "payload_too_large";
        case Code::not_found:
            return "not_found";
        case Code::method_not_allowed:
            return "method_not_allowed";
        case Code::misdirected_host:
            return "misdirected_host";
        case Code::unauthenticated:
            return "unauthenticated";
        case Code::forbidden:
            return "forbidden";
        case Code::credentials_invalid:
            return "credentials_invalid";
        case Code::csrf_required:
            return "csrf_required";
        case Code::origin_refused:
            return "origin_refused";
        case Code::reauthentication_required:
            return "reauthentication_required";
        case Code::proof_required:
            return "proof_required";
        case Code::second_factor_required:
            return "second_factor_required";
        case Code::code_invalid:
            return "code_invalid";
        case Code::code_already_used:
            return "code_already_used";
        case Code::challenge_expired:
            return "challenge_expired";
        case Code::challenge_closed:
            return "challenge_closed";
        case Code::factor_locked:
            return "factor_locked";
        case Code::factor_ended:
            return "factor_ended";
        case Code::not_enrolled:
            return "not_enrolled";
        case Code::enrollment_expired:
            return "enrollment_expired";
        case Code::enrollment_closed:
            return "enrollment_closed";
        case Code::too_many_factors:
            return "too_many_factors";
        case Code::rate_limited:
            return "rate_limited";
        case Code::method_unavailable:
            return "method_unavailable";
        case Code::factor_suspended:
            return "factor_suspended";
        case Code::code_not_sent:
            return "code_not_sent";
        case Code::case_already_open:
            return "case_already_open";
        case Code::case_state:
            return "case_state";
        case Code::case_paused:
            return "case_paused";
        case Code::own_factor_required:
            return "own_factor_required";
        case Code::four_eyes:
            return "four_eyes";
        case Code::own_account:
            return "own_account";
        case Code::evidence_missing:
            return "evidence_missing";
        case Code::delivery_missing:
            return "delivery_missing";
        case Code::idempotency_mismatch:
            return "idempotency_mismatch";
        case Code::idempotency_in_flight:
            return "idempotency_in_flight";
        case Code::idempotency_expired:
            return "idempotency_expired";
        case Code::link_invalid:
            return "link_invalid";
        case Code::password_invalid:
            return "password_invalid";
        case Code::credential_in_url:
            return "credential_in_url";
        case Code::unavailable:
            return "unavailable";
        case Code::overloaded:
            return "overloaded";
        case Code::internal:
            return "internal";
    }
    return "internal";
}

std::string_view rule_text(std::string_view rule) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kTexts = {{
        {"required", "This member is required."},
        {"unknown", "This is not known here."},
        {"type", "The type is wrong."},
        {"length", "The length is outside the allowed range."},
        {"format", "The form is not accepted."},
        {"range", "The value is outside the allowed range."},
        {"unsupported", "This value is not supported."},
        {"mismatch", "This does not go with another member."},
        {"conflict", "This cannot be given together with another member."},
        {"common_password", "This password is among the first that are tried."},
        {"email", "The password must not be the address."},
        {"check_characters", "The check characters do not fit: look for a typing slip."},
        {"duplicate", "A method with this address is there already."},
        {"not_delivered", "An authenticator app shows its codes itself: nothing is sent."},
        {"not_active", "Confirm it first."},
        {"signature", "The signature does not verify."},
    }};
    for (const auto& [name, text] : kTexts) {
        if (name == rule) return text;
    }
    return "This value is not accepted.";
}

Response problem_response(const domain::Problem& why, const std::string& request_id) {
    std::string members;
    const auto add = [&members](const std::string& text) {
        members += (members.empty() ? "" : ",") + text;
    };
    if (why.attempts_remaining)
        add("\"attempts_remaining\":" + std::to_string(*why.attempts_remaining));
    if (why.retry_after) add("\"retry_after_s\":" + std::to_string(why.retry_after->count()));
    if (!why.fields.empty()) {
        std::string list;
        for (const domain::FieldProblem& f : why.fields) {
            list += (list.empty() ? "{" : ",{");
            list += "\"pointer\":" + json_quote(f.pointer) + ",\"code\":" + json_quote(f.rule) +
                    ",\"detail\":" + json_quote(rule_text(f.rule)) + "}";
        }
        add("\"errors\":[" + list + "]");
    }
    Response res = problem_with(code_name(why.code), request_id, {}, members);
    if (why.retry_after) {
        std::erase_if(res.headers, [](const auto& h) { return h.first == "Retry-After"; });
        const std::string seconds =
            std::to_string(std::max<std::int64_t>(1, why.retry_after->count()));
        res.set("Retry-After", seconds);
        if (res.status == 429) {
            // draft-ietf-httpapi-ratelimit-headers-10: nothing is left until t seconds have gone.
            res.set("RateLimit", "\"default\";r=0;t=" + seconds);
        }
    }
    return res;
}

void set_poll(Response& res, const std::optional<domain::DeliveryView>& delivery) {
    const bool leaving = delivery && delivery->status == domain::MessageStatus::queued;
    res.set("Retry-After", leaving ? "1" : "3");
}

Response json_response(int status, const Out& body) {
    Response res;
    res.status = status;
    res.content_type = "application/json; charset=utf-8";
    res.body = body.dump(-1, ' ', false, Out::error_handler_t::replace);
    return res;
}

Response no_content() {
    Response res;
    res.status = 204;
    return res;
}

}  // namespace twofold::http
