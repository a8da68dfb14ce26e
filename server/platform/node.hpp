// node.hpp - what a running server says of itself, so that keys are activated and retired safely
// (rule 12). NodeRow::key_ids is the ring's ids, sorted, separated by commas, the active one marked
// by a star: "k01234567,k89abcdef*".
#pragma once
#include <string>
#include <string_view>

#include "server/domain/rows.hpp"

namespace twofold::platform {

inline constexpr domain::Seconds kNodeBeats{5};
inline constexpr domain::Seconds kNodeLives{60};  // a node not heard of for so long does not run

// ids: Sealer::key_ids()
inline std::string node_keys(std::string_view ids, std::string_view active) {
    std::string out(ids);
    const std::size_t at = active.empty() ? std::string::npos : out.find(active);
    if (at != std::string::npos) out.insert(at + active.size(), "*");
    return out;
}

inline bool node_seals_under(const domain::NodeRow& node, std::string_view id) {
    return ("," + node.key_ids + ",").find("," + std::string(id) + "*,") != std::string::npos;
}

inline bool node_has(const domain::NodeRow& node, std::string_view id) {
    return ("," + node.key_ids + ",").find("," + std::string(id) + ",") != std::string::npos ||
           node_seals_under(node, id);
}

}  // namespace twofold::platform
