// migrations.hpp - db/migrations/ as part of the binary (made by embed_migrations.cmake).
#pragma once
#include <span>
#include <string_view>

#include "server/storage/url.hpp"

namespace twofold::storage {

// One file. NNNN_name.sql is for every dialect; NNNN_name.sqlite.sql and NNNN_name.mysql.sql are a
// pair.
struct Migration {
    int number = 0;             // 1.. without gaps
    std::string_view name;      // "0001_initial"
    std::string_view checksum;  // SHA-256 of the file, hexadecimal
    std::string_view sql;
};

// In order.
std::span<const Migration> migrations(Engine engine);

}  // namespace twofold::storage
