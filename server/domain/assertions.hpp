// assertions.hpp - what an approved challenge is worth to an integrator: a JWS of 60 s.
#pragma once
#include <string>

#include "server/domain/ports.hpp"

namespace twofold::domain {

class Core;

struct AssertionExpected {
    std::string user;  // external id
    Purpose purpose{};
    std::string action;     // step_up
    ChallengeId challenge;  // empty: any
};

class Assertions {
 public:
    explicit Assertions(Core& core) : core_(core) {}
    // Valid once: a second check of the same assertion is refused (code_already_used).
    Outcome<Done> verify(const Caller&, std::string_view jws, const AssertionExpected&);
    std::string jwks_json();

 private:
    Core& core_;
};

}  // namespace twofold::domain
