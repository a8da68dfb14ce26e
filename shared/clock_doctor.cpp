#include "shared/clock_doctor.hpp"

#include "shared/totp_steps.hpp"

namespace twofold {

int clock_offset_to(const TotpParameters& parameters, ByteView key, std::string_view code,
                    std::int64_t now, std::int32_t& seconds) {
    const std::int32_t number = detail::prepare(parameters, key, code, parameters.digits, now);
    if (number < 0) return number;
    const HmacKey pads(parameters.algorithm, key);
    const std::int64_t centre = now / parameters.period;
    const int reach = kMaxClockOffset / parameters.period;
    // 0, +1, -1, +2, -2, ...: the nearest explanation wins.
    for (int i = 0; i <= 2 * reach; ++i) {
        const int steps = (i & 1) != 0 ? (i + 1) / 2 : -(i / 2);
        const std::int64_t step = centre + steps;
        if (detail::newest_match(pads, parameters.digits, number, step, step) >= 0) {
            seconds = steps * parameters.period;
            return 0;
        }
    }
    return fail(Error::not_found);
}

int other_parameters_to(const TotpParameters& parameters, ByteView key, std::string_view code,
                        std::int64_t now, TotpParameters& found) {
    found.digits = static_cast<int>(code.size());
    const std::int32_t number = detail::prepare(parameters, key, code, found.digits, now);
    if (number < 0) return number;
    // First what was asked for (0), then the most common.
    constexpr std::uint8_t kPeriods[] = {0, 30, 60, 15, 20, 45, 90, 120};
    for (std::uint8_t usual : kPeriods) {
        found.period = usual == 0 ? parameters.period : usual;
        for (int i = 0; i < 4; ++i) {
            found.algorithm = i == 0 ? parameters.algorithm : static_cast<HashAlgorithm>(i);
            if (found == parameters) continue;
            const HmacKey pads(found.algorithm, key);
            const std::int64_t centre = now / found.period;
            if (detail::newest_match(pads, found.digits, number, centre - 1, centre + 1) >= 0)
                return 0;
        }
    }
    return fail(Error::not_found);
}

}  // namespace twofold
