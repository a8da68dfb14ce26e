// Many threads, two servers: what must happen once happens once.
#include <atomic>
#include <barrier>
#include <mutex>
#include <set>
#include <thread>

#include "tests/contract/store_fixture.hpp"

using namespace twofold;
using namespace twofold::domain;
using namespace twofold::testing;

namespace {

// Runs fn(store, i) in n threads that start together, alternating between two servers. Catch2's
// macros are not thread-safe: fn reports by values.
template <class Fn>
void race(StoreFixture& f, int n, Fn fn) {
    const std::shared_ptr<Store> other = f.another();
    std::barrier together(n);
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) {
        threads.emplace_back([&, i] {
            Store& store = i % 2 == 0 ? f.store() : *other;
            together.arrive_and_wait();
            fn(store, i);
        });
    }
    for (std::thread& thread : threads) thread.join();
}

// The caller's own repetition, as an HTTP client would after a 503.
bool write_until_done(Store& store, const std::function<bool(Tx&)>& fn) {
    for (int i = 0; i < 20; ++i)
        if (store.write("req_race", fn)) return true;
    return false;
}

}  // namespace

TEST_CASE("security 8: of 64 parallel uses of one step exactly one succeeds", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> wins = 0;
        std::atomic<int> failures = 0;
        race(f, 64, [&](Store& store, int) {
            bool won = false;
            if (!write_until_done(store, [&](Tx& tx) {
                    won = tx.insert_step_use({"enr_a"}, 1000 + round, at(1));
                    return won;
                }))
                ++failures;
            wins += won ? 1 : 0;
        });
        CHECK(failures == 0);
        CHECK(wins == 1);
    }
}

TEST_CASE("security 33: of 64 parallel uses of one backup code exactly one succeeds",
          "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    const BackupSetRow set = backup_set_row("bcs_1", "usr_a");
    f.write([&](Tx& tx) { tx.replace_backup_set({"usr_a"}, &set); });
    std::atomic<int> wins = 0;
    std::atomic<int> failures = 0;
    race(f, 64, [&](Store& store, int) {
        bool won = false;
        if (!write_until_done(store, [&](Tx& tx) {
                won = tx.use_backup_code({"bcs_1"}, 4, at(9));
                return won;
            }))
            ++failures;
        wins += won ? 1 : 0;
    });
    CHECK(failures == 0);
    CHECK(wins == 1);
}

TEST_CASE("two threads that read, then write, lose nothing", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    f.write([](Tx& tx) {
        BudgetRow row{"enr_a", {"usr_a"}, 0, at(0), 0};
        tx.put_budget(row);
    });
    std::atomic<int> done = 0;
    race(f, 8, [&](Store& store, int) {
        for (int i = 0; i < 10; ++i) {
            // user() takes no lock: the guard decides and the store repeats.
            done += write_until_done(store,
                                     [](Tx& tx) {
                                         UserRow user = *tx.user({"usr_a"});
                                         tx.update_user(user);
                                         BudgetRow budget = *tx.lock_budget("enr_a");
                                         budget.failures += 1;
                                         tx.put_budget(budget);
                                         return true;
                                     })
                        ? 1
                        : 0;
        }
    });
    CHECK(done == 80);
    CHECK(f.write([](Tx& tx) { return tx.lock_budget("enr_a"); })->failures == 80);
    CHECK(f.read([](Tx& tx) { return tx.user({"usr_a"}); })->version == 81);
}

TEST_CASE("transactions that lock in opposite orders both end well", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    std::atomic<int> done = 0;
    race(f, 4, [&](Store& store, int thread) {
        for (int i = 0; i < 10; ++i) {
            done += write_until_done(
                        store,
                        [&](Tx& tx) {
                            UserRow first = *tx.lock_user({thread % 2 == 0 ? "usr_a" : "usr_b"});
                            tx.update_user(first);
                            UserRow second = *tx.lock_user({thread % 2 == 0 ? "usr_b" : "usr_a"});
                            tx.update_user(second);
                            return true;
                        })
                        ? 1
                        : 0;
        }
    });
    CHECK(done == 40);
    CHECK(f.read([](Tx& tx) { return tx.user({"usr_a"}); })->version == 41);
    CHECK(f.read([](Tx& tx) { return tx.user({"usr_b"}); })->version == 41);
}

