// abi.cpp - the core's C ABI, as the browser's loader (src/core.ts) calls it.
//
// Every function ends in (out, capacity) and returns the number of bytes written there, or minus a
// twofold::Error. Buffers belong to the caller, must not overlap, and are never kept. Texts are
// UTF-8 with an explicit length and no terminating zero. Counters and times cross as double,
// because a 64-bit integer would force BigInt on every caller: whole numbers from 0 below 2^53.
// Hash algorithms: 1 SHA1, 2 SHA256, 3 SHA512. The module is single-threaded: it has one set of
// work buffers, and what they held is wiped before a function returns. Wiping the caller's buffers
// is the caller's part.
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

#define TWOFOLD_EXPORT(name) extern "C" __attribute__((export_name(#name), used)) int name

using namespace twofold;

// The three functions of the C library that the compiler may call. There is no other: Result ends
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

std::size_t strlen(const char* s) {
    std::size_t n = 0;
    while (s[n] != 0) ++n;
    return n;
}
}

namespace {

std::string_view text(const char* p, int n) { return {p, static_cast<std::size_t>(n)}; }
ByteView bytes(const std::uint8_t* p, int n) { return {p, static_cast<std::size_t>(n)}; }
std::span<char> room(char* p, int n) { return {p, static_cast<std::size_t>(n)}; }

TotpParameters parameters(int algorithm, int digits, int period) {
    return {static_cast<HashAlgorithm>(algorithm), digits, period};
}

// -1 (which every function refuses) for what is not a whole number in range.
std::int64_t whole(double v) {
    if (!(v >= 0 && v < 9007199254740992.0)) return -1;
    const auto n = static_cast<std::int64_t>(v);
    return static_cast<double>(n) == v ? n : -1;
}

// Raw, so that they are zero pages of the module and not bytes in its file.
alignas(QrWorkspace) char workspace_bytes[sizeof(QrWorkspace)];
alignas(QrSymbol) char symbol_bytes[sizeof(QrSymbol)];
QrWorkspace& workspace = reinterpret_cast<QrWorkspace&>(workspace_bytes);
QrSymbol& symbol = reinterpret_cast<QrSymbol&>(symbol_bytes);

int encode(const std::uint8_t* t, int n, int level, int min_version, int mask) {
    return qr_encode_to(bytes(t, n), static_cast<QrLevel>(level), min_version, mask, workspace,
                        symbol);
}

}  // namespace

// One byte a module, 1 for dark, row by row without a quiet zone: size * size bytes.
//   level  0 L, 1 M, 2 Q, 3 H; min_version 1..40; mask 0..7 or -1 for the best
TWOFOLD_EXPORT(twofold_qr)
(const std::uint8_t* t, int n, int level, int min_version, int mask, std::uint8_t* out,
 int capacity) {
    int size = encode(t, n, level, min_version, mask);
    if (size > 0) size = qr_modules_to(symbol, {out, static_cast<std::size_t>(capacity)});
    wipe(&symbol, sizeof symbol);
    return size;
}

// The symbol as an SVG document. quiet 0..16 modules; readers need 4.
TWOFOLD_EXPORT(twofold_qr_svg)
(const std::uint8_t* t, int n, int level, int min_version, int mask, int quiet, char* out,
 int capacity) {
    int size = encode(t, n, level, min_version, mask);
    if (size > 0) size = qr_svg_to(symbol, quiet, room(out, capacity));
    wipe(&symbol, sizeof symbol);
    return size;
}

// The code at a time in Unix seconds: 6 to 8 digits.
TWOFOLD_EXPORT(twofold_totp)
(int algorithm, int digits, int period, const std::uint8_t* key, int n, double now, char* out,
 int capacity) {
    const TotpParameters p = parameters(algorithm, digits, period);
    const std::int64_t at = whole(now);
    if (!detail::usable(p, bytes(key, n)) || at < 0) return fail(Error::invalid_argument);
    if (capacity < digits) return fail(Error::buffer_too_small);
    // totp_at() without its Result<OtpCode>, whose destructor costs the module a function table.
    const HmacKey pads(p.algorithm, bytes(key, n));
    std::uint32_t number =
        detail::reduce(pads.truncated(static_cast<std::uint64_t>(at / period)), digits);
    for (int i = digits; i-- != 0; number /= 10) out[i] = static_cast<char>('0' + number % 10);
    return digits;
}

