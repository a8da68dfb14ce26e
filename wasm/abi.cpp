// abi.cpp - the core's C ABI, as the browser's loader (src/core.ts) calls it.
//
// Names are one letter, because every page loads them. Texts and bytes stand one behind the other at
// the start of `a`, and their lengths are the last arguments; what a function answers in bytes
// stands in the second half, and it returns their number, or minus a twofold::Error. Nothing is kept. Texts are UTF-8 without a
// terminating zero. Times cross as double, because a 64-bit integer would force BigInt on every
// caller. Hash algorithms: 1 SHA1, 2 SHA256, 3 SHA512. The module is single-threaded: it has one
// set of work buffers, and what they held is wiped before a function returns. Wiping `a` is the
// caller's part.
#include <cstring>

#include "shared/backup_code.hpp"
#include "shared/base32.hpp"
#include "shared/clock_doctor.hpp"
#include "shared/code_text.hpp"
#include "shared/otpauth.hpp"
#include "shared/qr.hpp"
#include "shared/svg.hpp"
#include "shared/totp.hpp"
#include "shared/totp_steps.hpp"

#define TWOFOLD_EXPORT(type, name) \
    extern "C" __attribute__((export_name(#name), used)) type twofold_##name

using namespace twofold;

// The two functions of the C library that the compiler may call. There is no other: Result ends
// the program when the wrong side is read, and here that is a trap.
extern "C" {
void abort() { __builtin_trap(); }

int memcmp(const void* a, const void* b, std::size_t n) {
    const auto* x = static_cast<const unsigned char*>(a);
    const auto* y = static_cast<const unsigned char*>(b);
    for (; n != 0; --n, ++x, ++y)
        if (*x != *y) return *x - *y;
    return 0;
}

constexpr std::size_t kHalf = 1 << 17;
alignas(8) char a[2 * kHalf];
}

namespace {

char* const out = a + kHalf;

// n bytes of the input, from the byte `at` on.
std::string_view text(int n, int at = 0) { return {a + at, static_cast<std::size_t>(n)}; }
ByteView bytes(int n) { return as_bytes(text(n)); }

int packed(const TotpParameters& p) {
    return static_cast<int>(p.algorithm) + 4 * p.digits + 64 * p.period;
}

// Raw, so that they are zero pages of the module and not bytes in its file.
alignas(QrWorkspace) char workspace_bytes[sizeof(QrWorkspace)];
alignas(QrSymbol) char symbol_bytes[sizeof(QrSymbol)];

}  // namespace

// A QR symbol.
//   level  0 L, 1 M, 2 Q, 3 H; min_version 1..40; mask 0..7 or -1 for the best
//   quiet  0..16 modules around it (readers need 4): an SVG document;
//          -1: one byte a module, 1 for dark, row by row: size * size bytes
TWOFOLD_EXPORT(int, q)
(int level, int min_version, int mask, int quiet, int n) {
    QrSymbol& symbol = reinterpret_cast<QrSymbol&>(symbol_bytes);
    int size = qr_encode_to(bytes(n), static_cast<QrLevel>(level), min_version, mask,
                            reinterpret_cast<QrWorkspace&>(workspace_bytes), symbol);
    if (size > 0)
        size = quiet == -1 ? qr_modules_to(symbol, {reinterpret_cast<std::uint8_t*>(out), kHalf})
                           : qr_svg_to(symbol, quiet, {out, kHalf});
    wipe(&symbol, sizeof symbol);
    return size;
}

// Codes of a secret. Only a server's verdict counts. now is in Unix seconds, from 0 below 2^53;
// fractions are dropped.
//   what  0 or 1: compares the code with the steps that many away at most; the step that matched
//         2: the seconds the phone's clock is ahead or behind, plus 600
//         3: the parameters under which the code is right, packed
//         4: writes the code at that time, 6 to 8 digits; their number
TWOFOLD_EXPORT(double, t)
(int algorithm, int digits, int period, double now, int what, int key_size, int code_size) {
    const TotpParameters p{static_cast<HashAlgorithm>(algorithm), digits, period};
    const ByteView k = bytes(key_size);
    if (!(now >= 0 && now < 9007199254740992.0)) return fail(Error::invalid_argument);
    const auto at = static_cast<std::int64_t>(now);
    const std::string_view c = text(code_size, key_size);
    if (what == 2) {
        std::int32_t seconds = 0;
        const int status = clock_offset_to(p, k, c, at, seconds);
        return status < 0 ? status : seconds + kMaxClockOffset;
    }
    if (what == 3) {
        TotpParameters found;
        const int status = other_parameters_to(p, k, c, at, found);
        return status < 0 ? status : packed(found);
    }
    if (what < 2) return static_cast<double>(detail::verify(p, k, c, at, what));
    if (!detail::usable(p, k)) return fail(Error::invalid_argument);
    // totp_at() without its Result<OtpCode>, whose destructor costs the module a function table.
    const HmacKey pads(p.algorithm, k);
    std::uint32_t number =
        detail::reduce(pads.truncated(static_cast<std::uint64_t>(at / period)), digits);
    for (int i = digits; i-- != 0; number /= 10) out[i] = static_cast<char>('0' + number % 10);
    return digits;
}

TWOFOLD_EXPORT(int, e)(int n) {
    return base32_encode_to(bytes(n), {out, kHalf});
}

TWOFOLD_EXPORT(int, d)(int n) {
    return base32_decode_to(text(n), {reinterpret_cast<std::uint8_t*>(out), kHalf});
}

// Builds an otpauth URI.
TWOFOLD_EXPORT(int, b)
(int algorithm, int digits, int period, int key_size, int issuer_size, int account_size) {
    const OtpauthView view{text(issuer_size, key_size),
                           text(account_size, key_size + issuer_size),
                           bytes(key_size),
                           {static_cast<HashAlgorithm>(algorithm), digits, period}};
    return build_otpauth_to(view, {out, kHalf});
}

// Parses one. Writes a twofold::OtpauthFields (shared/otpauth.hpp) and returns its parameters,
// packed.
TWOFOLD_EXPORT(int, p)(int n) {
    auto& fields = *reinterpret_cast<OtpauthFields*>(out);
    const int status = parse_otpauth_to(text(n), fields);
    return status < 0 ? status : packed(fields.parameters);
}

// The 6 to 8 ASCII digits of a typed code.
TWOFOLD_EXPORT(int, c)(int n) {
    return canonical_digits_to(text(n), {out, kHalf});
}

// XXXXX-XXXXX-XXXXX from exactly nine random bytes, which must come from the platform's
// cryptographic source.
TWOFOLD_EXPORT(int, m)(int n) {
    if (n != kBackupCodeRandom) return fail(Error::invalid_argument);
    char canonical[kBackupCodeSize];
    make_backup_code_to(std::span<const std::uint8_t, kBackupCodeRandom>(bytes(n)),
                        canonical);
    format_backup_code_to(canonical, std::span<char, kBackupCodeShown>(out, kBackupCodeShown));
    wipe(canonical, sizeof canonical);
    return kBackupCodeShown;
}

// The canonical 15 characters of a typed backup code.
TWOFOLD_EXPORT(int, r)(int n) {
    return parse_backup_code_to(text(n), std::span<char, kBackupCodeSize>(out, kBackupCodeSize));
}

// The version of the core this module was built from, as text.
TWOFOLD_EXPORT(int, v)() {
    std::memcpy(out, TWOFOLD_VERSION, sizeof TWOFOLD_VERSION - 1);
    return sizeof TWOFOLD_VERSION - 1;
}
