#include "server/delivery/outbox.hpp"

#include <algorithm>

#include "server/delivery/texts.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::delivery {

using domain::MessageRow;
using domain::MessageStatus;

namespace {

constexpr int kBatch = 16;
constexpr domain::Seconds kLease{60};

std::string text_of(const Secret& s) {
    const ByteView b = s.expose();
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

}  // namespace

Outbox::Outbox(domain::Store& store, domain::Sealer& sealer, domain::Clock& clock,
               Transport& transport, OnResult on_result)
    : store_(store),
      sealer_(sealer),
      clock_(clock),
      transport_(transport),
      on_result_(std::move(on_result)) {}

domain::Seconds Outbox::back_off(int attempts) {
    return std::min(domain::Seconds{5LL << std::clamp(attempts, 0, 10)}, domain::Seconds{300});
}

std::optional<Letter> Outbox::letter_of(const MessageRow& row, std::string_view& why) {
    const auto to = sealer_.open(domain::places::message_to(row), row.to);
    const auto sealed = sealer_.open(domain::places::message_parameters(row), row.parameters);
    if (!to || !sealed) {
        why = "unreadable";
        return std::nullopt;
    }
    const domain::TextMap parameters = domain::text_map_read(text_of(*sealed));
    Text text = render(row.kind, row.locale, parameters);
    if (text.subject.empty()) {
        why = "no_text";
        return std::nullopt;
    }
    Letter l;
    l.id = row.id;
    l.channel = row.channel;
    l.kind = row.kind;
    l.locale = row.locale;
    l.to = text_of(*to);
    l.subject = std::move(text.subject);
    l.text = std::move(text.body);
    l.link = domain::text_map_get(parameters, "link");
    l.created_at = row.created_at;
    l.not_after = row.not_after;
    return l;
}

int Outbox::run_once() {
    std::vector<MessageRow> rows;
    const domain::Instant now = clock_.now();
    const auto leased = store_.write("req_outbox", [&](domain::Tx& tx) {
        rows = tx.lease_messages(domain::Channel::email, now, now + kLease, kBatch);
        return !rows.empty();
    });
    if (!leased) return 0;  // the database is away; the next round asks again
    for (const MessageRow& row : rows) {
        MessageStatus status = MessageStatus::failed;
        domain::Instant again{};
        std::string_view result;
        // Looked at anew for each: the ones before may have taken their time.
        if (clock_.now() >= row.not_after) {
            status = MessageStatus::dropped;
            result = "expired";
        } else if (const auto letter = letter_of(row, result)) {
            switch (transport_.send(*letter).sent) {
                case Sent::done:
                    status = MessageStatus::sent;
                    result = "sent";
                    break;
                case Sent::later:
                    again = clock_.now() + back_off(row.attempts);
                    status = again < row.not_after ? MessageStatus::queued : MessageStatus::dropped;
                    result = status == MessageStatus::queued ? "later" : "expired";
                    break;
                case Sent::refused:
                    result = "refused";
                    break;
            }
        }
        const domain::Instant at = clock_.now();
        // When this write is lost the lease runs out and the message is sent once more: twice is
        // better than never.
        (void)store_.write("req_outbox", [&](domain::Tx& tx) {
            const domain::MessageResult done{row.id, row.attempts, status, {}, at, again, {}};
            tx.finish_messages({&done, 1});
            return true;
        });
        on_result_(row.id, row.kind, result);
    }
    return static_cast<int>(rows.size());
}

std::vector<Letter> Outbox::sent_before(int limit) {
    std::vector<MessageRow> rows;
    (void)store_.read([&](domain::Tx& tx) { rows = tx.recent_messages(limit); });
    std::vector<Letter> out;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (row->status != MessageStatus::sent) continue;
        std::string_view why;
        if (auto letter = letter_of(*row, why)) out.push_back(std::move(*letter));
    }
    return out;
}

}  // namespace twofold::delivery
