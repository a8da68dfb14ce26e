// Support cases, the people of the desk, and how these find a user.
#include <algorithm>

#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

namespace {

std::int64_t seconds(Instant at) { return at.time_since_epoch().count(); }
Sql& limit(Sql& sql, int rows) { return sql.raw(" LIMIT ").value(std::max(rows, 0)); }

}  // namespace

std::vector<ApplicationRow> SqlTx::applications() {
    return all<ApplicationRow>(select_from<ApplicationRow>().raw(" ORDER BY name"));
}

std::vector<UserRow> SqlTx::users_by_email(const ApplicationId& application,
                                           std::string_view email_index, int rows) {
    Sql sql = select_from<UserRow>();
    sql.raw(c_.dialect().force_index("user_email_index_idx"));
    sql.raw(" WHERE email_index = ").value(email_index);
    sql.raw(" AND application_id = ").value(application.value);
    return all<UserRow>(limit(sql.raw(" ORDER BY created_at DESC, id"), rows));
}

std::vector<MessageRow> SqlTx::messages_of(const UserId& user, int rows) {
    Sql sql = select_from<MessageRow>();
    sql.raw(c_.dialect().force_index("message_user_id_idx"));
    sql.raw(" WHERE user_id = ").value(user.value);
    return all<MessageRow>(limit(sql.raw(" ORDER BY created_at DESC, id DESC"), rows));
}

bool SqlTx::insert_agent(const AgentRow& row) { return try_insert(row); }
std::optional<AgentRow> SqlTx::agent(const UserId& id) { return by_key<AgentRow>(id.value); }
std::vector<AgentRow> SqlTx::agents() {
    return all<AgentRow>(select_from<AgentRow>().raw(" ORDER BY created_at, user_id"));
}
void SqlTx::update_agent(AgentRow& row) { update(row); }

void SqlTx::insert_case(const CaseRow& row) { insert(row); }
std::optional<CaseRow> SqlTx::support_case(const CaseId& id) { return by_key<CaseRow>(id.value); }
std::optional<CaseRow> SqlTx::lock_case(const CaseId& id) {
    return by_key<CaseRow>(id.value, locking());
}
void SqlTx::update_case(CaseRow& row) { update(row); }

std::vector<CaseRow> SqlTx::cases_of(const UserId& user, int rows) {
    Sql sql = select_from<CaseRow>();
    sql.raw(" WHERE user_id = ").value(user.value);
    return all<CaseRow>(limit(sql.raw(" ORDER BY opened_at DESC, id DESC"), rows));
}

std::vector<CaseRow> SqlTx::cases(std::span<const CaseState> states, const CaseRow* after,
                                  int rows) {
    if (states.empty()) return {};
    Sql sql = select_from<CaseRow>();
    sql.raw(" WHERE state IN (");
    for (std::size_t i = 0; i < states.size(); ++i)
        sql.raw(i == 0 ? "" : ", ").value(enum_text(states[i]));
    sql.raw(")");
    if (after != nullptr) {
        sql.raw(" AND (opened_at > ").value(seconds(after->opened_at));
        sql.raw(" OR (opened_at = ").value(seconds(after->opened_at));
        sql.raw(" AND id > ").value(after->id.value).raw("))");
    }
    return all<CaseRow>(limit(sql.raw(" ORDER BY opened_at, id"), rows));
}

std::vector<CaseRow> SqlTx::due_cases(Instant now, int rows) {
    Sql sql = select_from<CaseRow>();
    sql.raw(" WHERE due_at <= ").value(seconds(now));
    return all<CaseRow>(limit(sql.raw(" ORDER BY due_at"), rows));
}

void SqlTx::insert_case_step(const CaseStepRow& row) { insert(row); }
std::vector<CaseStepRow> SqlTx::case_steps(const CaseId& id) {
    Sql sql = select_from<CaseStepRow>();
    sql.raw(" WHERE case_id = ").value(id.value);
    return all<CaseStepRow>(sql.raw(" ORDER BY sequence"));
}

void SqlTx::insert_evidence(const EvidenceRow& row) { insert(row); }
std::vector<EvidenceRow> SqlTx::evidence(const CaseId& id) {
    Sql sql = select_from<EvidenceRow>();
    sql.raw(" WHERE case_id = ").value(id.value);
    return all<EvidenceRow>(sql.raw(" ORDER BY recorded_at, id"));
}

}  // namespace twofold::storage
