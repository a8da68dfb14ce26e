#include "shared/hotp.hpp"

#include "shared/hmac.hpp"
#include "shared/totp_steps.hpp"

namespace twofold {

Result<OtpCode> hotp(HashAlgorithm algorithm, ByteView key, std::uint64_t counter, int digits) {
    if (!detail::usable({algorithm, digits, kMinPeriod}, key)) return Error::invalid_argument;
    const HmacKey pads(algorithm, key);
    return OtpCode(detail::reduce(pads.truncated(counter), digits), digits);
}

}  // namespace twofold
