// second_step.hpp - passing one challenge with one code, whatever the method: the path that
// sign-in, manage and step-up share. A TOTP code goes through the verify queue; a backup code
// reserves its attempt, is hashed outside any transaction and settled (backup_attempt.hpp).
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "server/domain/challenges.hpp"
#include "server/domain/core.hpp"
#include "server/domain/judge.hpp"

namespace twofold::domain {

// A challenge that was just approved.
struct Approved {
    ChallengeRow challenge;
    UserRow user;
    Method method{};
    FactorId factor;                 // empty for a backup code
    int backup_codes_remaining = 0;  // for a backup code
};

// More work in the transaction of the approval, such as giving the session its rights; a problem it
// gives becomes the answer. May run again with the transaction.
using FollowUp = std::function<std::optional<Problem>(Tx&, const Approved&)>;

struct Pass {
    Caller caller;
    ChallengeId challenge;
    VerifyRequest request;
    std::string used_by;  // remembered with the step; empty: the caller's hand
    FollowUp then;        // may be empty
};

// not_found also for a challenge the caller may not use; the rest as Challenges::verify.
Outcome<Approved> pass_challenge(Core& core, const Pass& pass);

// challenge_closed / challenge_expired; nothing when it can be tried.
std::optional<Problem> closed(const ChallengeRow& challenge, Instant now);

// The one factor a code is for: the challenge's, else the one named; validation_failed at
// /enrollment_id when the two differ.
Outcome<FactorId> factor_meant(const ChallengeRow& challenge, const FactorId& named);

// Marks it approved in the rows and records the event.
void approve(VerifyRows& rows, Core& core, const Caller& caller, Tracked<ChallengeRow>& challenge,
             Method method, const FactorId& factor, const std::string& label);
// Records an attempt that was evaluated and refused.
void record_refusal(VerifyRows& rows, Core& core, const Caller& caller,
                    const ChallengeRow& challenge, Method method, const Verdict& verdict);

// The published spelling of the codes an attempt can end with, for the audit.
std::string_view result_name(const std::optional<Problem>& problem);

}  // namespace twofold::domain
