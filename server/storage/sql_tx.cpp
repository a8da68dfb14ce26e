#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

namespace {

constexpr int kRowsPerInsert = 200;
constexpr int kRowsPerCount = 10000;  // keeps each statement of a count far below its deadline
constexpr Seconds kStepUseKept{600};
constexpr Seconds kChallengeGrace{3600};
constexpr Seconds kIdempotencyGrace{86400};
constexpr Seconds kMessageGrace{86400};

std::int64_t seconds(Instant at) { return at.time_since_epoch().count(); }

Sql& limit(Sql& sql, int rows) { return sql.raw(" LIMIT ").value(std::max(rows, 0)); }

}  // namespace

// --- applications and users ----------------------------------------------------------------------

std::optional<ApplicationRow> SqlTx::application(const ApplicationId& id) {
    return by_key<ApplicationRow>(id.value);
}

std::optional<ApplicationRow> SqlTx::application_named(std::string_view name) {
    return one<ApplicationRow>(select_from<ApplicationRow>().raw(" WHERE name = ").value(name));
}

bool SqlTx::insert_application(const ApplicationRow& row) { return try_insert(row); }

void SqlTx::set_application_methods_off(const ApplicationId& id, std::string_view names) {
    Sql sql("UPDATE application SET methods_off = ");
    change(sql.value(names).raw(" WHERE id = ").value(id.value));
}

bool SqlTx::insert_user(const UserRow& row) { return try_insert(row); }

std::optional<UserRow> SqlTx::user(const UserId& id) { return by_key<UserRow>(id.value); }

std::optional<UserRow> SqlTx::lock_user(const UserId& id) {
    return by_key<UserRow>(id.value, locking());
}

std::optional<UserRow> SqlTx::user_by_external_id(const ApplicationId& application,
                                                  std::string_view external_id) {
    return one<UserRow>(select_from<UserRow>()
                            .raw(" WHERE application_id = ")
                            .value(application.value)
                            .raw(" AND external_id = ")
                            .value(external_id));
}

void SqlTx::update_user(UserRow& row) { update(row); }

void SqlTx::erase_user(const UserId& id) {
    // The user's row first: whoever works on it finishes before, or finds it gone. Tables with a
    // foreign key follow by themselves; the rest is named here.
    lock_user(id);
    std::vector<std::string> factors_of_user;
    const Kind text[] = {Kind::text};
    c_.select(Sql("SELECT id FROM factor WHERE user_id = ").value(id.value), text,
              [&](std::vector<Cell>& cells) { factors_of_user.push_back(cells[0].text); });
    for (const std::string& factor : factors_of_user)
        change(Sql("DELETE FROM factor_step WHERE factor_id = ").value(factor));
    for (const char* table : {"link", "message", "delivery"})
        change(Sql("DELETE FROM ").raw(table).raw(" WHERE user_id = ").value(id.value));
    change(Sql("DELETE FROM user WHERE id = ").value(id.value));
}

std::optional<TombstoneRow> SqlTx::tombstone(std::string_view id) {
    return by_key<TombstoneRow>(id);
}

void SqlTx::put_tombstone(const TombstoneRow& row) { put(row); }

bool SqlTx::insert_account(const AccountRow& row) { return try_insert(row); }

std::optional<AccountRow> SqlTx::account(const UserId& user) {
    return by_key<AccountRow>(user.value);
}

std::optional<AccountRow> SqlTx::account_by_email(const ApplicationId& application,
                                                  std::string_view email_index) {
    return one<AccountRow>(select_from<AccountRow>()
                               .raw(" WHERE application_id = ")
                               .value(application.value)
                               .raw(" AND email_index = ")
                               .value(email_index));
}

void SqlTx::update_account(AccountRow& row) { update(row); }

// --- factors -------------------------------------------------------------------------------------

void SqlTx::insert_factor(const FactorRow& row) { insert(row); }

std::optional<FactorRow> SqlTx::lock_factor(const FactorId& id) {
    return by_key<FactorRow>(id.value, locking());
}

namespace {
Sql live_factors(const UserId& user, const Dialect& dialect) {
    return select_from<FactorRow>()
        .raw(dialect.force_index("factor_user_id_idx"))
        .raw("WHERE user_id = ")
        .value(user.value)
        .raw(" AND status IN ('active', 'pending') ORDER BY created_at, id");
}
}  // namespace

