// mapping.hpp - rows.hpp against db/migrations/: one Table<Row> per table names the columns, once,
// for SELECT, INSERT and UPDATE alike.
//
// Closed sets are stored by name, so that the order of an enum never becomes data. A name this
// program does not know (a newer server wrote it) is a DatabaseTrouble, never a default.
#pragma once
#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include "server/domain/rows.hpp"
#include "server/storage/connection.hpp"

namespace twofold::storage {

// --- closed sets ---------------------------------------------------------------------------------

template <class E>
struct Names;

template <>
struct Names<domain::Method> {
    static constexpr std::array<const char*, 4> list{"totp", "email", "whatsapp", "backup_code"};
};
template <>
struct Names<domain::FactorStatus> {
    static constexpr std::array<const char*, 3> list{"pending", "active", "ended"};
};
template <>
struct Names<domain::Purpose> {
    static constexpr std::array<const char*, 3> list{"sign_in", "manage", "step_up"};
};
template <>
struct Names<domain::Action> {
    static constexpr std::array<const char*, 6> list{"none",    "add_factor", "remove_factor",
                                                     "disable", "regenerate", "change_address"};
};
template <>
struct Names<domain::ChallengeStatus> {
    static constexpr std::array<const char*, 4> list{"pending", "approved", "consumed", "closed"};
};
template <>
struct Names<domain::OpenedWith> {
    static constexpr std::array<const char*, 4> list{"none", "proof", "recover", "link"};
};
template <>
struct Names<domain::SessionState> {
    static constexpr std::array<const char*, 3> list{"second_step", "full", "recovery"};
};
template <>
struct Names<domain::LinkPurpose> {
    static constexpr std::array<const char*, 4> list{"confirm_email", "reset_password", "notice",
                                                     "recover"};
};
template <>
struct Names<domain::Channel> {
    static constexpr std::array<const char*, 2> list{"email", "whatsapp"};
};
template <>
struct Names<domain::MessageStatus> {
    static constexpr std::array<const char*, 6> list{"queued", "sent",   "delivered",
                                                     "read",   "failed", "dropped"};
};
template <>
struct Names<domain::Failure> {
    static constexpr std::array<const char*, 11> list{
        "none",     "address_refused", "not_reachable", "withheld", "country_unavailable",
        "identity_changed", "too_many", "channel_down", "rejected", "expired", "unclear"};
};
template <>
struct Names<domain::FactorTrouble> {
    static constexpr std::array<const char*, 5> list{"none", "bounced", "unreachable",
                                                     "identity_changed", "stolen"};
};
template <>
struct Names<domain::AgentRole> {
    static constexpr auto list = domain::kAgentRoles;
};
template <>
struct Names<domain::CaseState> {
    static constexpr auto list = domain::kCaseStates;
};
template <>
struct Names<domain::CaseReason> {
    static constexpr auto list = domain::kCaseReasons;
};
template <>
struct Names<domain::CaseChannel> {
    static constexpr auto list = domain::kCaseChannels;
};
template <>
struct Names<domain::PauseReason> {
    static constexpr auto list = domain::kPauseReasons;
};
template <>
struct Names<domain::EvidenceKind> {
    static constexpr auto list = domain::kEvidenceKinds;
};
template <>
struct Names<domain::LinkTo> {
    static constexpr auto list = domain::kLinkTos;
};
template <>
struct Names<domain::Scope> {
    static constexpr std::array<const char*, 11> list{"users",   "enroll", "verify",      "manage",
                                                      "support", "audit",  "webhooks",    "import",
                                                      "erase",   "keys",   "applications"};
};
template <>
struct Names<HashAlgorithm> {  // numbered from 1
    static constexpr std::array<const char*, 4> list{"-", "sha1", "sha256", "sha512"};
};

template <class E>
std::string_view enum_text(E value) {
    return Names<E>::list.at(static_cast<std::size_t>(value));
}
template <class E>
E enum_value(std::string_view text) {
    for (std::size_t i = 0; i < Names<E>::list.size(); ++i)
        if (Names<E>::list[i] == text) return static_cast<E>(i);
    throw DatabaseTrouble{Trouble::internal, 0};
}

// --- one value -----------------------------------------------------------------------------------

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<domain::Id<Tag>> : std::true_type {};

template <class T>
constexpr Kind kind_of() {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, domain::Sealed> ||
                  std::is_same_v<T, domain::Scopes> || IsId<T>::value || std::is_enum_v<T>)
        return Kind::text;
    else
        return Kind::number;
}

inline std::string scopes_text(const domain::Scopes& scopes) {
    std::string out;
    for (domain::Scope scope : scopes) {
        if (!out.empty()) out += ' ';
        out += enum_text(scope);
    }
    return out;
}
domain::Scopes scopes_value(std::string_view text);

