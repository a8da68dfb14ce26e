#include "server/domain/backup_codes.hpp"
#include "server/domain/enrolments.hpp"
#include "server/domain/users.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

using Need = ObjectReader::Need;

bool own_view(const Call& call) { return call.caller.session() != nullptr; }

Response put_user(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    domain::UserChange change;
    change.email = body.string("email", 0, 254, Need::optional);
    change.phone = body.string("phone", 0, 32, Need::optional);
    change.locale = body.string("locale", 1, 16, Need::optional);
    change.display_name = body.string("display_name", 0, 100, Need::optional);
    change.high_value = body.boolean("high_value", Need::optional);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto put = domain::Users(s.core).put(call.caller, call.req.param("user"), change);
    if (!put) return problem_response(put.error(), call.req.request_id);
    return json_response(put->created ? 201 : 200, user_json(put->user, false));
}

Response get_user(const Services& s, Call& call) {
    const auto user = domain::Users(s.core).get(call.caller, call.req.param("user"));
    if (!user) return problem_response(user.error(), call.req.request_id);
    return json_response(200, user_json(*user, own_view(call)));
}

Response erase_user(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const auto password = body.string("password", 1, 256, Need::optional);
    const domain::ProofGiven proof = read_proof(body, true);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done =
        domain::Users(s.core).erase(call.caller, call.req.param("user"), password, proof);
    if (!done) return problem_response(done.error(), call.req.request_id);
    Response res = no_content();
    if (own_view(call)) res.set("Set-Cookie", s.gate.cookie(""));
    return res;
}

Response start_enrollment(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    domain::EnrolmentRequest request;
    request.method = read_method(body, Need::required).value_or(domain::Method::totp);
    request.label = body.string("label", 1, 64, Need::optional).value_or("");
    request.totp = read_totp(body.object("totp", Need::optional), call.errors);
    request.address = body.string("address", 1, 254, Need::optional);
    request.region = body.string("region", 2, 2, Need::optional).value_or("");
    request.replaces.value = body.string("replaces", 1, 64, Need::optional).value_or("");
    request.proof = read_proof(body, false);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto started =
        domain::Enrolments(s.core).start(call.caller, call.req.param("user"), request);
    if (!started) return problem_response(started.error(), call.req.request_id);
    return json_response(201, pending_enrollment_json(*started));
}

Response confirm_enrollment(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string code = body.string("code", 1, 64).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto confirmed = domain::Enrolments(s.core).confirm(
        call.caller, call.req.param("user"), {std::string(call.req.param("id"))}, code);
    if (!confirmed) return problem_response(confirmed.error(), call.req.request_id);
    return json_response(200, confirmed_json(*confirmed));
}

Response list_enrollments(const Services& s, Call& call) {
    const auto list = domain::Enrolments(s.core).list(call.caller, call.req.param("user"));
    if (!list) return problem_response(list.error(), call.req.request_id);
    return json_response(200, enrollment_list_json(*list));
}

Response get_enrollment(const Services& s, Call& call) {
    const auto view = domain::Enrolments(s.core).get(call.caller, call.req.param("user"),
                                                     {std::string(call.req.param("id"))});
    if (!view) return problem_response(view.error(), call.req.request_id);
    Response res = json_response(200, enrollment_json(*view));
    if (view->delivery) set_poll(res, view->delivery);
    return res;
}

Response send_enrollment_code(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto sent = domain::Enrolments(s.core).send(call.caller, call.req.param("user"),
                                                      {std::string(call.req.param("id"))});
    if (!sent) return problem_response(sent.error(), call.req.request_id);
    return json_response(202, Out{{"delivery", delivery_json(*sent)}});
}

Response change_enrollment(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    domain::EnrolmentChange change;
    change.label = body.string("label", 1, 64, Need::optional);
    change.preferred = body.boolean("preferred", Need::optional);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto view = domain::Enrolments(s.core).change(
        call.caller, call.req.param("user"), {std::string(call.req.param("id"))}, change);
    if (!view) return problem_response(view.error(), call.req.request_id);
    return json_response(200, enrollment_json(*view));
}

