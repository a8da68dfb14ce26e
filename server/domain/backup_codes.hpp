// backup_codes.hpp - regenerate and count (flow 5). Shown once; used at sign-in by challenges.hpp.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/ports.hpp"
#include "server/domain/proof.hpp"

namespace twofold::domain {

class Core;

struct BackupCodesView {
    int remaining = 0;
    int total = 0;
    std::optional<Instant> created_at;
};
struct BackupCodesMade {
    std::vector<std::string> codes;  // XXXXX-XXXXX-XXXXX
    Instant created_at{};
};

class BackupCodes {
 public:
    explicit BackupCodes(Core& core) : core_(core) {}
    Outcome<BackupCodesView> count(const Caller&, std::string_view user);
    // Proof, or the session's recover grant. Ends all old codes in the same transaction and
    // notifies.
    Outcome<BackupCodesMade> regenerate(const Caller&, std::string_view user, const ProofGiven&);

 private:
    Core& core_;
};

}  // namespace twofold::domain
