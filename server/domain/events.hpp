// events.hpp - one audit event, written in the transaction of the change it tells of (rule 13).
// The form of the chain stands here; audit_log.hpp reads and verifies it.
#pragma once
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"
#include "shared/hmac.hpp"

namespace twofold::domain {

// Actions: account.asked account.created account.password_changed account.reset_asked
// account.password_reset account.changed account.erased sign_in.password sign_in.second_step
// session.ended session.reauthenticated user.created user.changed user.erased enrollment.started
// enrollment.confirmed enrollment.ended factor.renamed factor.removed factor.ended
// two_factor.enabled two_factor.disabled backup_codes.made backup_code.tried challenge.created
// challenge.verified proof.checked api_key.created api_key.revoked application.created
// assertion.redeemed device.remembered device.used device.reused device.ended
struct Event {
    std::string action = {};
    std::string method = {};
    std::string result = "ok";  // or a problem code
    std::string object = {};    // an id, never a secret
    std::string label = {};     // sealed with ip and user agent
    TextMap details = {};       // sealed; no code, token or full address
};

std::string chain_of(const UserId& user);
std::string chain_of(const ApplicationId& application);
inline constexpr std::string_view kSystemChain = "system";

// Appends to the user's chain / the application's / the system's.
void record(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const Event& event);
void record(Tx& tx, Core& core, const Caller& caller, const ApplicationId& application,
            const Event& event);
void record_system(Tx& tx, Core& core, const Caller& caller, const Event& event);
// The same into rows that save_verified writes. The rows hold the user and their chain.
void record(VerifyRows& rows, Core& core, const Caller& caller, const UserRow& user,
            const Event& event);

// The key of a chain's macs, 64 characters: derived from the ring, so that it can be handed out with
// an export of that one chain and nothing else follows from it (docs/adr/0016).
Secret chain_key(Sealer& sealer, std::string_view chain);
// HMAC over every field and the mac before it (shared/audit_chain.hpp).
std::string event_mac(const HmacKey& key, const AuditRow& row);
// Under which rule the mac is right: kChainRule; kRingRule for events that were written before
// chains had keys, all under one key of the ring; 0 when it is not.
inline constexpr int kRingRule = 1;
inline constexpr int kChainRule = 2;
int event_rule(Sealer& sealer, const HmacKey& key, const AuditRow& row);
// What one event's details are sealed under (32 bytes): opens that event and no other.
Secret event_details_key(const Secret& user_audit_key, const EventId& event);
// "user", "key:key_…", "operator", "anonymous".
std::string actor_of(const Caller& caller);

}  // namespace twofold::domain
