// store.hpp - the SQL stores behind domain::Store: SQLite in one file, MariaDB or MySQL on a
// server.
//
//   sqlite:PATH
//   mysql://user:password@host:port/database?socket=PATH&ssl_ca=PATH&ssl_cert=PATH&ssl_key=PATH
//       user, password and database percent-encoded; port 3306; `socket` wins over host and port;
//       ssl_ca verifies the authority, not the host's name: name a private authority
//
// Time limits, all 2 s by default: to get a connection, to connect, for one statement, for one
// lock. Guard conflicts, deadlocks and lock time-outs repeat the whole transaction, up to 5 times
// with a small random pause. A database that does not answer, is read-only or full gives
// Problem{unavailable, retry_after}; the store connects again by itself, so it is healthy as soon
// as the database is. Thread-safe. No text of the database or of SOCI leaves this room: it holds
// bound values.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "server/domain/ports.hpp"

namespace twofold::storage {

struct StoreOptions {
    std::size_t connections = 16;              // 1..256; a caller waits for a free one
    std::chrono::milliseconds deadline{2000};  // 1000..60000, whole seconds on MariaDB
    // Told of what went wrong: a stable word ("connect", "statement", "commit", "repeat",
    // "deadline") and the database's own error number (0: none). Called from any thread; must not
    // throw.
    std::function<void(std::string_view what, int native_code)> on_trouble;
};

// A mistake in the URL or options, or a schema this program cannot work with. what() is safe to
// print.
class StorageError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

// Connects when first used, so a server starts before its database does. Throws StorageError for a
// URL it does not understand.
std::unique_ptr<domain::Store> open_store(std::string_view url, StoreOptions options = {});

// Brings the schema to this program's version; safe to run twice, at the same time, and again after
// an interruption. Returns how many migrations it finished. Throws StorageError: the database is
// not reachable, a migration that ran has another checksum than ours, or the schema is newer than
// we are.
int migrate(std::string_view url);

enum class SchemaState {
    current,
    behind,
    foreign,
    unreachable
};  // foreign: as migrate() would refuse
SchemaState schema_state(std::string_view url);

}  // namespace twofold::storage
