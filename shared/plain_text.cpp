#include "shared/plain_text.hpp"

#include <cstdint>

namespace twofold {
namespace {

// Which code points are plain, beside being characters at all.
bool plain(std::uint32_t c) {
    const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
    const bool separator_or_embedding = c >= 0x2028 && c <= 0x202E;  // 2028, 2029, 202A..202E
    const bool mark = c == 0x61C || c == 0x200E || c == 0x200F;
    const bool isolate = c >= 0x2066 && c <= 0x2069;
    return !(control || separator_or_embedding || mark || isolate);
}

}  // namespace

bool is_plain_text(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        std::uint32_t c = static_cast<unsigned char>(text[i++]);
        if (c >= 0x80) {
            // RFC 3629 section 4: 2..4 bytes, shortest form, no surrogates, at most U+10FFFF.
            const std::size_t more = c < 0xC2 ? 9 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : c < 0xF5 ? 3 : 9;
            if (more > text.size() - i) return false;
            c &= 0x3Fu >> more;
            for (std::size_t k = 0; k < more; ++k) {
                const std::uint32_t b = static_cast<unsigned char>(text[i++]);
                if ((b & 0xC0) != 0x80) return false;
                c = c << 6 | (b & 0x3F);
            }
            const std::uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
            if (c < least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return false;
        }
        if (!plain(c)) return false;
    }
    return true;
}

}  // namespace twofold
