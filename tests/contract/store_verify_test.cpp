// load_for_verify and save_verified: many verifies in one transaction.
#include <array>

#include "tests/contract/store_fixture.hpp"

using namespace twofold;
using namespace twofold::domain;
using namespace twofold::testing;

namespace {

// usr_a: two active factors, one pending, one ended; usr_b: one; usr_c: none. Challenges for a and
// b.
void seed_verify(Tx& tx) {
    seed(tx);
    FactorRow pending = factor_row("enr_a3", "usr_a");
    pending.status = FactorStatus::pending;
    FactorRow ended = factor_row("enr_a4", "usr_a");
    ended.status = FactorStatus::ended;
    for (const auto& row : {factor_row("enr_a1", "usr_a"), factor_row("enr_a2", "usr_a"), pending,
                            ended, factor_row("enr_b1", "usr_b")})
        tx.insert_factor(row);
    for (const char* id : {"chl_a1", "chl_a2"}) tx.insert_challenge(challenge_row(id, "usr_a"));
    tx.insert_challenge(challenge_row("chl_b1", "usr_b"));
    for (const char* id : {"enr_a1", "enr_a3", "usr_a:backup", "usr_a:pending:totp"}) {
        BudgetRow budget{id, {"usr_a"}, 2, at(0), 0};
        tx.put_budget(budget);
    }
    tx.append_audit(audit_row("evt_0", "user:usr_a", 1), {"user:usr_a", 1, "m0", at(1)});
}

template <class Map>
std::string keys(const Map& map) {
    std::string out;
    for (const auto& [key, tracked] : map) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(key)>, std::string>)
            out += key;
        else
            out += key.value;
        out += ' ';
    }
    return out;
}

VerifyRows load(Tx& tx, std::vector<ChallengeId> challenges, std::vector<UserId> users = {}) {
    return tx.load_for_verify(challenges, users);
}

}  // namespace

TEST_CASE("load_for_verify gives what the challenges and users need", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed_verify);
    // Duplicates and unknown ids are asked for by people; they cost nothing.
    const VerifyRows rows = f.write([](Tx& tx) {
        return load(tx, {{"chl_b1"}, {"chl_a1"}, {"chl_a1"}, {"chl_none"}, {"it's"}},
                    {{"usr_c"}, {"usr_a"}, {"usr_none"}});
    });
    CHECK(keys(rows.challenges) == "chl_a1 chl_b1 ");
    CHECK(keys(rows.users) == "usr_a usr_b usr_c ");
    CHECK(keys(rows.factors) == "enr_a1 enr_a2 enr_b1 ");
    CHECK(keys(rows.budgets) == "enr_a1 ");
    CHECK(keys(rows.chains) == "user:usr_a user:usr_b user:usr_c ");
    CHECK(rows.chains.at("user:usr_a").row.length == 1);
    CHECK(rows.chains.at("user:usr_a").row.mac == "m0");
    CHECK(rows.chains.at("user:usr_b").row.length == 0);
    CHECK(rows.chains.at("user:usr_b").row.chain == "user:usr_b");
    CHECK(dump(rows.challenges.at({"chl_a1"}).row) == dump(challenge_row("chl_a1", "usr_a")));
    CHECK(dump(rows.factors.at({"enr_b1"}).row) == dump(factor_row("enr_b1", "usr_b")));
    CHECK(dump(rows.users.at({"usr_c"}).row) == dump(user_row("usr_c")));
    for (const auto& [id, tracked] : rows.factors) CHECK_FALSE(tracked.dirty);

    const VerifyRows none = f.write([](Tx& tx) { return load(tx, {}, {}); });
    CHECK(none.challenges.empty());
    CHECK(none.chains.empty());
}

