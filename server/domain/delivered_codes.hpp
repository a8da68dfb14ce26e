// delivered_codes.hpp - codes that travel by email or WhatsApp: made, sent, limited, and what became
// of them. The code is never stored: it is derived from the delivery's row and a key of the ring,
// when it is sent and when it is verified (rule 11). Judging one is judge.hpp's.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::domain {

// 6..8 decimal digits without modulo bias (security 17). Bound to everything that makes the delivery
// what it is: id, application, user, factor, challenge, method and purpose (security 22).
std::string code_of(Sealer& sealer, const DeliveryRow& delivery);

// What a worker needs to derive the code of a message again: its binding, not the code. `read` gives
// nothing when a member is missing.
TextMap delivery_binding(const DeliveryRow& delivery);
std::optional<DeliveryRow> read_delivery_binding(const MessageId& id, const TextMap& parameters);

// What people are told of a code on its way.
struct DeliveryView {
    FactorId factor;
    Method method{};
    std::string to;  // masked
    MessageStatus status{};
    Failure failure{};  // with failed
    Instant created_at{};
    Instant resend_at{};
    Instant expires_at{};
};

// For what a code is sent.
struct CodeRequest {
    const UserRow* user = nullptr;
    const FactorRow* factor = nullptr;  // email or whatsapp, its address sealed inside
    ChallengeRow* challenge = nullptr;  // null: confirms the pending factor itself
};

// Sends one more code and ends the one before it for the same challenge and factor (security 20).
// The message is queued in this transaction and leaves after its commit (rule 14). method_unavailable;
// factor_suspended; factor_locked; rate_limited + retry_after: nothing leaves (security 24).
// Writes its audit event; a challenge's row is changed in memory only (deliveries, expires_at).
Outcome<DeliveryView> send_code(Tx& tx, Core& core, const Caller& caller, const CodeRequest& request);

// The newest code sent for a challenge, or (with no challenge) for the pending factor; nothing when
// none was. `factors` are the user's.
std::optional<DeliveryView> newest_delivery(Tx& tx, Core& core, const ChallengeId& challenge,
                                            const FactorId& pending,
                                            const std::vector<FactorRow>& factors);

// Seconds after the n-th code (1..) before the next: 30, 60, 120, 300, 300, …
Seconds resend_after(int sent);

// Ends a code that still waits, and its message.
void end_delivery(Tx& tx, DeliveryRow& delivery, Instant now);

// Constant time. The delivery must still be live: not ended, not expired.
bool code_matches(Core& core, const DeliveryRow& delivery, std::string_view digits);
bool is_live(const DeliveryRow& delivery, Instant now);

// The address of a factor: opened (empty when it does not open), put into a row not yet stored, and
// as it may be shown.
std::string address_of(Core& core, const FactorRow& factor);
void set_address(Core& core, FactorRow& factor, std::string_view address, std::string_view region);
std::string shown_address(Core& core, const FactorRow& factor);

}  // namespace twofold::domain
