// enrolments.hpp - enable, add, move, rename, remove and disable factors (flows 1, 3, 4).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/ports.hpp"
#include "server/domain/proof.hpp"

namespace twofold::domain {

class Core;

struct EnrolmentView {
    FactorId id;
    Method method{};
    FactorStatus status{};
    std::string label;
    TotpParameters totp;
    Instant created_at{};
    Instant expires_at{};  // pending only
    std::optional<Instant> activated_at;
    std::optional<Instant> last_used_at;
    std::optional<Instant> locked_until;  // while locked
};

struct EnrolmentRequest {
    Method method = Method::totp;
    std::string label;  // 1..64 characters; empty: "Authenticator app"
    TotpParameters totp;
    FactorId replaces;
    ProofGiven proof;
};

// The secret leaves the server here and never again (rule 5).
struct EnrolmentStarted {
    EnrolmentView view;
    std::string secret_base32;
    std::string otpauth_uri;
    std::string issuer;
    std::string account;
};

struct EnrolmentConfirmed {
    EnrolmentView view;
    std::vector<std::string>
        backup_codes;  // with the first active factor or a recover grant; else empty
};

class Enrolments {
 public:
    explicit Enrolments(Core& core) : core_(core) {}
    Outcome<EnrolmentStarted> start(const Caller&, std::string_view user, const EnrolmentRequest&);
    Outcome<EnrolmentConfirmed> confirm(const Caller&, std::string_view user, const FactorId&,
                                        std::string_view code);
    Outcome<std::vector<EnrolmentView>> list(const Caller&, std::string_view user);
    Outcome<EnrolmentView> get(const Caller&, std::string_view user, const FactorId&);
    Outcome<EnrolmentView> rename(const Caller&, std::string_view user, const FactorId&,
                                  std::string_view label);
    // Removing the last one is disabling (rule 9).
    Outcome<Done> remove(const Caller&, std::string_view user, const FactorId&, const ProofGiven&);
    Outcome<Done> disable(const Caller&, std::string_view user, const ProofGiven&);

 private:
    Core& core_;
};

}  // namespace twofold::domain