template <class T>
void write_value(Sql& sql, const T& v) {
    if constexpr (std::is_same_v<T, std::string>)
        sql.value(v);
    else if constexpr (std::is_same_v<T, domain::Sealed>)
        sql.value(v.text);
    else if constexpr (IsId<T>::value)
        sql.value(v.value);
    else if constexpr (std::is_same_v<T, domain::Scopes>)
        sql.value(scopes_text(v));
    else if constexpr (std::is_same_v<T, domain::Instant>)
        sql.value(v.time_since_epoch().count());
    else if constexpr (std::is_same_v<T, std::optional<domain::Instant>>) {
        if (v)
            sql.value(v->time_since_epoch().count());
        else
            sql.null();
    } else if constexpr (std::is_enum_v<T>)
        sql.value(enum_text(v));
    else
        sql.value(static_cast<std::int64_t>(v));
}

template <class T>
void read_value(Cell& cell, T& v) {
    if constexpr (std::is_same_v<T, std::string>)
        v = std::move(cell.text);
    else if constexpr (std::is_same_v<T, domain::Sealed>)
        v.text = std::move(cell.text);
    else if constexpr (IsId<T>::value)
        v.value = std::move(cell.text);
    else if constexpr (std::is_same_v<T, domain::Scopes>)
        v = scopes_value(cell.text);
    else if constexpr (std::is_same_v<T, domain::Instant>)
        v = domain::Instant{std::chrono::seconds{cell.number}};
    else if constexpr (std::is_same_v<T, std::optional<domain::Instant>>) {
        if (cell.is_null())
            v.reset();
        else
            v = domain::Instant{std::chrono::seconds{cell.number}};
    } else if constexpr (std::is_enum_v<T>)
        v = enum_value<T>(cell.text);
    else
        v = static_cast<T>(cell.number);
}

// --- the tables ----------------------------------------------------------------------------------
// name; key: the primary key's column; fields(row, visit): visit(column, member), the key first.

template <class Row>
struct Table;

template <>
struct Table<domain::ApplicationRow> {
    static constexpr const char* name = "application";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("name", r.name);
        v("issuer", r.issuer);
        v("created_at", r.created_at);
        v("methods_off", r.methods_off);
        v("remember_devices", r.remember_devices);
    }
};

