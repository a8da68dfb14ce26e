#include "server/domain/digest.hpp"

#include "shared/sha256.hpp"

namespace twofold::domain {

std::array<std::uint8_t, 32> sha256(ByteView message) { return twofold::sha256(message); }

std::string hex_text(ByteView bytes) {
    std::string out;
    out.reserve(2 * bytes.size());
    for (const std::uint8_t b : bytes) {
        out += "0123456789abcdef"[b >> 4];
        out += "0123456789abcdef"[b & 15];
    }
    return out;
}

}  // namespace twofold::domain
