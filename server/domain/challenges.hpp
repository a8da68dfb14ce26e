// challenges.hpp - ask for a code, judge it once (flows 2, 8). Verifies that arrive together share
// one transaction and one commit (verify_queue.hpp), each still answered exactly.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/domain/channels.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/ports.hpp"
#include "server/domain/proof.hpp"

namespace twofold::domain {

class Core;

struct ChallengeRequest {
    Purpose purpose{};
    Action action{};                   // manage
    std::string action_name;           // step_up: 1..64 of A-Z a-z 0-9 . _ - :
    std::string action_text;           // step_up: up to 200 characters
    std::string object;                // manage: the enrolment id, or empty
    FactorId enrollment;               // only this factor; empty: any. Email, whatsapp: sends at once
    std::string nonce;                 // up to 128 characters
    std::optional<ClientInfo> client;  // keys only
};

struct ChallengeMethod {
    Method method{};
    FactorId enrollment;  // empty for backup_code
    std::string label;
    std::optional<Instant> locked_until;
    std::string to;              // email, whatsapp: masked
    FactorTrouble trouble{};     // of that address; identity_changed: suspended
    Offer offer{};               // paused: no code can be sent now
};

struct ChallengeView {
    struct Case {
        CaseId id;
        CaseState state{};
    };
    std::optional<Case> support_case;  // of a session's own: the user's open case
    ChallengeId id;
    Purpose purpose{};
    Action action{};
    std::string action_name;
    std::string action_text;
    std::string object;
    ChallengeStatus status{};
    bool expired = false;
    std::vector<ChallengeMethod> methods;
    // The one the person chose, else the last one used successfully, comes first.
    Method preferred{};
    FactorId preferred_factor;             // empty for a backup code
    std::optional<DeliveryView> delivery;  // the newest code sent for it
    Instant expires_at{};
    int attempts_remaining = 0;
    int remember_days = 0;  // sign_in of a session: the browser can be remembered; 0: not offered
};

struct VerifyRequest {
    std::string code;  // as typed
    std::optional<Method> method;
    FactorId enrollment;
    bool remember = false;  // this browser, at a sign-in; of no effect elsewhere
};

struct Verified {
    ChallengeId challenge;
    Method method{};
    FactorId enrollment;
    std::string assertion;           // JWS, 60 s
    int backup_codes_remaining = 0;  // meaningful for backup_code
};

class Challenges {
 public:
    explicit Challenges(Core& core) : core_(core) {}
    Outcome<ChallengeView> create(const Caller&, std::string_view user, const ChallengeRequest&);
    Outcome<ChallengeView> get(const Caller&, const ChallengeId&);
    // Sends a code for it to an email or WhatsApp factor, or one more. Also for the session between
    // password and second step. challenge_expired, challenge_closed, validation_failed at
    // /enrollment_id ("unknown", "not_delivered", "mismatch"), and as send_code.
    struct Sent {
        DeliveryView delivery;
        Instant expires_at{};  // of the challenge
    };
    Outcome<Sent> send(const Caller&, const ChallengeId&, const FactorId&);
    // code_invalid + attempts_remaining; code_already_used + retry_after; validation_failed (costs
    // nothing); challenge_expired; challenge_closed; factor_locked + retry_after.
    Outcome<Verified> verify(const Caller&, const ChallengeId&, const VerifyRequest&);
    // The same without a thread that waits: `answer` is called once, on this thread or another; it
    // must not throw. It gets what makes the outcome (and signs its assertion, which takes longer
    // than to judge the code): to be called once, on a thread that nobody waits for.
    // What `takes_time` (a backup code is hashed first) still works on this thread.
    using Finish = std::function<Outcome<Verified>()>;
    void verify_later(const Caller&, const ChallengeId&, const VerifyRequest&,
                      std::function<void(Finish)> answer);
    static bool takes_time(const VerifyRequest&);

 private:
    Core& core_;
};

}  // namespace twofold::domain
