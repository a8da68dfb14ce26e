// The hot path: many verifies in one transaction (docs/adr/0002-verifies-share-a-commit.md and
// 0010-kept-statements.md). One SELECT … FOR UPDATE over a join, and one statement a table to write,
// for up to 64 verifies each; all of them kept prepared. A few shapes serve every number of rows:
// INSERTs are cut, lists of keys filled up with their last key.
#include <algorithm>

#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

namespace {

const std::string& text_of(const std::string& key) { return key; }
template <class Tag>
const std::string& text_of(const Id<Tag>& key) {
    return key.value;
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

// Few shapes for every number of rows: up to 8 as they are, above in fours.
constexpr std::size_t shape_below(std::size_t n) { return n <= 8 ? n : n / 4 * 4; }
constexpr std::size_t shape_above(std::size_t n) { return n <= 8 ? n : (n + 3) / 4 * 4; }

// f(from, count) over [0, n), in shapes of at most `most` rows.
template <class F>
void cut(std::size_t n, std::size_t most, F f) {
    for (std::size_t from = 0; from < n;) {
        const std::size_t count = shape_below(std::min(n - from, most));
        f(from, count);
        from += count;
    }
}

// "(?, ?, …)", the last key again up to the next shape.
void write_list(Sql& sql, std::span<const std::string* const> keys) {
    const std::size_t shape = shape_above(keys.size());
    sql.raw("(");
    for (std::size_t i = 0; i < shape; ++i)
        sql.raw(i == 0 ? "" : ", ").value(*keys[std::min(i, keys.size() - 1)]);
    sql.raw(")");
}

// The value of each key's row: CASE key WHEN … END, or the value alone. `value(i)` writes it.
template <class F>
void write_case(Sql& sql, std::string_view key, std::span<const std::string* const> keys,
                bool uniform, F value) {
    if (uniform || keys.size() == 1) return value(0);
    const std::size_t shape = shape_above(keys.size());
    sql.raw("CASE ").raw(key);
    for (std::size_t n = 0; n < shape; ++n) {
        const std::size_t i = std::min(n, keys.size() - 1);
        sql.raw(" WHEN ").value(*keys[i]).raw(" THEN ");
        value(i);
    }
    sql.raw(" END");
}

template <class Row>
std::string columns_as(const char* alias) {
    std::string out;
    const Row row{};
    Table<Row>::fields(row, [&](const char* column, const auto&) {
        out += std::string(out.empty() ? "" : ", ") + alias + "." + column;
    });
    return out;
}

template <class... Rows>
std::vector<Kind> kinds_of_all() {
    std::vector<Kind> out;
    (out.insert(out.end(), kinds_of<Rows>().begin(), kinds_of<Rows>().end()), ...);
    return out;
}

template <class Row>
std::size_t width_of() {
    return kinds_of<Row>().size();
}

struct Column {
    const char* name;
    bool differs = false;
    bool uniform = true;
};

// Which columns differ from what was loaded, in any row, and which of those are the same in all.
template <class Row>
std::vector<Column> changed_columns(std::span<Tracked<Row>* const> rows) {
    std::vector<Column> columns;
    std::vector<const void*> first;
    Table<Row>::fields(rows[0]->row, [&](const char* name, const auto& v) {
        columns.push_back({name});
        first.push_back(&v);
    });
    std::vector<const void*> old(columns.size());
    for (const Tracked<Row>* tracked : rows) {
        std::size_t index = 0;
        Table<Row>::fields(*tracked->before,
                           [&](const char*, const auto& v) { old[index++] = &v; });
        index = 0;
        Table<Row>::fields(tracked->row, [&](const char*, const auto& v) {
            using Value = std::remove_cvref_t<decltype(v)>;
            Column& column = columns[index];
            column.differs |= !(*static_cast<const Value*>(old[index]) == v);
            column.uniform &= *static_cast<const Value*>(first[index]) == v;
            ++index;
        });
    }
    return columns;
}

}  // namespace

// --- loading -------------------------------------------------------------------------------------

void SqlTx::load_joined(VerifyRows& rows, std::vector<std::string> ids, bool by_challenge) {
    if (ids.empty()) return;
    const Dialect& dialect = c_.dialect();
    static const std::string challenge_columns = columns_as<ChallengeRow>("c") + ", ";
    static const std::string columns = columns_as<UserRow>("u") + ", " + columns_as<ChainHead>("h") +
                                       ", " + columns_as<FactorRow>("f") + ", " +
                                       columns_as<BudgetRow>("b");
    static const std::vector<Kind> challenge_kinds =
        kinds_of_all<ChallengeRow, UserRow, ChainHead, FactorRow, BudgetRow>();
    static const std::vector<Kind> kinds =
        kinds_of_all<UserRow, ChainHead, FactorRow, BudgetRow>();

    const std::size_t user_at = by_challenge ? width_of<ChallengeRow>() : 0;
    const std::size_t chain_at = user_at + width_of<UserRow>();
    const std::size_t factor_at = chain_at + width_of<ChainHead>();
    const std::size_t budget_at = factor_at + width_of<FactorRow>();
    // A row for every factor: what is there already is not read again.
    const auto take = [&](std::vector<Cell>& cells) {
        if (by_challenge && !rows.challenges.contains({cells[0].text})) {
            ChallengeRow row = read_row<ChallengeRow>(cells);
            const ChallengeId id = row.id;
            rows.challenges[id].row = std::move(row);
        }
        if (!cells[factor_at].is_null() && !rows.factors.contains({cells[factor_at].text})) {
            FactorRow row = read_row<FactorRow>(cells, factor_at);
            const FactorId id = row.id;
            rows.factors[id].row = std::move(row);
            if (!cells[budget_at].is_null()) {
                BudgetRow budget = read_row<BudgetRow>(cells, budget_at);
                rows.budgets[id.value].row = std::move(budget);
            }
        }
        if (rows.users.contains({cells[user_at].text})) return;
        UserRow user = read_row<UserRow>(cells, user_at);
        const UserId id = user.id;
        ChainHead& head = rows.chains["user:" + id.value].row;
        if (cells[chain_at].is_null())
            head.chain = "user:" + id.value;
        else
            head = read_row<ChainHead>(cells, chain_at);
        rows.users[id].row = std::move(user);
    };

    std::vector<const std::string*> keys;
    for (const std::string& id : ids) keys.push_back(&id);
    for (std::size_t from = 0; from < keys.size(); from += dialect.rows_a_statement) {
        const std::size_t count = std::min(keys.size() - from, dialect.rows_a_statement);
        Sql sql("SELECT ");
        sql.keep();
        if (by_challenge) {
            sql.raw(challenge_columns).raw(columns).raw(" FROM challenge c");
            sql.raw(dialect.force_index("PRIMARY")).raw(dialect.straight_join).raw("user u");
            sql.raw(dialect.force_index("PRIMARY")).raw("ON u.id = c.user_id");
        } else {
            sql.raw(columns).raw(" FROM user u").raw(dialect.force_index("PRIMARY"));
        }
        sql.raw(" LEFT JOIN audit_chain h").raw(dialect.force_index("PRIMARY"));
        sql.raw("ON h.chain = ").raw(dialect.prefixed("user:", "u.id"));
        sql.raw(" LEFT JOIN factor f").raw(dialect.force_index("factor_user_id_idx"));
        sql.raw("ON f.user_id = u.id AND f.status = 'active'");
        sql.raw(" LEFT JOIN budget b").raw(dialect.force_index("PRIMARY")).raw("ON b.id = f.id");
        // By the primary key and in its order: rows that are not asked for are not locked.
        const char* key = by_challenge ? "c.id" : "u.id";
        sql.raw(" WHERE ").raw(key).raw(" IN ");
        write_list(sql, std::span(keys).subspan(from, count));
        sql.raw(" ORDER BY ").raw(key).raw(locking());
        c_.select(sql, by_challenge ? challenge_kinds : kinds, take);
    }
}

VerifyRows SqlTx::load_for_verify(std::span<const ChallengeId> challenges,
                                  std::span<const UserId> users) {
    VerifyRows rows;
    load_joined(rows, sorted_texts(challenges), true);
    std::vector<std::string> others = sorted_texts(users);
    std::erase_if(others, [&](const std::string& id) { return rows.users.contains({id}); });
    load_joined(rows, std::move(others), false);
    load_deliveries(rows);
    return rows;
}

// Codes on their way, only where a challenge has had any: verifies of authenticator apps are spared
// the look.
void SqlTx::load_deliveries(VerifyRows& rows) {
    std::vector<const std::string*> with_codes;
    for (const auto& [id, challenge] : rows.challenges)
        if (challenge.row.deliveries > 0) with_codes.push_back(&id.value);
    if (with_codes.empty()) return;
    Sql sql = select_from<DeliveryRow>();
    sql.keep();
    sql.raw(c_.dialect().force_index("delivery_challenge_id_idx")).raw("WHERE challenge_id IN ");
    write_list(sql, with_codes);
    sql.raw(" AND ended_at IS NULL ORDER BY challenge_id, factor_id, id").raw(locking());
    c_.select(sql, kinds_of<DeliveryRow>(), [&](std::vector<Cell>& cells) {
        DeliveryRow row = read_row<DeliveryRow>(cells);
        const DeliveryId id = row.id;
        rows.deliveries[id].row = std::move(row);
    });
}

// --- saving --------------------------------------------------------------------------------------

template <class Row>
void SqlTx::insert_many(std::span<const Row* const> rows) {
    cut(rows.size(), c_.dialect().rows_a_statement, [&](std::size_t from, std::size_t count) {
        Sql sql = insert_into<Row>();
        sql.keep();
        for (std::size_t i = 0; i < count; ++i) {
            if (i != 0) sql.raw(", ");
            write_values(sql, *rows[from + i]);
        }
        change(sql);
    });
}

void SqlTx::insert_steps(std::span<const VerifyRows::StepUse> steps) {
    cut(steps.size(), c_.dialect().rows_a_statement, [&](std::size_t from, std::size_t count) {
        Sql sql("INSERT INTO factor_step (factor_id, step, used_at) VALUES ");
        sql.keep();
        for (std::size_t i = 0; i < count; ++i) {
            const VerifyRows::StepUse& use = steps[from + i];
            sql.raw(i == 0 ? "(" : ", (").value(use.factor.value).raw(", ");
            sql.value(use.step).raw(", ");
            write_value(sql, use.at);
            sql.raw(")");
        }
        change(sql);
    });
}

template <class Row, class Map>
void SqlTx::update_many(Map& rows) {
    std::vector<Tracked<Row>*> dirty;
    for (auto& [key, tracked] : rows) {
        if (!tracked.dirty) continue;
        if (tracked.before)
            dirty.push_back(&tracked);
        else
            update(tracked.row);  // the caller read it another way
    }
    const std::size_t most = c_.dialect().rows_a_statement;
    for (std::size_t from = 0; from < dirty.size(); from += most)
        update_some<Row>(std::span(dirty).subspan(from, std::min(dirty.size() - from, most)));
}

template <class Row>
void SqlTx::update_some(std::span<Tracked<Row>* const> rows) {
    const std::vector<Column> columns = changed_columns<Row>(rows);
    std::vector<const std::string*> keys;
    for (const Tracked<Row>* tracked : rows) {
        bool first = true;
        Table<Row>::fields(tracked->row, [&](const char*, const auto& v) {
            if constexpr (requires { text_of(v); })
                if (first) keys.push_back(&text_of(v));
            first = false;
        });
    }
    const std::string key(key_column<Row>());
    Sql sql("UPDATE ");
    sql.keep();
    sql.raw(Table<Row>::name).raw(c_.dialect().force_index("PRIMARY"));
    sql.raw("SET version = version + 1");
    for (std::size_t c = 1; c < columns.size(); ++c) {
        if (!columns[c].differs || std::string_view(columns[c].name) == "version") continue;
        sql.raw(", ").raw(columns[c].name).raw(" = ");
        write_case(sql, key, keys, columns[c].uniform, [&](std::size_t i) {
            std::size_t index = 0;
            Table<Row>::fields(rows[i]->row, [&](const char*, const auto& v) {
                if (index++ == c) write_value(sql, v);
            });
        });
    }
    sql.raw(" WHERE ").raw(key).raw(" IN ");
    write_list(sql, keys);
    const bool same_version = std::all_of(rows.begin(), rows.end(), [&](const Tracked<Row>* t) {
        return t->row.version == rows[0]->row.version;
    });
    sql.raw(" AND version = ");
    write_case(sql, key, keys, same_version,
               [&](std::size_t i) { sql.value(rows[i]->row.version); });
    if (change(sql) != static_cast<long long>(rows.size()))
        throw DatabaseTrouble{Trouble::conflict, 0};
    for (Tracked<Row>* tracked : rows) tracked->row.version += 1;
}

void SqlTx::save_chains(VerifyRows& rows, const std::map<std::string, std::int64_t>& added) {
    std::vector<const ChainHead*> fresh;
    std::vector<const ChainHead*> moved;
    std::vector<std::int64_t> lengths;  // of the moved ones, before
    for (const auto& [name, tracked] : rows.chains) {
        if (!tracked.dirty) continue;
        const auto it = added.find(name);
        const std::int64_t before = tracked.row.length - (it == added.end() ? 0 : it->second);
        if (before == 0) {
            fresh.push_back(&tracked.row);
        } else {
            moved.push_back(&tracked.row);
            lengths.push_back(before);
        }
    }
    insert_many<ChainHead>(fresh);
    const std::size_t most = c_.dialect().rows_a_statement;
    for (std::size_t from = 0; from < moved.size(); from += most) {
        const std::size_t count = std::min(moved.size() - from, most);
        move_chains(std::span(moved).subspan(from, count), std::span(lengths).subspan(from, count));
    }
}

void SqlTx::move_chains(std::span<const ChainHead* const> heads,
                        std::span<const std::int64_t> lengths_before) {
    std::vector<const std::string*> keys;
    bool same_time = true;
    for (const ChainHead* head : heads) {
        keys.push_back(&head->chain);
        same_time = same_time && head->updated_at == heads[0]->updated_at;
    }
    Sql sql("UPDATE audit_chain");
    sql.keep();
    sql.raw(c_.dialect().force_index("PRIMARY")).raw("SET mac = ");
    write_case(sql, "chain", keys, false, [&](std::size_t i) { sql.value(heads[i]->mac); });
    sql.raw(", updated_at = ");
    write_case(sql, "chain", keys, same_time,
               [&](std::size_t i) { write_value(sql, heads[i]->updated_at); });
    // MySQL reads the new value of a column that stands further left in SET: length comes last, for
    // the guard in WHERE is not affected but a later reader of this line should not have to know.
    sql.raw(", length = ");
    write_case(sql, "chain", keys, false, [&](std::size_t i) { sql.value(heads[i]->length); });
    sql.raw(" WHERE chain IN ");
    write_list(sql, keys);
    sql.raw(" AND length = ");
    write_case(sql, "chain", keys, false, [&](std::size_t i) { sql.value(lengths_before[i]); });
    if (change(sql) != static_cast<long long>(heads.size()))
        throw DatabaseTrouble{Trouble::conflict, 0};
}

void SqlTx::save_verified(VerifyRows& rows) {
    try {
        // The unique keys first: what cannot stand fails before anything else is written.
        insert_steps(rows.steps);
        update_many<ChallengeRow>(rows.challenges);
        update_many<UserRow>(rows.users);
        update_many<FactorRow>(rows.factors);
        update_many<DeliveryRow>(rows.deliveries);

        // Budgets without a row yet are inserted, the others updated.
        std::vector<const BudgetRow*> fresh;
        for (auto& [id, tracked] : rows.budgets) {
            if (!tracked.dirty || tracked.row.version != 0) continue;
            tracked.row.version = 1;
            tracked.dirty = false;
            fresh.push_back(&tracked.row);
        }
        insert_many<BudgetRow>(fresh);
        update_many<BudgetRow>(rows.budgets);

        std::map<std::string, std::int64_t> added;
        std::vector<const AuditRow*> events;
        for (const AuditRow& event : rows.events) {
            events.push_back(&event);
            added[event.chain] += 1;
        }
        insert_many<AuditRow>(events);
        if (!events.empty()) witness_ = events.front()->id.value;
        save_chains(rows, added);
    } catch (DatabaseTrouble& trouble) {
        if (trouble.trouble == Trouble::duplicate) trouble.trouble = Trouble::conflict;
        throw;
    }

    // What is saved is the new "before", should the caller go on.
    const auto clean = [](auto& map) {
        for (auto& [key, tracked] : map) {
            tracked.dirty = false;
            tracked.before.reset();
        }
    };
    clean(rows.challenges);
    clean(rows.users);
    clean(rows.factors);
    clean(rows.deliveries);
    clean(rows.budgets);
    clean(rows.chains);
    rows.steps.clear();
    rows.events.clear();
}

}  // namespace twofold::storage
