// fields.hpp - sealed texts in and out of rows: addresses, names, TOTP secrets, and the blind index
// that finds an address without opening it (rule 11).
#pragma once
#include <optional>
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/places.hpp"

namespace twofold::domain {

// Sealed text; empty text stays empty.
Sealed seal_text(Core& core, const SealedPlace& place, std::string_view text);
// Empty when there is nothing or it does not open (changed, moved, key missing).
std::string open_text(Core& core, const SealedPlace& place, const Sealed& sealed);

// Keyed, per application: equal addresses of two applications do not match. Empty for empty.
std::string email_index(Core& core, const ApplicationId& application, std::string_view email);
std::string phone_index(Core& core, const ApplicationId& application, std::string_view phone);

// Bound to the factor's own parameters (security 76).
void seal_secret(Core& core, FactorRow& factor, ByteView secret);
std::optional<Secret> open_secret(Core& core, const FactorRow& factor);

// Puts an address into the row (or clears it with empty text). The old one gets notices for 30
// days, so that who takes an address over cannot do it in silence.
void set_email(Core& core, UserRow& user, std::string_view email, Instant now);
void set_phone(Core& core, UserRow& user, std::string_view phone, Instant now);

// A user not yet stored, with a fresh audit key.
UserRow new_user(Core& core, const ApplicationId& application, std::string_view external_id,
                 std::string_view locale, Instant now);

}  // namespace twofold::domain
