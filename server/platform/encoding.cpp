#include "server/platform/encoding.hpp"

#include <array>

namespace twofold::platform {
namespace {

constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Reverse = std::array<std::int8_t, 256>;

constexpr Reverse reverse_of(std::string_view alphabet) {
    Reverse r{};
    for (auto& v : r) v = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        r[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return r;
}
constexpr Reverse kFromUrl = reverse_of(kUrl);
constexpr Reverse kFromStandard = reverse_of(kStandard);

void encode(std::string& out, ByteView b, std::string_view alphabet) {
    out.reserve(out.size() + (b.size() * 4 + 2) / 3);
    std::size_t i = 0;
    for (; i + 3 <= b.size(); i += 3) {
        const unsigned v =
            static_cast<unsigned>(b[i]) << 16 | static_cast<unsigned>(b[i + 1]) << 8 | b[i + 2];
        out.push_back(alphabet[v >> 18]);
        out.push_back(alphabet[v >> 12 & 63]);
        out.push_back(alphabet[v >> 6 & 63]);
        out.push_back(alphabet[v & 63]);
    }
    const std::size_t left = b.size() - i;
    if (left == 0) return;
    unsigned v = static_cast<unsigned>(b[i]) << 16;
    if (left == 2) v |= static_cast<unsigned>(b[i + 1]) << 8;
    out.push_back(alphabet[v >> 18]);
    out.push_back(alphabet[v >> 12 & 63]);
    if (left == 2) out.push_back(alphabet[v >> 6 & 63]);
}

std::optional<std::size_t> decode(std::string_view text, std::span<std::uint8_t> out,
                                  const Reverse& from) {
    const std::size_t tail = text.size() % 4;
    if (tail == 1) return std::nullopt;
    const std::size_t size = text.size() / 4 * 3 + (tail == 0 ? 0 : tail - 1);
    if (out.size() < size) return std::nullopt;
    std::size_t at = 0;
    unsigned bits = 0;
    int held = 0;
    for (const char c : text) {
        const int v = from[static_cast<unsigned char>(c)];
        if (v < 0) return std::nullopt;
        bits = bits << 6 | static_cast<unsigned>(v);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = static_cast<std::uint8_t>(bits >> held);
        }
    }
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;
    return at;
}

std::optional<std::vector<std::uint8_t>> decode(std::string_view text, const Reverse& from) {
    std::vector<std::uint8_t> out(text.size() / 4 * 3 + 3);
    const auto n = decode(text, out, from);
    if (!n) return std::nullopt;
    out.resize(*n);
    return out;
}

}  // namespace

std::string base64url(ByteView bytes) {
    std::string out;
    encode(out, bytes, kUrl);
    return out;
}

void append_base64url(std::string& out, ByteView bytes) { encode(out, bytes, kUrl); }

std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text) {
    return decode(text, kFromUrl);
}

std::optional<std::size_t> from_base64url(std::string_view text, std::span<std::uint8_t> out) {
    return decode(text, out, kFromUrl);
}

std::string base64(ByteView bytes) {
    std::string out;
    encode(out, bytes, kStandard);
    return out;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    return decode(text, kFromStandard);
}

std::string hex(ByteView bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::uint8_t b : bytes) {
        out.push_back(kDigits[b >> 4]);
        out.push_back(kDigits[b & 15]);
    }
    return out;
}

}  // namespace twofold::platform
