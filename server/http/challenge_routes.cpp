#include <array>
#include <typeinfo>

#include "server/domain/assertions.hpp"
#include "server/domain/audit_log.hpp"
#include "server/domain/challenges.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

using domain::Action;
using domain::Purpose;
using Need = ObjectReader::Need;

// `action` is one of ours for `manage`, and the integrator's own word for `step_up`.
void read_action(ObjectReader& body, domain::ChallengeRequest& request) {
    static constexpr std::array kActions = {Action::add_factor, Action::remove_factor,
                                            Action::disable, Action::regenerate,
                                            Action::change_address};
    if (request.purpose == Purpose::step_up) {
        request.action_name = body.string("action", 1, 64).value_or("");
    } else if (const auto at = body.choice(
                   "action",
                   {"add_factor", "remove_factor", "disable", "regenerate", "change_address"},
                   request.purpose == Purpose::manage ? Need::required : Need::optional)) {
        request.action = kActions[*at];
    }
}

Response create_challenge(const Services& s, Call& call) {
    static constexpr std::array kPurposes = {Purpose::sign_in, Purpose::manage, Purpose::step_up};
    ObjectReader body(call.body, call.errors);
    domain::ChallengeRequest request;
    if (const auto at = body.choice("purpose", {"sign_in", "manage", "step_up"}))
        request.purpose = kPurposes[*at];
    read_action(body, request);
    request.action_text = body.string("action_text", 1, 200, Need::optional).value_or("");
    request.object = body.string("object", 1, 64, Need::optional).value_or("");
    request.enrollment.value = body.string("enrollment_id", 1, 64, Need::optional).value_or("");
    request.nonce = body.string("nonce", 1, 128, Need::optional).value_or("");
    if (const Json* given = body.object("client", Need::optional)) {
        ObjectReader client(*given, call.errors, "/client");
        request.client =
            domain::ClientInfo{client.string("ip", 1, 64, Need::optional).value_or(""),
                               client.string("user_agent", 1, 512, Need::optional).value_or("")};
        client.finish();
    }
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto view =
        domain::Challenges(s.core).create(call.caller, call.req.param("user"), request);
    if (!view) return problem_response(view.error(), call.req.request_id);
    return json_response(201, challenge_json(*view));
}

Response get_challenge(const Services& s, Call& call) {
    const auto view =
        domain::Challenges(s.core).get(call.caller, {std::string(call.req.param("id"))});
    if (!view) return problem_response(view.error(), call.req.request_id);
    Response res = json_response(200, challenge_json(*view));
    if (view->status == domain::ChallengeStatus::pending && !view->expired)
        set_poll(res, view->delivery);
    return res;
}

Response send_challenge_code(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::FactorId factor{body.string("enrollment_id", 1, 64).value_or("")};
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto sent = domain::Challenges(s.core).send(
        call.caller, {std::string(call.req.param("id"))}, factor);
    if (!sent) return problem_response(sent.error(), call.req.request_id);
    return json_response(202, Out{{"delivery", delivery_json(sent->delivery)},
                                  {"expires_at", rfc3339(sent->expires_at)}});
}

Response verify_answer(const domain::Outcome<domain::Verified>& verified,
                       const std::string& request_id) {
    if (!verified) return problem_response(verified.error(), request_id);
    return json_response(200, verified_json(*verified));
}

Response verify_challenge(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::VerifyRequest request = read_verify(body);
    body.boolean("remember", Need::optional);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const domain::ChallengeId id{std::string(call.req.param("id"))};
    if (!call.may_defer) {
        return verify_answer(domain::Challenges(s.core).verify(call.caller, id, request),
                             call.req.request_id);
    }
    Response res;
    res.later_waits = domain::Challenges::takes_time(request);
    res.later = [&s, caller = call.caller, id, request](const Reply& reply) {
        domain::Challenges(s.core).verify_later(
            caller, id, request,
            [reply, request_id = caller.request_id](domain::Challenges::Finish finish) {
                Response answer;
                answer.make = [request_id, finish = std::move(finish)] {
                    return verify_answer(finish(), request_id);
                };
                reply(std::move(answer));
            });
    };
    return res;
}

Response verify_assertion(const Services& s, Call& call) {
    static constexpr std::array kPurposes = {Purpose::sign_in, Purpose::manage, Purpose::step_up};
    ObjectReader body(call.body, call.errors);
    const std::string assertion = body.string("assertion", 1, 4096).value_or("");
    domain::AssertionExpected expected;
    expected.user = body.string("user", 1, 128).value_or("");
    if (const auto at = body.choice("purpose", {"sign_in", "manage", "step_up"}))
        expected.purpose = kPurposes[*at];
    expected.action = body.string("action", 1, 64, Need::optional).value_or("");
    expected.challenge.value = body.string("challenge_id", 1, 64, Need::optional).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = domain::Assertions(s.core).verify(call.caller, assertion, expected);
    if (!done && done.error().code == domain::Code::code_already_used)
        return problem("code_already_used", call.req.request_id,
                       "This assertion has been checked before, and each counts once: make a new "
                       "challenge.");
    if (!done) return problem_response(done.error(), call.req.request_id);
    return json_response(200, Out{{"status", "valid"}});
}

