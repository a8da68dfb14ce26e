#include "shared/totp.hpp"

#include "shared/totp_steps.hpp"

namespace twofold {

namespace detail {

bool usable(const TotpParameters& p, ByteView key) {
    return valid(p) && !key.empty() && key.size() <= kMaxSecretBytes;
}

std::uint32_t reduce(std::uint32_t number, int digits) {
    return digits == 6 ? number % 1000000u : digits == 7 ? number % 10000000u : number % 100000000u;
}

std::int32_t code_number(std::string_view code, int digits) {
    if (digits < kMinDigits || digits > kMaxDigits ||
        code.size() != static_cast<std::size_t>(digits))
        return fail(Error::code_malformed);
    std::int32_t number = 0;
    for (char c : code) {
        if (c < '0' || c > '9') return fail(Error::code_malformed);
        number = number * 10 + (c - '0');
    }
    return number;
}

std::int32_t prepare(const TotpParameters& p, ByteView key, std::string_view code, int digits,
                     std::int64_t now) {
    return usable(p, key) && now >= 0 ? code_number(code, digits) : fail(Error::invalid_argument);
}

std::int64_t newest_match(const HmacKey& key, int digits, std::int32_t number, std::int64_t first,
                          std::int64_t last) {
    std::int64_t found = -1;
    std::uint32_t numbers[HmacKey::kMaxBatch];
    for (std::int64_t step = first; step <= last; ++step) {
        const auto turn = static_cast<std::size_t>(step - first) % HmacKey::kMaxBatch;
        if (turn == 0) {
            const auto left = static_cast<std::size_t>(last - step + 1);
            key.truncated(
                static_cast<std::uint64_t>(step),
                std::span(numbers).first(left < std::size(numbers) ? left : std::size(numbers)));
        }
        const std::uint32_t difference =
            reduce(numbers[turn], digits) ^ static_cast<std::uint32_t>(number);
        // All ones when difference is 0 (it is below 2^31) and the step is not negative.
        const std::int64_t mask = (static_cast<std::int64_t>(difference) - 1) >> 63 & ~(step >> 63);
        found = (step & mask) | (found & ~mask);
    }
    wipe(numbers, sizeof numbers);
    return found;
}

std::int64_t verify(const TotpParameters& parameters, ByteView key, std::string_view code,
                    std::int64_t now, int window) {
    if (window < 0 || window > 1) return fail(Error::invalid_argument);
    const std::int32_t number = prepare(parameters, key, code, parameters.digits, now);
    if (number < 0) return number;
    const std::int64_t centre = now / parameters.period;
    const HmacKey pads(parameters.algorithm, key);
    const std::int64_t step =
        newest_match(pads, parameters.digits, number, centre - window, centre + window);
    return step < 0 ? fail(Error::code_mismatch) : step;
}

}  // namespace detail

Result<OtpCode> totp_at(const TotpParameters& parameters, ByteView key, std::int64_t step) {
    if (step < 0 || !valid(parameters)) return Error::invalid_argument;
    return hotp(parameters.algorithm, key, static_cast<std::uint64_t>(step), parameters.digits);
}

Result<std::int64_t> totp_verify(const TotpParameters& parameters, ByteView key,
                                 std::string_view code, std::int64_t now, int window) {
    const std::int64_t step = detail::verify(parameters, key, code, now, window);
    if (step < 0) return static_cast<Error>(-step);
    return step;
}

}  // namespace twofold
