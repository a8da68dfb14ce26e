#include "server/delivery/texts.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <map>

#include "catalogs.hpp"
#include "server/domain/browser_words.hpp"

namespace twofold::delivery {
namespace {

using Entries = std::map<std::string, std::string, std::less<>>;

struct Catalog {
    std::string_view locale;
    Entries entries;
};

Entries parse(std::string_view text) {
    Entries out;
    std::string* entry = nullptr;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with('#')) continue;
        if (line.starts_with('[') && line.ends_with(']')) {
            entry = &out[std::string(line.substr(1, line.size() - 2))];
        } else if (entry != nullptr) {
            entry->append(line).push_back('\n');
        }
    }
    for (auto& [name, body] : out) {
        while (body.ends_with('\n')) body.pop_back();
        body.push_back('\n');
    }
    return out;
}

const std::array<Catalog, 5>& all() {
    static const std::array<Catalog, 5> catalogs{{{"en", parse(catalogs::kEn)},
                                                  {"ar", parse(catalogs::kAr)},
                                                  {"es", parse(catalogs::kEs)},
                                                  {"fr", parse(catalogs::kFr)},
                                                  {"de", parse(catalogs::kDe)}}};
    return catalogs;
}

const Catalog& find(std::string_view locale) {
    std::string language(locale.substr(0, std::min(locale.find_first_of("-_"), locale.size())));
    for (char& c : language) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    for (const Catalog& c : all()) {
        if (c.locale == language) return c;
    }
    return all()[0];
}

// One code point of UTF-8 at the front; bytes that are not UTF-8 count as one each and as U+FFFD.
char32_t take_code_point(std::string_view& s, std::string_view& bytes) {
    const auto at = [&s](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    const unsigned char first = at(0);
    std::size_t n = first < 0x80         ? 1
                    : (first >> 5) == 6  ? 2
                    : (first >> 4) == 14 ? 3
                    : (first >> 3) == 30 ? 4
                                         : 0;
    char32_t c = n == 1 ? first : n == 2 ? first & 31U : n == 3 ? first & 15U : first & 7U;
    bool ok = n != 0 && n <= s.size();
    for (std::size_t i = 1; ok && i < n; ++i) {
        ok = (at(i) & 0xC0U) == 0x80U;
        c = c << 6 | (at(i) & 63U);
    }
    if (!ok) {
        n = 1;
        c = 0xFFFD;
    }
    bytes = s.substr(0, n);
    s.remove_prefix(n);
    return c;
}

// Anything a terminal, a mail program or the bidirectional algorithm would obey.
bool obeyed(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x061C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0xFFFD ||
           (c >= 0xFFF9 && c <= 0xFFFB) || c >= 0xE0000;
}

std::string tame(std::string_view value) {
    std::string out;
    while (!value.empty()) {
        std::string_view bytes;
        const char32_t c = take_code_point(value, bytes);
        if (obeyed(c)) {
            out += ' ';
        } else {
            out += bytes;
        }
    }
    return out;
}

// "2026-05-04 12:00 UTC": read alike in every language.
std::string when(std::string_view seconds) {
    std::int64_t value = 0;
    for (const char c : seconds) {
        if (c < '0' || c > '9' || value > 99'999'999'999) return {};
        value = value * 10 + (c - '0');
    }
    if (seconds.empty()) return {};
    using namespace std::chrono;
    const sys_seconds at{std::chrono::seconds{value}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d UTC",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()));
    return text.data();
}

std::string value_of(std::string_view name, const domain::TextMap& parameters, bool rtl) {
    const std::string raw = domain::text_map_get(parameters, name);
    std::string value = name == "at" || name == "until" ? when(raw)
                        : name == "user_agent"          ? domain::browser_words(raw)
                                                        : tame(raw);
    // A link and a code are copied, without anything around them.
    if (rtl && !value.empty() && name != "link" && name != "code" && name != "not_me") value = "\u2068" + value + "\u2069";
    return value;
}

// Fills one line; false: leave it out.
bool fill(const Catalog& catalog, std::string_view line, const domain::TextMap& parameters,
          std::string& out) {
    const bool rtl = catalog.locale == "ar";
    while (!line.empty()) {
        const std::size_t open = line.find('{');
        const std::size_t close = open == std::string_view::npos ? open : line.find('}', open);
        if (close == std::string_view::npos) {
            out += line;
            return true;
        }
        out += line.substr(0, open);
        const std::string value =
            value_of(line.substr(open + 1, close - open - 1), parameters, rtl);
        if (value.empty()) return false;
        out += value;
        line.remove_prefix(close + 1);
    }
    return true;
}

void fill_lines(const Catalog& catalog, std::string_view text, const domain::TextMap& parameters,
                std::string& out) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("{_") && line.ends_with('}')) {
            const auto piece = catalog.entries.find(line.substr(1, line.size() - 2));
            if (piece != catalog.entries.end()) fill_lines(catalog, piece->second, parameters, out);
            continue;
        }
        std::string filled;
        if (fill(catalog, line, parameters, filled)) out.append(filled).push_back('\n');
    }
}

}  // namespace

Text render(std::string_view kind, std::string_view locale, const domain::TextMap& parameters) {
    const Catalog& catalog = find(locale);
    const auto entry = catalog.entries.find(kind);
    if (entry == catalog.entries.end() || kind.starts_with('_')) return {};
    const std::string_view body = entry->second;
    const std::size_t end = body.find('\n');
    Text out;
    // A subject without its parameter would be no subject at all.
    if (!fill(catalog, body.substr(0, end), parameters, out.subject)) return {};
    std::string_view rest = body.substr(end + 1);
    while (rest.starts_with('\n')) rest.remove_prefix(1);
    fill_lines(catalog, rest, parameters, out.body);
    return out;
}

std::vector<std::string_view> catalog_locales() {
    std::vector<std::string_view> out;
    for (const Catalog& c : all()) out.push_back(c.locale);
    return out;
}

std::vector<std::string> catalog_kinds(std::string_view locale) {
    std::vector<std::string> out;
    for (const auto& [name, body] : find(locale).entries) {
        if (!name.starts_with('_')) out.push_back(name);
    }
    return out;
}

std::string catalog_entry(std::string_view locale, std::string_view name) {
    const auto& entries = find(locale).entries;
    const auto i = entries.find(name);
    return i == entries.end() ? std::string() : i->second;
}

}  // namespace twofold::delivery
