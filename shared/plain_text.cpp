#include "shared/plain_text.hpp"

#include <cstdint>

namespace twofold {
namespace {

// First and last of the ranges that are not plain: controls, marks, separators and embeddings,
// isolates, surrogates.
constexpr std::uint16_t kRefused[][2] = {{0, 0x1F},        {0x7F, 0x9F},     {0x61C, 0x61C},
                                         {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
                                         {0xD800, 0xDFFF}};

}  // namespace

bool is_plain_text(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        std::uint32_t c = static_cast<unsigned char>(text[i++]);
        if (c >= 0x80) {
            // RFC 3629 section 4: 2..4 bytes, shortest form, no surrogates, at most U+10FFFF.
            const unsigned more = c < 0xC2 || c > 0xF4 ? 9 : 1U + (c > 0xDF) + (c > 0xEF);
            if (more > text.size() - i) return false;
            c &= 0x3FU >> more;
            for (unsigned k = 0; k < more; ++k) {
                const std::uint32_t b = static_cast<unsigned char>(text[i++]);
                if (b >> 6 != 2) return false;
                c = c << 6 | (b & 0x3F);
            }
            // Two bytes begin at U+0080 (C2 sees to it), three at U+0800, four at U+10000.
            if (c >> (5 * more + 1) == 0 || c > 0x10FFFF) return false;
        }
        for (const auto& [first, last] : kRefused)
            if (c >= first && c <= last) return false;
    }
    return true;
}

}  // namespace twofold
