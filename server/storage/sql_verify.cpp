// The hot path: many verifies in one transaction (docs/adr/0002-verifies-share-a-commit.md). Twelve
// statements for up to 128 verifies, whatever their number: five SELECT … FOR UPDATE, two multi-row
// INSERTs, one UPDATE … CASE a table.
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

struct Column {
    const char* name;
    bool differs = false;
    bool uniform = true;
};

}  // namespace

template <class Row>
void SqlTx::load_by_keys(const std::vector<std::string>& keys,
                         const std::function<void(Row)>& found) {
    if (keys.empty()) return;
    const std::string key(key_column<Row>());
    // By the primary key, in its order: two of these transactions that share rows wait for each
    // other but never in a circle, and rows that are not asked for are not locked.
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
        const auto id = row.id;
        rows.challenges[id].row = std::move(row);
    });
    std::sort(user_ids.begin(), user_ids.end());
    user_ids.erase(std::unique(user_ids.begin(), user_ids.end()), user_ids.end());

    std::vector<std::string> found;
    load_by_keys<UserRow>(user_ids, [&](UserRow row) {
        found.push_back(row.id.value);
        loaded_.users[row.id.value] = row;
        const auto id = row.id;
        rows.users[id].row = std::move(row);
    });
    if (found.empty()) return rows;
    load_deliveries(rows);

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
        const auto id = row.id;
        rows.factors[id].row = std::move(row);
    });

    std::sort(budget_ids.begin(), budget_ids.end());
    load_by_keys<BudgetRow>(budget_ids, [&](BudgetRow row) {
        loaded_.budgets[row.id] = row;
        const auto id = row.id;
        rows.budgets[id].row = std::move(row);
    });
    for (const std::string& chain : chains) rows.chains[chain].row.chain = chain;
    load_by_keys<ChainHead>(chains, [&](ChainHead row) { rows.chains[row.chain].row = row; });
    return rows;
}

// Codes on their way, only where a challenge has had any: verifies of authenticator apps are spared
// the look.
void SqlTx::load_deliveries(VerifyRows& rows) {
    std::vector<std::string> with_codes;
    for (const auto& [id, challenge] : rows.challenges)
        if (challenge.row.deliveries > 0) with_codes.push_back(id.value);
    if (with_codes.empty()) return;
    Sql sql = select_from<DeliveryRow>();
    sql.raw(c_.dialect().force_index("delivery_challenge_id_idx")).raw("WHERE challenge_id IN ");
    write_list(sql, with_codes);
    sql.raw(" AND ended_at IS NULL ORDER BY challenge_id, factor_id, id").raw(locking());
    c_.select(sql, kinds_of<DeliveryRow>(), [&](std::vector<Cell>& cells) {
        DeliveryRow row = read_row<DeliveryRow>(cells);
        loaded_.deliveries[row.id.value] = row;
        const auto id = row.id;
        rows.deliveries[id].row = std::move(row);
    });
}

template <class Row, class Map>
void SqlTx::update_many(Map& rows, const std::map<std::string, Row>& loaded) {
    std::vector<Row*> dirty;
    std::vector<const Row*> before;
    std::vector<const std::string*> keys;
    for (auto& [key, tracked] : rows) {
        if (!tracked.dirty) continue;
        const auto it = loaded.find(text_of(key));
        if (it == loaded.end()) {  // the caller read it another way
            update(tracked.row);
            continue;
        }
        dirty.push_back(&tracked.row);
        before.push_back(&it->second);
        keys.push_back(&text_of(key));
    }
    if (dirty.empty()) return;

    // Which columns differ from what was loaded, in any row, and which of those are the same in all
    // rows.
    std::vector<Column> columns;
    for (std::size_t i = 0; i < dirty.size(); ++i) {
        std::vector<const void*> old;
        Table<Row>::fields(*before[i], [&](const char*, const auto& v) { old.push_back(&v); });
        std::vector<const void*> first;
        Table<Row>::fields(*dirty[0], [&](const char*, const auto& v) { first.push_back(&v); });
        std::size_t index = 0;
        Table<Row>::fields(*dirty[i], [&](const char* name, const auto& v) {
            using Value = std::remove_cvref_t<decltype(v)>;
            if (i == 0) columns.push_back({name});
            Column& column = columns[index];
            column.differs |= !(*static_cast<const Value*>(old[index]) == v);
            column.uniform &= *static_cast<const Value*>(first[index]) == v;
            ++index;
        });
    }

    const std::string key(key_column<Row>());
    Sql sql("UPDATE ");
    sql.raw(Table<Row>::name).raw(c_.dialect().force_index("PRIMARY"));
    sql.raw("SET version = version + 1");
    for (std::size_t c = 1; c < columns.size(); ++c) {
        if (!columns[c].differs || std::string_view(columns[c].name) == "version") continue;
        sql.raw(", ").raw(columns[c].name).raw(" = ");
        if (!columns[c].uniform) sql.raw("CASE ").raw(key);
        for (std::size_t i = 0; i < dirty.size(); ++i) {
            if (columns[c].uniform && i > 0) break;
            if (!columns[c].uniform) sql.raw(" WHEN ").value(*keys[i]).raw(" THEN ");
            std::size_t index = 0;
            Table<Row>::fields(*dirty[i], [&](const char*, const auto& v) {
                if (index++ == c) write_value(sql, v);
            });
        }
        if (!columns[c].uniform) sql.raw(" END");
    }
    sql.raw(" WHERE ").raw(key).raw(" IN (");
    for (std::size_t i = 0; i < keys.size(); ++i) sql.raw(i == 0 ? "" : ", ").value(*keys[i]);
    sql.raw(") AND version = ");
    const bool same_version = std::all_of(dirty.begin(), dirty.end(), [&](const Row* row) {
        return row->version == dirty[0]->version;
    });
    if (same_version) {
        sql.value(dirty[0]->version);
    } else {
        sql.raw("CASE ").raw(key);
        for (std::size_t i = 0; i < keys.size(); ++i)
            sql.raw(" WHEN ").value(*keys[i]).raw(" THEN ").value(dirty[i]->version);
        sql.raw(" END");
    }
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

    Sql sql("UPDATE audit_chain");
    sql.raw(c_.dialect().force_index("PRIMARY")).raw("SET ");
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
    // MySQL reads the new value of a column that stands further left in SET: length comes last, for
    // the guard in WHERE is not affected but a later reader of this line should not have to know.
    by_chain("mac = ", [&](std::size_t i) { sql.value(moved[i]->mac); });
    sql.raw(", updated_at = ");
    if (same_time)
        write_value(sql, moved.front()->updated_at);
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
        update_many<DeliveryRow>(rows.deliveries, loaded_.deliveries);

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
            witness_ = rows.events.front().id.value;
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
    clean(rows.deliveries, loaded_.deliveries);
    for (auto& [id, tracked] : rows.budgets) {
        loaded_.budgets[id] = tracked.row;
        tracked.dirty = false;
    }
    for (auto& [chain, tracked] : rows.chains) tracked.dirty = false;
    rows.steps.clear();
    rows.events.clear();
}

}  // namespace twofold::storage
