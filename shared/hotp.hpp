// hotp.hpp - counter-based one-time passwords (RFC 4226 section 5).
// Pure and thread-safe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shared/hash.hpp"
#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold {

inline constexpr int kMinDigits = 6;
inline constexpr int kMaxDigits = 8;
inline constexpr std::size_t kMinSecretBytes = 16;   // RFC 4226 section 4, R6
inline constexpr std::size_t kMaxSecretBytes = 128;  // no app shows more; bounds the work

// A code as people read it: text, because a number would lose its leading zeros. Wiped on
// destruction.
class OtpCode {
 public:
    OtpCode() = default;
    // number in 0..10^digits-1, digits in 6..8
    OtpCode(std::uint32_t number, int digits) : size_(static_cast<std::size_t>(digits)) {
        for (std::size_t i = size_; i-- != 0; number /= 10)
            text_[i] = static_cast<char>('0' + number % 10);
    }
    OtpCode(const OtpCode&) = default;
    OtpCode& operator=(const OtpCode&) = default;
    ~OtpCode() { wipe(text_, sizeof text_); }

    std::string_view text() const { return {text_, size_}; }

 private:
    char text_[kMaxDigits] = {};
    std::size_t size_ = 0;
};

// 10^digits, for digits in 6..8: what RFC 4226 section 5.3 reduces the truncated number by.
constexpr std::uint32_t code_modulus(int digits) {
    return digits == 6 ? 1000000u : digits == 7 ? 10000000u : 100000000u;
}

// The code for one counter.
//   key      1..128 bytes; a new secret has 20 (RFC 4226 section 4, R6 asks for 16 or more)
//   counter  the whole 64 bits count
//   digits   6..8
//   errors   invalid_argument
Result<OtpCode> hotp(HashAlgorithm algorithm, ByteView key, std::uint64_t counter, int digits);

}  // namespace twofold