TEST_CASE("save_verified writes what was edited and only that", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed_verify);
    VerifyRows saved;
    f.write([&](Tx& tx) {
        VerifyRows rows = load(tx, {{"chl_a1"}, {"chl_a2"}, {"chl_b1"}}, {{"usr_c"}});
        for (const char* id : {"chl_a1", "chl_b1"}) {
            ChallengeRow& c = rows.challenges.at({id}).edit();
            c.status = ChallengeStatus::approved;
            c.approved_at = at(9000);
            c.approved_method = Method::totp;
            c.approved_factor = {std::string(id) == "chl_a1" ? "enr_a1" : "enr_b1"};
            c.nonce = awkward() + id;  // a value that is bound, different in each row
        }
        rows.challenges.at({"chl_a2"}).row.status =
            ChallengeStatus::closed;  // not edit(): not written
        for (const char* id : {"enr_a1", "enr_b1"}) {
            FactorRow& factor = rows.factors.at({id}).edit();
            factor.last_step += std::string(id) == "enr_a1" ? 1 : 2;
            factor.last_step_at = at(9001);
            factor.last_used_at.reset();
            rows.steps.push_back({{id}, factor.last_step, at(9001)});
        }
        rows.users.at({"usr_c"}).edit().locale = "es";
        rows.budgets.at("enr_a1").edit().failures = 0;
        rows.budgets["enr_b1"] = {BudgetRow{"enr_b1", {"usr_b"}, 1, at(5), 0}, true};
        // Two events of usr_a, one of usr_b (whose chain is new).
        for (const char* id : {"evt_1", "evt_2", "evt_3"}) {
            const std::string chain = std::string(id) == "evt_3" ? "user:usr_b" : "user:usr_a";
            ChainHead& head = rows.chains.at(chain).edit();
            head.length += 1;
            head.mac = std::string("mac of ") + id;
            head.updated_at = at(9002);
            rows.events.push_back(audit_row(id, chain, head.length));
        }
        saved = rows;
        tx.save_verified(rows);
        CHECK(rows.steps.empty());
        CHECK(rows.events.empty());
        CHECK_FALSE(rows.factors.at({"enr_a1"}).dirty);
        CHECK(rows.factors.at({"enr_a1"}).row.version == 2);
        CHECK(rows.challenges.at({"chl_a2"}).row.version == 1);
        CHECK(rows.budgets.at("enr_b1").row.version == 1);
    });

    const auto now = f.write([](Tx& tx) {
        return load(tx, {{"chl_a1"}, {"chl_a2"}, {"chl_b1"}}, {{"usr_c"}});
    });
    for (const char* id : {"chl_a1", "chl_b1"}) {
        saved.challenges.at({id}).row.version = 2;
        CHECK(dump(now.challenges.at({id}).row) == dump(saved.challenges.at({id}).row));
    }
    CHECK(dump(now.challenges.at({"chl_a2"}).row) == dump(challenge_row("chl_a2", "usr_a")));
    for (const char* id : {"enr_a1", "enr_b1"}) {
        saved.factors.at({id}).row.version = 2;
        CHECK(dump(now.factors.at({id}).row) == dump(saved.factors.at({id}).row));
    }
    CHECK(dump(now.factors.at({"enr_a2"}).row) == dump(factor_row("enr_a2", "usr_a")));
    CHECK(now.users.at({"usr_c"}).row.locale == "es");
    CHECK(now.users.at({"usr_c"}).row.version == 2);
    CHECK(now.budgets.at("enr_a1").row.failures == 0);
    CHECK(now.budgets.at("enr_b1").row.failures == 1);
    f.write([](Tx& tx) { CHECK(tx.lock_budget("usr_a:backup").value().failures == 2); });
    CHECK(dump(now.chains.at("user:usr_a").row) ==
          dump(ChainHead{"user:usr_a", 3, "mac of evt_2", at(9002)}));
    CHECK(dump(now.chains.at("user:usr_b").row) ==
          dump(ChainHead{"user:usr_b", 1, "mac of evt_3", at(9002)}));
    CHECK(f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 9); }).size() == 3);
    f.write([&](Tx& tx) {
        CHECK_FALSE(
            tx.insert_step_use({"enr_a1"}, saved.factors.at({"enr_a1"}).row.last_step, at(1)));
    });
}

TEST_CASE("one transaction may load, save, load and save again", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed_verify);
    f.write([](Tx& tx) {
        for (int i = 1; i <= 3; ++i) {
            VerifyRows rows = load(tx, {{"chl_a1"}});
            rows.budgets.at("enr_a1").edit().failures += 1;
            ChainHead& head = rows.chains.at("user:usr_a").edit();
            head.length += 1;
            rows.events.push_back(audit_row("evt_" + std::to_string(i), head.chain, head.length));
            tx.save_verified(rows);
            rows.budgets.at("enr_a1").edit().failures += 10;
            tx.save_verified(rows);
        }
    });
    CHECK(f.write([](Tx& tx) { return tx.lock_budget("enr_a1"); })->failures == 35);
    CHECK(f.write([](Tx& tx) { return tx.lock_chain("user:usr_a"); }).length == 4);
}

