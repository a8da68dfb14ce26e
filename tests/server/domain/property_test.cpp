// Random sequences of everything that takes a code, checked against the one promise that matters
// most: no code is accepted twice, and no budget is exceeded.
#include <random>

#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Run {
    explicit Run(std::uint32_t seed) : chance(seed) {
        key = w.key_for("Shop");
        auto enrolled = w.integrator_user(key, "bob");
        codes = enrolled.backup_codes;
        apps.push_back(std::move(enrolled.app));
    }
    World w;
    std::mt19937 chance;
    std::string key;
    std::vector<World::App> apps;
    std::vector<std::string> codes;
    std::set<std::pair<std::string, std::int64_t>> accepted;  // (factor, step)
    std::set<std::string> used_backup;
    std::map<std::string, int> failures_in_a_row;

    int pick(int n) { return static_cast<int>(chance() % static_cast<unsigned>(n)); }

    void accept(const World::App& app, const std::string& code) {
        // Which step it was: the newest one in the window with that code.
        for (int d = 1; d >= -1; --d)
            if (app.at(w.clock.seconds() + 30 * d) == code) {
                CHECK(accepted.insert({app.id.value, w.clock.seconds() / 30 + d}).second);
                return;
            }
        FAIL("a code of no step in the window was accepted");
    }
    std::string some_code(const World::App& app) {
        const int kind = pick(10);
        if (kind < 6) return app.at(w.clock.seconds() + 30 * (pick(3) - 1));
        if (kind < 8) return app.at(w.clock.seconds() + 30 * (pick(9) - 4));
        return w.wrong_code(app);
    }
    ProofGiven some_proof(const World::App& app, std::string& code) {
        code = some_code(app);
        ProofGiven proof;
        proof.code = code;
        proof.enrollment = app.id;
        return proof;
    }

    void step() {
        const World::App& app = apps[static_cast<std::size_t>(pick(static_cast<int>(apps.size())))];
        std::string code;
        switch (pick(8)) {
            case 0:
            case 1:
            case 2: {
                code = some_code(app);
                if (w.verify(key, w.challenge(key, "bob"), code, app.id)) accept(app, code);
                break;
            }
            case 3: {
                const ProofGiven proof = some_proof(app, code);
                const auto made = w.backup_codes.regenerate(w.by_key(key), "bob", proof);
                if (made) {
                    accept(app, code);
                    codes = made->codes;
                }
                break;
            }
            case 4: {
                if (apps.size() >= 4) break;
                const ProofGiven proof = some_proof(app, code);
                const auto started = w.start(w.by_key(key), "bob", proof);
                if (!started) break;
                accept(app, code);
                World::App next(started->view.id, started->secret_base32, started->view.totp);
                const std::string first = some_code(next);
                if (w.enrolments.confirm(w.by_key(key), "bob", next.id, first)) {
                    accept(next, first);
                    apps.push_back(std::move(next));
                }
                break;
            }
            case 5: {
                if (codes.empty()) break;
                const std::string backup =
                    codes[static_cast<std::size_t>(pick(static_cast<int>(codes.size())))];
                if (w.verify(key, w.challenge(key, "bob"), backup))
                    CHECK(used_backup.insert(backup).second);
                break;
            }
            case 6:
                w.clock.advance(pick(45));
                break;
            default:
                w.clock.advance(pick(4) == 0 ? 120 : -pick(20));
                break;
        }
    }
};

TEST_CASE("property: random sequences of operations never accept a code twice") {
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        Run run(seed);
        for (int i = 0; i < 150; ++i) run.step();
        CHECK(run.accepted.size() > 5);
        // What the store remembers agrees with what was answered.
        const auto data = run.w.store.snapshot();
        for (const auto& [factor, step] : run.accepted) {
            const auto row = data.factors.find(FactorId{factor});
            REQUIRE(row != data.factors.end());
            CHECK(row->second.last_step >= step);
        }
        CHECK(run.w.audit.verify()->faults.empty());
    }
}

TEST_CASE("property: the same while the store conflicts and loses answers") {
    for (std::uint32_t seed = 101; seed <= 106; ++seed) {
        INFO("seed " << seed);
        Run run(seed);
        for (int i = 0; i < 100; ++i) {
            const int trouble = run.pick(6);
            if (trouble == 0) run.w.store.conflict_next(1);
            if (trouble == 1) run.w.store.lose_commit_next(run.pick(2) == 0);
            run.step();
        }
        CHECK(run.w.audit.verify()->faults.empty());
    }
}

}  // namespace
}  // namespace twofold::domain
