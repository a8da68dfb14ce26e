// connection.hpp - one leased SOCI session: runs a Sql, gives cells, turns SOCI's exceptions into
// DatabaseTrouble. Not thread-safe.
#pragma once
#include <soci/soci.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/storage/dialect.hpp"
#include "server/storage/sql.hpp"
#include "server/storage/trouble.hpp"

namespace twofold::storage {

enum class Kind : std::uint8_t { text, number };

struct Cell {
    std::string text;
    long long number = 0;
    soci::indicator indicator = soci::i_ok;
    bool is_null() const { return indicator == soci::i_null; }
};

class Prepared;
class Statements;

class Connection {
 public:
    // `statements`: of this session, for kept ones; without it there can be none.
    Connection(soci::session& session, const Dialect& dialect, Statements* statements = nullptr)
        : session_(session), dialect_(dialect), statements_(statements) {}

    // Rows found by the WHERE clause (not only those whose values changed: CLIENT_FOUND_ROWS).
    long long run(const Sql& sql);
    // Each row's cells, valid during the call; `kinds` says the column types.
    void select(const Sql& sql, std::span<const Kind> kinds,
                const std::function<void(std::vector<Cell>&)>& row);
    // The first column of the first row as a number.
    std::optional<long long> number(const Sql& sql);

    // Statements that succeeded since the last open(): 0 tells that nothing has been seen or done
    // yet.
    std::int64_t succeeded() const { return succeeded_; }
    void count_from_here() { succeeded_ = 0; }
    const Dialect& dialect() const { return dialect_; }
    // Of the server; tells KILL whom. 0 on SQLite.
    std::uint64_t thread_id() const;

    // Closes what is there, connects anew, runs Dialect::on_connect.
    void open();
    void close() noexcept;

 private:
    Prepared& prepared(const Sql& sql);

    soci::session& session_;
    const Dialect& dialect_;
    Statements* statements_;
    std::int64_t succeeded_ = 0;
};

}  // namespace twofold::storage
