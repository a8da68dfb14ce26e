// hash_block.hpp - one compression step of SHA-1, SHA-256 and SHA-512 (FIPS 180-4 section 6).
// Internal to shared/: hmac.cpp is the only caller. hash_block.cpp is the one file that sees
// Crypto++'s headers; its static Transform functions link to a fifth of what the HMAC class does.
//
// Messages, digests and pads are kept as the native words the hash works on: 32-bit words, for
// SHA-512 64-bit ones. Code that fits all three sees 32-bit words or bytes and finds them through
// word_at() and byte_at(): nothing is copied or turned around between steps.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

#include "shared/hash.hpp"

namespace twofold::detail {

struct HashState {
    union {
        alignas(16) std::uint32_t w[kMaxDigestSize / 4];  // 5, 8 or 16 in use
        std::uint64_t wide[kMaxDigestSize / 8];
    };
};

struct HashBlock {
    union {
        alignas(16) std::uint32_t w[kMaxBlockSize / 4];  // 16 or 32 in use
        std::uint64_t wide[kMaxBlockSize / 8];
    };
};

// Where the i-th byte, or 32-bit word, of a message stands in memory. Its most significant byte is
// the first of a word, and the last in memory on a little-endian machine.
constexpr std::size_t byte_at(HashAlgorithm a, std::size_t i) {
    return std::endian::native == std::endian::big ? i : i ^ (a == HashAlgorithm::sha512 ? 7U : 3U);
}
constexpr std::size_t word_at(HashAlgorithm a, std::size_t i) {
    return std::endian::native == std::endian::big ? i : i ^ (a == HashAlgorithm::sha512);
}

// Sets the initial value of the standard.
void hash_init(HashAlgorithm a, HashState& state);

// state = compress(state, block). The block is not changed.
void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block);

}  // namespace twofold::detail
