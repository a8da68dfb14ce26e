#include "shared/sha256.hpp"

#include "shared/hash_block.hpp"

namespace twofold {

using detail::byte_at;

Sha256 sha256(ByteView message, int prefix) {
    constexpr std::size_t kBlock = 64;
    const std::size_t head = prefix < 0 ? 0 : 1;
    const std::size_t n = message.size() + head;
    // The stop bit and eight bytes of length, in whole blocks (FIPS 180-4 section 5.1.1).
    const std::size_t padded = (n + 8) / kBlock * kBlock + kBlock;
    detail::HashState state;
    detail::hash_init(HashAlgorithm::sha256, state);
    detail::HashBlock block;
    auto* const bytes = reinterpret_cast<std::uint8_t*>(&block);
    for (std::size_t at = 0; at < padded; ++at) {
        const std::size_t i = at % kBlock;
        std::uint8_t b = at == n ? 0x80 : 0;
        if (at < n) b = at < head ? static_cast<std::uint8_t>(prefix) : message[at - head];
        bytes[byte_at(HashAlgorithm::sha256, i)] = b;
        if (i != kBlock - 1) continue;
        if (at == padded - 1) {
            const std::uint64_t bits = std::uint64_t{n} * 8;
            block.w[14] = static_cast<std::uint32_t>(bits >> 32);
            block.w[15] = static_cast<std::uint32_t>(bits);
        }
        detail::hash_block(HashAlgorithm::sha256, state, block);
    }
    Sha256 out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = reinterpret_cast<const std::uint8_t*>(&state)[byte_at(HashAlgorithm::sha256, i)];
    return out;
}

void hex_to(const Sha256& digest, std::span<char, 64> out) {
    constexpr const char* kDigits = "0123456789abcdef";
    for (std::size_t i = 0; i < digest.size(); ++i) {
        out[2 * i] = kDigits[digest[i] >> 4];
        out[2 * i + 1] = kDigits[digest[i] & 15];
    }
}

}  // namespace twofold
