// digest.hpp - SHA-256 (FIPS 180-4) of what an assertion or a checkpoint commits to. Pure.
// For keyed hashes use Sealer::keyed_hash.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "shared/secret.hpp"

namespace twofold::domain {

std::array<std::uint8_t, 32> sha256(ByteView message);
// Lower-case hexadecimal digits.
std::string hex_text(ByteView bytes);

}  // namespace twofold::domain
