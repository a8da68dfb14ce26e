// sha256.hpp - SHA-256 (FIPS 180-4) of one message without a key: what checkpoints commit to.
// Pure and thread-safe. For keys and codes use hmac.hpp.
#pragma once
#include <array>
#include <cstdint>

#include "shared/secret.hpp"

namespace twofold {

using Sha256 = std::array<std::uint8_t, 32>;

// Of `prefix` (when not negative, one byte 0..255) followed by the message, any length.
Sha256 sha256(ByteView message, int prefix = -1);

// 64 lower-case hexadecimal digits.
void hex_to(const Sha256& digest, std::span<char, 64> out);

}  // namespace twofold