// What a code says about a secret. Only a server's verdict counts.
//   what  0 or 1: compares with the steps that many away at most, and writes the step that matched,
//         counted from the current one, as an int32;
//         2: writes the seconds the phone's clock is ahead (+) or behind (-) as an int32;
//         3: writes the algorithm, digits and period under which the code is right, as three int32
TWOFOLD_EXPORT(twofold_totp_check)
(int algorithm, int digits, int period, const std::uint8_t* key, int n, const char* code, int m,
 double now, int what, std::int32_t* out, int capacity) {
    const TotpParameters p = parameters(algorithm, digits, period);
    const std::int64_t at = whole(now);
    if (capacity < 12) return fail(Error::buffer_too_small);
    const ByteView k = bytes(key, n);
    const std::string_view c = text(code, m);
    // TotpParameters is three int32.
    static_assert(sizeof(TotpParameters) == 12 && alignof(TotpParameters) == 4);
    int status = 0;
    if (what == 3) {
        status = other_parameters_to(p, k, c, at, *reinterpret_cast<TotpParameters*>(out));
        return status < 0 ? status : 12;
    }
    if (what == 2) {
        status = clock_offset_to(p, k, c, at, *out);
    } else {
        const std::int64_t step = detail::verify(p, k, c, at, what);
        if (step < 0)
            status = static_cast<int>(step);
        else
            *out = static_cast<std::int32_t>(step - at / period);
    }
    return status < 0 ? status : 4;
}

TWOFOLD_EXPORT(twofold_base32_encode)
(const std::uint8_t* b, int n, char* out, int capacity) {
    return base32_encode_to(bytes(b, n), room(out, capacity));
}

TWOFOLD_EXPORT(twofold_base32_decode)
(const char* t, int n, std::uint8_t* out, int capacity) {
    return base32_decode_to(text(t, n), {out, static_cast<std::size_t>(capacity)});
}

TWOFOLD_EXPORT(twofold_otpauth_build)
(int algorithm, int digits, int period, const std::uint8_t* key, int n, const char* issuer,
 int issuer_size, const char* account, int account_size, char* out, int capacity) {
    const OtpauthView view{text(issuer, issuer_size), text(account, account_size), bytes(key, n),
                           parameters(algorithm, digits, period)};
    return build_otpauth_to(view, room(out, capacity));
}

// Writes a twofold::OtpauthFields (shared/otpauth.hpp): int32 type (1 totp, 2 hotp), algorithm,
// digits and period, uint64 counter, three uint32 sizes, and at 36, 164 and 420 issuer, account and
// secret. out is aligned to 8.
TWOFOLD_EXPORT(twofold_otpauth_parse)
(const char* uri, int n, OtpauthFields* out, int capacity) {
    if (capacity < static_cast<int>(sizeof *out)) return fail(Error::buffer_too_small);
    return parse_otpauth_to(text(uri, n), *out);
}

// The 6 to 8 ASCII digits of a typed code.
TWOFOLD_EXPORT(twofold_canonical_digits)
(const char* t, int n, char* out, int capacity) {
    return canonical_digits_to(text(t, n), room(out, capacity));
}

// XXXXX-XXXXX-XXXXX from exactly nine random bytes, which must come from the platform's
// cryptographic source.
TWOFOLD_EXPORT(twofold_backup_code_make)
(const std::uint8_t* random, int n, char* out, int capacity) {
    if (n != kBackupCodeRandom) return fail(Error::invalid_argument);
    if (capacity < static_cast<int>(kBackupCodeShown)) return fail(Error::buffer_too_small);
    char canonical[kBackupCodeSize];
    make_backup_code_to(std::span<const std::uint8_t, kBackupCodeRandom>(random, kBackupCodeRandom),
                        canonical);
    format_backup_code_to(canonical, std::span<char, kBackupCodeShown>(out, kBackupCodeShown));
    wipe(canonical, sizeof canonical);
    return kBackupCodeShown;
}

// The canonical 15 characters of a typed backup code.
TWOFOLD_EXPORT(twofold_backup_code_parse)
(const char* t, int n, char* out, int capacity) {
    if (capacity < static_cast<int>(kBackupCodeSize)) return fail(Error::buffer_too_small);
    return parse_backup_code_to(text(t, n), std::span<char, kBackupCodeSize>(out, kBackupCodeSize));
}

// The version of the core this module was built from, as text.
TWOFOLD_EXPORT(twofold_version)(char* out, int capacity) {
    constexpr int kSize = sizeof TWOFOLD_VERSION - 1;
    if (capacity < kSize) return fail(Error::buffer_too_small);
    std::memcpy(out, TWOFOLD_VERSION, kSize);
    return kSize;
}
