// ids.hpp - new identifiers and bearer tokens, and their text encodings (RFC 4648 section 5).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/ports.hpp"

namespace twofold::domain {

// Unpadded base64url.
std::string base64url(ByteView bytes);
// Nothing for any character outside the alphabet, padding, or non-zero trailing bits.
std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text);
// Nothing unless an even number of lower-case hexadecimal digits.
std::optional<std::vector<std::uint8_t>> hex_decode(std::string_view text);

// n bytes of the operating system's generator.
Secret random_bytes(Random& random, std::size_t n);

// 26 characters of a-z 2-7: 128 random bits.
std::string random_id_text(Random& random);

// "enr_…" and the like; the prefix with its underscore.
template <class I>
I new_id(Random& random, std::string_view prefix) {
    return I{std::string(prefix) + random_id_text(random)};
}

// The same with the milliseconds in front: sorts by time.
DeliveryId new_delivery_id(Random& random, std::int64_t now_ms);

// 43 characters of base64url: 256 bits (security 48, 58).
std::string new_token(Random& random);

// "evt_" + milliseconds, sequence and random bits in hexadecimal: sorts by time, and within one
// millisecond and chain by sequence.
EventId new_event_id(Random& random, std::int64_t now_ms, std::int64_t sequence);

}  // namespace twofold::domain
