#include "server/storage/migrator.hpp"

#include <chrono>
#include <ctime>
#include <map>

#include "server/storage/connection.hpp"

namespace twofold::storage {
namespace {

// A table of ten million rows takes its time.
constexpr std::chrono::milliseconds kDeadline{3600 * 1000};
constexpr int kLockWait = 60;  // seconds

struct Applied {
    std::string checksum;
    bool finished = false;
};

std::string code_text(const DatabaseTrouble& trouble) {
    return " (database error " + std::to_string(trouble.native_code) + ")";
}

std::map<long long, Applied> applied(Connection& c) {
    std::map<long long, Applied> out;
    const Kind kinds[] = {Kind::number, Kind::text, Kind::number};
    c.select(Sql("SELECT number, checksum, finished_at FROM schema_migration ORDER BY number"),
             kinds, [&](std::vector<Cell>& cells) {
                 out[cells[0].number] = {cells[1].text, !cells[2].is_null()};
             });
    return out;
}

// Throws when what is in the database is not a beginning of our list.
void check(const std::map<long long, Applied>& done, std::span<const Migration> list) {
    for (const auto& [number, row] : done) {
        if (number < 1 || number > static_cast<long long>(list.size()))
            throw StorageError("the database's schema is newer than this program: migration " +
                               std::to_string(number));
        const Migration& ours = list[static_cast<std::size_t>(number - 1)];
        if (row.checksum != ours.checksum)
            throw StorageError("migration " + std::string(ours.name) +
                               " was changed after it ran: checksums differ");
    }
}

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

void run_one(Connection& c, const Migration& migration, bool begun) {
    const Dialect& d = c.dialect();
    if (!d.ddl_commits) c.run(Sql(d.begin_write));
    if (!begun) {
        c.run(Sql("INSERT INTO schema_migration (number, name, checksum, started_at) VALUES (")
                  .value(migration.number)
                  .raw(", ")
                  .value(migration.name)
                  .raw(", ")
                  .value(migration.checksum)
                  .raw(", ")
                  .value(now())
                  .raw(")"));
    }
    for (std::string statement : statements_of(migration.sql)) {
        if (statement.starts_with("CREATE TABLE")) statement += d.table_options;
        try {
            c.run(Sql(statement));
        } catch (const DatabaseTrouble& trouble) {
            if (!begun || trouble.trouble != Trouble::exists) throw;
        }
    }
    c.run(Sql("UPDATE schema_migration SET finished_at = ")
              .value(now())
              .raw(" WHERE number = ")
              .value(migration.number));
    if (!d.ddl_commits) c.run(Sql("COMMIT"));
}

void take_lock(Connection& c) {
    if (!c.dialect().ddl_commits) return;
    const auto got =
        c.number(Sql("SELECT GET_LOCK(CONCAT('twofold.', DATABASE()), ").value(kLockWait).raw(")"));
    if (got.value_or(0) != 1) throw StorageError("another process is migrating this database");
}

}  // namespace

std::vector<std::string> statements_of(std::string_view sql) {
    std::vector<std::string> out;
    std::string current;
    while (!sql.empty()) {
        const auto end = sql.find('\n');
        std::string_view line = sql.substr(0, end);
        sql = end == std::string_view::npos ? "" : sql.substr(end + 1);
        line = line.substr(0, line.find("--"));
        while (!line.empty()) {
            const auto semicolon = line.find(';');
            current += line.substr(0, semicolon);
            if (semicolon == std::string_view::npos) break;
            line = line.substr(semicolon + 1);
            const auto first = current.find_first_not_of(" \n");
            if (first != std::string::npos) out.push_back(current.substr(first));
            current.clear();
        }
        current += '\n';
    }
    if (current.find_first_not_of(" \n") != std::string::npos)
        throw StorageError("a migration's last statement has no semicolon");
    return out;
}

int migrate(const DatabaseUrl& url, std::span<const Migration> list) {
    const Dialect dialect = make_dialect(url, kDeadline);
    soci::session session;
    Connection c(session, dialect);
    try {
        create_private_file(url);
        c.open();
    } catch (const DatabaseTrouble& trouble) {
        throw StorageError("cannot connect to the database" + code_text(trouble));
    }
    std::string_view at = "schema_migration";
    try {
        take_lock(c);
        c.run(Sql("CREATE TABLE IF NOT EXISTS schema_migration (number INTEGER NOT NULL, "
                  "name VARCHAR(128) NOT NULL, checksum VARCHAR(64) NOT NULL, "
                  "started_at BIGINT NOT NULL, finished_at BIGINT, PRIMARY KEY (number))")
                  .raw(dialect.table_options));
        int finished = 0;
        for (const Migration& migration : list) {
            // Read again each time: on SQLite another process may have been quicker.
            const auto done = applied(c);
            check(done, list);
            const auto row = done.find(migration.number);
            if (row != done.end() && row->second.finished) continue;
            at = migration.name;
            try {
                run_one(c, migration, row != done.end());
                ++finished;
            } catch (const DatabaseTrouble& trouble) {
                if (dialect.ddl_commits) throw;
                c.run(Sql("ROLLBACK"));
                // The other process won; its row says so.
                const auto again = applied(c);
                const auto theirs = again.find(migration.number);
                if (theirs == again.end() || !theirs->second.finished) throw;
            }
        }
        check(applied(c), list);
        return finished;
    } catch (const DatabaseTrouble& trouble) {
        throw StorageError("migration " + std::string(at) + " failed" + code_text(trouble));
    }
}

SchemaState schema_state(const DatabaseUrl& url, std::span<const Migration> list) {
    const Dialect dialect = make_dialect(url, std::chrono::milliseconds{2000});
    soci::session session;
    Connection c(session, dialect);
    try {
        create_private_file(url);
        c.open();
    } catch (const DatabaseTrouble&) {
        return SchemaState::unreachable;
    }
    try {
        const auto done = applied(c);
        check(done, list);
        if (done.size() != list.size()) return SchemaState::behind;
        for (const auto& [number, row] : done)
            if (!row.finished) return SchemaState::behind;
        return SchemaState::current;
    } catch (const StorageError&) {
        return SchemaState::foreign;
    } catch (const DatabaseTrouble& trouble) {
        if (trouble.trouble == Trouble::gone) return SchemaState::unreachable;
        return SchemaState::behind;  // no schema_migration yet
    }
}

int migrate(std::string_view url) {
    const DatabaseUrl parsed = parse_url(url);
    return migrate(parsed, migrations(parsed.engine));
}

SchemaState schema_state(std::string_view url) {
    const DatabaseUrl parsed = parse_url(url);
    return schema_state(parsed, migrations(parsed.engine));
}

}  // namespace twofold::storage
