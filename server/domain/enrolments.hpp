// enrolments.hpp - enable, add, move, rename, prefer, remove and disable factors (flows 1, 3, 4, 7).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/channels.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/ports.hpp"
#include "server/domain/proof.hpp"

namespace twofold::domain {

class Core;

struct EnrolmentView {
    FactorId id;
    Method method{};
    FactorStatus status{};
    std::string label;
    TotpParameters totp;      // totp
    std::string to;           // email, whatsapp: masked
    FactorTrouble trouble{};  // of that address
    bool preferred = false;   // the person chose to be asked for it first
    Instant created_at{};
    Instant expires_at{};  // pending only
    std::optional<Instant> activated_at;
    std::optional<Instant> last_used_at;
    std::optional<Instant> locked_until;   // while locked
    std::optional<DeliveryView> delivery;  // pending email, whatsapp: its newest code
};

struct EnrolmentRequest {
    Method method = Method::totp;
    std::string label;  // 1..64 characters; empty: named after the method
    TotpParameters totp;
    std::optional<std::string> address;  // email, whatsapp; none: the contact's
    std::string region;                  // whatsapp: ISO 3166, of a national number
    FactorId replaces;                   // of the same email or whatsapp: its address changes
    ProofGiven proof;
};

struct EnrolmentStarted {
    EnrolmentView view;
    // totp: the secret leaves the server here and never again (rule 5).
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

// Whether a method can be chosen now.
struct MethodOffer {
    Method method{};
    Offer offer{};
    std::string suggested;  // the contact's address, masked; empty: none on file
};

struct EnrolmentList {
    std::vector<EnrolmentView> items;
    std::vector<MethodOffer> offers;  // totp, email, whatsapp
};

// An absent member is left as it is.
struct EnrolmentChange {
    std::optional<std::string> label;
    std::optional<bool> preferred;
};

class Enrolments {
 public:
    explicit Enrolments(Core& core) : core_(core) {}
    // An email or WhatsApp one sends its first code at once. method_unavailable; rate_limited:
    // nothing was sent and nothing begun.
    Outcome<EnrolmentStarted> start(const Caller&, std::string_view user, const EnrolmentRequest&);
    // One more code for a pending email or WhatsApp one. Errors as send_code.
    Outcome<DeliveryView> send(const Caller&, std::string_view user, const FactorId&);
    Outcome<EnrolmentConfirmed> confirm(const Caller&, std::string_view user, const FactorId&,
                                        std::string_view code);
    Outcome<EnrolmentList> list(const Caller&, std::string_view user);
    Outcome<EnrolmentView> get(const Caller&, std::string_view user, const FactorId&);
    Outcome<EnrolmentView> change(const Caller&, std::string_view user, const FactorId&,
                                  const EnrolmentChange&);
    // Removing the last one is disabling (rule 9).
    Outcome<Done> remove(const Caller&, std::string_view user, const FactorId&, const ProofGiven&);
    Outcome<Done> disable(const Caller&, std::string_view user, const ProofGiven&);

 private:
    Core& core_;
};

}  // namespace twofold::domain