TEST_CASE("a chain that many append to has no gap and no fork", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    std::atomic<int> done = 0;
    race(f, 8, [&](Store& store, int thread) {
        for (int i = 0; i < 10; ++i) {
            const std::string id = "evt_" + std::to_string(thread) + "_" + std::to_string(i);
            done += write_until_done(store,
                                     [&](Tx& tx) {
                                         ChainHead head = tx.lock_chain("user:usr_a");
                                         AuditRow row = audit_row(id, head.chain, head.length + 1);
                                         row.previous_mac = head.mac;
                                         row.mac = "mac of " + id;
                                         head.length += 1;
                                         head.mac = row.mac;
                                         tx.append_audit(row, head);
                                         return true;
                                     })
                        ? 1
                        : 0;
        }
    });
    CHECK(done == 80);
    const auto rows = f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 100); });
    REQUIRE(rows.size() == 80);
    std::string mac;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].sequence != static_cast<std::int64_t>(i) + 1 || rows[i].previous_mac != mac)
            FAIL("event " << i);
        mac = rows[i].mac;
    }
}

TEST_CASE("no message is leased twice, by however many workers (rule 14)", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    f.write([](Tx& tx) {
        for (int i = 0; i < 200; ++i) tx.insert_message(message_row("msg_" + std::to_string(i)));
    });
    std::mutex mutex;
    std::multiset<std::string> leased;
    race(f, 8, [&](Store& store, int) {
        for (int empty = 0; empty < 2;) {
            std::vector<MessageRow> rows;
            if (!write_until_done(store, [&](Tx& tx) {
                    rows = tx.lease_messages(Channel::whatsapp, at(1500), at(1900), 7);
                    return true;
                }))
                return;
            empty = rows.empty() ? empty + 1 : 0;
            const std::scoped_lock lock(mutex);
            for (const MessageRow& row : rows) leased.insert(row.id.value);
        }
    });
    CHECK(leased.size() == 200);
    CHECK(std::set<std::string>(leased.begin(), leased.end()).size() == 200);
}

TEST_CASE("two servers that verify for the same users in one moment agree", "[contract]") {
    FOR_EVERY_STORE(f);
    std::vector<ChallengeId> challenges;
    f.write([&](Tx& tx) {
        challenges.clear();
        REQUIRE(tx.insert_application(application_row()));
        for (int i = 0; i < 16; ++i) {
            const std::string n = std::to_string(i);
            REQUIRE(tx.insert_user(user_row("usr_" + n)));
            tx.insert_factor(factor_row("enr_" + n, "usr_" + n));
            tx.insert_challenge(challenge_row("chl_" + n, "usr_" + n));
            challenges.push_back({"chl_" + n});
        }
    });
    std::atomic<int> approvals = 0;
    std::atomic<int> done = 0;
    race(f, 4, [&](Store& store, int) {
        int mine = 0;
        done += write_until_done(store,
                                 [&](Tx& tx) {
                                     mine = 0;
                                     VerifyRows rows = tx.load_for_verify(challenges, {});
                                     for (auto& [id, challenge] : rows.challenges) {
                                         if (challenge.row.status != ChallengeStatus::pending)
                                             continue;
                                         challenge.edit().status = ChallengeStatus::approved;
                                         ++mine;
                                         FactorRow& factor =
                                             rows.factors.at({"enr_" + id.value.substr(4)}).edit();
                                         factor.last_step += 1;
                                         rows.steps.push_back({factor.id, factor.last_step, at(1)});
                                         ChainHead& head =
                                             rows.chains.at("user:" + factor.user.value).edit();
                                         head.length += 1;
                                         rows.events.push_back(
                                             audit_row("evt_" + id.value, head.chain, head.length));
                                     }
                                     tx.save_verified(rows);
                                     return true;
                                 })
                    ? 1
                    : 0;
        approvals += mine;
    });
    CHECK(done == 4);
    CHECK(approvals == 16);
    CHECK(f.read([](Tx& tx) { return tx.audit({"app_one"}, {}, {}, 100); }).size() == 16);
}
