// base32.hpp - the Base32 of RFC 4648 section 6, as authenticator apps exchange secrets in it.
// Pure and thread-safe. Alphabet A-Z 2-7; written in upper case and without padding.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold {

// Characters for n bytes, unpadded; bytes for n characters (trailing bits dropped).
constexpr std::size_t base32_length(std::size_t bytes) { return (bytes * 8 + 4) / 5; }
constexpr std::size_t base32_bytes(std::size_t characters) { return characters * 5 / 8; }

// The i-th group of five bits, most significant first; past the end stand zero bits.
constexpr unsigned five_bits(ByteView bytes, std::size_t i) {
    const std::size_t at = i * 5 / 8;
    const unsigned pair = unsigned{bytes[at]} << 8 | (at + 1 < bytes.size() ? bytes[at + 1] : 0U);
    return pair >> (11 - i * 5 % 8) & 31;
}

// Writes base32_length(bytes.size()) characters and returns that number.
//   errors  buffer_too_small: out is shorter than that (as a negative number, see to_result)
int base32_encode_to(ByteView bytes, std::span<char> out);

// Accepts upper and lower case ASCII, with no padding or exactly the right padding, and nothing
// else: no space, no hyphen, no other script, no non-zero trailing bits (RFC 4648 section 3.5).
// Writes the bytes and returns their number. Clear spaces from what a person typed first.
//   errors  base32_invalid; buffer_too_small
//   timing  looks nothing up by secret value
int base32_decode_to(std::string_view text, std::span<std::uint8_t> out);

inline std::string base32_encode(ByteView bytes) {
    std::string out(base32_length(bytes.size()), '\0');
    (void)base32_encode_to(bytes, out);
    return out;
}

inline Result<Secret> base32_decode(std::string_view text) {
    std::vector<std::uint8_t> bytes(base32_bytes(text.size()));
    const Result<std::size_t> n = to_result(base32_decode_to(text, bytes));
    if (!n) {
        wipe(bytes.data(), bytes.size());
        return n.error();
    }
    bytes.resize(*n);
    return Secret(std::move(bytes));
}

}  // namespace twofold
