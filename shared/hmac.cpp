#include "shared/hmac.hpp"

#include <bit>
#include <cstring>

namespace twofold {
namespace {

using detail::hash_block;
using detail::HashBlock;
using detail::HashState;

constexpr std::uint32_t kStop = 0x80000000;  // the bit that ends a message (FIPS 180-4 section 5.1)

constexpr std::uint32_t big_endian(std::uint32_t v) {
    return std::endian::native == std::endian::little ? __builtin_bswap32(v) : v;
}

// Four words stored at once. The hash instructions load 16 bytes, and a load that spans several
// younger stores waits for all of them: a tenth of the time of a check.
using Quad [[gnu::vector_size(16)]] = std::uint32_t;

void put(HashBlock& block, std::size_t quad, Quad v) {
    std::memcpy(block.w + 4 * quad, &v, sizeof v);
}

// Everything after the quads already put: zeros and, last, the length of the whole message in bits.
void pad(HashAlgorithm a, HashBlock& block, std::size_t quad, std::size_t message_bytes) {
    const std::size_t last = block_size(a) / 16 - 1;
    for (; quad < last; ++quad) put(block, quad, Quad{});
    put(block, last, Quad{0, 0, 0, static_cast<std::uint32_t>(message_bytes * 8)});
}

// Hashes message and padding into a state that has already taken `before` bytes (whole blocks).
// The slow, general way, a byte at a time: no code that people type comes through here.
void absorb(HashAlgorithm a, HashState& state, ByteView message, std::size_t before) {
    const std::size_t n = message.size();
    const std::size_t size = block_size(a);
    const std::size_t padded = (n + size / 8) / size * size + size;
    const std::uint64_t bits = (std::uint64_t{before} + n) * 8;
    HashBlock block;
    std::uint32_t word = 0;
    for (std::size_t at = 0; at < padded; ++at) {
        const std::uint32_t byte = at < n ? message[at] : at == n ? 0x80u : 0u;
        word = word << 8 | byte;
        if (padded - at <= 8)
            word |= static_cast<std::uint32_t>(bits >> (8 * (padded - 1 - at))) & 0xFF;
        const std::size_t i = at % size;
        block.w[i / 4] = word;
        if (i == size - 1) hash_block(a, state, block);
    }
    wipe(&block, sizeof block);
}

void store(const HashState& state, std::size_t size, std::uint8_t* out) {
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<std::uint8_t>(state.w[i / 4] >> (24 - 8 * (i % 4)));
}

// The block that hashes an inner digest under the outer pad (RFC 2104 section 2).
void outer_block(HashAlgorithm a, const HashState& inner, HashBlock& block) {
    std::size_t quad = digest_size(a) / 16;
    std::memcpy(&block, &inner, sizeof inner);
    if (a == HashAlgorithm::sha1)
        put(block, quad++, Quad{inner.w[4], kStop, 0, 0});
    else
        put(block, quad++, Quad{kStop, 0, 0, 0});
    pad(a, block, quad, block_size(a) + digest_size(a));
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
        if (!key.empty()) std::memcpy(&block, key.data(), key.size());
        for (std::uint32_t& w : block.w) w = big_endian(w);
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
    outer_block(algorithm_, state, block);
    state = outer_;
    hash_block(algorithm_, state, block);
    store(state, digest_size(algorithm_), out.data());
    wipe(&state, sizeof state);
    wipe(&block, sizeof block);
    return digest_size(algorithm_);
}

void HmacKey::truncated(std::uint64_t first, std::span<std::uint32_t> out) const {
    const std::size_t n = out.size() < kMaxBatch ? out.size() : kMaxBatch;
    HashBlock blocks[kMaxBatch];
    HashState states[kMaxBatch];
    for (const HashState* pad_state : {&inner_, &outer_}) {
        for (std::size_t i = 0; i < n; ++i) {
            if (pad_state == &inner_) {
                // The counter is eight bytes, high half first (RFC 4226 section 5.2).
                const std::uint64_t counter = first + i;
                put(blocks[i], 0,
                    Quad{static_cast<std::uint32_t>(counter >> 32),
                         static_cast<std::uint32_t>(counter), kStop, 0});
                pad(algorithm_, blocks[i], 1, block_size(algorithm_) + 8);
            } else {
                outer_block(algorithm_, states[i], blocks[i]);
            }
            states[i] = *pad_state;
        }
        for (std::size_t i = 0; i < n; ++i) hash_block(algorithm_, states[i], blocks[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
        // RFC 4226 section 5.3: four bytes from the offset in the low nibble of the last byte.
        const std::uint32_t* w = states[i].w;
        const std::uint32_t offset = w[digest_size(algorithm_) / 4 - 1] & 15;
        const std::uint64_t both = std::uint64_t{w[offset / 4]} << 32 | w[offset / 4 + 1];
        out[i] = static_cast<std::uint32_t>(both >> (32 - 8 * (offset % 4))) & 0x7FFFFFFF;
    }
    wipe(blocks, sizeof blocks);
    wipe(states, sizeof states);
}

std::size_t hmac(HashAlgorithm algorithm, ByteView key, ByteView message,
                 std::span<std::uint8_t, kMaxDigestSize> out) {
    return HmacKey(algorithm, key).digest(message, out);
}

}  // namespace twofold
