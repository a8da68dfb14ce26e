// hmac.hpp - keyed hashing (RFC 2104, FIPS 198-1) over SHA-1, SHA-256 and SHA-512.
// Pure and thread-safe. Everything derived from the key is wiped before return.
//   key      any length, 0 included; longer than a block is hashed first (RFC 2104 section 2)
//   message  any length
//   timing   depends on the lengths and the algorithm, never on the bytes
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "shared/hash.hpp"
#include "shared/hash_block.hpp"
#include "shared/secret.hpp"

namespace twofold {

// A key with both pads already hashed: worth keeping when several messages follow, as in the three
// steps of one TOTP check. Not copyable; wiped on destruction.
class HmacKey {
 public:
    HmacKey(HashAlgorithm algorithm, ByteView key);
    ~HmacKey();
    HmacKey(const HmacKey&) = delete;
    HmacKey& operator=(const HmacKey&) = delete;

    // Writes digest_size() bytes to the front of out and returns that number.
    std::size_t digest(ByteView message, std::span<std::uint8_t, kMaxDigestSize> out) const;

    // The 31-bit numbers of RFC 4226 section 5.3 (dynamic truncation) for up to kMaxBatch counters:
    // first, first + 1, ... Their hashes do not depend on each other, and a processor that sees
    // them side by side overlaps them.
    static constexpr std::size_t kMaxBatch = sizeof(void*) == 8 ? 3 : 1;
    void truncated(std::uint64_t first, std::span<std::uint32_t> out) const;

    std::uint32_t truncated(std::uint64_t counter) const {
        std::uint32_t number = 0;
        truncated(counter, {&number, 1});
        return number;
    }

 private:
    HashAlgorithm algorithm_;
    detail::HashState inner_;
    detail::HashState outer_;
};

// One message. Returns the number of bytes written: 20, 32 or 64.
std::size_t hmac(HashAlgorithm algorithm, ByteView key, ByteView message,
                 std::span<std::uint8_t, kMaxDigestSize> out);

}  // namespace twofold