std::vector<FactorRow> SqlTx::lock_factors(const UserId& user) {
    return all<FactorRow>(live_factors(user, c_.dialect()).raw(locking()));
}

std::vector<FactorRow> SqlTx::factors(const UserId& user) {
    return all<FactorRow>(live_factors(user, c_.dialect()));
}

void SqlTx::update_factor(FactorRow& row) { update(row); }

bool SqlTx::insert_step_use(const FactorId& factor, std::int64_t step, Instant at) {
    return try_change(Sql("INSERT INTO factor_step (factor_id, step, used_at) VALUES (")
                          .value(factor.value)
                          .raw(", ")
                          .value(step)
                          .raw(", ")
                          .value(seconds(at))
                          .raw(")"));
}

// --- budgets and backup codes --------------------------------------------------------------------

std::optional<BudgetRow> SqlTx::lock_budget(std::string_view id) {
    return by_key<BudgetRow>(id, locking());
}

std::vector<BudgetRow> SqlTx::budgets(const UserId& user) {
    return all<BudgetRow>(
        select_from<BudgetRow>().raw(" WHERE user_id = ").value(user.value).raw(" ORDER BY id"));
}

void SqlTx::put_budget(BudgetRow& row) {
    if (row.version != 0) return update(row);
    BudgetRow first = row;
    first.version = 1;
    insert(first);
    row.version = 1;
}

void SqlTx::delete_budget(std::string_view id) {
    change(Sql("DELETE FROM budget WHERE id = ").value(id));
}

std::optional<BackupSetRow> SqlTx::backup_set(const UserId& user) {
    // One statement: a set and the codes of another one must never be seen together.
    std::optional<BackupSetRow> out;
    static const std::string columns = [] {
        std::string text;
        const BackupSetRow row{};
        Table<BackupSetRow>::fields(row, [&](const char* column, const auto&) {
            text += std::string("s.") + column + ", ";
        });
        return text + "c.position, c.hash, c.used_at";
    }();
    std::vector<Kind> kinds = kinds_of<BackupSetRow>();
    const std::size_t of_set = kinds.size();
    kinds.insert(kinds.end(), {Kind::number, Kind::text, Kind::number});
    c_.select(Sql("SELECT ")
                  .raw(columns)
                  .raw(" FROM backup_set s LEFT JOIN backup_code c ON c.set_id = s.id WHERE "
                       "s.user_id = ")
                  .value(user.value)
                  .raw(" ORDER BY c.position"),
              kinds, [&](std::vector<Cell>& cells) {
                  if (!out) out = read_row<BackupSetRow>(cells);
                  if (cells[of_set].is_null()) return;
                  BackupCode code;
                  read_value(cells[of_set], code.position);
                  read_value(cells[of_set + 1], code.hash);
                  read_value(cells[of_set + 2], code.used_at);
                  out->codes.push_back(std::move(code));
              });
    return out;
}

void SqlTx::replace_backup_set(const UserId& user, const BackupSetRow* set) {
    change(Sql("DELETE FROM backup_set WHERE user_id = ").value(user.value));
    if (set == nullptr) return;
    insert(*set);
    if (set->codes.empty()) return;
    Sql sql("INSERT INTO backup_code (set_id, position, hash, used_at) VALUES ");
    bool first = true;
    for (const BackupCode& code : set->codes) {
        if (!first) sql.raw(", ");
        first = false;
        sql.raw("(").value(set->id.value).raw(", ").value(code.position).raw(", ");
        sql.value(code.hash.text).raw(", ");
        write_value(sql, code.used_at);
        sql.raw(")");
    }
    change(sql);
}

bool SqlTx::use_backup_code(const BackupSetId& set, int position, Instant at) {
    if (change(Sql("UPDATE backup_code SET used_at = ")
                   .value(seconds(at))
                   .raw(" WHERE set_id = ")
                   .value(set.value)
                   .raw(" AND position = ")
                   .value(position)
                   .raw(" AND used_at IS NULL")) != 1)
        return false;
    // The arbiter where the update above can be lost (two nodes of a cluster): a second one fails
    // here.
    return try_change(Sql("INSERT INTO backup_code_use (set_id, position, used_at) VALUES (")
                          .value(set.value)
                          .raw(", ")
                          .value(position)
                          .raw(", ")
                          .value(seconds(at))
                          .raw(")"));
}

