// The Key URI: what parses is in its ranges, and builds a URI that parses to the same values.
#include <algorithm>
#include <string>

#include "shared/otpauth.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: otpauth URIs parse, build and parse to the same values";
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold;
    using fuzz::require;
    const auto parsed = parse_otpauth({reinterpret_cast<const char*>(data), size});
    if (!parsed) {
        require(parsed.error() == Error::uri_invalid, "the one error there is");
        return 0;
    }
    const ByteView secret = parsed->secret.expose();
    require(!parsed->account.empty() && parsed->account.size() <= kMaxAccountBytes, "account");
    require(parsed->issuer.size() <= kMaxIssuerBytes, "issuer");
    require(secret.size() >= 10 && secret.size() <= kMaxSecretBytes, "secret");
    require(parsed->type == OtpauthType::hotp || parsed->counter == 0, "a counter is hotp's");
    if (parsed->type == OtpauthType::hotp) return 0;

    const auto built = build_otpauth({parsed->issuer, parsed->account, secret, parsed->parameters});
    if (!built) {
        // Read, but never issued: RFC 4226 section 4, R6.
        require(built.error() == Error::secret_too_short && secret.size() < 16,
                "what parses builds");
        return 0;
    }
    const auto again = parse_otpauth(*built);
    require(again.has_value(), "what was built parses");
    require(again->issuer == parsed->issuer && again->account == parsed->account, "to its names");
    const ByteView same = again->secret.expose();
    require(std::equal(same.begin(), same.end(), secret.begin(), secret.end()), "to its secret");
    const auto rebuilt = build_otpauth({again->issuer, again->account, same, again->parameters});
    require(rebuilt.has_value() && *rebuilt == *built, "and prints identically");
    return 0;
}
