// vectors.hpp - the vector files of tests/vectors, for every test of the core.
#pragma once
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "shared/hash.hpp"

namespace twofold::test {

using Json = nlohmann::json;

// TWOFOLD_SOURCE_DIR comes from cmake/TwofoldTest.cmake.
inline Json read_vectors(const std::string& file) {
    std::ifstream in(std::string(TWOFOLD_SOURCE_DIR) + "/tests/vectors/" + file);
    if (!in) throw std::runtime_error("cannot open tests/vectors/" + file);
    return Json::parse(in);
}

inline const Json& vectors() {
    static const Json all = read_vectors("vectors.json");
    return all;
}

inline std::vector<std::uint8_t> from_hex(std::string_view hex) {
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        out.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return out;
}

inline std::string to_hex(const std::uint8_t* bytes, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) {
        out += "0123456789abcdef"[bytes[i] >> 4];
        out += "0123456789abcdef"[bytes[i] & 15];
    }
    return out;
}

inline HashAlgorithm algorithm(const Json& text) {
    return *parse_hash_algorithm(text.get<std::string>());
}

}  // namespace twofold::test