// --- challenges ----------------------------------------------------------------------------------

void SqlTx::insert_challenge(const ChallengeRow& row) { insert(row); }

std::optional<ChallengeRow> SqlTx::challenge(const ChallengeId& id) {
    return by_key<ChallengeRow>(id.value);
}

std::optional<ChallengeRow> SqlTx::lock_challenge(const ChallengeId& id) {
    return by_key<ChallengeRow>(id.value, locking());
}

void SqlTx::update_challenge(ChallengeRow& row) { update(row); }

void SqlTx::close_challenges(const UserId& user) {
    change(Sql("UPDATE challenge SET status = 'closed', version = version + 1 WHERE user_id = ")
               .value(user.value)
               .raw(" AND status IN ('pending', 'approved')"));
}

// --- sessions ------------------------------------------------------------------------------------

void SqlTx::insert_session(const SessionRow& row) { insert(row); }

std::optional<SessionRow> SqlTx::session(const SessionId& id) {
    return by_key<SessionRow>(id.value);
}

std::optional<SessionRow> SqlTx::lock_session(const SessionId& id) {
    return by_key<SessionRow>(id.value, locking());
}

void SqlTx::update_session(SessionRow& row) { update(row); }

void SqlTx::delete_session(const SessionId& id) {
    change(Sql("DELETE FROM session WHERE id = ").value(id.value));
}

void SqlTx::delete_sessions(const UserId& user, const SessionId& except) {
    change(Sql("DELETE FROM session WHERE user_id = ")
               .value(user.value)
               .raw(" AND id <> ")
               .value(except.value));
}

void SqlTx::delete_full_sessions(const UserId& user) {
    change(Sql("DELETE FROM session WHERE user_id = ")
               .value(user.value)
               .raw(" AND state = ")
               .value(enum_text(domain::SessionState::full)));
}

// --- API keys ------------------------------------------------------------------------------------

void SqlTx::insert_api_key(const ApiKeyRow& row) { insert(row); }

std::optional<ApiKeyRow> SqlTx::api_key_by_hash(std::string_view hash) {
    return one<ApiKeyRow>(select_from<ApiKeyRow>().raw(" WHERE hash = ").value(hash));
}

std::vector<ApiKeyRow> SqlTx::api_keys(const ApplicationId& application) {
    return all<ApiKeyRow>(select_from<ApiKeyRow>()
                              .raw(" WHERE application_id = ")
                              .value(application.value)
                              .raw(" ORDER BY created_at, id"));
}

bool SqlTx::revoke_api_key(const ApiKeyId& id, Instant at) {
    return change(Sql("UPDATE api_key SET revoked_at = ")
                      .value(seconds(at))
                      .raw(" WHERE id = ")
                      .value(id.value)
                      .raw(" AND revoked_at IS NULL")) == 1;
}

void SqlTx::touch_api_key(const ApiKeyId& id, Instant at) {
    change(Sql("UPDATE api_key SET last_used_at = ")
               .value(seconds(at))
               .raw(" WHERE id = ")
               .value(id.value));
}

// --- audit ---------------------------------------------------------------------------------------

ChainHead SqlTx::lock_chain(std::string_view chain) {
    if (auto head = by_key<ChainHead>(chain, locking())) return *head;
    return ChainHead{std::string(chain), 0, {}, {}};
}

void SqlTx::append_audit(const AuditRow& event, const ChainHead& head) {
    insert(event);
    witness_ = event.id.value;
    if (head.length == 1) return insert(head);
    Sql sql("UPDATE audit_chain");
    write_assignments(sql, head);
    write_key_condition(sql, head);
    sql.raw(" AND length = ").value(head.length - 1);
    if (change(sql) != 1) throw DatabaseTrouble{Trouble::conflict, 0};
}

