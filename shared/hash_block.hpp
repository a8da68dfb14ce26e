// hash_block.hpp - one compression step of SHA-1, SHA-256 and SHA-512 (FIPS 180-4 section 6).
// Internal to shared/: hmac.cpp is the only caller. hash_block.cpp is the one file that sees
// Crypto++'s headers; its static Transform functions link to a fifth of what the HMAC class does.
#pragma once
#include <cstdint>

#include "shared/hash.hpp"

namespace twofold::detail {

// The chaining value as native words: 5 or 8 words of 32 bits, or 8 of 64.
union HashState {
    std::uint32_t w32[8];
    std::uint64_t w64[8];
};

// One block as native words (already converted from big-endian bytes).
union HashBlock {
    std::uint32_t w32[16];
    std::uint64_t w64[16];
};

// Sets the initial value of the standard.
void hash_init(HashAlgorithm a, HashState& state);

// state = compress(state, block). The block is not changed.
void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block);

}  // namespace twofold::detail
