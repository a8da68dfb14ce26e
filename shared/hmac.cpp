#include "shared/hmac.hpp"

#include <bit>
#include <cstring>

namespace twofold {
namespace {

using detail::byte_at;
using detail::hash_block;
using detail::HashBlock;
using detail::HashState;
using detail::word_at;

constexpr std::uint32_t kStop = 0x80000000;  // the bit that ends a message (FIPS 180-4 section 5.1)

// Completes a block of which the first n words are there and that follows one block of pad: the
// stop bit, zeros, and the length of the whole in bits.
void fill(HashAlgorithm a, HashBlock& block, std::size_t n) {
    const std::size_t last = block_size(a) / 4 - 1;
    const std::size_t bits = (block_size(a) + 4 * n) * 8;
    block.w[word_at(a, n)] = kStop;
    while (++n < last) block.w[word_at(a, n)] = 0;
    block.w[word_at(a, last)] = static_cast<std::uint32_t>(bits);
}

// Hashes message and padding into a state that has already taken `before` bytes (whole blocks).
// The slow, general way, a byte at a time: no code that people type comes through here.
void absorb(HashAlgorithm a, HashState& state, ByteView message, std::size_t before) {
    const std::size_t n = message.size();
    const std::size_t size = block_size(a);
    const std::size_t padded = (n + size / 8) / size * size + size;
    HashBlock block;
    auto* const bytes = reinterpret_cast<std::uint8_t*>(&block);
    for (std::size_t at = 0; at < padded; ++at) {
        const std::size_t i = at % size;
        bytes[byte_at(a, i)] = at < n ? message[at] : at == n ? 0x80 : 0;
        if (i != size - 1) continue;
        if (at == padded - 1) {
            const std::uint64_t bits = (std::uint64_t{before} + n) * 8;
            block.w[word_at(a, size / 4 - 2)] = static_cast<std::uint32_t>(bits >> 32);
            block.w[word_at(a, size / 4 - 1)] = static_cast<std::uint32_t>(bits);
        }
        hash_block(a, state, block);
    }
    wipe(&block, sizeof block);
}

// From a hashed inner message to the block that hashes it under the outer pad (RFC 2104 section 2).
void outer_block(HashAlgorithm a, const HashState& outer, HashState& state, HashBlock& block) {
    std::memcpy(&block, &state, sizeof state);
    state = outer;
    fill(a, block, digest_size(a) / 4);
}

}  // namespace

HmacKey::HmacKey(HashAlgorithm algorithm, ByteView key) : algorithm_(algorithm) {
    HashBlock block{};
    detail::hash_init(algorithm, inner_);
    outer_ = inner_;
    if (key.size() > block_size(algorithm)) {
        absorb(algorithm, inner_, key, 0);
        std::memcpy(&block, &inner_, digest_size(algorithm));
        inner_ = outer_;
    } else if (!key.empty()) {
        if constexpr (sizeof(void*) == 8 && std::endian::native == std::endian::little) {
            // Whole words, which vectors turn around; the wasm has fewer bytes for the loop below.
            std::memcpy(&block, key.data(), key.size());
            if (algorithm == HashAlgorithm::sha512)
                for (std::uint64_t& w : block.wide) w = __builtin_bswap64(w);
            else
                for (std::uint32_t& w : block.w) w = __builtin_bswap32(w);
        } else {
            for (std::size_t i = 0; i < key.size(); ++i)
                reinterpret_cast<std::uint8_t*>(&block)[byte_at(algorithm, i)] = key[i];
        }
    }
    for (std::uint32_t& w : block.w) w ^= 0x36363636;
    hash_block(algorithm, inner_, block);
    for (std::uint32_t& w : block.w) w ^= 0x36363636 ^ 0x5C5C5C5C;
    hash_block(algorithm, outer_, block);
    wipe(&block, sizeof block);
}

HmacKey::~HmacKey() {
    wipe(&inner_, sizeof inner_);
    wipe(&outer_, sizeof outer_);
}

std::size_t HmacKey::digest(ByteView message, std::span<std::uint8_t, kMaxDigestSize> out) const {
    HashState state = inner_;
    HashBlock block;
    absorb(algorithm_, state, message, block_size(algorithm_));
    outer_block(algorithm_, outer_, state, block);
    hash_block(algorithm_, state, block);
    for (std::size_t i = 0; i < digest_size(algorithm_); ++i)
        out[i] = reinterpret_cast<const std::uint8_t*>(&state)[byte_at(algorithm_, i)];
    wipe(&state, sizeof state);
    wipe(&block, sizeof block);
    return digest_size(algorithm_);
}

void HmacKey::truncated(std::uint64_t first, std::span<std::uint32_t> out) const {
    const std::size_t n = out.size() < kMaxBatch ? out.size() : kMaxBatch;
    HashState states[kMaxBatch];
    HashBlock blocks[kMaxBatch];
    for (std::size_t i = 0; i < n; ++i) {
        states[i] = inner_;
        // The counter is eight bytes, high half first (RFC 4226 section 5.2).
        const std::uint64_t counter = first + i;
        blocks[i].w[word_at(algorithm_, 0)] = static_cast<std::uint32_t>(counter >> 32);
        blocks[i].w[word_at(algorithm_, 1)] = static_cast<std::uint32_t>(counter);
        fill(algorithm_, blocks[i], 2);
    }
    for (std::size_t i = 0; i < n; ++i) hash_block(algorithm_, states[i], blocks[i]);
    for (std::size_t i = 0; i < n; ++i) outer_block(algorithm_, outer_, states[i], blocks[i]);
    for (std::size_t i = 0; i < n; ++i) hash_block(algorithm_, states[i], blocks[i]);
    for (std::size_t i = 0; i < n; ++i) {
        // RFC 4226 section 5.3: four bytes from the offset in the low nibble of the last byte.
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(&states[i]);
        const std::size_t offset = bytes[byte_at(algorithm_, digest_size(algorithm_) - 1)] & 15U;
        std::uint32_t number = 0;
        for (std::size_t k = 0; k < 4; ++k)
            number = number << 8 | bytes[byte_at(algorithm_, offset + k)];
        out[i] = number & 0x7FFFFFFF;
    }
    wipe(blocks, sizeof blocks);
    wipe(states, sizeof states);
}

std::size_t hmac(HashAlgorithm algorithm, ByteView key, ByteView message,
                 std::span<std::uint8_t, kMaxDigestSize> out) {
    return HmacKey(algorithm, key).digest(message, out);
}

}  // namespace twofold
