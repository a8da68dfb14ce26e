// clock_doctor.hpp - why a code was refused, told to the owner of a secret that is not yet in use.
// For the browser alone and for pending enrolments alone: on a server, trying other times or other
// parameters would tell a guesser more than yes or no. Pure and thread-safe.
//   code    canonical digits (code_text.hpp)
//   now     seconds since the Unix epoch, the server's clock
//   errors  invalid_argument; code_malformed; not_found
#pragma once
#include <cstdint>
#include <string_view>

#include "shared/result.hpp"
#include "shared/secret.hpp"
#include "shared/totp.hpp"

namespace twofold {

inline constexpr int kMaxClockOffset = 600;  // seconds

// Finds the time nearest to now, up to ten minutes away, at which this code would be right.
//   returns  seconds the phone's clock is ahead (+) or behind (-), a multiple of the period, good
//            to one period; 0 means the code is right now
Result<std::int64_t> clock_offset(const TotpParameters& parameters, ByteView key,
                                  std::string_view code, std::int64_t now);

// Finds other parameters under which this code is right now (window of one step): an app that
// ignores what the URI says. Tries the three algorithms, the number of digits the code has, and the
// usual periods (15, 20, 30, 45, 60, 90, 120 s), nearest to what was asked for first. Never returns
// the parameters it was given.
Result<TotpParameters> other_parameters(const TotpParameters& parameters, ByteView key,
                                        std::string_view code, std::int64_t now);

}  // namespace twofold
