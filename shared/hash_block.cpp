// hash_block.cpp - the only file that includes Crypto++.
#include "shared/hash_block.hpp"

#include <cryptopp/sha.h>

#include <bit>
#include <cstring>
#include <type_traits>

#include "shared/secret.hpp"

namespace twofold::detail {
namespace {

static_assert(std::is_same_v<CryptoPP::word32, std::uint32_t>);
static_assert(std::is_same_v<CryptoPP::word64, std::uint64_t>);

// Between pairs of 32-bit words, high half first, and 64-bit words; its own inverse.
void swap_halves(void* to, const void* from, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        std::uint64_t w;
        std::memcpy(&w, static_cast<const std::uint8_t*>(from) + 8 * i, 8);
        if constexpr (std::endian::native == std::endian::little) w = std::rotl(w, 32);
        std::memcpy(static_cast<std::uint8_t*>(to) + 8 * i, &w, 8);
    }
}

}  // namespace

void hash_init(HashAlgorithm a, HashState& state) {
    if (a == HashAlgorithm::sha1) return CryptoPP::SHA1::InitState(state.w);
    if (a == HashAlgorithm::sha256) return CryptoPP::SHA256::InitState(state.w);
    std::uint64_t wide[8];
    CryptoPP::SHA512::InitState(wide);
    swap_halves(state.w, wide, 8);
}

void hash_block(HashAlgorithm a, HashState& state, const HashBlock& block) {
    if (a == HashAlgorithm::sha1) return CryptoPP::SHA1::Transform(state.w, block.w);
    if (a == HashAlgorithm::sha256) return CryptoPP::SHA256::Transform(state.w, block.w);
    std::uint64_t wide[8 + 16];
    swap_halves(wide, state.w, 8);
    swap_halves(wide + 8, block.w, 16);
    CryptoPP::SHA512::Transform(wide, wide + 8);
    swap_halves(state.w, wide, 8);
    wipe(wide, sizeof wide);
}

}  // namespace twofold::detail
