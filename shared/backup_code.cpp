#include "shared/backup_code.hpp"

#include "shared/base32.hpp"

namespace twofold {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr unsigned kModulus = 1021;  // prime, above 31 * 32, below 32 * 32
constexpr std::size_t kData = 13;

// Value of one typed character, misreadings included, or 32 if it is none of ours.
unsigned value_of(char c) {
    char u = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (u == 'O') u = '0';
    if (u == 'I' || u == 'L') u = '1';
    unsigned v = 0;
    while (v < kAlphabet.size() && kAlphabet[v] != u) ++v;
    return v;
}

}  // namespace

void make_backup_code_to(std::span<const std::uint8_t, kBackupCodeRandom> random,
                         std::span<char, kBackupCodeSize> out) {
    unsigned remainder = 0;
    for (std::size_t i = 0; i < kData; ++i) {
        const unsigned v = five_bits(random, i);
        out[i] = kAlphabet[v];
        remainder = (remainder * 32 + v) % kModulus;
    }
    out[kData] = kAlphabet[remainder / 32];
    out[kData + 1] = kAlphabet[remainder % 32];
}

void format_backup_code_to(std::span<const char, kBackupCodeSize> canonical,
                           std::span<char, kBackupCodeShown> out) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < kBackupCodeSize; ++i) {
        if (i != 0 && i % kBackupCodeGroup == 0) out[n++] = '-';
        out[n++] = canonical[i];
    }
}

int parse_backup_code_to(std::string_view typed, std::span<char, kBackupCodeSize> out) {
    if (typed.size() > 64) return fail(Error::code_malformed);
    std::size_t n = 0;
    unsigned remainder = 0;
    unsigned check = 0;
    for (char c : typed) {
        if (c == ' ' || c == '-') continue;
        const unsigned v = value_of(c);
        if (v == kAlphabet.size() || n == kBackupCodeSize) return fail(Error::code_malformed);
        if (n < kData)
            remainder = (remainder * 32 + v) % kModulus;
        else
            check = check * 32 + v;
        out[n++] = kAlphabet[v];
    }
    if (n != kBackupCodeSize) return fail(Error::code_malformed);
    if (check != remainder) return fail(Error::check_mismatch);
    return static_cast<int>(n);
}

}  // namespace twofold
