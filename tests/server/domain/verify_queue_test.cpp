#include "server/domain/verify_queue.hpp"

#include <map>

#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    explicit Shop(Settings s = test_settings()) : World(std::move(s)) {}
    std::string key = key_for("Shop");
    Enrolled bob = integrator_user(key, "bob");
    // Callers made before the threads start: the test macros are for one thread.
    std::vector<Caller> callers(int n) {
        std::vector<Caller> out;
        for (int i = 0; i < n; ++i) out.push_back(by_key(key));
        return out;
    }
    std::vector<ChallengeId> open(int n) {
        std::vector<ChallengeId> out;
        for (int i = 0; i < n; ++i) out.push_back(challenge(key, "bob"));
        return out;
    }
};

TEST_CASE("security 8: of 64 parallel requests with one valid code exactly one succeeds") {
    Shop w;
    for (int round = 0; round < 10; ++round) {
        w.next_step();
        const auto callers = w.callers(64);
        const auto open = w.open(64);
        const std::string code = w.now_code(w.bob.app);
        const bool one_challenge = round % 2 == 0;
        const int yes = parallel(64, [&](int i) {
            const auto n = static_cast<std::size_t>(i);
            return bool(w.challenges.verify(callers[n], open[one_challenge ? 0 : n],
                                            {code, std::nullopt, {}}));
        });
        CHECK(yes == 1);
    }
}

TEST_CASE("rule 16, security 8: the same over two processes that share only the store") {
    Shop w;
    Core other(w.store, w.clock, w.random, w.sealer, w.hasher, w.signer, w.phones, test_settings());
    Challenges challenges[] = {Challenges(w.core), Challenges(other)};
    for (int round = 0; round < 10; ++round) {
        w.next_step();
        const auto callers = w.callers(32);
        const auto open = w.open(32);
        const std::string code = w.now_code(w.bob.app);
        const int yes = parallel(32, [&](int i) {
            const auto n = static_cast<std::size_t>(i);
            return bool(challenges[n % 2].verify(callers[n], open[n], {code, std::nullopt, {}}));
        });
        CHECK(yes == 1);
    }
}

TEST_CASE("rule 2, security 38: N parallel guesses never exceed the budget") {
    Shop w;
    const auto callers = w.callers(200);
    const auto open = w.open(200);
    const std::string wrong = w.wrong_code(w.bob.app);
    std::atomic<int> evaluated{0};
    std::atomic<int> locked{0};
    parallel(200, [&](int i) {
        const auto n = static_cast<std::size_t>(i);
        const auto answer = w.challenges.verify(callers[n], open[n], {wrong, std::nullopt, {}});
        if (!answer && answer.error().code == Code::code_invalid) ++evaluated;
        if (!answer && answer.error().code == Code::factor_locked) ++locked;
        return true;
    });
    CHECK(evaluated == 5);
    CHECK(locked == 195);
    CHECK(w.store.snapshot().budgets.at(w.bob.app.id.value).failures == 5);
}

TEST_CASE("the queue repeats after conflicts, and each answer is still exact") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    const Caller caller = w.by_key(w.key);
    const std::string wrong = w.wrong_code(w.bob.app);
    w.store.conflict_next(2);
    CHECK(code_of(w.challenges.verify(caller, open, {wrong, std::nullopt, {}})) ==
          Code::code_invalid);
    CHECK(w.store.snapshot().budgets.at(w.bob.app.id.value).failures == 1);
    const Caller other = w.by_key(w.key);
    w.store.conflict_next(2);
    CHECK(w.challenges.verify(other, open, {w.now_code(w.bob.app), std::nullopt, {}}));
}

TEST_CASE("a COMMIT whose answer is lost: the truth is read again, never guessed") {
    for (const bool arrived : {true, false}) {
        Shop w;
        const ChallengeId open = w.challenge(w.key, "bob");
        const Caller caller = w.by_key(w.key);
        w.store.lose_commit_next(arrived);
        const std::string code = w.now_code(w.bob.app);
        INFO(arrived);
        CHECK(w.challenges.verify(caller, open, {code, std::nullopt, {}}));
        const auto data = w.store.snapshot();
        CHECK(data.challenges.at(open).status == ChallengeStatus::approved);
        int events = 0;
        for (const auto& [id, e] : data.audit) events += e.request_id == caller.request_id;
        CHECK(events == 1);
    }
}

TEST_CASE("rule 15: no database, no answer that says verified") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    const Caller caller = w.by_key(w.key);
    const std::string code = w.now_code(w.bob.app);
    w.store.fail_next(10);
    CHECK(code_of(w.challenges.verify(caller, open, {code, std::nullopt, {}})) ==
          Code::unavailable);
    w.store.fail_next(0);
    CHECK(w.store.snapshot().challenges.at(open).status == ChallengeStatus::pending);
    CHECK(w.challenges.verify(w.by_key(w.key), open, {code, std::nullopt, {}}));
}

