#include "server/http/client_address.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>

namespace twofold::http {
namespace {

// IPv4 as the IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so that both forms of one
// address are one key.
std::optional<std::array<std::uint8_t, 16>> parse(std::string_view text, bool& v4) {
    const std::string z(text);
    std::array<std::uint8_t, 16> out{};
    if (in_addr a{}; inet_pton(AF_INET, z.c_str(), &a) == 1) {
        out[10] = out[11] = 0xff;
        std::memcpy(out.data() + 12, &a, 4);
        v4 = true;
        return out;
    }
    if (in6_addr a{}; inet_pton(AF_INET6, z.c_str(), &a) == 1) {
        std::memcpy(out.data(), &a, 16);
        v4 = false;
        return out;
    }
    return std::nullopt;
}

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

}  // namespace

bool TrustedProxies::add(std::string_view range) {
    range = trim(range);
    const std::size_t slash = range.find('/');
    bool v4 = false;
    const auto bytes = parse(range.substr(0, slash), v4);
    if (!bytes) return false;
    Range r{*bytes, 128};
    if (slash != std::string_view::npos) {
        const std::string_view digits = range.substr(slash + 1);
        int bits = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (ec != std::errc() || end != digits.data() + digits.size() || bits < 0 ||
            bits > (v4 ? 32 : 128)) {
            return false;
        }
        r.bits = v4 ? bits + 96 : bits;
    }
    ranges_.push_back(r);
    return true;
}

bool TrustedProxies::contains(std::string_view address) const {
    if (ranges_.empty()) return false;
    bool v4 = false;
    const auto bytes = parse(address, v4);
    if (!bytes) return false;
    for (const Range& r : ranges_) {
        const auto whole = static_cast<std::size_t>(r.bits / 8);
        const int rest = r.bits % 8;
        if (std::memcmp(r.bytes.data(), bytes->data(), whole) != 0) continue;
        if (rest == 0) return true;
        const auto mask = static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(rest));
        if ((r.bytes[whole] & mask) == ((*bytes)[whole] & mask)) return true;
    }
    return false;
}

std::string TrustedProxies::client(const std::string& peer, std::string_view forwarded_for) const {
    if (forwarded_for.empty() || !contains(peer)) return peer;
    std::string best = peer;
    while (!forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const bool last = comma == std::string_view::npos;
        const std::string_view hop = trim(last ? forwarded_for : forwarded_for.substr(comma + 1));
        bool v4 = false;
        if (!parse(hop, v4)) return best;
        best = std::string(hop);
        if (!contains(hop)) return best;
        forwarded_for = last ? std::string_view{} : forwarded_for.substr(0, comma);
    }
    return best;
}

}  // namespace twofold::http
