#include "server/delivery/outbox.hpp"

#include <algorithm>
#include <chrono>

#include "server/delivery/html.hpp"
#include "server/delivery/texts.hpp"
#include "server/delivery/whatsapp.hpp"
#include "server/domain/bell.hpp"
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
// Results are noted together, but not later than this: people wait for "sent".
constexpr milliseconds kNoteAfter{40};
// What the rest of a batch may still take of its lease.
constexpr milliseconds kBatchAtMost{25000};
constexpr milliseconds kLook{250};

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
        l.html = html_of(l.subject, l.text, l.locale, l.code, l.link);
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

Outbox::Outcome Outbox::deal_with(const MessageRow& row) {
    const auto start = Monotonic::now();
    Attempt attempt{row.id, row.channel, row.kind, {}, {}, row.attempts + 1, 0, 0};
    MessageResult result{row.id, row.attempts, MessageStatus::failed, Failure::rejected, {}, {}, {}};
    // Looked at anew for each: the ones before may have taken their time.
    if (core_.clock.now() >= row.not_after) {
        result.status = MessageStatus::dropped;
        result.failure = Failure::expired;
        attempt.result = "expired";
    } else if (const auto letter = letter_of(row, attempt.result)) {
        const Receipt receipt = transport_.send(*letter);
        tell_board(row, receipt, attempt.code);
        result.failure = receipt.failure;
        switch (receipt.sent) {
            case Sent::done:
                result.status = MessageStatus::sent;
                result.provider_id = receipt.provider_id;
                attempt.result = "sent";
                break;
            case Sent::later:
                result.not_before = core_.clock.now() + back_off(row.attempts);
                if (result.not_before < row.not_after) {
                    result.status = MessageStatus::queued;
                    attempt.result = "later";
                } else {
                    result.status = MessageStatus::dropped;
                    attempt.result = "expired";
                }
                break;
            case Sent::refused:
                attempt.result = "refused";
                break;
        }
    }
    result.at = core_.clock.now();
    attempt.failure = result.failure;
    attempt.ms = ms_since(start);
    on_attempt_(attempt);
    return {row, result};
}

// Not tried: due again at once, for another worker or another server.
Outbox::Outcome Outbox::give_back(const MessageRow& row) {
    return {row,
            {row.id, row.attempts, MessageStatus::queued, row.failure, {}, core_.clock.now(), {}}};
}

// When this write is lost the leases run out and the messages are sent once more: twice is better
// than never.
void Outbox::note(std::vector<Outcome>& done) {
    if (done.empty()) return;
    std::vector<MessageResult> results;
    for (const Outcome& o : done) results.push_back(o.result);
    (void)core_.store.write("req_outbox", [&](domain::Tx& tx) {
        tx.finish_messages(results);
        for (const Outcome& o : done)
            if (o.result.status == MessageStatus::failed)
                domain::note_failure(tx, core_, o.row, o.result.failure);
        return true;
    });
    done.clear();
}

int Outbox::run_once() {
    static const std::atomic<bool> kNever{false};
    return run_once(kNever);
}

int Outbox::run_once(const std::atomic<bool>& stop) {
    const int most = board_.may_lease(channel_, kBatch);
    if (most == 0) return 0;
    std::vector<MessageRow> rows;
    const domain::Instant now = core_.clock.now();
    const auto leased = core_.store.write("req_outbox", [&](domain::Tx& tx) {
        rows = tx.lease_messages(channel_, now, now + kLease, most);
        return !rows.empty();
    });
    if (!leased) return 0;  // the database is away; the next round asks again
    std::vector<Outcome> done;
    const auto start = Monotonic::now();
    auto noted = start;
    for (const MessageRow& row : rows) {
        const bool enough = stop || Monotonic::now() - start > kBatchAtMost ||
                            board_.is_closed(channel_);
        done.push_back(enough ? give_back(row) : deal_with(row));
        if (Monotonic::now() - noted < kNoteAfter) continue;
        note(done);
        noted = Monotonic::now();
    }
    note(done);
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

OutboxPool::OutboxPool(domain::Core& core, domain::Channel channel, int workers,
                       const MakeTransport& make_transport, ChannelBoard& board,
                       const Outbox::OnAttempt& on_attempt)
    : core_(core), workers_(workers) {
    for (int i = 0; i < workers; ++i) {
        transports_.push_back(make_transport());
        outboxes_.push_back(
            std::make_unique<Outbox>(core, channel, *transports_.back(), board, on_attempt));
    }
    for (const auto& outbox : outboxes_) threads_.emplace_back([this, &outbox] { work(*outbox); });
}

OutboxPool::~OutboxPool() {
    stop_ = true;
    core_.bell->ring();
    for (std::thread& t : threads_) t.join();
}

void OutboxPool::work(Outbox& outbox) {
    std::uint64_t heard = 0;
    while (!stop_) {
        // Busy while there is work; one that throws (out of memory) is tried again later.
        try {
            while (!stop_ && outbox.run_once(stop_) != 0) {
            }
        } catch (const std::exception&) {
            std::this_thread::sleep_for(kLook);
        }
        if (stop_) return;
        // Together the workers look every kLook, each rarely.
        const bool rung = core_.bell->wait(heard, kLook * workers_);
        if (!rung) continue;
        // The bell rings inside the transaction, a moment before its commit.
        for (const int ms : {2, 3, 5, 10, 20, 40}) {
            std::this_thread::sleep_for(milliseconds(ms));
            if (stop_ || outbox.run_once(stop_) != 0) break;
        }
    }
}

}  // namespace twofold::delivery
