#include "server/delivery/outbox_pool.hpp"

#include <algorithm>

#include "server/domain/bell.hpp"

namespace twofold::delivery {

using domain::MessageRow;
using std::chrono::milliseconds;
using Monotonic = std::chrono::steady_clock;

namespace {

constexpr milliseconds kLook{250};
// Leased for each worker at a time: few enough that other servers get their share.
constexpr int kEach = 8;
constexpr milliseconds kStopLook{10};
// When one worker has found nothing the others need not look at once.
constexpr milliseconds kNothingNew{2};
// Written at once: one statement each, of bounded length.
constexpr std::size_t kNotesAtOnce = 64;

}  // namespace

OutboxPool::OutboxPool(domain::Core& core, domain::Channel channel, int workers,
                       const MakeTransport& make_transport, ChannelBoard& board,
                       const Outbox::OnAttempt& on_attempt)
    : core_(core), workers_(workers) {
    for (int i = 0; i < workers; ++i) {
        transports_.push_back(make_transport());
        outboxes_.push_back(
            std::make_unique<Outbox>(core, channel, *transports_.back(), board, on_attempt));
    }
    noter_ = std::thread([this] { keep_notes(); });
    working_ = workers;
    for (const auto& outbox : outboxes_)
        threads_.emplace_back([this, &outbox] {
            work(*outbox);
            working_ -= 1;
        });
}

void OutboxPool::finish(Monotonic::time_point deadline) {
    stop_ = true;
    core_.bell->ring();
    while (working_ > 0 && Monotonic::now() < deadline) std::this_thread::sleep_for(kStopLook);
    for (const auto& transport : transports_) transport->give_up();
}

OutboxPool::~OutboxPool() {
    stop_ = true;
    core_.bell->ring();
    for (std::thread& t : threads_) t.join();
    for (const MessageRow& row : stock_) put(outboxes_.front()->give_back(row));
    {
        const std::lock_guard lock(notes_mutex_);
        last_note_ = true;
    }
    notes_changed_.notify_one();
    noter_.join();
}

std::optional<MessageRow> OutboxPool::take(Outbox& outbox) {
    const auto from_stock = [this]() -> std::optional<MessageRow> {
        const std::lock_guard lock(stock_mutex_);
        if (stock_.empty()) return std::nullopt;
        MessageRow row = std::move(stock_.front());
        stock_.pop_front();
        return row;
    };
    if (auto row = from_stock()) return row;
    const std::lock_guard leasing(lease_mutex_);
    if (auto row = from_stock()) return row;  // another has leased meanwhile
    if (stop_ || Monotonic::now() - found_none_ < kNothingNew) return std::nullopt;
    std::vector<MessageRow> rows = outbox.lease(workers_ * kEach);
    if (rows.empty()) {
        found_none_ = Monotonic::now();
        return std::nullopt;
    }
    MessageRow first = std::move(rows.front());
    if (rows.size() > 1) {
        {
            const std::lock_guard lock(stock_mutex_);
            stock_.insert(stock_.end(), std::make_move_iterator(rows.begin() + 1),
                          std::make_move_iterator(rows.end()));
        }
        core_.bell->ring();  // the others may be asleep
    }
    return first;
}

bool OutboxPool::one(Outbox& outbox) {
    const auto row = take(outbox);
    if (!row) return false;
    put(outbox.too_late_for(*row) ? outbox.give_back(*row) : outbox.deal_with(*row));
    return true;
}

void OutboxPool::work(Outbox& outbox) {
    std::uint64_t heard = 0;
    while (!stop_) {
        // Busy while there is work; one that throws (out of memory) is tried again later.
        try {
            while (!stop_ && one(outbox)) {
            }
        } catch (const std::exception&) {
            std::this_thread::sleep_for(kLook);
        }
        if (stop_) return;
        // Together the workers look every kLook, each rarely.
        const bool rung = core_.bell->wait(heard, kLook * workers_);
        if (!rung) continue;
        // The bell rings inside the transaction, a moment before its commit.
        for (const int ms : {0, 2, 3, 5, 10, 20, 40}) {
            std::this_thread::sleep_for(milliseconds(ms));
            if (stop_ || one(outbox)) break;
        }
    }
}

void OutboxPool::put(Outbox::Outcome outcome) {
    {
        const std::lock_guard lock(notes_mutex_);
        notes_.push_back(std::move(outcome));
    }
    notes_changed_.notify_one();
}

void OutboxPool::keep_notes() {
    for (;;) {
        std::vector<Outbox::Outcome> now;
        {
            std::unique_lock lock(notes_mutex_);
            notes_changed_.wait(lock, [this] { return !notes_.empty() || last_note_; });
            if (notes_.empty()) return;
            const auto end = notes_.begin() + static_cast<std::ptrdiff_t>(
                                                  std::min(notes_.size(), kNotesAtOnce));
            now.assign(std::make_move_iterator(notes_.begin()), std::make_move_iterator(end));
            notes_.erase(notes_.begin(), end);
        }
        try {
            Outbox::note(core_, now);
        } catch (const std::exception&) {
            std::this_thread::sleep_for(kLook);  // lost: the leases run out
        }
    }
}

}  // namespace twofold::delivery
