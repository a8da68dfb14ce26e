// hash_block.cpp - the only file that includes Crypto++.
#include "shared/hash_block.hpp"

#include <cryptopp/sha.h>

#include <type_traits>

namespace twofold::detail {

static_assert(std::is_same_v<CryptoPP::word32, std::uint32_t>);
static_assert(std::is_same_v<CryptoPP::word64, std::uint64_t>);

void hash_init(HashAlgorithm a, HashState& state) {
    switch (a) {
        case HashAlgorithm::sha1:
            return CryptoPP::SHA1::InitState(state.w32);
        case HashAlgorithm::sha256:
            return CryptoPP::SHA256::InitState(state.w32);
        case HashAlgorithm::sha512:
            return CryptoPP::SHA512::InitState(state.w64);
    }
}

void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block) {
    switch (a) {
        case HashAlgorithm::sha1:
            return CryptoPP::SHA1::Transform(state.w32, block.w32);
        case HashAlgorithm::sha256:
            return CryptoPP::SHA256::Transform(state.w32, block.w32);
        case HashAlgorithm::sha512:
            return CryptoPP::SHA512::Transform(state.w64, block.w64);
    }
}

}  // namespace twofold::detail
