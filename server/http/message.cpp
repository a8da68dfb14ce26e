#include "server/http/message.hpp"

#include <algorithm>

namespace twofold::http {
namespace {

constexpr std::string_view kNames[kMethodCount] = {"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::string_view name(Method m) { return kNames[static_cast<std::size_t>(m)]; }

std::optional<Method> parse_method(std::string_view token) {
    for (std::size_t i = 0; i < kMethodCount; ++i) {
        if (kNames[i] == token) return static_cast<Method>(i);
    }
    return std::nullopt;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> Request::header(std::string_view field_name) const {
    for (const Field& f : headers) {
        if (equals_ignoring_case(f.name, field_name)) return f.value;
    }
    return std::nullopt;
}

std::size_t Request::count(std::string_view field_name) const {
    return static_cast<std::size_t>(
        std::count_if(headers.begin(), headers.end(),
                      [&](const Field& f) { return equals_ignoring_case(f.name, field_name); }));
}

std::string_view Request::param(std::string_view param_name) const {
    for (const auto& [key, value] : params) {
        if (key == param_name) return value;
    }
    return {};
}

std::optional<std::string_view> Request::query_param(std::string_view param_name) const {
    for (const auto& [key, value] : query) {
        if (key == param_name) return value;
    }
    return std::nullopt;
}

}  // namespace twofold::http