Response user_audit(const Services& s, Call& call) {
    const auto page =
        domain::Audit(s.core).of_user(call.caller, call.req.param("user"), call.cursor, call.limit);
    if (!page) return problem_response(page.error(), call.req.request_id);
    return json_response(200, audit_json(*page, false));
}

Response application_audit(const Services& s, Call& call) {
    const std::string_view user = call.req.query_param("user").value_or("");
    const auto page =
        domain::Audit(s.core).of_application(call.caller, user, call.cursor, call.limit);
    if (!page) return problem_response(page.error(), call.req.request_id);
    return json_response(200, audit_json(*page, true));
}

}  // namespace

void add_challenge_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    ops.push_back(
        {.method = Method::post,
         .path = "/v1/users/{user}/challenges",
         .auth = Auth::key_or_session,
         .scope = "verify",
         .id = "createChallenge",
         .tag = "Challenges",
         .summary = "Ask for a code",
         .description =
             "`manage` needs `action` (and `object` for remove_factor); `step_up` needs an "
             "`action` of your own. `sign_in`, `step_up` and `client` are for API keys. With an "
             "`enrollment_id` of an email address or WhatsApp number a code is sent at once.",
         .body = Body::required,
         .request = "ChallengeStart",
         .success = 201,
         .response = "Challenge",
         .errors = {"not_found", "not_enrolled", "method_unavailable", "factor_suspended",
                    "factor_locked", "factor_ended", "rate_limited"},
         .idempotent = true,
         .run = run(create_challenge)});
    ops.push_back({.path = "/v1/challenges/{id}",
                   .auth = Auth::key_or_partial,
                   .scope = "verify",
                   .id = "getChallenge",
                   .tag = "Challenges",
                   .summary = "State of a challenge; made for polling",
                   .response = "Challenge",
                   .errors = {"not_found"},
                   .run = run(get_challenge)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/challenges/{id}/send",
                   .auth = Auth::key_or_partial,
                   .scope = "verify",
                   .id = "sendChallengeCode",
                   .tag = "Challenges",
                   .summary = "Send a code, or one more",
                   .description = "After 30 s, 60 s, 2 min and 5 min; the code before it ends, and "
                                  "the challenge lives as long as its newest code.",
                   .body = Body::required,
                   .request = "CodeWanted",
                   .success = 202,
                   .response = "CodeSent",
                   .errors = {"not_found", "challenge_expired", "challenge_closed",
                              "method_unavailable", "factor_suspended", "factor_locked",
                              "factor_ended", "rate_limited"},
                   .idempotent = true,
                   .run = run(send_challenge_code)});
    ops.push_back(
        {.method = Method::post,
         .path = "/v1/challenges/{id}/verify",
         .auth = Auth::key_or_session,
         .scope = "verify",
         .id = "verifyChallenge",
         .tag = "Challenges",
         .summary = "Judge a code, once",
         .description = "A wrong code is charged before the answer; a malformed one costs nothing.",
         .body = Body::required,
         .request = "Verify",
         .response = "Verified",
         .errors = {"not_found", "code_invalid", "code_already_used", "challenge_expired",
                    "challenge_closed", "factor_locked", "factor_ended", "factor_suspended",
                    "code_not_sent"},
         .idempotent = true,
         .secret = true,
         .defers = true,
         .run = run(verify_challenge)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/assertions/verify",
                   .auth = Auth::key,
                   .scope = "verify",
                   .id = "verifyAssertion",
                   .tag = "Assertions",
                   .summary = "Check an assertion, once",
                   .description = "Or verify the JWS yourself with /.well-known/jwks.json.",
                   .body = Body::required,
                   .request = "AssertionCheck",
                   .response = "AssertionValid",
                   .errors = {"code_already_used"},
                   .idempotent = true,
                   .run = run(verify_assertion)});
    ops.push_back({.path = "/v1/users/{user}/audit",
                   .auth = Auth::key_or_session,
                   .scope = "audit",
                   .id = "listUserAudit",
                   .tag = "Audit",
                   .summary = "What happened to a user, newest first",
                   .response = "AuditPage",
                   .errors = {"not_found"},
                   .query = {"limit", "cursor"},
                   .run = run(user_audit)});
    ops.push_back({.path = "/v1/audit",
                   .auth = Auth::key,
                   .scope = "audit",
                   .id = "listAudit",
                   .tag = "Audit",
                   .summary = "What happened in the application, newest first",
                   .response = "AuditPage",
                   .errors = {"not_found"},
                   .query = {"user", "limit", "cursor"},
                   .run = run(application_audit)});
}

}  // namespace twofold::http
