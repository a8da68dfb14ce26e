#include "server/domain/digest.hpp"

#include "shared/sha256.hpp"

namespace twofold::domain {

std::array<std::uint8_t, 32> sha256(ByteView message) { return twofold::sha256(message); }

}  // namespace twofold::domain
