// hash_block.cpp - the only file that includes Crypto++.
#include "shared/hash_block.hpp"

#include <cryptopp/sha.h>

#include <type_traits>

namespace twofold::detail {

static_assert(std::is_same_v<CryptoPP::word32, std::uint32_t>);
static_assert(std::is_same_v<CryptoPP::word64, std::uint64_t>);

#ifndef __wasm__  // wasm/hash_constants.cpp computes them there
void hash_init(HashAlgorithm a, HashState& state) {
    if (a == HashAlgorithm::sha1)
        CryptoPP::SHA1::InitState(state.w);
    else if (a == HashAlgorithm::sha256)
        CryptoPP::SHA256::InitState(state.w);
    else
        CryptoPP::SHA512::InitState(state.wide);
}
#endif

void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block) {
    if (a == HashAlgorithm::sha1)
        CryptoPP::SHA1::Transform(state.w, block.w);
    else if (a == HashAlgorithm::sha256)
        CryptoPP::SHA256::Transform(state.w, block.w);
    else
        CryptoPP::SHA512::Transform(state.wide, block.wide);
}

}  // namespace twofold::detail
