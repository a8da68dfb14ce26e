// totp_steps.hpp - what HOTP, TOTP and the clock doctor share. Internal to shared/.
#pragma once
#include <cstdint>
#include <string_view>

#include "shared/hmac.hpp"
#include "shared/hotp.hpp"
#include "shared/totp.hpp"

namespace twofold::detail {

// Parameters and key in their documented ranges.
bool usable(const TotpParameters& p, ByteView key);

// number mod 10^digits. The divisors are constants, so that the compiler multiplies: a division
// takes longer for some numbers than for others.
std::uint32_t reduce(std::uint32_t number, int digits);

// The number in exactly `digits` (6..8) ASCII digits, or minus code_malformed.
std::int32_t code_number(std::string_view code, int digits);

// code_number() of what may be compared at all, or minus the Error.
std::int32_t prepare(const TotpParameters& p, ByteView key, std::string_view code, int digits,
                     std::int64_t now);

// totp_verify() as a number: the step, or minus the Error.
std::int64_t verify(const TotpParameters& parameters, ByteView key, std::string_view code,
                    std::int64_t now, int window);

// The newest step in [first, last], at most three of them, whose code is `number`, or -1. Steps
// below 0 never match. Takes the same time whether, and where, one matches.
std::int64_t newest_match(const HmacKey& key, int digits, std::int32_t number, std::int64_t first,
                          std::int64_t last);

}  // namespace twofold::detail
