#include "server/storage/mapping.hpp"

namespace twofold::storage {

domain::Scopes scopes_value(std::string_view text) {
    domain::Scopes out;
    while (!text.empty()) {
        const auto space = text.find(' ');
        out.insert(enum_value<domain::Scope>(text.substr(0, space)));
        text = space == std::string_view::npos ? "" : text.substr(space + 1);
    }
    return out;
}

}  // namespace twofold::storage