TEST_CASE("a step that is used, or used twice in one set, repeats the whole set", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed_verify);
    f.write([](Tx& tx) { REQUIRE(tx.insert_step_use({"enr_a1"}, 500, at(1))); });
    for (const bool twice_in_set : {false, true}) {
        int runs = 0;
        f.write([&](Tx& tx) {
            VerifyRows rows = load(tx, {{"chl_a1"}, {"chl_b1"}});
            ChainHead& head = rows.chains.at("user:usr_b").edit();
            head.length += 1;
            rows.events.push_back(
                audit_row(twice_in_set ? "evt_x" : "evt_y", head.chain, head.length));
            if (++runs == 1) {
                rows.steps.push_back({{"enr_a1"}, twice_in_set ? 600 : 500, at(2)});
                if (twice_in_set) rows.steps.push_back({{"enr_a1"}, 600, at(2)});
            }
            tx.save_verified(rows);
        });
        CHECK(runs == 2);
    }
    // What the failed runs had written is gone.
    CHECK(f.read([](Tx& tx) { return tx.audit_chain("user:usr_b", 0, 9); }).size() == 2);
    CHECK(f.write([](Tx& tx) { return tx.insert_step_use({"enr_a1"}, 600, at(1)); }));
}

TEST_CASE("security 81: save_verified is guarded by version and by the chain's length",
          "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed_verify);
    VerifyRows stale = f.write([](Tx& tx) { return load(tx, {{"chl_a1"}, {"chl_b1"}}); });
    f.write([](Tx& tx) {
        ChallengeRow row = *tx.lock_challenge({"chl_a1"});
        row.object = "moved on";
        tx.update_challenge(row);
        tx.append_audit(audit_row("evt_1", "user:usr_a", 2), {"user:usr_a", 2, "m1", at(2)});
    });
    SECTION("a challenge") {
        const auto outcome = f.store().write("req_x", [&](Tx& tx) {
            VerifyRows rows = stale;
            rows.challenges.at({"chl_b1"}).edit().object = "x";
            rows.challenges.at({"chl_a1"}).edit().object = "x";
            tx.save_verified(rows);
            return true;
        });
        CHECK_FALSE(outcome.has_value());
        CHECK(f.read([](Tx& tx) { return tx.challenge({"chl_a1"}); })->object == "moved on");
        CHECK(f.read([](Tx& tx) { return tx.challenge({"chl_b1"}); })->object == "enr_x");
    }
    SECTION("a chain") {
        const auto outcome = f.store().write("req_x", [&](Tx& tx) {
            VerifyRows rows = stale;
            ChainHead& head = rows.chains.at("user:usr_a").edit();
            head.length += 1;
            rows.events.push_back(audit_row("evt_2", head.chain, head.length));
            tx.save_verified(rows);
            return true;
        });
        CHECK_FALSE(outcome.has_value());
        CHECK(f.write([](Tx& tx) { return tx.lock_chain("user:usr_a"); }).mac == "m1");
    }
}

TEST_CASE("a set of 128 verifies is one transaction", "[contract]") {
    FOR_EVERY_STORE(f);
    constexpr int kUsers = 128;
    std::vector<ChallengeId> challenges;
    f.write([&](Tx& tx) {
        challenges.clear();
        REQUIRE(tx.insert_application(application_row()));
        for (int i = 0; i < kUsers; ++i) {
            const std::string n = std::to_string(i);
            REQUIRE(tx.insert_user(user_row("usr_" + n)));
            tx.insert_factor(factor_row("enr_" + n, "usr_" + n));
            tx.insert_challenge(challenge_row("chl_" + n, "usr_" + n));
            challenges.push_back({"chl_" + n});
        }
    });
    f.write([&](Tx& tx) {
        VerifyRows rows = load(tx, challenges);
        REQUIRE(rows.factors.size() == kUsers);
        std::int64_t i = 0;
        for (auto& [id, factor] : rows.factors) {
            factor.edit().last_step += ++i;
            rows.steps.push_back({id, i, at(1)});
            ChainHead& head = rows.chains.at("user:" + factor.row.user.value).edit();
            head.length += 1;
            head.mac = "mac" + std::to_string(i);
            rows.events.push_back(audit_row("evt_" + std::to_string(i), head.chain, 1));
        }
        for (auto& [id, challenge] : rows.challenges) {
            challenge.edit().status = ChallengeStatus::approved;
            challenge.row.approved_factor = {"enr_" + id.value.substr(4)};
        }
        tx.save_verified(rows);
    });
    const VerifyRows now = f.write([&](Tx& tx) { return load(tx, challenges); });
    std::int64_t i = 0;
    for (const auto& [id, factor] : now.factors) {
        ++i;
        if (factor.row.last_step != 128849018880 + i ||
            now.chains.at("user:" + factor.row.user.value).row.mac != "mac" + std::to_string(i))
            FAIL("row " << id.value);
    }
    for (const auto& [id, challenge] : now.challenges)
        if (challenge.row.approved_factor.value != "enr_" + id.value.substr(4) ||
            challenge.row.status != ChallengeStatus::approved || challenge.row.version != 2)
            FAIL("row " << id.value);
}