template <>
struct Table<domain::UserRow> {
    static constexpr const char* name = "user";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("external_id", r.external_id);
        v("email", r.email);
        v("email_index", r.email_index);
        v("phone", r.phone);
        v("phone_index", r.phone_index);
        v("previous_email", r.previous_email);
        v("previous_email_until", r.previous_email_until);
        v("display_name", r.display_name);
        v("locale", r.locale);
        v("audit_key", r.audit_key);
        v("preferred_factor", r.preferred_factor);
        v("phone_changed_at", r.phone_changed_at);
        v("high_value", r.high_value);
        v("open_case", r.open_case);
        v("created_at", r.created_at);
        v("updated_at", r.updated_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::AccountRow> {
    static constexpr const char* name = "account";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("user_id", r.user);
        v("application_id", r.application);
        v("email_index", r.email_index);
        v("password_hash", r.password_hash);
        v("password_changed_at", r.password_changed_at);
        v("created_at", r.created_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::FactorRow> {
    static constexpr const char* name = "factor";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("method", r.method);
        v("status", r.status);
        v("label", r.label);
        v("secret", r.secret);
        v("address", r.address);
        v("address_index", r.address_index);
        v("region", r.region);
        v("trouble", r.trouble);
        v("algorithm", r.totp.algorithm);
        v("digits", r.totp.digits);
        v("period", r.totp.period);
        v("last_step", r.last_step);
        v("last_step_at", r.last_step_at);
        v("last_step_session", r.last_step_session);
        v("opened_with", r.opened_with);
        v("replaces", r.replaces);
        v("opened_by", r.opened_by);
        v("created_at", r.created_at);
        v("expires_at", r.expires_at);
        v("activated_at", r.activated_at);
        v("last_used_at", r.last_used_at);
        v("ended_at", r.ended_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::BudgetRow> {
    static constexpr const char* name = "budget";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("user_id", r.user);
        v("failures", r.failures);
        v("locked_until", r.locked_until);
        v("version", r.version);
    }
};

// Its codes are rows of backup_code.
template <>
struct Table<domain::BackupSetRow> {
    static constexpr const char* name = "backup_set";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("salt", r.salt);
        v("created_at", r.created_at);
    }
};

template <>
struct Table<domain::ChallengeRow> {
    static constexpr const char* name = "challenge";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("purpose", r.purpose);
        v("action", r.action);
        v("action_name", r.action_name);
        v("action_text", r.action_text);
        v("object", r.object);
        v("factor_id", r.factor);
        v("nonce", r.nonce);
        v("status", r.status);
        v("session_id", r.session);
        v("made_by", r.made_by);
        v("client_ip", r.client.ip);
        v("client_user_agent", r.client.user_agent);
        v("deliveries", r.deliveries);
        v("created_at", r.created_at);
        v("expires_at", r.expires_at);
        v("approved_at", r.approved_at);
        v("approved_method", r.approved_method);
        v("approved_factor", r.approved_factor);
        v("version", r.version);
    }
};

template <>
struct Table<domain::SessionRow> {
    static constexpr const char* name = "session";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("state", r.state);
        v("challenge_id", r.challenge);
        v("created_at", r.created_at);
        v("last_seen_at", r.last_seen_at);
        v("expires_at", r.expires_at);
        v("password_at", r.password_at);
        v("second_step_at", r.second_step_at);
        v("recover_until", r.recover_until);
        v("case_id", r.support_case);
        v("client_ip", r.client.ip);
        v("client_user_agent", r.client.user_agent);
        v("device_id", r.device);
        v("version", r.version);
    }
};

template <>
struct Table<domain::DeviceRow> {
    static constexpr const char* name = "device";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("series_hash", r.series_hash);
        v("token_hash", r.token_hash);
        v("previous_hash", r.previous_hash);
        v("rotated_at", r.rotated_at);
        v("client_ip", r.client.ip);
        v("client_user_agent", r.client.user_agent);
        v("created_at", r.created_at);
        v("last_used_at", r.last_used_at);
        v("expires_at", r.expires_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::ApiKeyRow> {
    static constexpr const char* name = "api_key";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("name", r.name);
        v("hash", r.hash);
        v("scopes", r.scopes);
        v("created_at", r.created_at);
        v("revoked_at", r.revoked_at);
        v("last_used_at", r.last_used_at);
    }
};

template <>
struct Table<domain::ChainHead> {
    static constexpr const char* name = "audit_chain";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("chain", r.chain);
        v("length", r.length);
        v("mac", r.mac);
        v("updated_at", r.updated_at);
    }
};

template <>
struct Table<domain::AuditRow> {
    static constexpr const char* name = "audit";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("chain", r.chain);
        v("sequence", r.sequence);
        v("application_id", r.application);
        v("user_id", r.user);
        v("occurred_at", r.at);
        v("actor", r.actor);
        v("action", r.action);
        v("method", r.method);
        v("result", r.result);
        v("object", r.object);
        v("request_id", r.request_id);
        v("details", r.details);
        v("previous_mac", r.previous_mac);
        v("mac", r.mac);
    }
};

// Of checkpoint_entry.
template <>
struct Table<domain::CheckpointMark> {
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("checkpoint_number", r.number);
        v("length", r.length);
    }
};

// Its entries are rows of checkpoint_entry.
template <>
struct Table<domain::CheckpointRow> {
    static constexpr const char* name = "checkpoint";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("number", r.number);
        v("created_at", r.at);
        v("previous_hash", r.previous_hash);
        v("entries_hash", r.entries_hash);
        v("key_id", r.key_id);
        v("signature", r.signature);
    }
};

template <>
struct Table<domain::ThrottleRow> {
    static constexpr const char* name = "throttle";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.key);
        v("tat_ms", r.tat_ms);
    }
};

template <>
struct Table<domain::IdempotencyRow> {
    static constexpr const char* name = "idempotency";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("fingerprint", r.fingerprint);
        v("request_id", r.request_id);
        v("done", r.done);
        v("status", r.status);
        v("body", r.body);
        v("secret", r.secret);
        v("created_at", r.created_at);
        v("expires_at", r.expires_at);
    }
};