// A store that stands still while it is held.
class HeldStore final : public Store {
 public:
    explicit HeldStore(Store& inner) : inner_(inner) {}
    Outcome<Done> write(std::string_view id, const std::function<bool(Tx&)>& fn) override {
        {
            std::unique_lock lock(mutex_);
            ++arrived_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return !held_; });
        }
        return inner_.write(id, fn);
    }
    Outcome<Done> read(const std::function<void(Tx&)>& fn) override { return inner_.read(fn); }
    bool ready() override { return true; }
    void hold(bool held) {
        const std::lock_guard lock(mutex_);
        held_ = held;
        arrived_ = 0;
        changed_.notify_all();
    }
    void wait_for_writers(int n) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return arrived_ >= n; });
    }

 private:
    Store& inner_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool held_ = false;
    int arrived_ = 0;
};

TEST_CASE(
    "a full queue says overloaded, a slow database unavailable, and what waited too long is not "
    "tried") {
    Shop w;
    Settings settings = test_settings();
    settings.verify_writers = 1;
    settings.verify_batch = 1;
    settings.verify_waiting = 3;
    settings.verify_deadline = std::chrono::milliseconds(400);
    HeldStore held(w.store);
    Core slow(held, w.clock, w.random, w.sealer, w.hasher, w.signer, w.phones, settings);
    Challenges challenges(slow);
    const auto callers = w.callers(5);
    const ChallengeId open = w.challenge(w.key, "bob");
    const std::string wrong = w.wrong_code(w.bob.app);
    held.hold(true);
    std::atomic<int> unavailable{0};
    std::vector<std::thread> waiting;
    const auto ask = [&](std::size_t i) {
        const auto answer = challenges.verify(callers[i], open, {wrong, std::nullopt, {}});
        if (!answer && answer.error().code == Code::unavailable) ++unavailable;
    };
    waiting.emplace_back(ask, 0);
    held.wait_for_writers(1);
    for (std::size_t i = 1; i <= 3; ++i) waiting.emplace_back(ask, i);
    while (slow.verify_queue->waiting() < 3) std::this_thread::yield();
    CHECK(code_of(challenges.verify(callers[4], open, {wrong, std::nullopt, {}})) ==
          Code::overloaded);
    for (std::thread& t : waiting) t.join();
    CHECK(unavailable == 4);
    held.hold(false);
    while (w.store.snapshot().budgets.count(w.bob.app.id.value) == 0) std::this_thread::yield();
    // Only the one already with the database was tried.
    CHECK(challenges.verify(w.by_key(w.key), open, {w.now_code(w.bob.app), std::nullopt, {}}));
}

TEST_CASE("verify_later holds no thread: exact answers, and unavailable at the deadline") {
    Shop w;
    Settings settings = test_settings();
    settings.verify_writers = 1;
    settings.verify_deadline = std::chrono::milliseconds(300);
    HeldStore held(w.store);
    Core core(held, w.clock, w.random, w.sealer, w.hasher, w.signer, w.phones, settings);
    Challenges challenges(core);
    const auto callers = w.callers(12);
    const auto open = w.open(12);
    const std::string code = w.now_code(w.bob.app);
    std::mutex mutex;
    std::map<Code, int> refused;
    int right = 0;
    const auto answered = [&] {
        const std::lock_guard lock(mutex);
        int n = right;
        for (const auto& [why, times] : refused) n += times;
        return n;
    };
    const auto ask = [&](std::size_t i, std::string typed) {
        challenges.verify_later(callers[i], open[i], {std::move(typed), std::nullopt, {}},
                                [&](const Challenges::Finish& finish) {
                                    const Outcome<Verified> answer = finish();
                                    const std::lock_guard lock(mutex);
                                    if (answer)
                                        ++right;
                                    else
                                        ++refused[answer.error().code];
                                });
    };
    ask(0, "12");  // malformed: at once
    CHECK(answered() == 1);
    held.hold(true);
    ask(1, code);
    held.wait_for_writers(1);
    for (std::size_t i = 2; i < 4; ++i) ask(i, code);
    while (answered() < 4) std::this_thread::yield();
    CHECK(refused[Code::unavailable] == 3);
    held.hold(false);
    w.next_step();
    for (std::size_t i = 4; i < 12; ++i) ask(i, w.now_code(w.bob.app));
    while (answered() < 12) std::this_thread::yield();
    CHECK(right == 1);
    CHECK(refused[Code::code_already_used] == 7);
    CHECK(refused[Code::validation_failed] == 1);
}

TEST_CASE("verifies that arrive together share a transaction") {
    Shop w;
    Settings settings = test_settings();
    settings.verify_writers = 1;
    HeldStore held(w.store);
    Core core(held, w.clock, w.random, w.sealer, w.hasher, w.signer, w.phones, settings);
    Challenges challenges(core);
    const auto callers = w.callers(20);
    const auto open = w.open(20);
    const std::string code = w.now_code(w.bob.app);
    held.hold(true);
    std::atomic<int> right{0};
    std::atomic<int> used{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 20; ++i)
        threads.emplace_back([&, i] {
            const auto answer = challenges.verify(callers[i], open[i], {code, std::nullopt, {}});
            right += bool(answer);
            used += !answer && answer.error().code == Code::code_already_used;
        });
    held.wait_for_writers(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    held.hold(false);
    for (std::thread& t : threads) t.join();
    CHECK(right == 1);
    CHECK(used == 19);
}

}  // namespace
}  // namespace twofold::domain
