#include "server/storage/connection.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <mutex>
#include <stdexcept>

#include "server/storage/statements.hpp"

namespace twofold::storage {
namespace {

// SOCI 4.0 and 4.1 agree on this much of soci::statement for values whose number is known only now.
template <class Exchange>
void prepare(const Sql& sql, Exchange exchange, soci::statement& statement) {
    for (const std::string& value : sql.bound()) statement.exchange(soci::use(value));
    exchange(statement);
    statement.alloc();
    statement.prepare(sql.text());
    statement.define_and_bind();
}

// No connection is ever used by two threads at once, and nobody asks for SQLite's memory
// statistics: their mutexes cost 5 to 10 % of a verify. Has an effect only before SQLite is first
// used; later it is refused and everything works as before.
void configure_sqlite() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite_api::sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
        sqlite_api::sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    });
}

}  // namespace

long long Connection::run(const Sql& sql) {
    if (sql.kept()) {
        const long long rows = prepared(sql).run(sql);
        ++succeeded_;
        return rows;
    }
    try {
        soci::statement statement(session_);
        prepare(
            sql, [](soci::statement&) {}, statement);
        statement.execute(true);
        ++succeeded_;
        return statement.get_affected_rows();
    } catch (const soci::soci_error& error) {
        throw classify(session_, error);
    }
}

void Connection::select(const Sql& sql, std::span<const Kind> kinds,
                        const std::function<void(std::vector<Cell>&)>& row) {
    if (sql.kept()) {
        bool counted = false;
        const auto count = [&] {
            if (!counted) ++succeeded_;
            counted = true;
        };
        prepared(sql).select(sql, kinds, [&](std::vector<Cell>& cells) {
            count();  // once a row has been seen, whatever comes after it
            row(cells);
        });
        count();
        return;
    }
    try {
        soci::statement statement(session_);
        std::vector<Cell> cells(kinds.size());
        prepare(
            sql,
            [&](soci::statement& s) {
                for (std::size_t i = 0; i < kinds.size(); ++i) {
                    Cell& cell = cells[i];
                    if (kinds[i] == Kind::text)
                        s.exchange(soci::into(cell.text, cell.indicator));
                    else
                        s.exchange(soci::into(cell.number, cell.indicator));
                }
            },
            statement);
        bool more = statement.execute(true);
        ++succeeded_;
        while (more) {
            row(cells);
            more = statement.fetch();
        }
    } catch (const soci::soci_error& error) {
        throw classify(session_, error);
    }
}

Prepared& Connection::prepared(const Sql& sql) {
    if (statements_ == nullptr) throw std::logic_error("a kept statement without Statements");
    return statements_->of(session_, dialect_.engine, sql);
}

std::optional<long long> Connection::number(const Sql& sql) {
    std::optional<long long> out;
    const Kind kinds[] = {Kind::number};
    select(sql, kinds, [&](std::vector<Cell>& cells) {
        if (!out && !cells[0].is_null()) out = cells[0].number;
    });
    return out;
}

std::uint64_t Connection::thread_id() const {
    if (dialect_.engine != Engine::mysql || session_.get_backend() == nullptr) return 0;
    // static_cast: SOCI does not export the backend's type information.
    auto* backend = static_cast<soci::mysql_session_backend*>(session_.get_backend());
    return backend->conn_ == nullptr ? 0 : mysql_thread_id(backend->conn_);
}

void Connection::open() {
    close();
    try {
        if (dialect_.engine == Engine::sqlite) {
            configure_sqlite();
            session_.open(soci::sqlite3, dialect_.connect_string);
        } else {
            session_.open(soci::mysql, dialect_.connect_string);
        }
    } catch (const soci::soci_error& error) {
        DatabaseTrouble trouble = classify(session_, error);
        close();
        trouble.trouble = Trouble::unavailable;
        throw trouble;
    }
    try {
        for (const std::string& statement : dialect_.on_connect) run(Sql(statement));
    } catch (DatabaseTrouble& trouble) {
        close();
        trouble.trouble = Trouble::unavailable;
        throw;
    }
    succeeded_ = 0;
}

void Connection::close() noexcept {
    if (statements_ != nullptr) statements_->clear();
    try {
        session_.close();
    } catch (const std::exception&) {  // nothing to close, or the peer is gone: either is closed
    }
}

}  // namespace twofold::storage
