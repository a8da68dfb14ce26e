// otpauth.hpp - the Key URI that authenticator apps read from a QR code.
// Format: github.com/google/google-authenticator/wiki/Key-Uri-Format. Pure and thread-safe.
// What this module writes it also reads back to the same values, except that it writes 7 digits
// (which this project offers) while the format names only 6 and 8.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shared/hash.hpp"
#include "shared/result.hpp"
#include "shared/secret.hpp"
#include "shared/totp.hpp"

namespace twofold {

inline constexpr std::size_t kMaxIssuerBytes = 128;
inline constexpr std::size_t kMaxAccountBytes = 256;
// Every byte of issuer (twice) and account percent-encoded, the longest secret and parameters.
inline constexpr std::size_t kMaxOtpauthUri =
    3 * (2 * kMaxIssuerBytes + kMaxAccountBytes) + kMaxSecretBytes * 8 / 5 + 1 + 100;

// What goes into a URI. Views: the owner keeps the bytes alive during the call.
struct OtpauthView {
    std::string_view issuer;   // plain text without a colon, up to 128 bytes; may be empty
    std::string_view account;  // the same, up to 256 bytes, not empty
    ByteView secret;           // 16..128 bytes
    TotpParameters parameters;
};

enum class OtpauthType : int { totp = 1, hotp = 2 };

// What came out of one.
struct OtpauthUri {
    OtpauthType type = OtpauthType::totp;
    std::string issuer;  // empty when the URI names none
    std::string account;
    Secret secret;
    TotpParameters parameters;  // for hotp the period has no meaning
    std::uint64_t counter = 0;  // hotp only
};

// Writes otpauth://totp/ISSUER:ACCOUNT?secret=...&issuer=ISSUER&algorithm=...&digits=...&period=...
// Everything outside RFC 3986's unreserved set is percent-encoded: a space is %20, never +; the
// prefix equals the issuer parameter; the secret has no padding. Returns the length.
//   errors  invalid_argument; secret_too_short: under 128 bits; buffer_too_small: out is shorter
//           than kMaxOtpauthUri
int build_otpauth_to(const OtpauthView& view, std::span<char> out);

inline Result<std::string> build_otpauth(const OtpauthView& view) {
    std::string out(kMaxOtpauthUri, '\0');
    const Result<std::size_t> n = to_result(build_otpauth_to(view, out));
    if (!n) return n.error();
    std::string exact(out, 0, *n);
    wipe(out.data(), out.size());
    return exact;
}

// A parsed URI in one piece of memory: the layout is part of the C ABI (wasm/src/core.ts reads it).
struct OtpauthFields {
    OtpauthType type;
    TotpParameters parameters;
    std::uint64_t counter;
    std::uint32_t issuer_size;
    std::uint32_t account_size;
    std::uint32_t secret_size;
    char issuer[kMaxIssuerBytes];
    char account[kMaxAccountBytes];
    std::uint8_t secret[kMaxSecretBytes];
};
static_assert(offsetof(OtpauthFields, counter) == 16 && offsetof(OtpauthFields, issuer) == 36 &&
              offsetof(OtpauthFields, account) == 164 && offsetof(OtpauthFields, secret) == 420);

// Strict: lower-case scheme and type, a label, one secret of 80 bits or more without padding
// (either case), each parameter at most once and in its range, issuer equal to the prefix when both
// are there, plain UTF-8 names without a second colon, no raw '+' (some writers mean a space by
// it). Parameters of other names are skipped, as the format asks, up to 385 bytes each.
// Returns sizeof(OtpauthFields).
//   errors  uri_invalid; out then holds rubbish, perhaps with the secret in it: wipe it
int parse_otpauth_to(std::string_view uri, OtpauthFields& out);

inline Result<OtpauthUri> parse_otpauth(std::string_view uri) {
    OtpauthFields f;
    const int n = parse_otpauth_to(uri, f);
    OtpauthUri out;
    if (n >= 0) {
        out.type = f.type;
        out.issuer.assign(f.issuer, f.issuer_size);
        out.account.assign(f.account, f.account_size);
        out.secret = Secret(ByteView(f.secret, f.secret_size));
        out.parameters = f.parameters;
        out.counter = f.counter;
    }
    wipe(&f, sizeof f);
    if (n < 0) return static_cast<Error>(-n);
    return out;
}

}  // namespace twofold
