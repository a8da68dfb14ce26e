#include "server/storage/statements.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <cstring>

namespace twofold::storage {
namespace {

// More shapes than a server meets in a day; a limit, for each one takes memory of the database.
constexpr std::size_t kMostKept = 256;
// Fits what sits in most columns; a longer value is fetched again.
constexpr std::size_t kUsualText = 512;

// --- MariaDB and MySQL ---------------------------------------------------------------------------

using MysqlBool = std::remove_pointer_t<decltype(MYSQL_BIND::is_null)>;  // my_bool, or bool

class MysqlStatement final : public Prepared {
 public:
    MysqlStatement(MYSQL* connection, const std::string& text)
        : handle_(mysql_stmt_init(connection)) {
        if (!handle_) throw DatabaseTrouble{Trouble::unavailable, 0};
        if (mysql_stmt_prepare(handle_.get(), text.data(), text.size()) != 0) fail();
    }

    long long run(const Sql& sql) override {
        execute(sql);
        return static_cast<long long>(mysql_stmt_affected_rows(handle_.get()));
    }

    void select(const Sql& sql, std::span<const Kind> kinds,
                const std::function<void(std::vector<Cell>&)>& row) override {
        execute(sql);
        // Whatever ends the reading: the connection is ready for the next statement.
        struct Rest {
            MYSQL_STMT* of;
            ~Rest() { mysql_stmt_free_result(of); }
        } const rest{handle_.get()};
        expect(kinds);
        for (;;) {
            const int got = mysql_stmt_fetch(handle_.get());
            if (got == MYSQL_NO_DATA) return;
            if (got != 0 && got != MYSQL_DATA_TRUNCATED) fail();
            for (std::size_t i = 0; i < kinds.size(); ++i) take(kinds[i], i);
            row(cells_);
        }
    }

 private:
    struct Column {
        std::string text;
        long long number = 0;
        unsigned long length = 0;
        MysqlBool is_null = 0;
    };

    [[noreturn]] void fail() { throw mysql_trouble(mysql_stmt_errno(handle_.get())); }

    void execute(const Sql& sql) {
        const std::span<const SqlValue> values = sql.values();
        if (mysql_stmt_param_count(handle_.get()) != values.size())
            throw DatabaseTrouble{Trouble::internal, 0};
        // Bound for reading only: the library's structure serves both directions.
        char* texts = const_cast<char*>(sql.texts().data());
        parameters_.assign(values.size(), MYSQL_BIND{});
        for (std::size_t i = 0; i < values.size(); ++i) {
            const SqlValue& value = values[i];
            MYSQL_BIND& bind = parameters_[i];
            switch (value.kind) {
                case SqlValue::Kind::null:
                    bind.buffer_type = MYSQL_TYPE_NULL;
                    break;
                case SqlValue::Kind::number:
                    bind.buffer_type = MYSQL_TYPE_LONGLONG;
                    bind.buffer = const_cast<std::int64_t*>(&value.number);
                    break;
                case SqlValue::Kind::text:
                    bind.buffer_type = MYSQL_TYPE_STRING;
                    bind.buffer = texts + value.at;
                    bind.buffer_length = static_cast<unsigned long>(value.size);
                    bind.length = &bind.buffer_length;
                    break;
            }
        }
        if (!values.empty() && mysql_stmt_bind_param(handle_.get(), parameters_.data()) != 0)
            fail();
        if (mysql_stmt_execute(handle_.get()) != 0) fail();
    }

    void expect(std::span<const Kind> kinds) {
        if (mysql_stmt_field_count(handle_.get()) != kinds.size())
            throw DatabaseTrouble{Trouble::internal, 0};
        columns_.resize(kinds.size());
        cells_.resize(kinds.size());
        results_.assign(kinds.size(), MYSQL_BIND{});
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            MYSQL_BIND& bind = results_[i];
            Column& column = columns_[i];
            bind.length = &column.length;
            bind.is_null = &column.is_null;
            if (kinds[i] == Kind::number) {
                bind.buffer_type = MYSQL_TYPE_LONGLONG;
                bind.buffer = &column.number;
            } else {
                column.text.resize(kUsualText);
                bind.buffer_type = MYSQL_TYPE_STRING;
                bind.buffer = column.text.data();
                bind.buffer_length = static_cast<unsigned long>(column.text.size());
            }
        }
        if (mysql_stmt_bind_result(handle_.get(), results_.data()) != 0) fail();
    }

    void take(Kind kind, std::size_t i) {
        Column& column = columns_[i];
        Cell& cell = cells_[i];
        cell.indicator = column.is_null ? soci::i_null : soci::i_ok;
        if (kind == Kind::number) {
            cell.number = column.number;
        } else if (column.is_null) {
            cell.text.clear();
        } else if (column.length <= column.text.size()) {
            cell.text.assign(column.text, 0, column.length);
        } else {
            cell.text.resize(column.length);
            MYSQL_BIND whole{};
            whole.buffer_type = MYSQL_TYPE_STRING;
            whole.buffer = cell.text.data();
            whole.buffer_length = column.length;
            whole.length = &column.length;
            whole.is_null = &column.is_null;
            if (mysql_stmt_fetch_column(handle_.get(), &whole, static_cast<unsigned>(i), 0) != 0)
                fail();
        }
    }

