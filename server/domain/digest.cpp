#include "server/domain/digest.hpp"

#include <cstring>
#include <vector>

#include "shared/hash_block.hpp"

namespace twofold::domain {

std::array<std::uint8_t, 32> sha256(ByteView message) {
    // FIPS 180-4 section 5.1.1: a one bit, zeros, the length in bits as 64 big-endian bits.
    std::vector<std::uint8_t> padded(message.begin(), message.end());
    padded.push_back(0x80);
    while (padded.size() % 64 != 56) padded.push_back(0);
    const std::uint64_t bits = std::uint64_t{message.size()} * 8;
    for (int shift = 56; shift >= 0; shift -= 8)
        padded.push_back(static_cast<std::uint8_t>(bits >> shift));

    detail::HashState state;
    detail::hash_init(HashAlgorithm::sha256, state);
    for (std::size_t at = 0; at < padded.size(); at += 64) {
        detail::HashBlock block;
        for (std::size_t i = 0; i < 16; ++i) {
            const std::uint8_t* p = padded.data() + at + 4 * i;
            block.w[i] = (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) |
                         (std::uint32_t{p[2]} << 8) | std::uint32_t{p[3]};
        }
        detail::hash_block(HashAlgorithm::sha256, state, block);
    }
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < 32; ++i)
        out[i] = static_cast<std::uint8_t>(state.w[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

}  // namespace twofold::domain
