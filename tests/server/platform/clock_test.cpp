#include "server/platform/clock.hpp"

#include "tests/support/catch.hpp"

using namespace twofold::platform;

namespace {

struct Clocks {
    std::int64_t wall = 1'770'000'000'000;
    std::int64_t monotonic = 50'000;
    std::optional<std::int64_t> database;
    void pass(std::int64_t ms) {
        wall += ms;
        monotonic += ms;
        if (database) *database += ms / 1000;
    }
    ClockGuard guard() {
        return ClockGuard([this] { return wall; }, [this] { return monotonic; },
                          [this] { return database; });
    }
};

}  // namespace

TEST_CASE("fault, the clock jumps: time that passes is no jump") {
    Clocks c;
    ClockGuard guard = c.guard();
    for (int i = 0; i < 100; ++i) {
        c.pass(1000);
        CHECK(guard.check());
    }
    CHECK(guard.ok());
    CHECK(guard.what().empty());
}

TEST_CASE("fault, the clock jumps: more than 5 s either way stops verifying at once") {
    for (const std::int64_t jump : {5'001, 3'600'000, -5'001, -86'400'000}) {
        Clocks c;
        ClockGuard guard = c.guard();
        c.pass(10'000);
        REQUIRE(guard.check());
        c.wall += jump;
        CHECK_FALSE(guard.ok());  // without waiting for the next check
        CHECK_FALSE(guard.check());
        CHECK(guard.what().find("jumped") != std::string::npos);
        c.pass(600'000);
        CHECK_FALSE(guard.check());  // no witness: stays so
        c.wall -= jump;
        CHECK(guard.check());
    }
}

TEST_CASE("fault, the clock jumps: 5 s are tolerated") {
    Clocks c;
    ClockGuard guard = c.guard();
    c.wall += 5'000;
    CHECK(guard.check());
    c.wall -= 10'000;
    CHECK(guard.check());
}

TEST_CASE("fault, the clock jumps: a database clock that is apart stops verifying") {
    Clocks c;
    c.database = 1'770'000'000;
    ClockGuard guard = c.guard();
    CHECK(guard.check());
    c.database = 1'770'000'000 + 7;
    CHECK_FALSE(guard.check());
    CHECK_FALSE(guard.ok());
    CHECK(guard.what().find("database") != std::string::npos);
    c.database = 1'770'000'000 - 7;
    CHECK_FALSE(guard.check());
    c.database = 1'770'000'000 + 4;
    CHECK(guard.check());
    c.database.reset();  // no answer changes nothing
    CHECK(guard.check());
}

TEST_CASE("fault, the clock jumps: after a paused machine the database's clock is the witness") {
    Clocks c;
    c.database = 1'770'000'000;
    ClockGuard guard = c.guard();
    REQUIRE(guard.check());
    c.wall += 120'000;  // set right after a pause that our monotonic clock did not see
    *c.database += 120;
    CHECK_FALSE(guard.check());
    c.pass(59'000);
    CHECK_FALSE(guard.check());
    c.pass(2'000);
    CHECK(guard.check());
    CHECK(guard.ok());
}

TEST_CASE("the system clock tells seconds and milliseconds of one time") {
    const SystemClock clock;
    const std::int64_t ms = clock.now_ms();
    const std::int64_t s = clock.now().time_since_epoch().count();
    CHECK(s >= ms / 1000);
    CHECK(s <= ms / 1000 + 2);
    CHECK(monotonic_ms() > 0);
}
