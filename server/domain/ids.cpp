#include "server/domain/ids.hpp"

#include "shared/base32.hpp"

namespace twofold::domain {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string hex_digits(std::uint64_t value, int digits) {
    std::string out(static_cast<std::size_t>(digits), '0');
    for (std::size_t i = out.size(); i-- != 0; value >>= 4) out[i] = "0123456789abcdef"[value & 15];
    return out;
}

}  // namespace

std::string base64url(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int count = 0;
    for (std::uint8_t b : bytes) {
        bits = (bits << 8) | b;
        count += 8;
        while (count >= 6) {
            count -= 6;
            out += kBase64[(bits >> count) & 63];
        }
    }
    if (count > 0) out += kBase64[(bits << (6 - count)) & 63];
    return out;
}

std::optional<std::vector<std::uint8_t>> base64url_decode(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    std::vector<std::uint8_t> out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (char c : text) {
        const std::size_t value = kBase64.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = ((bits << 6) | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<std::uint8_t>(bits >> count));
        }
    }
    if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
    return out;
}

std::optional<std::vector<std::uint8_t>> hex_decode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const std::size_t high = kHex.find(text[i]);
        const std::size_t low = kHex.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high * 16 + low));
    }
    return out;
}

Secret random_bytes(Random& random, std::size_t n) {
    std::vector<std::uint8_t> bytes(n);
    random.fill(bytes);
    return Secret(std::move(bytes));
}

std::string random_id_text(Random& random) {
    std::uint8_t bytes[16];
    random.fill(bytes);
    std::string text = base32_encode(bytes);
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string new_token(Random& random) { return base64url(random_bytes(random, 32).expose()); }

DeliveryId new_delivery_id(Random& random, std::int64_t now_ms) {
    return DeliveryId{"dlv_" + hex_digits(static_cast<std::uint64_t>(now_ms), 12) +
                      random_id_text(random)};
}

EventId new_event_id(Random& random, std::int64_t now_ms, std::int64_t sequence) {
    std::uint8_t bytes[6];
    random.fill(bytes);
    std::uint64_t tail = 0;
    for (std::uint8_t b : bytes) tail = (tail << 8) | b;
    return EventId{"evt_" + hex_digits(static_cast<std::uint64_t>(now_ms), 12) +
                   hex_digits(static_cast<std::uint64_t>(sequence) & 0xFFFF, 4) +
                   hex_digits(tail, 12)};
}

}  // namespace twofold::domain
