// text_map.hpp - a few named texts in one sealed value: audit details, message parameters, a link's
// payload. One "name=value\n" a line; in values backslash is \\ and line feed \n. Pure.
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace twofold::domain {

using TextMap = std::map<std::string, std::string, std::less<>>;

// Names hold only a-z and _; values hold anything. What this writes, text_map_read reads back.
std::string text_map_write(const TextMap& map);

// Lines without '=' are left out; a later line of the same name wins.
TextMap text_map_read(std::string_view text);

// Empty when there is none of that name.
std::string text_map_get(const TextMap& map, std::string_view name);

}  // namespace twofold::domain