std::vector<AuditRow> SqlTx::audit(const ApplicationId& application, const UserId& user,
                                   const EventId& before, int rows) {
    Sql sql = select_from<AuditRow>();
    if (user.empty()) {
        sql.raw(c_.dialect().force_index("audit_application_id_idx"));
        sql.raw("WHERE application_id = ").value(application.value);
    } else {
        sql.raw(c_.dialect().force_index("audit_chain_key"));
        sql.raw("WHERE chain = ").value("user:" + user.value);
        sql.raw(" AND application_id = ").value(application.value);
    }
    if (!before.empty()) sql.raw(" AND id < ").value(before.value);
    return all<AuditRow>(limit(sql.raw(" ORDER BY id DESC"), rows));
}

std::vector<AuditRow> SqlTx::audit_chain(std::string_view chain, std::int64_t after, int rows) {
    Sql sql = select_from<AuditRow>();
    sql.raw(c_.dialect().force_index("audit_chain_key")).raw("WHERE chain = ").value(chain);
    sql.raw(" AND sequence > ").value(after).raw(" ORDER BY sequence");
    return all<AuditRow>(limit(sql, rows));
}

std::vector<ChainHead> SqlTx::chains(std::string_view after, int rows) {
    Sql sql = select_from<ChainHead>();
    sql.raw(" WHERE chain > ").value(after).raw(" ORDER BY chain");
    return all<ChainHead>(limit(sql, rows));
}

std::vector<ChainHead> SqlTx::chains_moved_since(Instant since, int rows) {
    Sql sql = select_from<ChainHead>();
    sql.raw(" WHERE updated_at >= ").value(seconds(since)).raw(" ORDER BY updated_at, chain");
    return all<ChainHead>(limit(sql, rows));
}

namespace {
constexpr const char* kEntryColumns = "chain, length, mac, updated_at";
}

std::optional<ChainHead> SqlTx::chain(std::string_view name) { return by_key<ChainHead>(name); }

std::vector<CheckpointMark> SqlTx::checkpoint_marks(std::string_view chain, int rows) {
    Sql sql("SELECT checkpoint_number, length FROM checkpoint_entry WHERE chain = ");
    sql.value(chain).raw(" ORDER BY checkpoint_number DESC");
    return all<CheckpointMark>(limit(sql, rows));
}

std::optional<CheckpointRow> SqlTx::last_checkpoint() {
    const auto number = c_.number(Sql("SELECT MAX(number) FROM checkpoint"));
    if (!number) return std::nullopt;
    return checkpoint(*number);
}

std::optional<CheckpointRow> SqlTx::checkpoint(std::int64_t number) {
    auto out =
        one<CheckpointRow>(select_from<CheckpointRow>().raw(" WHERE number = ").value(number));
    if (!out) return out;
    out->entries = all<ChainHead>(Sql("SELECT ")
                                      .raw(kEntryColumns)
                                      .raw(" FROM checkpoint_entry WHERE checkpoint_number = ")
                                      .value(number)
                                      .raw(" ORDER BY position"));
    return out;
}

bool SqlTx::insert_checkpoint(const CheckpointRow& row) {
    if (!try_insert(row)) return false;
    std::size_t i = 0;
    while (i < row.entries.size()) {
        Sql sql("INSERT INTO checkpoint_entry (checkpoint_number, position, ");
        sql.raw(kEntryColumns).raw(") VALUES ");
        for (int n = 0; n < kRowsPerInsert && i < row.entries.size(); ++n, ++i) {
            if (n != 0) sql.raw(", ");
            sql.raw("(").value(row.number).raw(", ").value(static_cast<std::int64_t>(i));
            Table<ChainHead>::fields(row.entries[i], [&](const char*, const auto& v) {
                sql.raw(", ");
                write_value(sql, v);
            });
            sql.raw(")");
        }
        change(sql);
    }
    return true;
}

// --- throttles, idempotency, links ---------------------------------------------------------------

std::optional<ThrottleRow> SqlTx::lock_throttle(std::string_view key) {
    return by_key<ThrottleRow>(key, locking());
}

void SqlTx::put_throttle(const ThrottleRow& row) { put(row); }

bool SqlTx::insert_idempotency(const IdempotencyRow& row) { return try_insert(row); }

std::optional<IdempotencyRow> SqlTx::lock_idempotency(std::string_view id) {
    return by_key<IdempotencyRow>(id, locking());
}

void SqlTx::put_idempotency(const IdempotencyRow& row) { put(row); }

