// Codes on their way, the messages that carry them, and the channels these leave by.
#include <algorithm>
#include <stdexcept>

#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

namespace {

std::int64_t seconds(Instant at) { return at.time_since_epoch().count(); }

// What the domain gives: sign-in codes and links, other codes, notices. Nothing else is ever leased.
constexpr int kMessagePriorities[] = {0, 1, 5};

Sql& limit(Sql& sql, int rows) { return sql.raw(" LIMIT ").value(std::max(rows, 0)); }

// One value a row: the same for all, or CASE id WHEN … END.
template <class Value>
void by_message(Sql& sql, const char* column, std::span<const MessageResult> results, Value value) {
    sql.raw(column).raw(" = CASE id");
    for (const MessageResult& r : results) {
        sql.raw(" WHEN ").value(r.id.value).raw(" THEN ");
        value(r);
    }
    sql.raw(" ELSE ").raw(column).raw(" END");
}

}  // namespace

// --- codes on their way --------------------------------------------------------------------------

void SqlTx::insert_delivery(const DeliveryRow& row) { insert(row); }

std::optional<DeliveryRow> SqlTx::lock_delivery(const DeliveryId& id) {
    return by_key<DeliveryRow>(id.value, locking());
}

std::vector<DeliveryRow> SqlTx::deliveries(const ChallengeId& challenge, const FactorId& factor,
                                           int rows) {
    Sql sql = select_from<DeliveryRow>();
    if (challenge.empty()) {
        sql.raw(c_.dialect().force_index("delivery_factor_id_idx"));
        sql.raw(" WHERE factor_id = ").value(factor.value).raw(" AND challenge_id = ''");
    } else {
        sql.raw(c_.dialect().force_index("delivery_challenge_id_idx"));
        sql.raw(" WHERE challenge_id = ").value(challenge.value);
        if (!factor.empty()) sql.raw(" AND factor_id = ").value(factor.value);
    }
    return all<DeliveryRow>(limit(sql.raw(" ORDER BY created_at DESC, id DESC"), rows));
}

void SqlTx::update_delivery(DeliveryRow& row) { update(row); }

DeliveryShare SqlTx::delivery_share(std::string_view destination, Instant from, Instant to,
                                    int rows) {
    Sql sql("SELECT COUNT(*), COUNT(used_at) FROM (SELECT used_at FROM delivery");
    sql.raw(c_.dialect().force_index("delivery_destination_idx"));
    sql.raw("WHERE destination = ").value(destination);
    sql.raw(" AND created_at >= ").value(seconds(from));
    sql.raw(" AND created_at < ").value(seconds(to));
    limit(sql.raw(" ORDER BY created_at DESC"), rows).raw(") AS newest");
    DeliveryShare share;
    const Kind kinds[] = {Kind::number, Kind::number};
    c_.select(sql, kinds, [&](std::vector<Cell>& cells) {
        share.sent = static_cast<int>(cells[0].number);
        share.entered = static_cast<int>(cells[1].number);
    });
    return share;
}

std::vector<std::string> SqlTx::delivery_destinations(Instant from, Instant to) {
    Sql sql("SELECT DISTINCT destination FROM delivery");
    sql.raw(c_.dialect().force_index("delivery_destination_idx"));
    sql.raw("WHERE created_at >= ").value(seconds(from));
    sql.raw(" AND created_at < ").value(seconds(to));
    std::vector<std::string> out;
    const Kind text[] = {Kind::text};
    c_.select(sql, text, [&](std::vector<Cell>& cells) { out.push_back(cells[0].text); });
    return out;
}

// --- messages ------------------------------------------------------------------------------------

void SqlTx::insert_message(const MessageRow& row) {
    if (std::find(std::begin(kMessagePriorities), std::end(kMessagePriorities), row.priority) ==
        std::end(kMessagePriorities))
        throw std::logic_error("a message of a priority that no worker asks for");
    insert(row);
}

