#include "server/domain/budget.hpp"

#include <functional>

#include "tests/support/catch.hpp"

namespace twofold::domain {
namespace {

constexpr Instant kStart{Seconds(1'800'000'000)};

TEST_CASE("rule 2, security 37 and 39: locks grow 1, 5, 15, 60 minutes and stay at an hour") {
    Settings settings;
    BudgetRow budget = fresh_budget("f", UserId{"u"});
    Instant now = kStart;
    struct Row {
        int failures;
        int locked_for;  // seconds after that failure; 0: open
    };
    const Row table[] = {{1, 0},     {4, 0},     {5, 60},    {6, 0},     {9, 0},
                         {10, 300},  {14, 0},    {15, 900},  {20, 3600}, {24, 0},
                         {25, 3600}, {50, 3600}, {95, 3600}, {99, 0},    {100, 3600}};
    int done = 0;
    for (const Row& row : table) {
        while (done < row.failures) {
            now = std::max(now, budget.locked_until);
            charge(budget, settings, now);
            ++done;
        }
        INFO("after " << row.failures);
        CHECK(lock_left(budget, now).value_or(Seconds(0)) == Seconds(row.locked_for));
        CHECK(locked(budget, now) == (row.locked_for != 0));
        CHECK(exhausted(budget, settings) == (row.failures >= 100));
    }
}

TEST_CASE("a budget tells the tries left before the next lock") {
    Settings settings;
    BudgetRow budget = fresh_budget("f", UserId{"u"});
    for (int left = 4; left >= 1; --left) {
        CHECK_FALSE(charge(budget, settings, kStart));
        CHECK(tries_left(budget, settings, kStart) == left);
    }
    CHECK(charge(budget, settings, kStart));
    CHECK(tries_left(budget, settings, kStart) == 0);
    CHECK(lock_left(budget, kStart) == Seconds(60));
    CHECK(lock_left(budget, kStart + Seconds(59)) == Seconds(1));
    CHECK_FALSE(lock_left(budget, kStart + Seconds(60)));
    CHECK(tries_left(budget, settings, kStart + Seconds(60)) == 5);
    forgive(budget);
    CHECK(budget.failures == 0);
    CHECK(tries_left(budget, settings, kStart) == 5);
}

TEST_CASE("a shorter lock never replaces a longer one") {
    Settings settings;
    BudgetRow budget = fresh_budget("f", UserId{"u"});
    budget.locked_until = kStart + Seconds(7200);
    budget.failures = 4;
    charge(budget, settings, kStart);
    CHECK(budget.locked_until == kStart + Seconds(7200));
}

TEST_CASE("settings outside their bounds are refused") {
    CHECK(Settings{}.valid());
    const std::function<void(Settings&)> wrongs[] = {
        [](Settings& s) { s.window = 2; },
        [](Settings& s) { s.window = -1; },
        [](Settings& s) { s.tries_before_lock = 2; },
        [](Settings& s) { s.tries_before_lock = 11; },
        [](Settings& s) { s.failures_that_end = 101; },
        [](Settings& s) { s.failures_that_end = 19; },
        [](Settings& s) { s.locks.clear(); },
        [](Settings& s) { s.locks = {Seconds(59)}; },
        [](Settings& s) {
            s.locks = {Seconds(300), Seconds(60)};
        },
        [](Settings& s) { s.factors_a_user = 11; },
        [](Settings& s) { s.challenge_life = Seconds(1801); },
        [](Settings& s) { s.proof_life = Seconds(301); },
        [](Settings& s) { s.recover_life = Seconds(901); },
        [](Settings& s) { s.enrolment_life = Seconds(59); },
        [](Settings& s) { s.verify_batch = 0; },
        [](Settings& s) { s.public_url.clear(); },
    };
    for (const auto& wrong : wrongs) {
        Settings settings;
        wrong(settings);
        CHECK_FALSE(settings.valid());
    }
}

}  // namespace
}  // namespace twofold::domain
