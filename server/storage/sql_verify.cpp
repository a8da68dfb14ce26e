// The hot path: many verifies in one transaction (design: "commits decide"). Twelve statements for up to
// 128 verifies, whatever their number: five SELECT … FOR UPDATE, two multi-row INSERTs, one UPDATE … CASE
// a table.
#include <algorithm>

#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

namespace {

void write_list(Sql& sql, const std::vector<std::string>& keys) {
    sql.raw("(");
    for (std::size_t i = 0; i < keys.size(); ++i) sql.raw(i == 0 ? "" : ", ").value(keys[i]);
    sql.raw(")");
}

template <class Key>
std::vector<std::string> sorted_texts(std::span<const Key> ids) {
    std::vector<std::string> out;
    out.reserve(ids.size());
    for (const Key& id : ids) out.push_back(id.value);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

const std::string& text_of(const std::string& key) { return key; }
template <class Tag>
const std::string& text_of(const Id<Tag>& key) {
    return key.value;
}

// One column of the rows that change, ready to be written.
struct Change {
    const char* column;
    std::vector<Sql> values;  // one per row, in the order of the rows
    bool differs = false;     // from what was loaded, in any row
    bool uniform = true;      // the same in all rows
};

}  // namespace

template <class Row>
void SqlTx::load_by_keys(const std::vector<std::string>& keys,
                         const std::function<void(Row)>& found) {
    if (keys.empty()) return;
    const std::string key(key_column<Row>());
    // By the primary key, in its order: two of these transactions that share rows wait for each other but
    // never in a circle, and rows that are not asked for are not locked.
    Sql sql = select_from<Row>();
    sql.raw(c_.dialect().force_index("PRIMARY")).raw("WHERE ").raw(key).raw(" IN ");
    write_list(sql, keys);
    sql.raw(" ORDER BY ").raw(key).raw(locking());
    c_.select(sql, kinds_of<Row>(), [&](std::vector<Cell>& cells) { found(read_row<Row>(cells)); });
}

VerifyRows SqlTx::load_for_verify(std::span<const ChallengeId> challenges,
                                  std::span<const UserId> users) {
    VerifyRows rows;

    std::vector<std::string> user_ids = sorted_texts(users);
    load_by_keys<ChallengeRow>(sorted_texts(challenges), [&](ChallengeRow row) {
        user_ids.push_back(row.user.value);
        loaded_.challenges[row.id.value] = row;
        rows.challenges[row.id].row = row;
    });
    std::sort(user_ids.begin(), user_ids.end());
    user_ids.erase(std::unique(user_ids.begin(), user_ids.end()), user_ids.end());

    std::vector<std::string> found;
    load_by_keys<UserRow>(user_ids, [&](UserRow row) {
        found.push_back(row.id.value);
        loaded_.users[row.id.value] = row;
        rows.users[row.id].row = row;
    });
    if (found.empty()) return rows;

    std::vector<std::string> budget_ids;
    std::vector<std::string> chains;
    for (const std::string& user : found) {
        budget_ids.push_back(user + ":backup");
        chains.push_back("user:" + user);
    }

    Sql factors = select_from<FactorRow>();
    factors.raw(c_.dialect().force_index("factor_user_id_idx")).raw("WHERE user_id IN ");
    write_list(factors, found);
    factors.raw(" AND status = 'active' ORDER BY user_id, id").raw(locking());
    c_.select(factors, kinds_of<FactorRow>(), [&](std::vector<Cell>& cells) {
        FactorRow row = read_row<FactorRow>(cells);
        budget_ids.push_back(row.id.value);
        loaded_.factors[row.id.value] = row;
        rows.factors[row.id].row = row;
    });

    std::sort(budget_ids.begin(), budget_ids.end());
    load_by_keys<BudgetRow>(budget_ids, [&](BudgetRow row) {
        loaded_.budgets[row.id] = row;
        rows.budgets[row.id].row = row;
    });
    for (const std::string& chain : chains) rows.chains[chain].row.chain = chain;
    load_by_keys<ChainHead>(chains, [&](ChainHead row) { rows.chains[row.chain].row = row; });
    return rows;
}

template <class Row, class Map>
void SqlTx::update_many(Map& rows, const std::map<std::string, Row>& loaded) {
    std::vector<Row*> dirty;
    for (auto& [key, tracked] : rows) {
        if (!tracked.dirty) continue;
        if (loaded.contains(text_of(key))) dirty.push_back(&tracked.row);
        else
            update(tracked.row);  // the caller read it another way
    }
    if (dirty.empty()) return;

    std::vector<Change> columns;
    std::vector<std::string> keys;
    for (Row* row : dirty) {
        const std::string* key = nullptr;
        std::size_t index = 0;
        const Row* before = nullptr;
        std::vector<const void*> old;  // the loaded row's members, in order
        Table<Row>::fields(*row, [&](const char* column, const auto& v) {
            using Value = std::remove_cvref_t<decltype(v)>;
            if (key == nullptr) {
                if constexpr (std::is_same_v<Value, std::string> || IsId<Value>::value)
                    key = &text_of(v);
                keys.push_back(*key);
                before = &loaded.at(*key);
                Table<Row>::fields(*before,
                                   [&](const char*, const auto& o) { old.push_back(&o); });
                ++index;
                return;
            }
            if (columns.size() < index) columns.push_back(Change{column, {}, false, true});
            Change& change = columns[index - 1];
            Sql value;
            write_value(value, v);
            change.differs |= !(*static_cast<const Value*>(old[index]) == v);
            change.uniform &= change.values.empty() ||
                              (change.values.front().text() == value.text() &&
                               value.bound().empty() && change.values.front().bound().empty());
            change.values.push_back(std::move(value));
            ++index;
        });
    }

    const std::string key(key_column<Row>());
    Sql sql("UPDATE ");
    sql.raw(Table<Row>::name).raw(" SET version = version + 1");
    for (const Change& change : columns) {
        if (!change.differs || std::string_view(change.column) == "version") continue;
        sql.raw(", ").raw(change.column).raw(" = ");
        if (change.uniform) {
            sql.append(change.values.front());
            continue;
        }
        sql.raw("CASE ").raw(key);
        for (std::size_t i = 0; i < keys.size(); ++i)
            sql.raw(" WHEN ").value(keys[i]).raw(" THEN ").append(change.values[i]);
        sql.raw(" END");
    }
    sql.raw(" WHERE ").raw(key).raw(" IN ");
    write_list(sql, keys);
    sql.raw(" AND version = CASE ").raw(key);
    for (std::size_t i = 0; i < keys.size(); ++i)
        sql.raw(" WHEN ").value(keys[i]).raw(" THEN ").value(dirty[i]->version);
    sql.raw(" END");
    if (change(sql) != static_cast<long long>(dirty.size()))
        throw DatabaseTrouble{Trouble::conflict, 0};
    for (Row* row : dirty) row->version += 1;
}

void SqlTx::save_chains(VerifyRows& rows, const std::map<std::string, std::int64_t>& added) {
    Sql fresh = insert_into<ChainHead>();
    bool any_fresh = false;
    std::vector<const ChainHead*> moved;
    std::vector<std::int64_t> lengths;  // before
    for (const auto& [name, tracked] : rows.chains) {
        if (!tracked.dirty) continue;
        const auto it = added.find(name);
        const std::int64_t before = tracked.row.length - (it == added.end() ? 0 : it->second);
        if (before == 0) {
            if (any_fresh) fresh.raw(", ");
            any_fresh = true;
            write_values(fresh, tracked.row);
        } else {
            moved.push_back(&tracked.row);
            lengths.push_back(before);
        }
    }
    if (any_fresh) change(fresh);
    if (moved.empty()) return;

    Sql sql("UPDATE audit_chain SET ");
    const auto by_chain = [&](const char* column, auto value) {
        sql.raw(column).raw("CASE chain");
        for (std::size_t i = 0; i < moved.size(); ++i) {
            sql.raw(" WHEN ").value(moved[i]->chain).raw(" THEN ");
            value(i);
        }
        sql.raw(" END");
    };
    const bool same_time = std::all_of(moved.begin(), moved.end(), [&](const ChainHead* head) {
        return head->updated_at == moved.front()->updated_at;
    });
    // MySQL reads the new value of a column that stands further left in SET: length comes last, for the
    // guard in WHERE is not affected but a later reader of this line should not have to know.
    by_chain("mac = ", [&](std::size_t i) { sql.value(moved[i]->mac); });
    sql.raw(", updated_at = ");
    if (same_time) write_value(sql, moved.front()->updated_at);
    else
        by_chain("", [&](std::size_t i) { write_value(sql, moved[i]->updated_at); });
    sql.raw(", ");
    by_chain("length = ", [&](std::size_t i) { sql.value(moved[i]->length); });
    sql.raw(" WHERE chain IN (");
    for (std::size_t i = 0; i < moved.size(); ++i)
        sql.raw(i == 0 ? "" : ", ").value(moved[i]->chain);
    sql.raw(") AND ");
    by_chain("length = ", [&](std::size_t i) { sql.value(lengths[i]); });
    if (change(sql) != static_cast<long long>(moved.size()))
        throw DatabaseTrouble{Trouble::conflict, 0};
}

void SqlTx::save_verified(VerifyRows& rows) {
    // The unique keys first: what cannot stand fails before anything else is written.
    try {
        if (!rows.steps.empty()) {
            Sql sql("INSERT INTO factor_step (factor_id, step, used_at) VALUES ");
            for (std::size_t i = 0; i < rows.steps.size(); ++i) {
                const auto& use = rows.steps[i];
                sql.raw(i == 0 ? "(" : ", (").value(use.factor.value).raw(", ");
                sql.value(use.step).raw(", ");
                write_value(sql, use.at);
                sql.raw(")");
            }
            change(sql);
        }
        update_many<ChallengeRow>(rows.challenges, loaded_.challenges);
        update_many<UserRow>(rows.users, loaded_.users);
        update_many<FactorRow>(rows.factors, loaded_.factors);

        // Budgets without a row yet are inserted, the others updated.
        Sql fresh = insert_into<BudgetRow>();
        bool any_fresh = false;
        for (auto& [id, tracked] : rows.budgets) {
            if (!tracked.dirty || tracked.row.version != 0) continue;
            if (any_fresh) fresh.raw(", ");
            any_fresh = true;
            tracked.row.version = 1;
            tracked.dirty = false;
            write_values(fresh, tracked.row);
        }
        if (any_fresh) change(fresh);
        update_many<BudgetRow>(rows.budgets, loaded_.budgets);

        std::map<std::string, std::int64_t> added;
        if (!rows.events.empty()) {
            Sql sql = insert_into<AuditRow>();
            bool first = true;
            for (const AuditRow& event : rows.events) {
                if (!first) sql.raw(", ");
                first = false;
                write_values(sql, event);
                added[event.chain] += 1;
            }
            change(sql);
        }
        save_chains(rows, added);
    } catch (DatabaseTrouble& trouble) {
        if (trouble.trouble == Trouble::duplicate) trouble.trouble = Trouble::conflict;
        throw;
    }

    // What is saved is the new "loaded", should the caller go on.
    const auto clean = [](auto& map, auto& loaded) {
        for (auto& [key, tracked] : map) {
            if (tracked.dirty) loaded[text_of(key)] = tracked.row;
            tracked.dirty = false;
        }
    };
    clean(rows.challenges, loaded_.challenges);
    clean(rows.users, loaded_.users);
    clean(rows.factors, loaded_.factors);
    for (auto& [id, tracked] : rows.budgets) {
        loaded_.budgets[id] = tracked.row;
        tracked.dirty = false;
    }
    for (auto& [chain, tracked] : rows.chains) tracked.dirty = false;
    rows.steps.clear();
    rows.events.clear();
}

}  // namespace twofold::storage