void SqlTx::delete_idempotency(std::string_view id) {
    change(Sql("DELETE FROM idempotency WHERE id = ").value(id));
}

bool SqlTx::request_committed(std::string_view request_id) {
    return c_
        .number(Sql("SELECT 1 FROM audit")
                    .raw(c_.dialect().force_index("audit_request_id_idx"))
                    .raw("WHERE request_id = ")
                    .value(request_id)
                    .raw(" LIMIT 1"))
        .has_value();
}

void SqlTx::insert_link(const LinkRow& row) { insert(row); }

std::optional<LinkRow> SqlTx::lock_link(std::string_view id) {
    return by_key<LinkRow>(id, locking());
}

void SqlTx::update_link(LinkRow& row) { update(row); }

void SqlTx::void_links(LinkPurpose purpose, const ApplicationId& application,
                       std::string_view email_index) {
    change(Sql("DELETE FROM link WHERE email_index = ")
               .value(email_index)
               .raw(" AND purpose = ")
               .value(enum_text(purpose))
               .raw(" AND application_id = ")
               .value(application.value)
               .raw(" AND used_at IS NULL"));
}

// --- messages ------------------------------------------------------------------------------------

std::vector<MessageRow> SqlTx::recent_messages(int rows) {
    Sql sql = select_from<MessageRow>();
    return all<MessageRow>(limit(sql.raw(" ORDER BY created_at DESC, id DESC"), rows));
}

// --- assertions, signing keys and nodes ----------------------------------------------------------

bool SqlTx::insert_assertion_use(std::string_view jti, Instant expires_at) {
    return try_change(Sql("INSERT INTO assertion_use (id, expires_at) VALUES (")
                          .value(jti)
                          .raw(", ")
                          .value(seconds(expires_at))
                          .raw(")"));
}

std::vector<SigningKeyRow> SqlTx::signing_keys() {
    return all<SigningKeyRow>(select_from<SigningKeyRow>().raw(" ORDER BY created_at, id"));
}

bool SqlTx::insert_signing_key(const SigningKeyRow& row) { return try_insert(row); }

void SqlTx::put_node(const NodeRow& row) { put(row); }

std::vector<NodeRow> SqlTx::nodes(Instant seen_after) {
    return all<NodeRow>(select_from<NodeRow>()
                            .raw(" WHERE seen_at > ")
                            .value(seconds(seen_after))
                            .raw(" ORDER BY id"));
}

std::int64_t SqlTx::count_sealed(const char* table, const char* key, const std::string& condition) {
    // Codes are walked by their sets: a stretch must not end in the middle of one.
    const std::string walked = std::string_view(table) == "backup_code" ? "backup_set" : table;
    std::int64_t count = 0;
    std::string last;
    const Kind text[] = {Kind::text};
    for (;;) {
        std::optional<std::string> end;
        Sql stretch("SELECT MAX(id) FROM (SELECT id FROM ");
        stretch.raw(walked).raw(" WHERE id > ").value(last).raw(" ORDER BY id");
        limit(stretch, kRowsPerCount).raw(") stretch");
        c_.select(stretch, text, [&](std::vector<Cell>& cells) {
            if (!cells[0].is_null()) end = cells[0].text;
        });
        if (!end) return count;
        Sql sql("SELECT COUNT(*) FROM ");
        sql.raw(table).raw(" WHERE ").raw(key).raw(" > ").value(last);
        sql.raw(" AND ").raw(key).raw(" <= ").value(*end).raw(" AND (").raw(condition).raw(")");
        count += c_.number(sql).value_or(0);
        last = *end;
    }
}

