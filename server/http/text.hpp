// text.hpp - small text rules of the edge: UTF-8, percent-decoding, URL query.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twofold::http {

// Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

// RFC 3986 section 2.1. Nothing when an escape is broken, the result is not UTF-8, or it holds a
// control character (NUL, CR and LF among them).
std::optional<std::string> percent_decode(std::string_view text);

// name=value pairs split at '&'; '+' is a space. Nothing when any part does not decode.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view text);

}  // namespace twofold::http
