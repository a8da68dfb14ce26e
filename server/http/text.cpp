#include "server/http/text.hpp"

#include <algorithm>
#include <cstdint>

namespace twofold::http {
namespace {

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto b = static_cast<std::uint8_t>(text[i]);
        if (b < 0x80) {
            ++i;
            continue;
        }
        std::size_t n = 0;
        std::uint32_t cp = 0;
        std::uint32_t least = 0;
        if ((b & 0xe0U) == 0xc0) {
            n = 1, cp = b & 0x1fU, least = 0x80;
        } else if ((b & 0xf0U) == 0xe0) {
            n = 2, cp = b & 0x0fU, least = 0x800;
        } else if ((b & 0xf8U) == 0xf0) {
            n = 3, cp = b & 0x07U, least = 0x10000;
        } else {
            return false;
        }
        if (text.size() - i <= n) return false;
        for (std::size_t k = 1; k <= n; ++k) {
            const auto c = static_cast<std::uint8_t>(text[i + k]);
            if ((c & 0xc0U) != 0x80) return false;
            cp = (cp << 6) | (c & 0x3fU);
        }
        if (cp < least || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) return false;
        i += n + 1;
    }
    return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int hi = hex(text[i + 1]);
        const int lo = hex(text[i + 2]);
        if (hi < 0 || lo < 0) return std::nullopt;
        out.push_back(static_cast<char>(hi * 16 + lo));
        i += 2;
    }
    const bool control = std::any_of(out.begin(), out.end(), [](char c) {
        return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
    });
    if (control || !is_utf8(out)) return std::nullopt;
    return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        std::string pair(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        std::replace(pair.begin(), pair.end(), '+', ' ');
        const std::size_t eq = std::min(pair.find('='), pair.size());
        auto key = percent_decode(std::string_view(pair).substr(0, eq));
        auto value = percent_decode(std::string_view(pair).substr(std::min(eq + 1, pair.size())));
        if (!key || !value) return std::nullopt;
        out.emplace_back(std::move(*key), std::move(*value));
    }
    return out;
}

}  // namespace twofold::http
