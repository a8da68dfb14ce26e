#include "shared/base32.hpp"

namespace twofold {
namespace {

// Value of one character or 32 and more; comparisons only, no table indexed by a secret.
unsigned value_of(char c) {
    const auto u = static_cast<unsigned char>(c);
    const unsigned letter = (u | 0x20u) - 'a';
    const unsigned digit = u - unsigned{'2'};
    return u >= 'A' && letter < 26 ? letter : digit < 6 ? digit + 26 : 99;
}

}  // namespace

int base32_encode_to(ByteView bytes, std::span<char> out) {
    const std::size_t n = base32_length(bytes.size());
    if (out.size() < n) return fail(Error::buffer_too_small);
    for (std::size_t i = 0; i < n; ++i) {
        // Zero bits fill the last character (RFC 4648 section 6).
        const unsigned v = five_bits(bytes, i);
        out[i] = static_cast<char>(v < 26 ? 'A' + v : '2' - 26 + v);
    }
    return static_cast<int>(n);
}

int base32_decode_to(std::string_view text, std::span<std::uint8_t> out) {
    std::size_t n = text.size();
    while (n != 0 && text[n - 1] == '=') --n;
    if (n != text.size() && (text.size() % 8 != 0 || text.size() - n >= 8 || n == 0))
        return fail(Error::base32_invalid);
    // 1, 3 and 6 characters of the last eight do not end on a byte.
    if ((0b01001010u >> (n % 8) & 1) != 0) return fail(Error::base32_invalid);
    const std::size_t size = base32_bytes(n);
    if (out.size() < size) return fail(Error::buffer_too_small);
    unsigned pending = 0;
    unsigned bits = 0;
    unsigned bad = 0;
    std::size_t filled = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const unsigned v = value_of(text[i]);
        bad |= v >> 5;
        pending = pending << 5 | (v & 31);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[filled++] = static_cast<std::uint8_t>(pending >> bits);
        }
    }
    bad |= pending & ((1u << bits) - 1);  // trailing bits, RFC 4648 section 3.5
    if (bad != 0) {
        wipe(out.data(), size);
        return fail(Error::base32_invalid);
    }
    return static_cast<int>(size);
}

}  // namespace twofold
