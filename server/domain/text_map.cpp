#include "server/domain/text_map.hpp"

namespace twofold::domain {

std::string text_map_write(const TextMap& map) {
    std::string out;
    for (const auto& [name, value] : map) {
        out += name;
        out += '=';
        for (char c : value) {
            if (c == '\\') {
                out += "\\\\";
            } else if (c == '\n') {
                out += "\\n";
            } else {
                out += c;
            }
        }
        out += '\n';
    }
    return out;
}

TextMap text_map_read(std::string_view text) {
    TextMap map;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        std::string value;
        for (std::size_t i = equals + 1; i < line.size(); ++i) {
            if (line[i] == '\\' && i + 1 < line.size()) {
                ++i;
                value += line[i] == 'n' ? '\n' : line[i];
            } else {
                value += line[i];
            }
        }
        map[std::string(line.substr(0, equals))] = std::move(value);
    }
    return map;
}

std::string text_map_get(const TextMap& map, std::string_view name) {
    const auto it = map.find(name);
    return it == map.end() ? std::string() : it->second;
}

}  // namespace twofold::domain
