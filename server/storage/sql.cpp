#include "server/storage/sql.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace twofold::storage {
namespace {

constexpr std::array<bool, 256> make_plain() {
    std::array<bool, 256> t{};
    for (unsigned c = '0'; c <= '9'; ++c) t[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) t[c] = true;
    for (unsigned c = 'A'; c <= 'Z'; ++c) t[c] = true;
    for (char c : std::string_view("-_.:+/=@ ")) t[static_cast<unsigned char>(c)] = true;
    return t;
}
constexpr std::array<bool, 256> kPlain = make_plain();

}  // namespace

Sql& Sql::null() {
    if (!kept_) return raw("NULL");
    values_.emplace_back();
    return raw("?");
}

Sql& Sql::value(std::int64_t number) {
    if (kept_) {
        values_.push_back({SqlValue::Kind::number, number});
        return raw("?");
    }
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    text_.append(digits, end);
    return *this;
}

Sql& Sql::value(std::string_view text) {
    if (kept_) {
        values_.push_back({SqlValue::Kind::text, 0, texts_.size(), text.size()});
        texts_ += text;
        return raw("?");
    }
    if (std::all_of(text.begin(), text.end(),
                    [](char c) { return kPlain[static_cast<unsigned char>(c)]; })) {
        text_ += '\'';
        text_ += text;
        text_ += '\'';
        return *this;
    }
    text_ += ":p";
    value(static_cast<std::int64_t>(bound_.size()));
    bound_.emplace_back(text);
    return *this;
}

}  // namespace twofold::storage
