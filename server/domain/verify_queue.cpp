#include "server/domain/verify_queue.hpp"

#include <algorithm>
#include <atomic>

#include "server/domain/access.hpp"
#include "server/domain/case_moves.hpp"

namespace twofold::domain {

namespace {

// How long an answered item may stay in the list of those whose deadline is watched.
constexpr std::chrono::milliseconds kWatchEvery{100};

}  // namespace

struct VerifyQueue::Item {
    Pass pass;
    std::string digits;
    std::chrono::steady_clock::time_point deadline;
    Answer done;

    // Only the writer that holds the item touches these.
    Outcome<Approved> answer = problem(Code::unavailable);
    bool recorded = false;  // the last run wrote an audit event under the request's id

    // The writer and the watch of the deadlines may both come; whoever is first answers.
    std::atomic<bool> told{false};
    void tell(Outcome<Approved> what) {
        if (!told.exchange(true)) done(std::move(what));
    }
};

VerifyQueue::VerifyQueue(Core& core) : core_(core) {}

VerifyQueue::~VerifyQueue() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_all();
    unwatched_.notify_all();
    for (std::thread& writer : writers_) writer.join();
    if (watch_.joinable()) watch_.join();
}

void VerifyQueue::submit(Pass pass, std::string digits, Answer answer) {
    auto item = std::make_shared<Item>();
    item->pass = std::move(pass);
    item->digits = std::move(digits);
    item->deadline = std::chrono::steady_clock::now() + core_.settings.verify_deadline;
    item->done = std::move(answer);
    bool first = false;
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        full = waiting_.size() >= static_cast<std::size_t>(core_.settings.verify_waiting);
        if (!full) {
            if (writers_.empty()) {
                for (int i = 0; i < core_.settings.verify_writers; ++i)
                    writers_.emplace_back([this] { work(); });
                watch_ = std::thread([this] { watch(); });
            }
            first = watched_.empty();
            watched_.push_back(item);
            waiting_.push_back(item);
        }
    }
    if (full) return item->tell(Problem{Code::overloaded, Seconds(1), {}, {}});
    arrived_.notify_one();
    if (first) unwatched_.notify_one();
}

Outcome<Approved> VerifyQueue::run(const Pass& pass, std::string digits) {
    struct Waiter {
        std::mutex mutex;
        std::condition_variable answered;
        std::optional<Outcome<Approved>> answer;
    };
    const auto waiter = std::make_shared<Waiter>();
    submit(pass, std::move(digits), [waiter](Outcome<Approved> answer) {
        const std::lock_guard lock(waiter->mutex);
        waiter->answer = std::move(answer);
        waiter->answered.notify_one();
    });
    std::unique_lock lock(waiter->mutex);
    waiter->answered.wait(lock, [&] { return waiter->answer.has_value(); });
    return std::move(*waiter->answer);
}

// Answers those whose deadline passes while the database keeps the writers waiting.
void VerifyQueue::watch() {
    std::unique_lock lock(mutex_);
    while (true) {
        unwatched_.wait(lock, [&] { return stopping_ || !watched_.empty(); });
        const auto now = std::chrono::steady_clock::now();
        Batch late;
        while (!watched_.empty()) {
            const auto& item = watched_.front();  // all wait equally long: the oldest is due first
            const bool told = item->told;
            if (!told && item->deadline > now) break;
            if (!told) late.push_back(item);
            watched_.pop_front();
        }
        if (watched_.empty() && stopping_) return;
        if (!late.empty()) {
            lock.unlock();
            for (const auto& item : late)
                item->tell(Problem{Code::unavailable, Seconds(1), {}, {}});
            lock.lock();
        } else if (!watched_.empty()) {
            const auto next = std::min(watched_.front()->deadline, now + kWatchEvery);
            lock.unlock();
            std::this_thread::sleep_until(next);
            lock.lock();
        }
    }
}

std::size_t VerifyQueue::waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void VerifyQueue::work() {
    while (true) {
        Batch batch;
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            const auto most = static_cast<std::size_t>(core_.settings.verify_batch);
            while (!waiting_.empty() && batch.size() < most) {
                batch.push_back(std::move(waiting_.front()));
                waiting_.pop_front();
            }
        }
        // Whoever asked has been told `unavailable`: their attempt is not made.
        const auto now = std::chrono::steady_clock::now();
        std::erase_if(batch, [&](const auto& item) { return item->deadline <= now; });
        if (!batch.empty()) run_batch(batch);
    }
}

