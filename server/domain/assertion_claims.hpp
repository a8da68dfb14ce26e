// assertion_claims.hpp - what an assertion says (RFC 7519 claims and our own).
//   iss            the public URL          aud        the application's id
//   sub            the external id         jti        single use at /v1/assertions/verify
//   iat, exp       exp = iat + 60 s        purpose    sign_in, manage, step_up
//   action         manage: its name; step_up: the integrator's own
//   action_text    base64url of SHA-256 over what the person was shown (step_up with a text)
//   method         totp, backup_code, …    amr        ["otp"] (RFC 8176)
//   challenge      its id                  object     manage: what the action is about
//   nonce          the integrator's
// Members without a value are left out.
#pragma once
#include <string>

#include "server/domain/second_step.hpp"

namespace twofold::domain {

inline constexpr Seconds kAssertionLife{60};

// A signed assertion (JWS compact) of an approved challenge. Costs a signature; call it outside the
// transaction.
std::string assertion_for(Core& core, const Approved& approved);

}  // namespace twofold::domain
