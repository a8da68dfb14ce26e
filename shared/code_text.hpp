// code_text.hpp - from what a person typed to the one spelling that is compared.
// Pure and thread-safe. Runs before anything is charged, compared or stored, so that one code has
// one text: a used code cannot come back with a space, a line break or another script's digits.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "shared/result.hpp"

namespace twofold {

// Longest text looked at; nobody types more around eight digits.
inline constexpr std::size_t kMaxTypedCode = 64;

// Drops spaces (U+0020) and hyphens (U+002D) and keeps 6 to 8 ASCII digits. Returns how many.
//   errors  code_malformed: any other character (NUL, LF, full-width and Arabic-Indic digits
//           included), too few or too many digits, or longer than kMaxTypedCode;
//           buffer_too_small: out holds fewer than 8 characters
int canonical_digits_to(std::string_view typed, std::span<char> out);

inline Result<std::string> canonical_digits(std::string_view typed) {
    char out[8];
    const Result<std::size_t> n = to_result(canonical_digits_to(typed, out));
    if (!n) return n.error();
    return std::string(out, *n);
}

}  // namespace twofold