Response remove_enrollment(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::ProofGiven proof = read_proof(body, true);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = domain::Enrolments(s.core).remove(call.caller, call.req.param("user"),
                                                        {std::string(call.req.param("id"))}, proof);
    return done ? no_content() : problem_response(done.error(), call.req.request_id);
}

Response disable(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::ProofGiven proof = read_proof(body, true);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done =
        domain::Enrolments(s.core).disable(call.caller, call.req.param("user"), proof);
    return done ? no_content() : problem_response(done.error(), call.req.request_id);
}

Response regenerate(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::ProofGiven proof = read_proof(body, true);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto made =
        domain::BackupCodes(s.core).regenerate(call.caller, call.req.param("user"), proof);
    if (!made) return problem_response(made.error(), call.req.request_id);
    return json_response(201, backup_codes_json(*made));
}

Response count_backup_codes(const Services& s, Call& call) {
    const auto view = domain::BackupCodes(s.core).count(call.caller, call.req.param("user"));
    if (!view) return problem_response(view.error(), call.req.request_id);
    return json_response(200, backup_count_json(*view));
}

}  // namespace

void add_user_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    const std::vector<std::string> proof = {
        "not_found",     "proof_required", "code_invalid",     "code_already_used",
        "factor_locked", "factor_ended",   "factor_suspended", "code_not_sent"};
    const auto with = [&proof](std::vector<std::string> more) {
        more.insert(more.end(), proof.begin(), proof.end());
        return more;
    };
    const std::string base = "/v1/users/{user}";
    ops.push_back(
        {.method = Method::put,
         .path = base,
         .auth = Auth::key,
         .scope = "users",
         .id = "putUser",
         .tag = "Users",
         .summary = "Create or update a user's contact",
         .description =
             "201 when the user is new. A contact is unproven and never moves a factor. An "
             "empty text clears a member.",
         .body = Body::required,
         .request = "UserChange",
         .response = "User",
         .errors = {"not_found"},
         .idempotent = true,
         .run = run(put_user)});
    ops.push_back({.path = base,
                   .auth = Auth::key_or_session,
                   .scope = "users",
                   .id = "getUser",
                   .tag = "Users",
                   .summary = "Contact and state of 2FA",
                   .description = "Addresses are masked for API keys.",
                   .response = "User",
                   .errors = {"not_found"},
                   .run = run(get_user)});
    ops.push_back({.method = Method::del,
                   .path = base,
                   .auth = Auth::key_or_session,
                   .scope = "erase",
                   .id = "eraseUser",
                   .tag = "Users",
                   .summary = "Erase a user",
                   .description = "For `me` with the password, and with proof when 2FA is on.",
                   .body = Body::optional,
                   .request = "Erasure",
                   .success = 204,
                   .errors = with({"credentials_invalid", "rate_limited"}),
                   .idempotent = true,
                   .lane = Lane::hashing,
                   .run = run(erase_user)});
    ops.push_back(
        {.method = Method::post,
         .path = base + "/enrollments",
         .auth = Auth::key_or_session,
         .scope = "enroll",
         .id = "startEnrollment",
         .tag = "Enrolments",
         .summary = "Begin to enrol an app, an email address or a WhatsApp number",
         .description =
             "The only answer that ever holds an app's secret; to an address the first code is on "
             "its way. With 2FA on it takes proof; here `method` is what to enrol, and a code's "
             "own form says what kind it is.",
         .body = Body::required,
         .request = "EnrollmentStart",
         .success = 201,
         .response = "PendingEnrollment",
         .errors = with({"reauthentication_required", "too_many_factors", "method_unavailable",
                         "rate_limited"}),
         .idempotent = true,
         .secret = true,
         .recovery = true,
         .run = run(start_enrollment)});
    ops.push_back({.path = base + "/enrollments",
                   .auth = Auth::key_or_session,
                   .scope = "enroll",
                   .id = "listEnrollments",
                   .tag = "Enrolments",
                   .summary = "The user's methods",
                   .response = "EnrollmentList",
                   .errors = {"not_found"},
                   .recovery = true,
                   .run = run(list_enrollments)});
    ops.push_back({.path = base + "/enrollments/{id}",
                   .auth = Auth::key_or_session,
                   .scope = "enroll",
                   .id = "getEnrollment",
                   .tag = "Enrolments",
                   .summary = "One method",
                   .response = "Enrollment",
                   .errors = {"not_found"},
                   .recovery = true,
                   .run = run(get_enrollment)});
    ops.push_back({.method = Method::patch,
                   .path = base + "/enrollments/{id}",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "changeEnrollment",
                   .tag = "Enrolments",
                   .summary = "Rename a method, or have it asked for first",
                   .body = Body::required,
                   .request = "EnrollmentChange",
                   .response = "Enrollment",
                   .errors = {"not_found"},
                   .idempotent = true,
                   .run = run(change_enrollment)});
    ops.push_back({.method = Method::post,
                   .path = base + "/enrollments/{id}/send",
                   .auth = Auth::key_or_session,
                   .scope = "enroll",
                   .id = "sendEnrollmentCode",
                   .tag = "Enrolments",
                   .summary = "Send the code again",
                   .description = "After 30 s, 60 s, 2 min and 5 min; the code before it ends.",
                   .body = Body::required,
                   .request = "Nothing",
                   .success = 202,
                   .response = "CodeSent",
                   .errors = {"not_found", "enrollment_expired", "enrollment_closed",
                              "method_unavailable", "factor_locked", "rate_limited"},
                   .idempotent = true,
                   .recovery = true,
                   .run = run(send_enrollment_code)});
    ops.push_back(
        {.method = Method::post,
         .path = base + "/enrollments/{id}/confirm",
         .auth = Auth::key_or_session,
         .scope = "enroll",
         .id = "confirmEnrollment",
         .tag = "Enrolments",
         .summary = "Confirm with a code of the new app or address",
         .description = "Backup codes come with the first active method, and never again.",
         .body = Body::required,
         .request = "CodeOnly",
         .response = "ConfirmedEnrollment",
         .errors = with({"enrollment_expired", "enrollment_closed", "code_not_sent"}),
         .idempotent = true,
         .secret = true,
         .lane = Lane::hashing,
         .recovery = true,
         .run = run(confirm_enrollment)});
    ops.push_back({.method = Method::post,
                   .path = base + "/enrollments/{id}/remove",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "removeEnrollment",
                   .tag = "Enrolments",
                   .summary = "Remove a method; removing the last one disables 2FA",
                   .body = Body::required,
                   .request = "Proof",
                   .success = 204,
                   .errors = proof,
                   .idempotent = true,
                   .run = run(remove_enrollment)});
    ops.push_back({.method = Method::post,
                   .path = base + "/disable",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "disable",
                   .tag = "Enrolments",
                   .summary = "Switch 2FA off",
                   .body = Body::required,
                   .request = "Proof",
                   .success = 204,
                   .errors = with({"not_enrolled"}),
                   .idempotent = true,
                   .run = run(disable)});
    ops.push_back({.method = Method::post,
                   .path = base + "/backup-codes",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "regenerateBackupCodes",
                   .tag = "Backup codes",
                   .summary = "New backup codes; the old ones end",
                   .body = Body::required,
                   .request = "Proof",
                   .success = 201,
                   .response = "BackupCodes",
                   .errors = with({"not_enrolled"}),
                   .idempotent = true,
                   .secret = true,
                   .lane = Lane::hashing,
                   .run = run(regenerate)});
    ops.push_back({.path = base + "/backup-codes",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "countBackupCodes",
                   .tag = "Backup codes",
                   .summary = "How many are left",
                   .response = "BackupCodeCount",
                   .errors = {"not_found"},
                   .run = run(count_backup_codes)});
}

}  // namespace twofold::http
