#include "server/delivery/mime.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "server/domain/addresses.hpp"

namespace twofold::delivery {
namespace {

constexpr std::size_t kWordBytes = 45;  // 60 characters of base64 and 12 around them: under 75

std::string base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::array<unsigned, 3> b{};
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < n; ++k) b[k] = static_cast<unsigned char>(bytes[i + k]);
        const unsigned word = b[0] << 16 | b[1] << 8 | b[2];
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= n ? kAlphabet[word >> (18 - 6 * k) & 63U] : '=';
    }
    return out;
}

bool control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// "Mon, 04 May 2026 12:00:00 +0000"
std::string date_text(domain::Instant at) {
    using namespace std::chrono;
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
                  kDays[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                  kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

std::string domain_of(std::string_view address) {
    return std::string(address.substr(address.rfind('@') + 1));
}

}  // namespace

std::optional<Sender> parse_sender(std::string_view text) {
    if (std::any_of(text.begin(), text.end(), control)) return std::nullopt;
    Sender out;
    const std::size_t open = text.find('<');
    if (open == std::string_view::npos) {
        out.address = text;
    } else {
        if (text.back() != '>') return std::nullopt;
        std::string_view name = text.substr(0, open);
        while (name.ends_with(' ')) name.remove_suffix(1);
        while (name.starts_with(' ')) name.remove_prefix(1);
        if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
            name = name.substr(1, name.size() - 2);
        out.name = name;
        out.address = text.substr(open + 1, text.size() - open - 2);
    }
    if (!smtp_address(out.address)) return std::nullopt;
    return out;
}

std::string encode_header(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return ascii(c) && !control(c); }) &&
                       text.find("=?") == std::string_view::npos;
    if (plain && text.size() <= 200) return std::string(text);
    std::string out;
    while (!text.empty()) {
        std::size_t n = std::min(kWordBytes, text.size());
        // Not inside a character: its further bytes are 10xxxxxx.
        while (n < text.size() && n > 1 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80) --n;
        out += out.empty() ? "" : "\r\n ";
        out += "=?UTF-8?B?" + base64(text.substr(0, n)) + "?=";
        text.remove_prefix(n);
    }
    return out;
}

std::optional<std::string> smtp_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return std::nullopt;
    const std::string_view local = address.substr(0, at);
    const auto unfit = [](char c) {
        return control(c) || !ascii(c) || std::string_view(" <>()[]\\,;:\"@").find(c) !=
                                              std::string_view::npos;
    };
    if (local.front() == '-' || std::any_of(local.begin(), local.end(), unfit)) return std::nullopt;
    const std::optional<std::string> converted = domain::ascii_host(address.substr(at + 1));
    if (!converted) return std::nullopt;
    const std::string& host = *converted;
    const auto fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    if (host.empty() || host.front() == '-' || host.front() == '.' ||
        !std::all_of(host.begin(), host.end(), fit))
        return std::nullopt;
    return std::string(local) + "@" + host;
}

std::vector<std::string> mail_headers(const Letter& letter, const Sender& sender,
                                      const std::string& to, std::string_view origin,
                                      domain::Instant now) {
    const std::string from = smtp_address(sender.address).value_or(sender.address);
    std::vector<std::string> out;
    // A quoted string holds every ASCII name; anything else is encoded words.
    const bool quoted = std::all_of(sender.name.begin(), sender.name.end(), ascii) &&
                        sender.name.find_first_of("\"\\") == std::string::npos;
    const std::string name = sender.name.empty() ? ""
                             : quoted            ? "\"" + sender.name + "\" "
                                                 : encode_header(sender.name) + " ";
    out.push_back("From: " + name + "<" + from + ">");
    out.push_back("To: <" + to + ">");
    out.push_back("Subject: " + encode_header(letter.subject));
    out.push_back("Date: " + date_text(now));
    out.push_back("Message-ID: <" + letter.id.value + "@" + domain_of(from) + ">");
    out.push_back("Auto-Submitted: auto-generated");
    out.push_back("Content-Language: " + letter.locale);
    if (!letter.code.empty())
        out.push_back("One-Time-Code: code=" + letter.code + "; origin=" + std::string(origin));
    return out;
}

}  // namespace twofold::delivery
