#include "server/domain/accounts.hpp"
#include "server/domain/channels.hpp"
#include "server/domain/names.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {

using domain::Accounts;
using Need = ObjectReader::Need;

Response refuse_body(const Call& call) {
    return problem("validation_failed", call.req.request_id, "See errors for what is wrong.",
                   call.errors);
}

namespace {

constexpr std::size_t kMaxAddress = 254;  // RFC 5321 section 4.5.3.1.3, less the brackets
constexpr std::size_t kMaxPassword = 256;
constexpr std::size_t kMaxToken = 128;

Response with_cookie(const Services& s, const domain::SessionIssued& session, Response res) {
    return std::move(res.set("Set-Cookie", s.gate.cookie(session.token)));
}

Response signed_in(const Services& s, Call& call,
                   const domain::Outcome<domain::SignedIn>& outcome) {
    if (!outcome) return problem_response(outcome.error(), call.req.request_id);
    Response res = with_cookie(s, outcome->session, json_response(200, signed_in_json(*outcome)));
    if (outcome->device_cookie)
        res.set("Set-Cookie", s.gate.device_cookie(*outcome->device_cookie));
    return res;
}

Response check_email() { return json_response(202, Out{{"status", "check_email"}}); }

Response register_account(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    Accounts::Registration asked;
    asked.email = body.string("email", 1, kMaxAddress).value_or("");
    asked.password = body.string("password", 1, kMaxPassword).value_or("");
    asked.display_name = body.string("display_name", 0, 100, Need::optional).value_or("");
    asked.locale = body.string("locale", 1, 16, Need::optional).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = Accounts(s.core).register_account(call.caller, asked);
    return done ? check_email() : problem_response(done.error(), call.req.request_id);
}

Response confirm_registration(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string token = body.string("token", 1, kMaxToken).value_or("");
    const std::string password = body.string("password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return signed_in(s, call, Accounts(s.core).confirm_registration(call.caller, token, password));
}

Response sign_in(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string email = body.string("email", 1, kMaxAddress).value_or("");
    const std::string password = body.string("password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return signed_in(s, call, Accounts(s.core).sign_in(call.caller, email, password,
                                                       s.gate.device_cookie_of(call.req)));
}

Response desk_sign_in(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string email = body.string("email", 1, kMaxAddress).value_or("");
    const std::string password = body.string("password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return signed_in(s, call, Accounts(s.core).desk_sign_in(call.caller, email, password));
}

Response sign_in_verify(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    domain::VerifyRequest request = read_verify(body);
    request.remember = body.boolean("remember", Need::optional).value_or(false);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return signed_in(s, call,
                     Accounts(s.core).sign_in_verify(call.caller, request,
                                                     s.gate.device_cookie_of(call.req)));
}

Response own_challenge(const Services& s, Call& call) {
    const domain::ChallengeId id = call.caller.session()->challenge;
    const auto view = domain::Challenges(s.core).get(call.caller, id);
    if (!view) return problem_response(view.error(), call.req.request_id);
    Response res = json_response(200, challenge_json(*view));
    set_poll(res, view->delivery);
    return res;
}

Response sign_out(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = Accounts(s.core).sign_out(call.caller);
    if (!done) return problem_response(done.error(), call.req.request_id);
    return std::move(no_content().set("Set-Cookie", s.gate.cookie("")));
}

Response csrf_answer(const Services& s, Call& call,
                     const domain::Outcome<domain::SessionIssued>& issued) {
    if (!issued) return problem_response(issued.error(), call.req.request_id);
    return with_cookie(s, *issued, json_response(200, Out{{"csrf_token", issued->csrf_token}}));
}

Response reauthenticate(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string password = body.string("password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return csrf_answer(s, call, Accounts(s.core).reauthenticate(call.caller, password));
}

Response change_password(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string current = body.string("current_password", 1, kMaxPassword).value_or("");
    const std::string next = body.string("new_password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return csrf_answer(s, call, Accounts(s.core).change_password(call.caller, current, next));
}

Response request_reset(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string email = body.string("email", 1, kMaxAddress).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = Accounts(s.core).request_password_reset(call.caller, email);
    return done ? check_email() : problem_response(done.error(), call.req.request_id);
}

Response confirm_reset(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string token = body.string("token", 1, kMaxToken).value_or("");
    const std::string password = body.string("password", 1, kMaxPassword).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = Accounts(s.core).reset_password(call.caller, token, password);
    return done ? no_content() : problem_response(done.error(), call.req.request_id);
}

Response me(const Services& s, Call& call) {
    const auto view = Accounts(s.core).me(call.caller);
    if (!view) return problem_response(view.error(), call.req.request_id);
    return json_response(200, me_json(*view));
}

Response update_me(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const auto display_name = body.string("display_name", 0, 100, Need::optional);
    const auto locale = body.string("locale", 1, 16, Need::optional);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto user = Accounts(s.core).update_me(call.caller, display_name, locale);
    if (!user) return problem_response(user.error(), call.req.request_id);
    return json_response(200, user_json(*user, true));
}

Response config(const Services& s, Call& call) {
    const auto application = s.core.client_application();
    if (!application) return problem_response(application.error(), call.req.request_id);
    const domain::Settings& settings = s.core.settings;
    Out out;
    out["demo"] = settings.demo;
    out["registration"] = settings.client_area && settings.registration;
    out["application"] = Out{{"name", application->name}, {"issuer", application->issuer}};
    Out methods = Out::array();
    const domain::Outcome<std::vector<domain::Method>> offered =
        domain::methods_offered(s.core, *application);
    if (!offered) return problem_response(offered.error(), call.req.request_id);
    for (const domain::Method m : *offered) methods.push_back(std::string(domain::name_of(m)));
    out["methods"] = std::move(methods);
    if (!settings.phone_region.empty()) out["phone_region"] = settings.phone_region;
    out["locales"] = Out::array({"en", "ar", "es", "fr", "de"});
    Out channels = Out::array();
    for (const std::string& channel : settings.support_channels) {
        const std::size_t colon = channel.find(':');
        channels.push_back(
            Out{{"kind", channel.substr(0, colon)}, {"value", channel.substr(colon + 1)}});
    }
    out["support"] = Out{{"channels", std::move(channels)}};
    if (settings.demo) {
        Out accounts = Out::array();
        for (const DemoAccount& a : s.settings.demo_accounts) {
            accounts.push_back(Out{{"email", a.email}, {"password", a.password}, {"role", a.role}});
        }
        out["demo_accounts"] = std::move(accounts);
    }
    return json_response(200, out);
}

}  // namespace

void add_client_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    const std::string tag = "Client Area";
    ops.push_back({.method = Method::post,
                   .path = "/client/register",
                   .id = "register",
                   .tag = tag,
                   .summary = "Ask for an account; the address is proven by a mail first",
                   .description = "Answers alike for known and unknown addresses.",
                   .body = Body::required,
                   .request = "Registration",
                   .success = 202,
                   .response = "CheckEmail",
                   .errors = {"forbidden", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(register_account)});
    ops.push_back(
        {.method = Method::post,
         .path = "/client/register/confirm",
         .id = "confirmRegistration",
         .tag = tag,
         .summary = "Redeem the link of the mail; signs in",
         .description =
             "The password chosen at registration is asked again, so that nobody gains an "
             "account by registering a stranger's address.",
         .body = Body::required,
         .request = "TokenAndPassword",
         .response = "SignedIn",
         .errors = {"link_invalid", "password_invalid", "rate_limited"},
         .lane = Lane::hashing,
         .run = run(confirm_registration)});
    ops.push_back(
        {.method = Method::post,
         .path = "/client/sign-in",
         .id = "signIn",
         .tag = tag,
         .summary = "The password step",
         .description =
             "With 2FA on, the cookie it sets has no rights but the second step - unless the "
             "cookie of a remembered browser comes with it, which passes the second step and is "
             "replaced.",
         .body = Body::required,
         .request = "SignIn",
         .response = "SignedIn",
         .errors = {"credentials_invalid", "forbidden", "rate_limited"},
         .lane = Lane::hashing,
         .run = run(sign_in)});
    ops.push_back({.method = Method::post,
                   .path = "/desk/sign-in",
                   .id = "deskSignIn",
                   .tag = "Support desk",
                   .summary = "The password step of the people of the desk",
                   .description = "From then on as in the Client Area: /client/sign-in/verify, "
                                  "/client/me, /client/sign-out. Without a second factor of their "
                                  "own they can do nothing but set one up.",
                   .body = Body::required,
                   .request = "SignIn",
                   .response = "SignedIn",
                   .errors = {"credentials_invalid", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(desk_sign_in)});
    ops.push_back({.method = Method::post,
                   .path = "/client/sign-in/verify",
                   .auth = Auth::partial_session,
                   .id = "signInVerify",
                   .tag = tag,
                   .summary = "The second step; gives the session its rights",
                   .description = "With `remember` a second cookie is set: this browser is not "
                                  "asked for a code at sign-in for some days. Not after a backup "
                                  "code.",
                   .body = Body::required,
                   .request = "SignInVerify",
                   .response = "SignedIn",
                   .errors = {"code_invalid", "code_already_used", "challenge_expired",
                              "challenge_closed", "factor_locked", "factor_ended",
                              "factor_suspended", "code_not_sent"},
                   .run = run(sign_in_verify)});
    ops.push_back({.path = "/client/challenge",
                   .auth = Auth::partial_session,
                   .id = "getOwnChallenge",
                   .tag = tag,
                   .summary = "The challenge the second step is about; survives a reload",
                   .response = "Challenge",
                   .errors = {"not_found"},
                   .run = run(own_challenge)});
    ops.push_back({.method = Method::post,
                   .path = "/client/sign-out",
                   .auth = Auth::optional_session,
                   .id = "signOut",
                   .tag = tag,
                   .summary = "End the session on the server",
                   .body = Body::optional,
                   .request = "Nothing",
                   .success = 204,
                   .run = run(sign_out)});
    ops.push_back({.method = Method::post,
                   .path = "/client/reauthenticate",
                   .auth = Auth::session,
                   .id = "reauthenticate",
                   .tag = tag,
                   .summary = "A fresh password step, good for 5 minutes",
                   .body = Body::required,
                   .request = "PasswordOnly",
                   .response = "Csrf",
                   .errors = {"credentials_invalid", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(reauthenticate)});
    ops.push_back({.method = Method::post,
                   .path = "/client/password",
                   .auth = Auth::session,
                   .id = "changePassword",
                   .tag = tag,
                   .summary = "Change the password; other sessions end",
                   .body = Body::required,
                   .request = "PasswordChange",
                   .response = "Csrf",
                   .errors = {"credentials_invalid", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(change_password)});
    ops.push_back({.method = Method::post,
                   .path = "/client/password-reset",
                   .id = "requestPasswordReset",
                   .tag = tag,
                   .summary = "Ask for a reset link by mail",
                   .description = "Answers alike for known and unknown addresses.",
                   .body = Body::required,
                   .request = "EmailOnly",
                   .success = 202,
                   .response = "CheckEmail",
                   .errors = {"forbidden", "rate_limited"},
                   .run = run(request_reset)});
    ops.push_back({.method = Method::post,
                   .path = "/client/password-reset/confirm",
                   .id = "confirmPasswordReset",
                   .tag = tag,
                   .summary = "Redeem the reset link; sessions end, the second step stays",
                   .body = Body::required,
                   .request = "TokenAndPassword",
                   .success = 204,
                   .errors = {"link_invalid", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(confirm_reset)});
    ops.push_back({.path = "/client/me",
                   .auth = Auth::optional_session,
                   .id = "getMe",
                   .tag = tag,
                   .summary = "Who is signed in, and the CSRF token",
                   .response = "Me",
                   .run = run(me)});
    ops.push_back({.method = Method::patch,
                   .path = "/client/me",
                   .auth = Auth::session,
                   .id = "updateMe",
                   .tag = tag,
                   .summary = "Change the display name or language",
                   .body = Body::required,
                   .request = "MeChange",
                   .response = "User",
                   .run = run(update_me)});
    ops.push_back({.path = "/client/config",
                   .id = "getConfig",
                   .tag = tag,
                   .summary = "What the sign-in page needs to know",
                   .response = "ClientConfig",
                   .run = run(config)});
}

}  // namespace twofold::http
