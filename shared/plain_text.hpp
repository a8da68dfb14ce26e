// plain_text.hpp - UTF-8 that shows on a page, in a log and in an app as what it is.
// Pure and thread-safe. For names that come from people: issuer, account, label.
#pragma once
#include <string_view>

namespace twofold {

// True when text is well-formed UTF-8 (RFC 3629: no overlong form, no surrogate, at most U+10FFFF)
// without control characters (U+0000..001F, 007F..009F), line and paragraph separators
// (U+2028, 2029) and bidirectional controls (U+061C, 200E, 200F, 202A..202E, 2066..2069), which can
// make a name read as another one. Empty text is plain.
bool is_plain_text(std::string_view text);

// Code points in well-formed UTF-8.
constexpr std::size_t utf8_length(std::string_view text) {
    std::size_t n = 0;
    for (char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return n;
}

}  // namespace twofold