void VerifyQueue::run_batch(const Batch& batch) {
    if (!try_batch(batch)) {
        // One bad row must not fail its neighbours: each alone, while anybody still waits.
        for (const auto& item : batch) {
            const bool late = item->deadline <= std::chrono::steady_clock::now();
            if (late || batch.size() == 1 || !try_batch({item}))
                item->answer = Problem{Code::unavailable, Seconds(1), {}, {}};
        }
    }
    for (const auto& item : batch) item->tell(std::move(item->answer));
}

// True when the answers in the items are committed.
bool VerifyQueue::try_batch(const Batch& batch) {
    const auto work = [&](Tx& tx) {
        // Again after a COMMIT whose answer was lost? An event of the last run proves that it
        // happened, and the answers stand; without events nothing had changed.
        for (const auto& item : batch)
            if (item->recorded && tx.request_committed(item->pass.caller.request_id)) return true;
        std::vector<ChallengeId> ids;
        for (const auto& item : batch) ids.push_back(item->pass.challenge);
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        VerifyRows rows = tx.load_for_verify(ids, {});
        for (const auto& item : batch) decide(tx, rows, *item);
        tx.save_verified(rows);
        // Who can use a factor is not locked out: a person looks at their case. After the rows are
        // written, for it adds to the same chains.
        for (const auto& item : batch) {
            if (!item->answer || item->answer->user.open_case.empty()) continue;
            const Caller caller = behind(item->pass.caller, item->answer->challenge);
            pause_open_case(tx, core_, caller, item->answer->user, PauseReason::factor_used);
        }
        return true;
    };
    // An exception out of the store's guard would end the process; it is the store's bug, and the
    // people who wait get `unavailable` instead.
    try {
        return core_.store.write(batch.front()->pass.caller.request_id, work).has_value();
    } catch (...) {
        return false;
    }
}

void VerifyQueue::decide(Tx& tx, VerifyRows& rows, Item& item) {
    const Pass& pass = item.pass;
    item.recorded = false;
    item.answer = problem(Code::not_found);
    const auto found = rows.challenges.find(pass.challenge);
    if (found == rows.challenges.end() || !may_use(pass.caller, found->second.row)) return;
    Tracked<ChallengeRow>& challenge = found->second;
    const auto user = rows.users.find(challenge.row.user);
    if (user == rows.users.end()) return;
    if (std::optional<Problem> shut = closed(challenge.row, core_.clock.now())) {
        item.answer = *shut;
        return;
    }
    const Outcome<FactorId> only = factor_meant(challenge.row, pass.request.enrollment);
    if (!only) {
        item.answer = only.error();
        return;
    }
    if (challenge.row.factor.empty() && !only->empty()) {
        const auto named = rows.factors.find(*only);
        if (named == rows.factors.end() || named->second.row.user != challenge.row.user) {
            item.answer = invalid("/enrollment_id", "unknown");
            return;
        }
    }
    const Caller caller = behind(pass.caller, challenge.row);
    const std::string hand = hand_of(core_, caller);
    const Verdict verdict =
        judge_code(core_, rows,
                   {challenge.row.user, *only, pass.request.method, challenge.row.id, item.digits,
                    hand, pass.used_by.empty() ? hand : pass.used_by,
                    load_device_budgets(tx, rows, core_, pass.caller)});
    if (verdict.problem) {
        item.answer = *verdict.problem;
        if (verdict.evaluated())
            record_refusal(rows, core_, caller, challenge.row, verdict.method, verdict);
    } else {
        approve(rows, core_, caller, challenge, verdict.method, verdict.factor, verdict.label);
        item.answer =
            Approved{challenge.row, user->second.row, verdict.method, verdict.factor, 0};
        if (pass.then)
            if (std::optional<Problem> other = pass.then(tx, *item.answer)) item.answer = *other;
    }
    item.recorded = verdict.evaluated();
    announce(tx, rows, core_, caller, user->second.row, verdict);
}

}  // namespace twofold::domain