std::int64_t SqlTx::rows_sealed_under(std::string_view key_id) {
    // The one Sql that is put together from a string: the prefix is a value, written by Sql itself.
    const std::string prefix = std::string(key_id) + ".";
    const auto starts = [&](std::initializer_list<const char*> columns) {
        std::string out;
        for (const char* column : columns) {
            Sql sql;
            sql.raw(out.empty() ? "" : " OR ").raw("SUBSTR(").raw(column).raw(", 1, ");
            sql.value(static_cast<std::int64_t>(prefix.size())).raw(") = ").value(prefix);
            // A key id of other characters than Sql writes out is not one of ours.
            if (!sql.bound().empty()) throw DatabaseTrouble{Trouble::internal, 0};
            out += sql.text();
        }
        return out;
    };
    return count_sealed("user", "id",
                        starts({"email", "phone", "previous_email", "display_name", "audit_key"})) +
           count_sealed("factor", "id", starts({"secret", "address"})) +
           count_sealed("backup_code", "set_id", starts({"hash"})) +
           count_sealed("challenge", "id", starts({"action_text"})) +
           count_sealed("audit", "id", starts({"details"})) +
           count_sealed("idempotency", "id", starts({"body"})) +
           count_sealed("link", "id", starts({"payload"})) +
           count_sealed("message", "id", starts({"recipient", "parameters"})) +
           count_sealed("support_case", "id", starts({"contact"})) +
           count_sealed("case_evidence", "id", starts({"note"})) +
           count_sealed("case_step", "id", starts({"detail"})) +
           count_sealed("signing_key", "id", starts({"private_key"}));
}

// --- sweeping ------------------------------------------------------------------------------------

// First the ids, then the rows by primary key: DELETE … LIMIT is not in every SQLite, and a DELETE
// by condition alone may lock more than it removes.
int SqlTx::sweep_table(const char* table, const char* key, const std::string& condition,
                       const char* order, int rows) {
    std::vector<std::string> ids;
    const Kind text[] = {Kind::text};
    Sql find("SELECT ");
    find.raw(key).raw(" FROM ").raw(table).raw(" WHERE ").raw(condition);
    limit(find.raw(" ORDER BY ").raw(order), rows);
    c_.select(find, text, [&](std::vector<Cell>& cells) { ids.push_back(cells[0].text); });
    if (ids.empty()) return 0;
    Sql remove("DELETE FROM ");
    remove.raw(table).raw(" WHERE ").raw(key).raw(" IN (");
    for (std::size_t i = 0; i < ids.size(); ++i) remove.raw(i == 0 ? "" : ", ").value(ids[i]);
    remove.raw(") AND ").raw(condition);
    return static_cast<int>(change(remove));
}

int SqlTx::sweep(Instant now, int rows) {
    const auto until = [](const char* column, std::int64_t at) {
        return Sql(column).raw(" <= ").value(at).text();
    };
    int removed = 0;
    for (const char* table : {"session", "device", "link", "assertion_use", "tombstone"})
        removed += sweep_table(table, "id", until("expires_at", seconds(now)), "expires_at", rows);
    removed += sweep_table("challenge", "id", until("expires_at", seconds(now - kChallengeGrace)),
                           "expires_at", rows);
    removed +=
        sweep_table("factor", "id", "status = 'pending' AND " + until("expires_at", seconds(now)),
                    "expires_at", rows);
    removed +=
        sweep_table("idempotency", "id", until("expires_at", seconds(now - kIdempotencyGrace)),
                    "expires_at", rows);
    removed += sweep_table("throttle", "id", until("tat_ms", seconds(now) * 1000), "tat_ms", rows);
    removed += sweep_table("message", "id", until("not_after", seconds(now - kMessageGrace)),
                           "not_after", rows);
    removed += sweep_table("delivery", "id", until("expires_at", seconds(now - kMessageGrace)),
                           "expires_at", rows);

    std::vector<std::pair<std::string, long long>> uses;
    const Kind kinds[] = {Kind::text, Kind::number};
    Sql find("SELECT factor_id, step FROM factor_step WHERE ");
    find.raw(until("used_at", seconds(now - kStepUseKept))).raw(" ORDER BY used_at");
    c_.select(limit(find, rows), kinds,
              [&](std::vector<Cell>& cells) { uses.emplace_back(cells[0].text, cells[1].number); });
    for (std::size_t i = 0; i < uses.size();) {
        Sql remove("DELETE FROM factor_step WHERE ");
        for (int n = 0; n < kRowsPerInsert && i < uses.size(); ++n, ++i) {
            remove.raw(n == 0 ? "" : " OR ").raw("(factor_id = ").value(uses[i].first);
            remove.raw(" AND step = ").value(uses[i].second).raw(")");
        }
        removed += static_cast<int>(change(remove));
    }
    return removed;
}

}  // namespace twofold::storage
