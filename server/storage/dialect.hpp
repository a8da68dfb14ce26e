// dialect.hpp - every difference between SQLite and MariaDB/MySQL but the error numbers
// (trouble.hpp).
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "server/storage/url.hpp"

namespace twofold::storage {

struct Dialect {
    Engine engine{};
    std::string connect_string;           // for SOCI; holds the password: never print
    std::vector<std::string> on_connect;  // run once on every new connection
    std::string begin_write;              // takes the right to write at once
    std::string begin_read;               // empty: reads need no transaction
    std::string for_update;               // after a SELECT that locks its rows
    std::string skip_locked;              // the same, leaving out rows that are locked already
    std::string table_options;            // after the closing parenthesis of CREATE TABLE
    std::size_t rows_a_statement = 1;     // in bulk: more than one saves round trips
    std::string straight_join;            // an inner join whose left side is read first
    bool one_writer = false;              // writers of this process queue here, not in the database
    bool ddl_commits = false;  // a migration that stopped half-way left half of its tables

    // " FORCE INDEX (name) " between a table and WHERE where a planner left alone may scan a whole
    // small index and lock every row of it.
    std::string force_index(const char* index) const;
    // An expression: 'prefix' before the text of a column.
    std::string prefixed(const char* prefix, const char* column) const;
};

Dialect make_dialect(const DatabaseUrl& url, std::chrono::milliseconds deadline);

// The file of a new SQLite database is readable by its owner alone, as are the journals made like
// it.
void create_private_file(const DatabaseUrl& url);

}  // namespace twofold::storage
