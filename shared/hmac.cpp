#include "shared/hmac.hpp"

#include <bit>
#include <cstring>

namespace twofold {
namespace {

using detail::hash_block;
using detail::HashBlock;
using detail::HashState;

// The members of state and block that an algorithm of word W uses.
template <class W>
auto& words(HashState& s) {
    if constexpr (sizeof(W) == 4)
        return s.w32;
    else
        return s.w64;
}
template <class W>
auto& words(HashBlock& b) {
    if constexpr (sizeof(W) == 4)
        return b.w32;
    else
        return b.w64;
}

constexpr std::uint32_t from_big_endian(std::uint32_t v) {
    return std::endian::native == std::endian::little ? __builtin_bswap32(v) : v;
}
constexpr std::uint64_t from_big_endian(std::uint64_t v) {
    return std::endian::native == std::endian::little ? __builtin_bswap64(v) : v;
}

// Runs f with a word of the size the algorithm works in.
template <class F>
auto with_word(HashAlgorithm a, F f) {
    return a == HashAlgorithm::sha512 ? f(std::uint64_t{}) : f(std::uint32_t{});
}

// One block of big-endian bytes to native words.
template <class W>
void load(HashBlock& block, const std::uint8_t* bytes) {
    std::memcpy(words<W>(block), bytes, 16 * sizeof(W));
    for (W& w : words<W>(block)) w = from_big_endian(w);
}

// Hashes message and padding into a state that has already taken `before` bytes (whole blocks).
template <class W>
void absorb(HashAlgorithm a, HashState& state, ByteView message, std::size_t before) {
    constexpr std::size_t kBlock = 16 * sizeof(W);
    const std::size_t n = message.size();
    const std::size_t padded = (n + 1 + kBlock / 8 + kBlock - 1) / kBlock * kBlock;
    const std::uint64_t bits = (static_cast<std::uint64_t>(before) + n) * 8;
    std::uint8_t bytes[kMaxBlockSize];
    HashBlock block;
    for (std::size_t at = 0; at < padded; at += kBlock) {
        for (std::size_t i = 0; i < kBlock; ++i) {
            const std::size_t p = at + i;
            bytes[i] = p < n             ? message[p]
                       : p == n          ? std::uint8_t{0x80}
                       : p + 8 >= padded ? static_cast<std::uint8_t>(bits >> (8 * (padded - 1 - p)))
                                         : std::uint8_t{0};
        }
        load<W>(block, bytes);
        hash_block(a, state, block);
    }
    wipe(bytes, sizeof bytes);
    wipe(&block, sizeof block);
}

template <class W>
void store(const HashState& state, std::size_t size, std::uint8_t* out) {
    HashState copy = state;
    for (W& w : words<W>(copy)) w = from_big_endian(w);
    std::memcpy(out, &copy, size);
    wipe(&copy, sizeof copy);
}

// Four words stored at once. The hash instructions load 16 bytes, and a load that spans several
// younger stores waits for all of them: a fifth of the time of a check.
template <class W>
using Vec __attribute__((vector_size(4 * sizeof(W)))) = W;

template <class W>
void put(HashBlock& block, unsigned index, W a, W b, W c, W d) {
    const Vec<W> v = {a, b, c, d};
    std::memcpy(words<W>(block) + 4 * index, &v, sizeof v);
}

template <class W>
constexpr W kStop = W{0x80} << (8 * sizeof(W) - 8);  // the bit that ends a message

// The padded block that hashes a counter under the inner pad (RFC 4226 section 5.2).
template <class W>
void counter_block(HashBlock& block, std::uint64_t counter) {
    if constexpr (sizeof(W) == 4)
        put<W>(block, 0, static_cast<W>(counter >> 32), static_cast<W>(counter), kStop<W>, 0);
    else
        put<W>(block, 0, counter, kStop<W>, 0, 0);
    put<W>(block, 1, 0, 0, 0, 0);
    put<W>(block, 2, 0, 0, 0, 0);
    put<W>(block, 3, 0, 0, 0, (16 * sizeof(W) + 8) * 8);
}

// The padded block that hashes an inner digest under the outer pad (RFC 2104 section 2).
template <class W>
void outer_block(HashAlgorithm a, const HashState& inner, HashBlock& block) {
    std::memcpy(&block, &inner, 8 * sizeof(W));
    if (a == HashAlgorithm::sha1) {
        put<W>(block, 1, words<W>(block)[4], kStop<W>, 0, 0);
        put<W>(block, 2, 0, 0, 0, 0);
    } else {
        put<W>(block, 2, kStop<W>, 0, 0, 0);
    }
    put<W>(block, 3, 0, 0, 0, static_cast<W>((16 * sizeof(W) + digest_size(a)) * 8));
}

}  // namespace

HmacKey::HmacKey(HashAlgorithm algorithm, ByteView key) : algorithm_(algorithm) {
    with_word(algorithm, [&]<class W>(W) {
        std::uint8_t bytes[kMaxBlockSize] = {};
        detail::hash_init(algorithm, inner_);
        if (key.size() > block_size(algorithm)) {
            HashState state = inner_;
            absorb<W>(algorithm, state, key, 0);
            store<W>(state, digest_size(algorithm), bytes);
            wipe(&state, sizeof state);
        } else if (!key.empty()) {
            std::memcpy(bytes, key.data(), key.size());
        }
        HashBlock block;
        load<W>(block, bytes);
        constexpr W kOnes = static_cast<W>(~W{0}) / 0xFF;  // 0x0101...
        outer_ = inner_;
        for (W& w : words<W>(block)) w ^= kOnes * 0x36;
        hash_block(algorithm, inner_, block);
        for (W& w : words<W>(block)) w ^= kOnes * (0x36 ^ 0x5C);
        hash_block(algorithm, outer_, block);
        wipe(bytes, sizeof bytes);
        wipe(&block, sizeof block);
    });
}

HmacKey::~HmacKey() {
    wipe(&inner_, sizeof inner_);
    wipe(&outer_, sizeof outer_);
}

std::size_t HmacKey::digest(ByteView message, std::span<std::uint8_t, kMaxDigestSize> out) const {
    HashState state = inner_;
    with_word(algorithm_, [&]<class W>(W) {
        absorb<W>(algorithm_, state, message, block_size(algorithm_));
        HashBlock block;
        outer_block<W>(algorithm_, state, block);
        state = outer_;
        hash_block(algorithm_, state, block);
        wipe(&block, sizeof block);
        store<W>(state, digest_size(algorithm_), out.data());
    });
    wipe(&state, sizeof state);
    return digest_size(algorithm_);
}

void HmacKey::truncated(std::uint64_t first, std::span<std::uint32_t> out) const {
    const std::size_t n = out.size() < kMaxBatch ? out.size() : kMaxBatch;
    with_word(algorithm_, [&]<class W>(W) {
        HashBlock blocks[kMaxBatch];
        HashState states[kMaxBatch];
        for (std::size_t i = 0; i < n; ++i) {
            counter_block<W>(blocks[i], first + i);
            states[i] = inner_;
        }
        for (std::size_t i = 0; i < n; ++i) hash_block(algorithm_, states[i], blocks[i]);
        for (std::size_t i = 0; i < n; ++i) outer_block<W>(algorithm_, states[i], blocks[i]);
        for (std::size_t i = 0; i < n; ++i) states[i] = outer_;
        for (std::size_t i = 0; i < n; ++i) hash_block(algorithm_, states[i], blocks[i]);
        for (std::size_t i = 0; i < n; ++i) {
            // RFC 4226 section 5.3: four bytes from the offset in the low nibble of the last byte.
            constexpr unsigned kBits = 8 * sizeof(W);
            const W* d = words<W>(states[i]);
            const unsigned offset = d[digest_size(algorithm_) / sizeof(W) - 1] & 15;
            const unsigned bit = offset * 8 % kBits;
            const W* at = d + offset / sizeof(W);
            // bit is 0 at the start of a word, where a single shift by kBits - bit is undefined.
            const W joined =
                static_cast<W>(at[0] << bit) | static_cast<W>(at[1] >> 1 >> (kBits - 1 - bit));
            out[i] = static_cast<std::uint32_t>(joined >> (kBits - 32)) & 0x7FFFFFFFu;
        }
        wipe(blocks, n * sizeof(HashBlock));
        wipe(states, n * sizeof(HashState));
    });
}

std::size_t hmac(HashAlgorithm algorithm, ByteView key, ByteView message,
                 std::span<std::uint8_t, kMaxDigestSize> out) {
    return HmacKey(algorithm, key).digest(message, out);
}

}  // namespace twofold
