#include "shared/hmac.hpp"

#include <cstring>

namespace twofold {
namespace {

using detail::byte_at;
using detail::hash_block;
using detail::HashBlock;
using detail::HashState;
using detail::word_at;

constexpr std::uint32_t kStop = 0x80000000;  // the bit that ends a message (FIPS 180-4 section 5.1)

// Hashes the first n words of a block, as all that follows one block of pad: after them come the
// stop bit, zeros, and the length of the whole in bits.
void last_step(HashAlgorithm a, HashState& state, HashBlock& block, std::size_t n) {
    const std::size_t last = block_size(a) / 4 - 1;
    const std::size_t bits = (block_size(a) + 4 * n) * 8;
    block.w[word_at(a, n)] = kStop;
    while (++n < last) block.w[word_at(a, n)] = 0;
    block.w[word_at(a, last)] = static_cast<std::uint32_t>(bits);
    hash_block(a, state, block);
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

// From a hashed inner message to the whole (RFC 2104 section 2).
void finish(HashAlgorithm a, const HashState& outer, HashState& state, HashBlock& block) {
    std::memcpy(&block, &state, sizeof state);
    state = outer;
    last_step(a, state, block, digest_size(a) / 4);
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
    } else {
        for (std::size_t i = 0; i < key.size(); ++i)
            reinterpret_cast<std::uint8_t*>(&block)[byte_at(algorithm, i)] = key[i];
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
    finish(algorithm_, outer_, state, block);
    for (std::size_t i = 0; i < digest_size(algorithm_); ++i)
        out[i] = reinterpret_cast<const std::uint8_t*>(&state)[byte_at(algorithm_, i)];
    wipe(&state, sizeof state);
    wipe(&block, sizeof block);
    return digest_size(algorithm_);
}

std::uint32_t HmacKey::truncated(std::uint64_t counter) const {
    HashState state = inner_;
    HashBlock block;
    // The counter is eight bytes, high half first (RFC 4226 section 5.2).
    block.w[word_at(algorithm_, 0)] = static_cast<std::uint32_t>(counter >> 32);
    block.w[word_at(algorithm_, 1)] = static_cast<std::uint32_t>(counter);
    last_step(algorithm_, state, block, 2);
    finish(algorithm_, outer_, state, block);
    // RFC 4226 section 5.3: four bytes from the offset in the low nibble of the last byte.
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&state);
    const std::size_t offset = bytes[byte_at(algorithm_, digest_size(algorithm_) - 1)] & 15U;
    std::uint32_t number = 0;
    for (std::size_t k = 0; k < 4; ++k)
        number = number << 8 | bytes[byte_at(algorithm_, offset + k)];
    wipe(&block, sizeof block);
    wipe(&state, sizeof state);
    return number & 0x7FFFFFFF;
}

std::size_t hmac(HashAlgorithm algorithm, ByteView key, ByteView message,
                 std::span<std::uint8_t, kMaxDigestSize> out) {
    return HmacKey(algorithm, key).digest(message, out);
}

}  // namespace twofold
