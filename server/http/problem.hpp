// problem.hpp - errors as application/problem+json (RFC 9457) with a stable `code`.
// The list of codes is closed: OpenAPI names it, and clients may switch over it.
#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.hpp"

namespace twofold::http {

struct FieldError {
    std::string pointer;  // RFC 6901, "/email"
    std::string code;     // required, unknown_member, wrong_type, too_long, out_of_range, …
    std::string detail;
};

struct ProblemKind {
    std::string_view code;
    int status;
    std::string_view title;
    std::string_view advice;  // what to do next; `detail` unless a call knows better
};

// Every code there is. A test compares the list with the OpenAPI document.
inline constexpr std::array<ProblemKind, 48> kProblems = {{
    {"malformed_request", 400, "The request is not well-formed HTTP",
     "Send one well-formed HTTP/1.1 request with one Host and one Content-Length."},
    {"malformed_json", 400, "The body is not acceptable JSON",
     "Send UTF-8 JSON without a byte order mark, duplicate members or more than 16 levels."},
    {"credential_in_url", 400, "A credential was sent in the URL",
     "Send keys and tokens in the Authorization header, and replace this one: URLs end up in "
     "logs."},
    {"unauthenticated", 401, "Sign in, or send an API key",
     "Send 'Authorization: Bearer' with a live API key, or sign in again."},
    {"credentials_invalid", 401, "Email or password is wrong",
     "Check the address and the password, or reset the password."},
    {"forbidden", 403, "Not allowed for this caller",
     "Use a key that has the scope this call needs."},
    {"own_factor_required", 403, "Set up your own second factor first",
     "Enrol a method of your own (POST /v1/users/me/enrollments), then repeat the call."},
    {"four_eyes", 403, "A second person is needed",
     "Who opened a case, recorded its evidence or approved it once leaves this step to a colleague."},
    {"own_account", 403, "This is an account of your own",
     "Ask a colleague: nobody works on their own account."},
    {"csrf_required", 403, "The CSRF token is missing or wrong",
     "Send the csrf_token of GET /client/me in the X-CSRF-Token header."},
    {"origin_refused", 403, "Requests from this origin are refused",
     "Call from the page's own origin."},
    {"reauthentication_required", 403, "Enter your password again",
     "Enter the password again (POST /client/reauthenticate), then repeat the call."},
    {"proof_required", 403, "A fresh code is needed",
     "Repeat the call with a fresh code, or with a manage challenge approved for this action."},
    {"second_factor_required", 403, "The second step is still open",
     "Finish the second step first (POST /client/sign-in/verify)."},
    {"not_found", 404, "Not found",
     "Check the path and the id: it is unknown here, or belongs to another application."},
    {"method_not_allowed", 405, "Method not allowed",
     "Use one of the methods in the Allow header."},
    {"request_timeout", 408, "The request took too long to arrive",
     "Send the whole request within 10 seconds."},
    {"challenge_expired", 409, "The challenge has expired",
     "Make a new challenge, or sign in again."},
    {"challenge_closed", 409, "The challenge is closed",
     "It has been used or ended: make a new challenge."},
    {"factor_ended", 409, "This method has been ended",
     "Use another method or a backup code, then set this one up anew."},
    {"factor_suspended", 409, "This method is suspended",
     "The number may have a new owner. Use another method, then set this one up anew."},
    {"method_unavailable", 409, "This method is not available right now",
     "Use another method, or try again later."},
    {"code_not_sent", 409, "No code has been sent",
     "Ask for a code first (POST /v1/challenges/{id}/send), then enter it."},
    {"not_enrolled", 409, "No active method", "Enrol a method first."},
    {"enrollment_expired", 409, "The enrolment has expired", "Start the set-up again."},
    {"enrollment_closed", 409, "The enrolment is closed",
     "It was confirmed, replaced or ended: start the set-up again."},
    {"too_many_factors", 409, "Too many methods", "Remove a method first, or replace one."},
    {"case_already_open", 409, "There is an open case",
     "Look at the open case (GET …/support-cases); withdraw it to open another."},
    {"case_state", 409, "Not in this state of the case",
     "Look at the case again: it has moved on, or is over."},
    {"case_paused", 409, "The case is paused",
     "Somebody objected or used a sign-in method. Support looks at it; answer when they ask."},
    {"evidence_missing", 409, "The evidence does not suffice",
     "Record proofs of two different groups, worth 100 points together."},
    {"delivery_missing", 409, "There is no way left for the link",
     "Every known address was evidence or has changed. Record other evidence, or an address of the "
     "owner's in another case."},
    {"idempotency_in_flight", 409, "The first request with this key is still running",
     "Wait a moment, then repeat the same request with the same key."},
    {"idempotency_expired", 409, "The kept answer has expired",
     "The first request took effect: read the current state, and use a new key for a new request."},
    {"payload_too_large", 413, "The body is too large", "Send at most 64 KiB."},
    {"unsupported_media_type", 415, "The content type is not accepted",
     "Send 'Content-Type: application/json'."},
    {"misdirected_host", 421, "This host is not served here",
     "Call the server by its public name, or add this one to its hosts setting."},
    {"validation_failed", 422, "The request does not fit the schema",
     "Correct the members listed in errors."},
    {"code_invalid", 422, "The code is wrong",
     "Enter the code that the app shows now; check that the phone's clock is automatic."},
    {"code_already_used", 422, "The code has been used",
     "Wait for the next code: each one counts once."},
    {"idempotency_mismatch", 422, "The key was used with another request",
     "Use a new Idempotency-Key for another request."},
    {"link_invalid", 422, "The link is wrong or has expired",
     "Ask for a new link: each works once and for a limited time."},
    {"password_invalid", 422, "The password is wrong", "Enter the password that was chosen."},
    {"factor_locked", 429, "Too many wrong codes",
     "Wait as long as Retry-After says, or use another method."},
    {"rate_limited", 429, "Too many requests", "Wait as long as Retry-After says."},
    {"internal", 500, "Something went wrong here",
     "Repeat the call; if it fails again, give the operator the request_id."},
    {"unavailable", 503, "Not available right now",
     "Nothing was decided. Repeat the call after Retry-After."},
    {"overloaded", 503, "Too busy right now",
     "Nothing was decided. Repeat the call after Retry-After."},
}};

const ProblemKind* find_problem(std::string_view code);

// `code` must be in kProblems; an unknown one answers as `internal`. `status` 0 takes the code's
// own.
Response problem(std::string_view code, const std::string& request_id, std::string_view detail = {},
                 const std::vector<FieldError>& errors = {}, int status = 0);

// As above with members of its own, given as JSON text without braces, e.g. "\"retry_after_s\":20".
Response problem_with(std::string_view code, const std::string& request_id, std::string_view detail,
                      const std::string& members);

// JSON string text with its quotes; what is not UTF-8 becomes U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace twofold::http
