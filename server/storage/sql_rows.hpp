// sql_rows.hpp - the row-by-row statements of SqlTx, for the .cpp files that implement it.
#pragma once
#include <stdexcept>

#include "server/storage/sql_tx.hpp"

namespace twofold::storage {

inline long long SqlTx::change(const Sql& sql) {
    if (!writable_) throw std::logic_error("a change inside Store::read");
    return c_.run(sql);
}

inline std::string SqlTx::locking() const { return c_.dialect().for_update; }

template <class Row>
std::vector<Row> SqlTx::all(const Sql& sql) {
    std::vector<Row> out;
    c_.select(sql, kinds_of<Row>(),
              [&](std::vector<Cell>& cells) { out.push_back(read_row<Row>(cells)); });
    return out;
}

template <class Row>
std::optional<Row> SqlTx::one(const Sql& sql) {
    std::optional<Row> out;
    c_.select(sql, kinds_of<Row>(), [&](std::vector<Cell>& cells) {
        if (!out) out = read_row<Row>(cells);
    });
    return out;
}

// The primary key's column: the first one.
template <class Row>
std::string_view key_column() {
    const std::string& columns = columns_of<Row>();
    return std::string_view(columns).substr(0, columns.find(','));
}

template <class Row>
std::optional<Row> SqlTx::by_key(std::string_view key, std::string_view suffix) {
    return one<Row>(
        select_from<Row>().raw(" WHERE ").raw(key_column<Row>()).raw(" = ").value(key).raw(suffix));
}

inline bool SqlTx::try_change(const Sql& insertion) {
    try {
        change(insertion);
        return true;
    } catch (const DatabaseTrouble& trouble) {
        if (trouble.trouble != Trouble::duplicate) throw;
        return false;
    }
}

template <class Row>
bool SqlTx::try_insert(const Row& row) {
    Sql sql = insert_into<Row>();
    write_values(sql, row);
    return try_change(sql);
}

template <class Row>
void SqlTx::insert(const Row& row) {
    if (!try_insert(row)) throw DatabaseTrouble{Trouble::conflict, 0};
}

// "SET a = …, b = …": every column but the key; `version` counts up in the database.
template <class Row>
void write_assignments(Sql& sql, const Row& row) {
    bool first = true;
    int column_index = 0;
    Table<Row>::fields(row, [&](const char* column, const auto& v) {
        if (column_index++ == 0) return;
        sql.raw(first ? " SET " : ", ").raw(column).raw(" = ");
        first = false;
        if (std::string_view(column) == "version")
            sql.raw("version + 1");
        else
            write_value(sql, v);
    });
}

template <class Row>
void write_key_condition(Sql& sql, const Row& row) {
    bool first = true;
    Table<Row>::fields(row, [&](const char* column, const auto& v) {
        if (!first) return;
        first = false;
        sql.raw(" WHERE ").raw(column).raw(" = ");
        write_value(sql, v);
    });
}

template <class Row>
void SqlTx::update(Row& row) {
    Sql sql("UPDATE ");
    sql.raw(Table<Row>::name);
    write_assignments(sql, row);
    write_key_condition(sql, row);
    sql.raw(" AND version = ").value(row.version);
    try {
        if (change(sql) != 1) throw DatabaseTrouble{Trouble::conflict, 0};
    } catch (DatabaseTrouble& trouble) {
        if (trouble.trouble == Trouble::duplicate) trouble.trouble = Trouble::conflict;
        throw;
    }
    row.version += 1;
}

template <class Row>
void SqlTx::put(const Row& row) {
    Sql sql("UPDATE ");
    sql.raw(Table<Row>::name);
    write_assignments(sql, row);
    write_key_condition(sql, row);
    if (change(sql) == 0) insert(row);
}

}  // namespace twofold::storage
