#include "server/delivery/outbox.hpp"

#include <algorithm>
#include <chrono>

#include "server/delivery/html.hpp"
#include "server/delivery/texts.hpp"
#include "server/delivery/whatsapp.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/delivery_reports.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::delivery {

using domain::Failure;
using domain::MessageResult;
using domain::MessageRow;
using domain::MessageStatus;
using std::chrono::milliseconds;
using Monotonic = std::chrono::steady_clock;

namespace {

constexpr int kBatch = 16;
constexpr domain::Seconds kLease{60};
// What a send may take of it, with some to spare (smtp.hpp: 20 s; whatsapp.cpp: twice 10 s).
constexpr domain::Seconds kSendAtMost{30};

std::string text_of(const Secret& s) {
    const ByteView b = s.expose();
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

std::int64_t ms_since(Monotonic::time_point start) {
    return std::chrono::duration_cast<milliseconds>(Monotonic::now() - start).count();
}

}  // namespace

Outbox::Outbox(domain::Core& core, domain::Channel channel, Transport& transport,
               ChannelBoard& board, OnAttempt on_attempt)
    : core_(core),
      channel_(channel),
      transport_(transport),
      board_(board),
      on_attempt_(std::move(on_attempt)) {}

domain::Seconds Outbox::back_off(int attempts) {
    const std::int64_t base = std::min<std::int64_t>(2LL << std::clamp(attempts, 0, 10), 120);
    std::uint8_t dice = 0;
    core_.random.fill({&dice, 1});
    return domain::Seconds{base + base * dice / 1024};
}

std::optional<Letter> Outbox::letter_of(const MessageRow& row, std::string_view& why) {
    const auto to = core_.sealer.open(domain::places::message_to(row), row.to);
    const auto sealed = core_.sealer.open(domain::places::message_parameters(row), row.parameters);
    if (!to || !sealed) {
        why = "unreadable";
        return std::nullopt;
    }
    domain::TextMap parameters = domain::text_map_read(text_of(*sealed));
    Letter l;
    if (row.kind.ends_with("_code")) {
        const auto binding = domain::read_delivery_binding(row.id, parameters);
        if (!binding) {
            why = "unreadable";
            return std::nullopt;
        }
        l.code = domain::code_of(core_.sealer, *binding);
        parameters["code"] = l.code;
    }
    Text text = render(row.kind, row.locale, parameters);
    if (text.subject.empty()) {
        why = "no_text";
        return std::nullopt;
    }
    l.id = row.id;
    l.channel = row.channel;
    l.kind = row.kind;
    l.locale = row.locale;
    l.to = text_of(*to);
    l.region = row.region;
    l.subject = std::move(text.subject);
    l.text = std::move(text.body);
    l.link = domain::text_map_get(parameters, "link");
    if (row.channel == domain::Channel::email)
        l.html = html_of(l.subject, l.text, l.locale, l.code, l.link,
                         domain::text_map_get(parameters, "not_me"));
    l.created_at = row.created_at;
    l.not_after = row.not_after;
    return l;
}

void Outbox::tell_board(const MessageRow& row, const Receipt& receipt, int& code) {
    auto effect = WhatsAppEffect::none;
    if (const auto* whatsapp = dynamic_cast<const WhatsAppTransport*>(&transport_)) {
        effect = whatsapp->effect();
        code = whatsapp->error_code();
    }
    if (effect == WhatsAppEffect::close_channel)
        board_.close(channel_, receipt.failure, code);
    else if (effect == WhatsAppEffect::close_region)
        board_.close_region(row.region, receipt.failure, code);
    else if (receipt.failure == Failure::channel_down || receipt.failure == Failure::unclear)
        board_.failed(channel_, receipt.failure);
    else
        board_.succeeded(channel_);  // the other side answers, whatever it says of this message
}

// Tried again with back-off, unless its time or its chances are over.
void Outbox::put_off(const MessageRow& row, MessageResult& result, Attempt& attempt) {
    const bool lost = result.failure == Failure::unclear;
    const bool lost_before = row.failure == Failure::unclear;
    if (lost && lost_before) {
        // Twice the answer was lost: it has arrived, or a third one would not either.
        attempt.result = "refused";
        return;
    }
    result.not_before = core_.clock.now() + back_off(row.attempts);
    if (result.not_before < row.not_after) {
        result.status = MessageStatus::queued;
        if (lost_before) result.failure = Failure::unclear;  // remembered for the next loss
        attempt.result = "later";
    } else {
        result.status = MessageStatus::dropped;
        attempt.result = "expired";
    }
}

Outbox::Outcome Outbox::deal_with(const MessageRow& row) {
    const auto start = Monotonic::now();
    Attempt attempt{row.id, row.channel, row.kind, {}, {}, row.attempts + 1, 0, 0};
    MessageResult result{row.id, row.attempts, MessageStatus::failed, Failure::rejected, {}, {}, {}};
    // Looked at anew for each: the ones before may have taken their time.
    if (core_.clock.now() >= row.not_after) {
        result.status = MessageStatus::dropped;
        result.failure = Failure::expired;
        attempt.result = "expired";
        board_.not_tried(channel_);
    } else if (const auto letter = letter_of(row, attempt.result)) {
        const Receipt receipt = transport_.send(*letter);
        tell_board(row, receipt, attempt.code);
        result.failure = receipt.failure;
        attempt.failure = receipt.failure;
        switch (receipt.sent) {
            case Sent::done:
                result.status = MessageStatus::sent;
                result.provider_id = receipt.provider_id;
                attempt.result = "sent";
                break;
            case Sent::later:
                put_off(row, result, attempt);
                break;
            case Sent::refused:
                attempt.result = "refused";
                break;
        }
    }
    result.at = core_.clock.now();
    if (attempt.failure == Failure::none) attempt.failure = result.failure;
    attempt.ms = ms_since(start);
    on_attempt_(attempt);
    return {row, result};
}

Outbox::Outcome Outbox::give_back(const MessageRow& row) {
    board_.not_tried(channel_);
    return {row,
            {row.id, row.attempts, MessageStatus::queued, row.failure, {}, core_.clock.now(), {}}};
}

bool Outbox::too_late_for(const MessageRow& row) {
    return board_.is_closed(channel_) ||
           (row.leased_until && core_.clock.now() + kSendAtMost > *row.leased_until);
}

void Outbox::note(domain::Core& core, std::vector<Outcome>& done) {
    if (done.empty()) return;
    std::vector<MessageResult> results;
    for (const Outcome& o : done) results.push_back(o.result);
    (void)core.store.write("req_outbox", [&](domain::Tx& tx) {
        tx.finish_messages(results);
        for (const Outcome& o : done)
            if (o.result.status == MessageStatus::failed)
                domain::note_failure(tx, core, o.row, o.result.failure);
        return true;
    });
    done.clear();
}

std::vector<MessageRow> Outbox::lease(int most) {
    std::vector<MessageRow> rows;
    most = board_.may_lease(channel_, most);
    if (most == 0) return rows;
    const domain::Instant now = core_.clock.now();
    const auto leased = core_.store.write("req_outbox", [&](domain::Tx& tx) {
        rows = tx.lease_messages(channel_, now, now + kLease, most);
        return !rows.empty();
    });
    if (!leased) rows.clear();
    if (rows.empty()) board_.not_tried(channel_);
    return rows;
}

int Outbox::run_once() {
    static const std::atomic<bool> kNever{false};
    return run_once(kNever);
}

int Outbox::run_once(const std::atomic<bool>& stop) {
    const std::vector<MessageRow> rows = lease(kBatch);
    std::vector<Outcome> done;
    for (const MessageRow& row : rows)
        done.push_back(stop || too_late_for(row) ? give_back(row) : deal_with(row));
    note(core_, done);
    return static_cast<int>(rows.size());
}

std::vector<Letter> Outbox::sent_before(int limit) {
    std::vector<MessageRow> rows;
    (void)core_.store.read([&](domain::Tx& tx) { rows = tx.recent_messages(limit); });
    std::vector<Letter> out;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        const bool arrived = row->status == MessageStatus::sent ||
                             row->status == MessageStatus::delivered ||
                             row->status == MessageStatus::read;
        if (!arrived) continue;
        std::string_view why;
        if (auto letter = letter_of(*row, why)) out.push_back(std::move(*letter));
    }
    return out;
}

}  // namespace twofold::delivery
