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
};

// Every code there is. A test compares the list with the OpenAPI document.
inline constexpr std::array<ProblemKind, 37> kProblems = {{
    {"malformed_request", 400, "The request is not well-formed HTTP"},
    {"malformed_json", 400, "The body is not acceptable JSON"},
    {"credential_in_url", 400, "A credential was sent in the URL"},
    {"unauthenticated", 401, "Sign in, or send an API key"},
    {"credentials_invalid", 401, "Email or password is wrong"},
    {"forbidden", 403, "Not allowed for this caller"},
    {"csrf_required", 403, "The CSRF token is missing or wrong"},
    {"origin_refused", 403, "Requests from this origin are refused"},
    {"reauthentication_required", 403, "Enter your password again"},
    {"proof_required", 403, "A fresh code is needed"},
    {"second_factor_required", 403, "The second step is still open"},
    {"not_found", 404, "Not found"},
    {"method_not_allowed", 405, "Method not allowed"},
    {"request_timeout", 408, "The request took too long to arrive"},
    {"challenge_expired", 409, "The challenge has expired"},
    {"challenge_closed", 409, "The challenge is closed"},
    {"factor_ended", 409, "This method has been ended"},
    {"not_enrolled", 409, "No active method"},
    {"enrollment_expired", 409, "The enrolment has expired"},
    {"enrollment_closed", 409, "The enrolment is closed"},
    {"too_many_factors", 409, "Too many methods"},
    {"idempotency_in_flight", 409, "The first request with this key is still running"},
    {"idempotency_expired", 409, "The kept answer has expired"},
    {"payload_too_large", 413, "The body is too large"},
    {"unsupported_media_type", 415, "The content type is not accepted"},
    {"misdirected_host", 421, "This host is not served here"},
    {"validation_failed", 422, "The request does not fit the schema"},
    {"code_invalid", 422, "The code is wrong"},
    {"code_already_used", 422, "The code has been used"},
    {"idempotency_mismatch", 422, "The key was used with another request"},
    {"link_invalid", 422, "The link is wrong or has expired"},
    {"password_invalid", 422, "The password is wrong"},
    {"factor_locked", 429, "Too many wrong codes"},
    {"rate_limited", 429, "Too many requests"},
    {"internal", 500, "Something went wrong here"},
    {"unavailable", 503, "Not available right now"},
    {"overloaded", 503, "Too busy right now"},
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