std::vector<MessageRow> SqlTx::lease_messages(Channel channel, Instant now, Instant until,
                                              int rows) {
    std::vector<MessageRow> out;
    // One priority after another, so that each is a range of the index: with all in one statement
    // everything that was put off would be read, and locked, to find what is due.
    for (const int priority : kMessagePriorities) {
        const int left = rows - static_cast<int>(out.size());
        if (left <= 0) break;
        Sql sql = select_from<MessageRow>();
        sql.raw(c_.dialect().force_index("message_ready_idx"));
        sql.raw("WHERE channel = ").value(enum_text(channel));
        sql.raw(" AND status = 'queued' AND priority = ").value(priority);
        sql.raw(" AND not_before <= ").value(seconds(now));
        sql.raw(" AND (leased_until IS NULL OR leased_until <= ").value(seconds(now));
        limit(sql.raw(") ORDER BY not_before, created_at"), left).raw(c_.dialect().skip_locked);
        for (MessageRow& row : all<MessageRow>(sql)) out.push_back(std::move(row));
    }
    if (out.empty()) return out;
    Sql lease("UPDATE message SET leased_until = ");
    lease.value(seconds(until)).raw(" WHERE id IN (");
    for (std::size_t i = 0; i < out.size(); ++i) {
        lease.raw(i == 0 ? "" : ", ").value(out[i].id.value);
        out[i].leased_until = until;
    }
    lease.raw(") AND status = 'queued' AND (leased_until IS NULL OR leased_until <= ");
    lease.value(seconds(now)).raw(")");
    if (change(lease) != static_cast<long long>(out.size()))
        throw DatabaseTrouble{Trouble::conflict, 0};
    return out;
}

void SqlTx::finish_messages(std::span<const MessageResult> results) {
    if (results.empty()) return;
    Sql sql("UPDATE message SET ");
    by_message(sql, "status", results,
               [&](const MessageResult& r) { sql.value(enum_text(r.status)); });
    sql.raw(", ");
    by_message(sql, "failure", results,
               [&](const MessageResult& r) { sql.value(enum_text(r.failure)); });
    sql.raw(", ");
    by_message(sql, "not_before", results, [&](const MessageResult& r) {
        if (r.status == MessageStatus::queued)
            sql.value(seconds(r.not_before));
        else
            sql.raw("not_before");
    });
    sql.raw(", ");
    by_message(sql, "sent_at", results, [&](const MessageResult& r) {
        if (r.status == MessageStatus::sent)
            sql.value(seconds(r.at));
        else
            sql.raw("sent_at");
    });
    sql.raw(", ");
    by_message(sql, "provider_id", results, [&](const MessageResult& r) {
        if (r.provider_id.empty())
            sql.raw("provider_id");
        else
            sql.value(r.provider_id);
    });
    sql.raw(", attempts = attempts + 1, leased_until = NULL WHERE status = 'queued' AND (");
    bool first = true;
    for (const MessageResult& r : results) {
        sql.raw(first ? "" : " OR ").raw("(id = ").value(r.id.value);
        sql.raw(" AND attempts = ").value(r.attempts).raw(")");
        first = false;
    }
    change(sql.raw(")"));
}

std::optional<MessageRow> SqlTx::message(const MessageId& id) {
    return by_key<MessageRow>(id.value);
}

std::vector<MessageRow> SqlTx::messages(std::span<const MessageId> ids) {
    if (ids.empty()) return {};
    Sql sql = select_from<MessageRow>();
    sql.raw(" WHERE id IN (");
    for (std::size_t i = 0; i < ids.size(); ++i)
        sql.raw(i == 0 ? "" : ", ").value(ids[i].value);
    return all<MessageRow>(sql.raw(")"));
}

void SqlTx::withdraw_message(const MessageId& id) {
    Sql sql("UPDATE message SET status = 'dropped' WHERE id = ");
    change(sql.value(id.value).raw(" AND status = 'queued' AND leased_until IS NULL"));
}

std::optional<MessageRow> SqlTx::lock_message_by_provider(std::string_view provider_id) {
    if (provider_id.empty()) return std::nullopt;
    Sql sql = select_from<MessageRow>();
    sql.raw(c_.dialect().force_index("message_provider_id_idx"));
    sql.raw("WHERE provider_id = ").value(provider_id).raw(locking());
    return one<MessageRow>(sql);
}

void SqlTx::set_message_status(const MessageId& id, MessageStatus status, Failure failure) {
    Sql sql("UPDATE message SET status = ");
    sql.value(enum_text(status)).raw(", failure = ").value(enum_text(failure));
    change(sql.raw(" WHERE id = ").value(id.value));
}

std::vector<ChannelRow> SqlTx::channels() {
    return all<ChannelRow>(select_from<ChannelRow>().raw(" ORDER BY id"));
}

void SqlTx::put_channel(const ChannelRow& row) { put(row); }

}  // namespace twofold::storage
