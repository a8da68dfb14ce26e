// totp.hpp - time-based one-time passwords (RFC 6238 section 4).
// Pure and thread-safe; time and window are arguments.
//   key     1..128 bytes (RFC 4226 section 4, R6 asks for 16 or more in a new secret)
//   now     seconds since the Unix epoch, UTC, 0 or more; 64 bits wide
//   step    floor(now / period), 0 or more; 64 bits wide
//   errors  invalid_argument for anything out of range, and those named below
#pragma once
#include <cstdint>
#include <string_view>

#include "shared/hash.hpp"
#include "shared/hotp.hpp"
#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold {

// What an enrolment and the app must agree on. Several apps ignore all three and use the defaults.
struct TotpParameters {
    HashAlgorithm algorithm = HashAlgorithm::sha1;
    int digits = 6;   // 6..8
    int period = 30;  // seconds, 15..120

    friend bool operator==(const TotpParameters&, const TotpParameters&) = default;
};

inline constexpr int kMinPeriod = 15;
inline constexpr int kMaxPeriod = 120;

constexpr bool valid(const TotpParameters& p) {
    return p.algorithm >= HashAlgorithm::sha1 && p.algorithm <= HashAlgorithm::sha512 &&
           p.digits >= kMinDigits && p.digits <= kMaxDigits && p.period >= kMinPeriod &&
           p.period <= kMaxPeriod;
}

// T of RFC 6238 section 4.2 with T0 = 0. The period is 15..120 seconds.
inline Result<std::int64_t> time_step(std::int64_t now, int period) {
    if (now < 0 || period < kMinPeriod || period > kMaxPeriod) return Error::invalid_argument;
    return now / period;
}

// The code for one time step.
Result<OtpCode> totp_at(const TotpParameters& parameters, ByteView key, std::int64_t step);

// Compares a code with every step from now - window to now + window.
//   code     canonical digits (code_text.hpp); any other text is code_malformed, and so is another
//            number of digits than parameters.digits: neither can be right, neither is a guess
//   window   0..1 steps on either side; no wider (RFC 6238 section 5.2 and ADR on the window)
//   returns  the newest matching step: persist it and refuse any step <= it (RFC 6238 section 5.2)
//   errors   code_malformed, code_mismatch
//   timing   scans the whole window and compares in constant time: neither how much of the code is
//            right nor which step matched shows; only the answer itself does
Result<std::int64_t> totp_verify(const TotpParameters& parameters, ByteView key,
                                 std::string_view code, std::int64_t now, int window);

}  // namespace twofold
