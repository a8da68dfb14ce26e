// proof.hpp - the fresh proof that a sensitive change needs (rule 8).
#pragma once
#include <optional>
#include <string>

#include "server/domain/types.hpp"

namespace twofold::domain {

// What the request brought: a code (with an optional method or enrolment to name the factor), or
// an approved `manage` challenge for this very action and object, or nothing (a recover grant or,
// with no active factor, the password step may then stand for it).
struct ProofGiven {
    std::optional<std::string> code;
    std::optional<Method> method;
    FactorId enrollment;
    ChallengeId challenge;
    bool empty() const { return !code && challenge.empty(); }
};

}  // namespace twofold::domain
