// problem.hpp - why a use case refused, as a stable code; text for people is made in http/ and
// web/.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "shared/result.hpp"

namespace twofold::domain {

// Stable, published in /openapi.json by these names (snake_case). Append only.
enum class Code {
    validation_failed,
    malformed_json,
    unsupported_media_type,
    payload_too_large,
    not_found,
    method_not_allowed,
    misdirected_host,
    unauthenticated,
    forbidden,
    credentials_invalid,
    csrf_required,
    origin_refused,
    reauthentication_required,
    proof_required,
    second_factor_required,
    code_invalid,
    code_already_used,
    challenge_expired,
    challenge_closed,
    factor_locked,
    factor_ended,
    not_enrolled,
    enrollment_expired,
    enrollment_closed,
    too_many_factors,
    rate_limited,
    idempotency_mismatch,
    idempotency_in_flight,
    idempotency_expired,
    link_invalid,
    password_invalid,
    credential_in_url,
    unavailable,
    overloaded,
    internal,
    method_unavailable,
    factor_suspended,
    code_not_sent,
    case_already_open,
    case_state,
    case_paused,
    own_factor_required,
    four_eyes,
    own_account,
    evidence_missing,
    delivery_missing,
};

// One member of the request that is wrong. `pointer` is a JSON pointer (RFC 6901); `rule` says what
// the member must be: "required", "unknown", "type", "length", "format", "range",
// "common_password", "check_characters"...
struct FieldProblem {
    std::string pointer;
    std::string rule;
};

struct Problem {
    Code code{};
    std::optional<std::chrono::seconds> retry_after{};
    std::optional<int> attempts_remaining{};
    std::vector<FieldProblem> fields{};
};

inline Problem problem(Code code) { return Problem{code, {}, {}, {}}; }
inline Problem invalid(std::string pointer, std::string rule) {
    return Problem{Code::validation_failed, {}, {}, {{std::move(pointer), std::move(rule)}}};
}

template <class T>
using Outcome = Result<T, Problem>;

}  // namespace twofold::domain
