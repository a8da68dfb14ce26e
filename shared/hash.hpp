// hash.hpp - the three hash functions an authenticator app may use (RFC 6238 section 1.2).
// Constants only; the compression functions stand behind hash_block.hpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shared/result.hpp"

namespace twofold {

// The numbers cross the C ABI and are stored; append only.
enum class HashAlgorithm : int { sha1 = 1, sha256 = 2, sha512 = 3 };

inline constexpr std::size_t kMaxDigestSize = 64;
inline constexpr std::size_t kMaxBlockSize = 128;

// Bytes per block: what HMAC pads its key to (RFC 2104 section 2).
constexpr std::size_t block_size(HashAlgorithm a) { return a == HashAlgorithm::sha512 ? 128 : 64; }

// Bytes per digest: 20, 32 or 64.
constexpr std::size_t digest_size(HashAlgorithm a) {
    return a == HashAlgorithm::sha1 ? 20 : a == HashAlgorithm::sha256 ? 32 : 64;
}

// The spelling of the otpauth URI: "SHA1", "SHA256", "SHA512".
constexpr std::string_view name(HashAlgorithm a) {
    return a == HashAlgorithm::sha1     ? std::string_view("SHA1")
           : a == HashAlgorithm::sha256 ? std::string_view("SHA256")
                                        : std::string_view("SHA512");
}

// Exactly one of the three spellings, upper case. Anything else is invalid_argument: there is no
// default for an unknown algorithm.
inline Result<HashAlgorithm> parse_hash_algorithm(std::string_view text) {
    for (HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
        if (text == name(a)) return a;
    return Error::invalid_argument;
}

}  // namespace twofold
