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
//   seconds  the phone's clock is ahead (+) or behind (-) by this much, a multiple of the period,
//            good to one period; 0 means the code is right now
//   returns  0, or minus the Error
int clock_offset_to(const TotpParameters& parameters, ByteView key, std::string_view code,
                    std::int64_t now, std::int32_t& seconds);

// Finds other parameters under which this code is right now (window of one step): an app that
// ignores what the URI says. Tries the three algorithms, the number of digits the code has, and the
// usual periods (15, 20, 30, 45, 60, 90, 120 s), nearest to what was asked for first. Never gives
// back the parameters it was given. Returns 0, or minus the Error.
int other_parameters_to(const TotpParameters& parameters, ByteView key, std::string_view code,
                        std::int64_t now, TotpParameters& found);

inline Result<std::int64_t> clock_offset(const TotpParameters& parameters, ByteView key,
                                         std::string_view code, std::int64_t now) {
    std::int32_t seconds = 0;
    const int n = clock_offset_to(parameters, key, code, now, seconds);
    if (n < 0) return static_cast<Error>(-n);
    return std::int64_t{seconds};
}

inline Result<TotpParameters> other_parameters(const TotpParameters& parameters, ByteView key,
                                               std::string_view code, std::int64_t now) {
    TotpParameters found;
    const int n = other_parameters_to(parameters, key, code, now, found);
    if (n < 0) return static_cast<Error>(-n);
    return found;
}

}  // namespace twofold
