#include "shared/clock_doctor.hpp"

#include "shared/totp_steps.hpp"

namespace twofold {

Result<std::int64_t> clock_offset(const TotpParameters& parameters, ByteView key,
                                  std::string_view code, std::int64_t now) {
    if (!detail::usable(parameters, key) || now < 0) return Error::invalid_argument;
    const std::int32_t number = detail::code_number(code, parameters.digits);
    if (number < 0) return Error::code_malformed;
    const HmacKey pads(parameters.algorithm, key);
    const std::int64_t centre = now / parameters.period;
    const int reach = kMaxClockOffset / parameters.period;
    // 0, +1, -1, +2, -2, ...: the nearest explanation wins.
    for (int i = 0; i <= 2 * reach; ++i) {
        const int steps = (i & 1) != 0 ? (i + 1) / 2 : -(i / 2);
        const std::int64_t step = centre + steps;
        if (detail::newest_match(pads, parameters.digits, number, step, step) >= 0)
            return std::int64_t{steps} * parameters.period;
    }
    return Error::not_found;
}

Result<TotpParameters> other_parameters(const TotpParameters& parameters, ByteView key,
                                        std::string_view code, std::int64_t now) {
    if (!detail::usable(parameters, key) || now < 0) return Error::invalid_argument;
    const int digits = static_cast<int>(code.size() <= 9 ? code.size() : 9);
    if (digits < kMinDigits || digits > kMaxDigits) return Error::code_malformed;
    const std::int32_t number = detail::code_number(code, digits);
    if (number < 0) return Error::code_malformed;
    // First what was asked for (0), then the most common.
    constexpr std::uint8_t kPeriods[] = {0, 30, 60, 15, 20, 45, 90, 120};
    for (std::uint8_t usual : kPeriods) {
        const int period = usual == 0 ? parameters.period : usual;
        for (int i = 0; i < 4; ++i) {
            const auto algorithm = i == 0 ? parameters.algorithm : static_cast<HashAlgorithm>(i);
            const TotpParameters other{algorithm, digits, period};
            if (other == parameters) continue;
            const HmacKey pads(algorithm, key);
            const std::int64_t centre = now / period;
            if (detail::newest_match(pads, digits, number, centre - 1, centre + 1) >= 0)
                return other;
        }
    }
    return Error::not_found;
}

}  // namespace twofold
