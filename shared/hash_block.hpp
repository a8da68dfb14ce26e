// hash_block.hpp - one compression step of SHA-1, SHA-256 and SHA-512 (FIPS 180-4 section 6).
// Internal to shared/: hmac.cpp is the only caller. hash_block.cpp is the one file that sees
// Crypto++'s headers; its static Transform functions link to a fifth of what the HMAC class does.
//
// All words are native 32-bit words in the order of the bytes they stand for, SHA-512's 64-bit
// words as two (high half first). So one code fits all three: a message, a digest and a pad are the
// same words whatever the algorithm, and only their number differs.
#pragma once
#include <cstdint>

#include "shared/hash.hpp"

namespace twofold::detail {

struct HashState {
    alignas(16) std::uint32_t w[kMaxDigestSize / 4];  // 5, 8 or 16 in use
};

struct HashBlock {
    alignas(16) std::uint32_t w[kMaxBlockSize / 4];  // 16 or 32 in use
};

// Sets the initial value of the standard.
void hash_init(HashAlgorithm a, HashState& state);

// state = compress(state, block). The block is not changed.
void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block);

}  // namespace twofold::detail
