// database_clock.hpp - what time the database server thinks it is: a witness for the clock guard.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace twofold::storage {

// Seconds since the epoch by MariaDB's or MySQL's own clock, over a connection of its own; nothing
// while it does not answer within 2 s. SQLite has no clock but this machine's: the function is
// empty. Not thread-safe. Throws StorageError for a URL it does not understand.
std::function<std::optional<std::int64_t>()> database_clock(std::string_view url);

}  // namespace twofold::storage