    struct Close {
        void operator()(MYSQL_STMT* handle) const { mysql_stmt_close(handle); }
    };
    std::unique_ptr<MYSQL_STMT, Close> handle_;
    std::vector<MYSQL_BIND> parameters_;
    std::vector<MYSQL_BIND> results_;
    std::vector<Column> columns_;
    std::vector<Cell> cells_;
};

// --- SQLite --------------------------------------------------------------------------------------

class SqliteStatement final : public Prepared {
 public:
    SqliteStatement(sqlite_api::sqlite3* connection, const std::string& text)
        : connection_(connection) {
        sqlite_api::sqlite3_stmt* made = nullptr;
        const int result = sqlite_api::sqlite3_prepare_v3(
            connection, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
            &made, nullptr);
        handle_.reset(made);
        if (result != SQLITE_OK) fail();
    }

    long long run(const Sql& sql) override {
        const Running running(*this, sql);
        while (step()) {
        }
        return sqlite_api::sqlite3_changes(connection_);
    }

    void select(const Sql& sql, std::span<const Kind> kinds,
                const std::function<void(std::vector<Cell>&)>& row) override {
        const Running running(*this, sql);
        if (sqlite_api::sqlite3_column_count(handle_.get()) != static_cast<int>(kinds.size()))
            throw DatabaseTrouble{Trouble::internal, 0};
        cells_.resize(kinds.size());
        while (step()) {
            for (std::size_t i = 0; i < kinds.size(); ++i) take(kinds[i], static_cast<int>(i));
            row(cells_);
        }
    }

 private:
    // Bound while it lives; afterwards the statement holds no lock and points to no value.
    class Running {
     public:
        Running(SqliteStatement& statement, const Sql& sql) : of_(statement.handle_.get()) {
            int place = 0;
            for (const SqlValue& value : sql.values()) {
                int result = SQLITE_OK;
                ++place;
                switch (value.kind) {
                    case SqlValue::Kind::null:
                        break;  // unbound is NULL
                    case SqlValue::Kind::number:
                        result = sqlite_api::sqlite3_bind_int64(of_, place, value.number);
                        break;
                    case SqlValue::Kind::text:
                        // The last argument, SQLITE_STATIC: it is not copied.
                        result = sqlite_api::sqlite3_bind_text(
                            of_, place, sql.texts().data() + value.at,
                            static_cast<int>(value.size), nullptr);
                        break;
                }
                if (result != SQLITE_OK) {
                    end();
                    statement.fail();
                }
            }
        }
        ~Running() { end(); }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

     private:
        void end() {
            sqlite_api::sqlite3_reset(of_);
            sqlite_api::sqlite3_clear_bindings(of_);
        }
        sqlite_api::sqlite3_stmt* of_;
    };

    [[noreturn]] void fail() {
        throw sqlite_trouble(sqlite_api::sqlite3_extended_errcode(connection_));
    }

    bool step() {
        const int result = sqlite_api::sqlite3_step(handle_.get());
        if (result == SQLITE_ROW) return true;
        if (result != SQLITE_DONE) fail();
        return false;
    }

    void take(Kind kind, int i) {
        Cell& cell = cells_[static_cast<std::size_t>(i)];
        auto* handle = handle_.get();
        const bool null = sqlite_api::sqlite3_column_type(handle, i) == SQLITE_NULL;
        cell.indicator = null ? soci::i_null : soci::i_ok;
        if (kind == Kind::number) {
            cell.number = sqlite_api::sqlite3_column_int64(handle, i);
        } else if (null) {
            cell.text.clear();
        } else {
            const void* text = sqlite_api::sqlite3_column_text(handle, i);
            cell.text.assign(static_cast<const char*>(text),
                             static_cast<std::size_t>(sqlite_api::sqlite3_column_bytes(handle, i)));
        }
    }

    struct Finalize {
        void operator()(sqlite_api::sqlite3_stmt* handle) const {
            sqlite_api::sqlite3_finalize(handle);
        }
    };
    sqlite_api::sqlite3* connection_;
    std::unique_ptr<sqlite_api::sqlite3_stmt, Finalize> handle_;
    std::vector<Cell> cells_;
};

}  // namespace

Prepared& Statements::of(soci::session& session, Engine engine, const Sql& sql) {
    const auto found = kept_.find(sql.text());
    if (found != kept_.end()) return *found->second;
    if (kept_.size() >= kMostKept) kept_.clear();  // the usual ones are back at once
    soci::details::session_backend* backend = session.get_backend();
    if (backend == nullptr) throw DatabaseTrouble{Trouble::gone, 0};
    // static_cast: SOCI does not export the backends' type information.
    std::unique_ptr<Prepared> made;
    if (engine == Engine::mysql)
        made = std::make_unique<MysqlStatement>(
            static_cast<soci::mysql_session_backend*>(backend)->conn_, sql.text());
    else
        made = std::make_unique<SqliteStatement>(
            static_cast<soci::sqlite3_session_backend*>(backend)->conn_, sql.text());
    return *kept_.emplace(sql.text(), std::move(made)).first->second;
}

}  // namespace twofold::storage