template <>
struct Table<domain::LinkRow> {
    static constexpr const char* name = "link";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("purpose", r.purpose);
        v("application_id", r.application);
        v("user_id", r.user);
        v("email_index", r.email_index);
        v("payload", r.payload);
        v("created_at", r.created_at);
        v("expires_at", r.expires_at);
        v("used_at", r.used_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::MessageRow> {
    static constexpr const char* name = "message";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("channel", r.channel);
        v("kind", r.kind);
        v("locale", r.locale);
        v("recipient", r.to);
        v("parameters", r.parameters);
        v("priority", r.priority);
        v("status", r.status);
        v("attempts", r.attempts);
        v("created_at", r.created_at);
        v("not_before", r.not_before);
        v("not_after", r.not_after);
        v("leased_until", r.leased_until);
        v("sent_at", r.sent_at);
        v("factor_id", r.factor);
        v("region", r.region);
        v("provider_id", r.provider_id);
        v("failure", r.failure);
    }
};

template <>
struct Table<domain::DeliveryRow> {
    static constexpr const char* name = "delivery";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("factor_id", r.factor);
        v("challenge_id", r.challenge);
        v("method", r.method);
        v("purpose", r.purpose);
        v("digits", r.digits);
        v("destination", r.destination);
        v("created_at", r.created_at);
        v("expires_at", r.expires_at);
        v("failures", r.failures);
        v("ended_at", r.ended_at);
        v("used_at", r.used_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::ChannelRow> {
    static constexpr const char* name = "channel";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("closed_until", r.closed_until);
        v("failure", r.failure);
        v("updated_at", r.updated_at);
    }
};

template <>
struct Table<domain::AgentRow> {
    static constexpr const char* name = "agent";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("user_id", r.user);
        v("role", r.role);
        v("created_at", r.created_at);
        v("ended_at", r.ended_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::CaseRow> {
    static constexpr const char* name = "support_case";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("application_id", r.application);
        v("user_id", r.user);
        v("state", r.state);
        v("reason", r.reason);
        v("channel", r.channel);
        v("contact", r.contact);
        v("stolen", r.stolen);
        v("opened_by", r.opened_by);
        v("opened_at", r.opened_at);
        v("updated_at", r.updated_at);
        v("paused_from", r.paused_from);
        v("pause_reason", r.pause_reason);
        v("approvals_needed", r.approvals_needed);
        v("deliver", r.deliver);
        v("steps", r.steps);
        v("due_at", r.due_at);
        v("version", r.version);
    }
};

template <>
struct Table<domain::EvidenceRow> {
    static constexpr const char* name = "case_evidence";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("case_id", r.support_case);
        v("kind", r.kind);
        v("refused", r.refused);
        v("note", r.note);
        v("recorded_by", r.recorded_by);
        v("recorded_at", r.recorded_at);
    }
};

template <>
struct Table<domain::CaseStepRow> {
    static constexpr const char* name = "case_step";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("case_id", r.support_case);
        v("sequence", r.sequence);
        v("action", r.action);
        v("actor", r.actor);
        v("detail", r.detail);
        v("occurred_at", r.at);
    }
};

template <>
struct Table<domain::SigningKeyRow> {
    static constexpr const char* name = "signing_key";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("private_key", r.private_key);
        v("public_jwk", r.public_jwk);
        v("active", r.active);
        v("created_at", r.created_at);
    }
};

template <>
struct Table<domain::NodeRow> {
    static constexpr const char* name = "node";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("seen_at", r.seen_at);
        v("key_ids", r.key_ids);
    }
};

template <>
struct Table<domain::TombstoneRow> {
    static constexpr const char* name = "tombstone";
    template <class R, class V>
    static void fields(R& r, V&& v) {
        v("id", r.id);
        v("failures", r.failures);
        v("locked_until", r.locked_until);
        v("expires_at", r.expires_at);
    }
};

// --- statements made of them ---------------------------------------------------------------------

// "id, name, …" and the kinds, made once.
template <class Row>
const std::string& columns_of() {
    static const std::string text = [] {
        std::string out;
        const Row row{};
        Table<Row>::fields(row, [&](const char* column, const auto&) {
            if (!out.empty()) out += ", ";
            out += column;
        });
        return out;
    }();
    return text;
}

template <class Row>
const std::vector<Kind>& kinds_of() {
    static const std::vector<Kind> kinds = [] {
        std::vector<Kind> out;
        const Row row{};
        Table<Row>::fields(row, [&](const char*, const auto& v) {
            out.push_back(kind_of<std::remove_cvref_t<decltype(v)>>());
        });
        return out;
    }();
    return kinds;
}

template <class Row>
Row read_row(std::vector<Cell>& cells, std::size_t from = 0) {
    Row row;
    std::size_t i = from;
    Table<Row>::fields(row, [&](const char*, auto& v) { read_value(cells[i++], v); });
    return row;
}

// "(…, …)"
template <class Row>
void write_values(Sql& sql, const Row& row) {
    char before = '(';
    Table<Row>::fields(row, [&](const char*, const auto& v) {
        sql.raw(std::string_view(&before, 1));
        before = ',';
        write_value(sql, v);
    });
    sql.raw(")");
}

template <class Row>
Sql select_from() {
    Sql sql("SELECT ");
    sql.raw(columns_of<Row>()).raw(" FROM ").raw(Table<Row>::name);
    return sql;
}

template <class Row>
Sql insert_into() {
    Sql sql("INSERT INTO ");
    sql.raw(Table<Row>::name).raw(" (").raw(columns_of<Row>()).raw(") VALUES ");
    return sql;
}

}  // namespace twofold::storage
