// backup_code.hpp - the one-time codes people keep on paper.
// Pure and thread-safe. A code is 65 random bits as 13 characters of Crockford's Base32
// (0-9 A-H J K M N P-T V-Z, no I L O U) and 2 check characters: the 65-bit number modulo 1021,
// written as two more digits of base 32. 1021 is prime and larger than any difference one slip can
// make, so every single wrong character and every swap of two neighbours is noticed before the
// code leaves the browser. The check characters follow from the others and add no strength.
// Vectors for other implementations: tests/vectors/backup_codes.json.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold {

inline constexpr std::size_t kBackupCodeSize = 15;   // canonical, without hyphens
inline constexpr std::size_t kBackupCodeGroup = 5;   // characters between hyphens
inline constexpr std::size_t kBackupCodeShown = 17;  // XXXXX-XXXXX-XXXXX
inline constexpr std::size_t kBackupCodeRandom = 9;  // bytes a new code consumes

// The first 65 bits of nine random bytes, most significant bit first, become the code.
void make_backup_code_to(std::span<const std::uint8_t, kBackupCodeRandom> random,
                         std::span<char, kBackupCodeSize> out);

// XXXXX-XXXXX-XXXXX from a canonical code.
void format_backup_code_to(std::span<const char, kBackupCodeSize> canonical,
                           std::span<char, kBackupCodeShown> out);

// What a person typed, to the canonical 15 characters: spaces and hyphens go, letters become upper
// case, and what people misread is read as meant: O is 0, I and L are 1.
//   errors  code_malformed: another character or another length; check_mismatch: a typing slip.
//           Neither costs an attempt.
int parse_backup_code_to(std::string_view typed, std::span<char, kBackupCodeSize> out);

inline std::string make_backup_code(std::span<const std::uint8_t, kBackupCodeRandom> random) {
    std::string out(kBackupCodeSize, '\0');
    make_backup_code_to(random, std::span<char, kBackupCodeSize>(out.data(), kBackupCodeSize));
    return out;
}

// The text must be canonical (from make_backup_code or parse_backup_code), else invalid_argument.
inline Result<std::string> format_backup_code(std::string_view canonical) {
    if (canonical.size() != kBackupCodeSize) return Error::invalid_argument;
    std::string out(kBackupCodeShown, '\0');
    format_backup_code_to(std::span<const char, kBackupCodeSize>(canonical.data(), kBackupCodeSize),
                          std::span<char, kBackupCodeShown>(out.data(), kBackupCodeShown));
    return out;
}

inline Result<std::string> parse_backup_code(std::string_view typed) {
    std::string out(kBackupCodeSize, '\0');
    const Result<std::size_t> n = to_result(
        parse_backup_code_to(typed, std::span<char, kBackupCodeSize>(out.data(), kBackupCodeSize)));
    if (!n) return n.error();
    return out;
}

}  // namespace twofold
