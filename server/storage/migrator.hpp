// migrator.hpp - migrate() of store.hpp over any list of migrations, so that tests can bring their
// own.
//
// schema_migration holds one row per migration: its checksum, when it was begun and when it was
// finished. SQLite runs each migration in one transaction. MariaDB and MySQL commit after every
// CREATE, so one that stopped half-way stays "begun"; run again, it steps over the tables, columns
// and indexes that are there. A lock lets only one process migrate at a time.
#pragma once
#include <span>

#include "server/storage/migrations.hpp"
#include "server/storage/store.hpp"

namespace twofold::storage {

int migrate(const DatabaseUrl& url, std::span<const Migration> list);
SchemaState schema_state(const DatabaseUrl& url, std::span<const Migration> list);

// The statements of a file: without comments, each without its semicolon. Semicolons end statements
// wherever they stand; the files hold none inside a literal.
std::vector<std::string> statements_of(std::string_view sql);

}  // namespace twofold::storage
