// Every method of domain::Tx, table by table.
#include "tests/contract/store_fixture.hpp"

using namespace twofold;
using namespace twofold::domain;
using namespace twofold::testing;

TEST_CASE("applications: every column comes back, names are unique and byte-compared",
          "[contract]") {
    FOR_EVERY_STORE(f);
    const ApplicationRow row = application_row();
    CHECK(f.write([&](Tx& tx) { return tx.insert_application(row); }));
    CHECK(dump(f.read([&](Tx& tx) { return tx.application(row.id); })) == dump(row));
    CHECK(dump(f.read([&](Tx& tx) { return tx.application_named(row.name); })) == dump(row));
    CHECK_FALSE(f.read([&](Tx& tx) { return tx.application({"app_two"}); }));

    f.write([&](Tx& tx) {
        ApplicationRow again = row;
        CHECK_FALSE(tx.insert_application(again));  // the id
        again.id = {"app_two"};
        CHECK_FALSE(tx.insert_application(again));  // the name
        // The refused inserts left the transaction usable. None of these names is another's
        // (security 80).
        for (const char* name : {"Abc", "abc", "abc ", " abc", "\xC3\xA5", "a\xCC\x8A"}) {
            ApplicationRow other = application_row(std::string("app_") + name);
            other.name = name;
            CHECK(tx.insert_application(other));
        }
    });
    CHECK(f.read([&](Tx& tx) { return tx.application_named("abc "); })->id.value == "app_abc ");
    CHECK(f.read([&](Tx& tx) { return tx.application_named("Abc"); })->id.value == "app_Abc");
    CHECK_FALSE(f.read([&](Tx& tx) { return tx.application_named("ABC"); }));
}

TEST_CASE("users: columns, unique external ids, guard by version", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write([](Tx& tx) { REQUIRE(tx.insert_application(application_row())); });
    UserRow row = user_row("usr_a");
    CHECK(f.write([&](Tx& tx) { return tx.insert_user(row); }));
    CHECK(dump(f.read([&](Tx& tx) { return tx.user(row.id); })) == dump(row));
    CHECK(dump(f.write([&](Tx& tx) { return tx.lock_user(row.id); })) == dump(row));
    CHECK(dump(f.read([&](Tx& tx) {
              return tx.user_by_external_id(row.application, row.external_id);
          })) == dump(row));
    CHECK_FALSE(
        f.read([&](Tx& tx) { return tx.user_by_external_id({"app_two"}, row.external_id); }));
    CHECK_FALSE(
        f.read([&](Tx& tx) { return tx.user_by_external_id(row.application, "EXT:usr_a"); }));
    CHECK_FALSE(
        f.read([&](Tx& tx) { return tx.user_by_external_id(row.application, "ext:usr_a "); }));

    UserRow same = user_row("usr_b");
    same.external_id = row.external_id;
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_user(same); }));

    f.write([&](Tx& tx) {
        row.locale = "de";
        row.email = {};
        row.version = 1;
        tx.update_user(row);
    });
    CHECK(row.version == 2);
    CHECK(dump(f.read([&](Tx& tx) { return tx.user(row.id); })) == dump(row));
}

TEST_CASE("security 81: a guard that fails repeats the transaction with what is there now",
          "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    UserRow stale = *f.read([](Tx& tx) { return tx.user({"usr_a"}); });
    f.write([](Tx& tx) {
        UserRow row = *tx.lock_user({"usr_a"});
        row.locale = "fr";
        tx.update_user(row);
    });
    int runs = 0;
    f.write([&](Tx& tx) {
        ++runs;
        UserRow row = runs == 1 ? stale : *tx.lock_user({"usr_a"});
        row.display_name = {"k1.new"};
        tx.update_user(row);
    });
    CHECK(runs == 2);
    const UserRow now = *f.read([](Tx& tx) { return tx.user({"usr_a"}); });
    CHECK(now.locale == "fr");
    CHECK(now.display_name.text == "k1.new");
    CHECK(now.version == 3);

    // One that always fails gives up after five times, and changes nothing.
    runs = 0;
    const auto outcome = f.store().write("req_x", [&](Tx& tx) {
        ++runs;
        REQUIRE(tx.insert_application(application_row("app_two")));
        UserRow row = stale;
        tx.update_user(row);
        return true;
    });
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == Code::unavailable);
    CHECK(outcome.error().retry_after.has_value());
    CHECK(runs == 5);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.application({"app_two"}); }));
}

TEST_CASE("false, or an exception of the use case, rolls everything back", "[contract]") {
    FOR_EVERY_STORE(f);
    const auto outcome = f.store().write("req_x", [&](Tx& tx) {
        REQUIRE(tx.insert_application(application_row()));
        CHECK(tx.application({"app_one"}));
        return false;
    });
    CHECK(outcome.has_value());
    CHECK_FALSE(f.read([](Tx& tx) { return tx.application({"app_one"}); }));

    CHECK_THROWS_AS(f.store().write("req_x",
                                    [&](Tx& tx) -> bool {
                                        REQUIRE(tx.insert_application(application_row()));
                                        throw std::runtime_error("of the use case");
                                    }),
                    std::runtime_error);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.application({"app_one"}); }));
    // The connection is still good.
    CHECK(f.write([](Tx& tx) { return tx.insert_application(application_row()); }));

    CHECK_THROWS_AS(
        f.store().read([](Tx& tx) { tx.insert_application(application_row("app_two")); }),
        std::logic_error);
}

TEST_CASE("accounts", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    AccountRow row = account_row("usr_a");
    CHECK(f.write([&](Tx& tx) { return tx.insert_account(row); }));
    AccountRow other = account_row("usr_b");
    other.email_index = row.email_index;
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_account(other); }));
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_account(row); }));
    CHECK(dump(f.read([&](Tx& tx) { return tx.account(row.user); })) == dump(row));
    CHECK(dump(f.read([&](Tx& tx) {
              return tx.account_by_email(row.application, row.email_index);
          })) == dump(row));
    CHECK_FALSE(f.read([&](Tx& tx) { return tx.account_by_email({"app_two"}, row.email_index); }));
    f.write([&](Tx& tx) {
        row.version = 1;
        row.password_hash = "$argon2id$other";
        tx.update_account(row);
    });
    CHECK(dump(f.read([&](Tx& tx) { return tx.account(row.user); })) == dump(row));
}

TEST_CASE("factors and their steps", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    FactorRow active = factor_row("enr_2", "usr_a");
    FactorRow pending = factor_row("enr_1", "usr_a");
    pending.status = FactorStatus::pending;
    pending.created_at = at(2000);
    pending.activated_at.reset();
    pending.last_used_at.reset();
    pending.last_step_at.reset();
    pending.ended_at.reset();
    pending.last_step = -1;
    FactorRow ended = factor_row("enr_3", "usr_a");
    ended.status = FactorStatus::ended;
    FactorRow foreign = factor_row("enr_4", "usr_b");
    f.write([&](Tx& tx) {
        for (const auto& row : {active, pending, ended, foreign}) tx.insert_factor(row);
    });
    for (bool locking : {true, false}) {
        const auto rows = f.write(
            [&](Tx& tx) { return locking ? tx.lock_factors({"usr_a"}) : tx.factors({"usr_a"}); });
        REQUIRE(rows.size() == 2);
        CHECK(dump(rows[0]) == dump(active));  // the oldest first
        CHECK(dump(rows[1]) == dump(pending));
    }
    CHECK(dump(f.write([&](Tx& tx) { return tx.lock_factor({"enr_3"}); })) == dump(ended));
    f.write([&](Tx& tx) {
        active.version = 1;
        active.last_step += 1;
        active.status = FactorStatus::ended;
        active.secret = {};
        tx.update_factor(active);
    });
    CHECK(dump(f.write([&](Tx& tx) { return tx.lock_factor({"enr_2"}); })) == dump(active));

    f.write([&](Tx& tx) {
        CHECK(tx.insert_step_use({"enr_2"}, 7, at(1)));
        CHECK_FALSE(tx.insert_step_use({"enr_2"}, 7, at(2)));
        CHECK(tx.insert_step_use({"enr_2"}, 8, at(2)));
        CHECK(tx.insert_step_use({"enr_1"}, 7, at(2)));
    });
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_step_use({"enr_2"}, 7, at(3)); }));
}

TEST_CASE("budgets: version 0 inserts, otherwise guarded", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    BudgetRow row{"enr_1", {"usr_a"}, 3, at(55), 0};
    f.write([&](Tx& tx) {
        row.version = 0;
        tx.put_budget(row);
    });
    CHECK(row.version == 1);
    CHECK(dump(f.write([&](Tx& tx) { return tx.lock_budget("enr_1"); })) == dump(row));
    f.write([&](Tx& tx) {
        row.version = 1;
        row.failures = 4;
        tx.put_budget(row);
    });
    CHECK(row.version == 2);
    BudgetRow backup{"usr_a:backup", {"usr_a"}, 1, at(0), 0};
    BudgetRow foreign{"enr_9", {"usr_b"}, 1, at(0), 0};
    f.write([&](Tx& tx) {
        backup.version = foreign.version = 0;
        tx.put_budget(backup);
        tx.put_budget(foreign);
    });
    auto rows = f.read([](Tx& tx) { return tx.budgets({"usr_a"}); });
    REQUIRE(rows.size() == 2);
    CHECK(dump(rows[0]) == dump(row));
    CHECK(dump(rows[1]) == dump(backup));
    // Someone else was first: the transaction repeats and finds the row.
    int runs = 0;
    f.write([&](Tx& tx) {
        BudgetRow mine{"enr_1", {"usr_a"}, 0, at(0), 0};
        if (++runs > 1) mine = *tx.lock_budget("enr_1");
        mine.failures += 1;
        tx.put_budget(mine);
    });
    CHECK(runs == 2);
    CHECK(f.write([](Tx& tx) { return tx.lock_budget("enr_1"); })->failures == 5);
    f.write([](Tx& tx) { tx.delete_budget("enr_1"); });
    CHECK_FALSE(f.write([](Tx& tx) { return tx.lock_budget("enr_1"); }));
}

TEST_CASE("backup sets: one live set, each code once", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); }));
    const BackupSetRow first = backup_set_row("bcs_1", "usr_a");
    const BackupSetRow second = backup_set_row("bcs_2", "usr_a");
    f.write([&](Tx& tx) { tx.replace_backup_set({"usr_a"}, &first); });
    auto got = f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); });
    REQUIRE(got);
    CHECK(dump(*got) == dump(first));
    REQUIRE(got->codes.size() == 10);
    CHECK(got->codes[9].position == 9);
    CHECK(got->codes[9].hash == first.codes[9].hash);
    CHECK_FALSE(got->codes[9].used_at);

    CHECK(f.write([](Tx& tx) { return tx.use_backup_code({"bcs_1"}, 3, at(77)); }));
    CHECK_FALSE(f.write([](Tx& tx) { return tx.use_backup_code({"bcs_1"}, 3, at(78)); }));
    CHECK_FALSE(f.write([](Tx& tx) { return tx.use_backup_code({"bcs_1"}, 10, at(78)); }));
    CHECK(f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); })->codes[3].used_at == at(77));

    f.write([&](Tx& tx) { tx.replace_backup_set({"usr_a"}, &second); });
    CHECK(f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); })->id.value == "bcs_2");
    CHECK_FALSE(f.write([](Tx& tx) { return tx.use_backup_code({"bcs_1"}, 4, at(79)); }));
    CHECK(f.write([](Tx& tx) { return tx.use_backup_code({"bcs_2"}, 3, at(79)); }));
    f.write([](Tx& tx) { tx.replace_backup_set({"usr_a"}, nullptr); });
    CHECK_FALSE(f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); }));
}

TEST_CASE("challenges", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    ChallengeRow row = challenge_row("chl_1", "usr_a");
    ChallengeRow approved = challenge_row("chl_2", "usr_a");
    approved.status = ChallengeStatus::approved;
    ChallengeRow consumed = challenge_row("chl_3", "usr_a");
    consumed.status = ChallengeStatus::consumed;
    consumed.approved_at.reset();
    ChallengeRow foreign = challenge_row("chl_4", "usr_b");
    f.write([&](Tx& tx) {
        for (const auto& r : {row, approved, consumed, foreign}) tx.insert_challenge(r);
    });
    CHECK(dump(f.read([](Tx& tx) { return tx.challenge({"chl_1"}); })) == dump(row));
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_challenge({"chl_3"}); })) == dump(consumed));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.challenge({"CHL_1"}); }));
    f.write([&](Tx& tx) {
        row.version = 1;
        row.expires_at = at(5000);
        tx.update_challenge(row);
    });
    CHECK(dump(f.read([](Tx& tx) { return tx.challenge({"chl_1"}); })) == dump(row));
    f.write([](Tx& tx) { tx.close_challenges({"usr_a"}); });
    const auto status = [&](const char* id) {
        return f.read([&](Tx& tx) { return tx.challenge({id}); })->status;
    };
    CHECK(status("chl_1") == ChallengeStatus::closed);
    CHECK(status("chl_2") == ChallengeStatus::closed);
    CHECK(status("chl_3") == ChallengeStatus::consumed);
    CHECK(status("chl_4") == ChallengeStatus::pending);
    // Whoever read it before must not write over that.
    CHECK(f.read([](Tx& tx) { return tx.challenge({"chl_1"}); })->version == row.version + 1);
}

TEST_CASE("sessions", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    SessionRow row = session_row("s1", "usr_a");
    f.write([&](Tx& tx) {
        tx.insert_session(row);
        for (const char* id : {"s2", "s3"}) tx.insert_session(session_row(id, "usr_a"));
        tx.insert_session(session_row("s4", "usr_b"));
    });
    CHECK(dump(f.read([](Tx& tx) { return tx.session({"s1"}); })) == dump(row));
    f.write([&](Tx& tx) {
        row.version = 1;
        row.recover_until.reset();
        row.state = SessionState::second_step;
        tx.update_session(row);
    });
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_session({"s1"}); })) == dump(row));
    f.write([](Tx& tx) { tx.delete_session({"s2"}); });
    f.write([](Tx& tx) { tx.delete_sessions({"usr_a"}, {"s1"}); });
    const auto there = [&](const char* id) {
        return f.read([&](Tx& tx) { return tx.session({id}); }).has_value();
    };
    CHECK(there("s1"));
    CHECK_FALSE(there("s2"));
    CHECK_FALSE(there("s3"));
    CHECK(there("s4"));
    f.write([](Tx& tx) {
        for (const SessionState state :
             {SessionState::full, SessionState::second_step, SessionState::recovery}) {
            SessionRow other = session_row("s_" + std::to_string(static_cast<int>(state)), "usr_a");
            other.state = state;
            tx.insert_session(other);
        }
        tx.delete_full_sessions({"usr_a"});
    });
    CHECK_FALSE(there("s_1"));
    CHECK(there("s_0"));
    CHECK(there("s_2"));
    CHECK(there("s1"));
    CHECK(there("s4"));
    f.write([](Tx& tx) { tx.delete_sessions({"usr_a"}, {}); });
    CHECK_FALSE(there("s1"));
    CHECK(there("s4"));
}

TEST_CASE("API keys", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    ApiKeyRow row = api_key_row("key_1");
    row.revoked_at.reset();
    row.last_used_at.reset();
    ApiKeyRow later = api_key_row("key_0");
    later.created_at = at(9999);
    later.scopes = {};
    f.write([&](Tx& tx) {
        tx.insert_api_key(row);
        tx.insert_api_key(later);
    });
    CHECK(dump(f.read([&](Tx& tx) { return tx.api_key_by_hash(row.hash); })) == dump(row));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.api_key_by_hash("HASH of key_1"); }));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.api_key_by_hash("hash of key_1 "); }));
    auto rows = f.read([](Tx& tx) { return tx.api_keys({"app_one"}); });
    REQUIRE(rows.size() == 2);
    CHECK(dump(rows[0]) == dump(row));
    CHECK(dump(rows[1]) == dump(later));
    f.write([](Tx& tx) { tx.touch_api_key({"key_1"}, at(70)); });
    CHECK(f.write([](Tx& tx) { return tx.revoke_api_key({"key_1"}, at(71)); }));
    CHECK_FALSE(f.write([](Tx& tx) { return tx.revoke_api_key({"key_1"}, at(72)); }));
    CHECK_FALSE(f.write([](Tx& tx) { return tx.revoke_api_key({"key_9"}, at(72)); }));
    const ApiKeyRow now = *f.read([&](Tx& tx) { return tx.api_key_by_hash(row.hash); });
    CHECK(now.last_used_at == at(70));
    CHECK(now.revoked_at == at(71));
}

TEST_CASE("audit: chains, their heads, listing, request ids", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    const auto append = [&](const std::string& id, const std::string& chain, std::int64_t when) {
        f.write([&](Tx& tx) {
            ChainHead head = tx.lock_chain(chain);
            const AuditRow row = audit_row(id, chain, head.length + 1);
            head.length += 1;
            head.mac = "mac of " + id;
            head.updated_at = at(when);
            tx.append_audit(row, head);
        });
    };
    const ChainHead fresh = f.write([](Tx& tx) { return tx.lock_chain("user:usr_a"); });
    CHECK(fresh.chain == "user:usr_a");
    CHECK(fresh.length == 0);
    CHECK(fresh.mac.empty());
    append("evt_1", "user:usr_a", 100);
    append("evt_2", "user:usr_b", 101);
    append("evt_3", "application:app_one", 102);
    append("evt_4", "user:usr_a", 103);

    CHECK(dump(f.write([](Tx& tx) { return tx.lock_chain("user:usr_a"); })) ==
          dump(ChainHead{"user:usr_a", 2, "mac of evt_4", at(103)}));
    const auto ids = [](const std::vector<AuditRow>& rows) {
        std::string out;
        for (const AuditRow& row : rows) out += row.id.value.substr(4);
        return out;
    };
    auto rows = f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 10); });
    REQUIRE(rows.size() == 2);
    CHECK(dump(rows[0]) == dump(audit_row("evt_1", "user:usr_a", 1)));
    CHECK(ids(f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 1, 10); })) == "4");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 1); })) == "1");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_one"}, {}, {}, 10); })) == "4321");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_one"}, {}, {"evt_3"}, 10); })) == "21");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_one"}, {}, {}, 2); })) == "43");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_one"}, {"usr_a"}, {}, 10); })) == "41");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_one"}, {"usr_a"}, {"evt_4"}, 9); })) ==
          "1");
    CHECK(ids(f.read([](Tx& tx) { return tx.audit({"app_two"}, {"usr_a"}, {}, 10); })).empty());

    const auto names = [](const std::vector<ChainHead>& heads) {
        std::string out;
        for (const ChainHead& head : heads) out += head.chain.back();
        return out;
    };
    CHECK(names(f.read([](Tx& tx) { return tx.chains("", 10); })) == "eab");
    CHECK(names(f.read([](Tx& tx) { return tx.chains("user:usr_a", 10); })) == "b");
    CHECK(names(f.read([](Tx& tx) { return tx.chains("", 2); })) == "ea");
    CHECK(names(f.read([](Tx& tx) { return tx.chains_moved_since(at(102), 10); })) == "ea");
    CHECK(names(f.read([](Tx& tx) { return tx.chains_moved_since(at(0), 1); })) == "b");

    CHECK(f.read([](Tx& tx) { return tx.request_committed("req_of_evt_2"); }));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.request_committed("REQ_of_evt_2"); }));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.request_committed("req_of_evt_9"); }));

    // The same place in a chain twice: a conflict, whoever computed it from an old head.
    const auto outcome = f.store().write("req_x", [](Tx& tx) {
        tx.append_audit(audit_row("evt_9", "user:usr_a", 2), {"user:usr_a", 2, "x", at(104)});
        return true;
    });
    CHECK_FALSE(outcome.has_value());
    const auto stale = f.store().write("req_x", [](Tx& tx) {
        tx.append_audit(audit_row("evt_9", "user:usr_a", 9), {"user:usr_a", 9, "x", at(104)});
        return true;
    });
    CHECK_FALSE(stale.has_value());
    CHECK(f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 10); }).size() == 2);
    const auto head = f.read([](Tx& tx) { return tx.chain("user:usr_a"); });
    REQUIRE(head);
    CHECK(head->length == 2);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.chain("user:usr_A"); }));
}

TEST_CASE("checkpoints keep their entries in order", "[contract]") {
    FOR_EVERY_STORE(f);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.last_checkpoint(); }));
    CheckpointRow row{1, at(500), "", "hash", "kid", "signature", {}};
    for (int i = 0; i < 450; ++i)
        row.entries.push_back({"user:usr_" + std::to_string((i * 7) % 450), i, "mac", at(i)});
    CHECK(f.write([&](Tx& tx) { return tx.insert_checkpoint(row); }));
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_checkpoint(row); }));
    CheckpointRow second{2, at(560), "hash", "hash 2", "kid", "signature 2", {}};
    CHECK(f.write([&](Tx& tx) { return tx.insert_checkpoint(second); }));
    const auto got = f.read([](Tx& tx) { return tx.checkpoint(1); });
    REQUIRE(got);
    CHECK(dump(*got) == dump(row));
    REQUIRE(got->entries.size() == 450);
    for (std::size_t i = 0; i < 450; ++i)
        if (dump(got->entries[i]) != dump(row.entries[i])) FAIL("entry " << i);
    CHECK(dump(f.read([](Tx& tx) { return tx.last_checkpoint(); })) == dump(second));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.checkpoint(3); }));
    CheckpointRow third{3, at(620), "hash 2", "hash 3", "kid", "signature 3", {}};
    third.entries.push_back({"user:usr_7", 12, "mac", at(619)});
    CHECK(f.write([&](Tx& tx) { return tx.insert_checkpoint(third); }));
    const auto marks = f.read([](Tx& tx) { return tx.checkpoint_marks("user:usr_7", 10); });
    REQUIRE(marks.size() == 2);
    CHECK((marks[0].number == 3 && marks[0].length == 12));
    CHECK((marks[1].number == 1 && marks[1].length == 1));
    CHECK(f.read([](Tx& tx) { return tx.checkpoint_marks("user:usr_7", 1); }).size() == 1);
    CHECK(f.read([](Tx& tx) { return tx.checkpoint_marks("user:usr_", 10); }).empty());
}

TEST_CASE("throttles, idempotency, assertions, tombstones, nodes, signing keys", "[contract]") {
    FOR_EVERY_STORE(f);
    const ThrottleRow throttle{"sign_in:ip:x", 1700000000123};
    CHECK_FALSE(f.write([](Tx& tx) { return tx.lock_throttle("sign_in:ip:x"); }));
    f.write([&](Tx& tx) { tx.put_throttle({throttle.key, 1}); });
    f.write([&](Tx& tx) { tx.put_throttle(throttle); });
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_throttle("sign_in:ip:x"); })) == dump(throttle));

    IdempotencyRow idem = idempotency_row("idem");
    f.write([&](Tx& tx) {
        CHECK(tx.insert_idempotency(idem));
        CHECK_FALSE(tx.insert_idempotency(idem));
    });
    idem.done = true;
    f.write([&](Tx& tx) { tx.put_idempotency(idem); });
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_idempotency("idem"); })) == dump(idem));
    f.write([](Tx& tx) { tx.delete_idempotency("idem"); });
    CHECK_FALSE(f.write([](Tx& tx) { return tx.lock_idempotency("idem"); }));

    CHECK(f.write([](Tx& tx) { return tx.insert_assertion_use("jti", at(10)); }));
    CHECK_FALSE(f.write([](Tx& tx) { return tx.insert_assertion_use("jti", at(11)); }));

    const TombstoneRow grave{"tomb", 41, at(61), at(62)};
    f.write([&](Tx& tx) { tx.put_tombstone({"tomb", 1, at(1), at(1)}); });
    f.write([&](Tx& tx) { tx.put_tombstone(grave); });
    CHECK(dump(f.read([](Tx& tx) { return tx.tombstone("tomb"); })) == dump(grave));

    const NodeRow node{"node_b", at(600), "k1,k2"};
    f.write([&](Tx& tx) { tx.put_node({"node_a", at(500), "k1"}); });
    f.write([&](Tx& tx) { tx.put_node({"node_b", at(500), "k1"}); });
    f.write([&](Tx& tx) { tx.put_node(node); });
    const auto nodes = f.read([](Tx& tx) { return tx.nodes(at(500)); });
    REQUIRE(nodes.size() == 1);
    CHECK(dump(nodes[0]) == dump(node));

    const SigningKeyRow key{"kid_2", {"k1.private"}, R"({"kty":"EC","x":"a:b"})", true, at(8)};
    CHECK(f.write([&](Tx& tx) { return tx.insert_signing_key(key); }));
    CHECK_FALSE(f.write([&](Tx& tx) { return tx.insert_signing_key(key); }));
    CHECK(f.write([](Tx& tx) {
        return tx.insert_signing_key({"kid_1", {"k1.p"}, "{}", false, at(9)});
    }));
    const auto keys = f.read([](Tx& tx) { return tx.signing_keys(); });
    REQUIRE(keys.size() == 2);
    CHECK(dump(keys[0]) == dump(key));
}

TEST_CASE("links", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    LinkRow row = link_row("l1");
    LinkRow used = link_row("l2");
    used.used_at = at(44);
    LinkRow other = link_row("l3");
    other.purpose = LinkPurpose::confirm_email;
    other.user = {};
    f.write([&](Tx& tx) {
        for (const auto& r : {row, used, other}) tx.insert_link(r);
    });
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_link("l2"); })) == dump(used));
    f.write([&](Tx& tx) {
        row.version = 1;
        row.payload = {};
        tx.update_link(row);
    });
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_link("l1"); })) == dump(row));
    f.write([&](Tx& tx) {
        tx.void_links(LinkPurpose::reset_password, {"app_two"}, row.email_index);
        tx.void_links(LinkPurpose::reset_password, {"app_one"}, "email usr_b");
    });
    CHECK(f.write([](Tx& tx) { return tx.lock_link("l1"); }));
    f.write(
        [&](Tx& tx) { tx.void_links(LinkPurpose::reset_password, {"app_one"}, row.email_index); });
    CHECK_FALSE(f.write([](Tx& tx) { return tx.lock_link("l1"); }));
    CHECK(f.write([](Tx& tx) { return tx.lock_link("l2"); }));
    CHECK(f.write([](Tx& tx) { return tx.lock_link("l3"); }));
}

TEST_CASE("messages: leased by priority and age; one past its life too, to be noted as such", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    MessageRow later = message_row("msg_1");
    later.created_at = at(1200);
    MessageRow urgent = message_row("msg_2");
    urgent.priority = 0;
    urgent.created_at = at(1300);
    MessageRow first = message_row("msg_3");
    MessageRow future = message_row("msg_4");
    future.not_before = at(1600);
    MessageRow expired = message_row("msg_5");
    expired.not_after = at(1500);
    MessageRow sent = message_row("msg_6");
    sent.status = MessageStatus::sent;
    f.write([&](Tx& tx) {
        for (const auto& r : {later, urgent, first, future, expired, sent}) tx.insert_message(r);
    });
    const auto lease = [&](std::int64_t now, std::int64_t until, int limit) {
        std::string out;
        for (const MessageRow& row :
             f.write([&](Tx& tx) {
                 return tx.lease_messages(Channel::whatsapp, at(now), at(until), limit);
             }))
            out += row.id.value.substr(4);
        return out;
    };
    CHECK(lease(1500, 1530, 2) == "23");
    CHECK(lease(1500, 1530, 9) == "51");
    CHECK(lease(1510, 1540, 9).empty());
    f.write([](Tx& tx) {
        const MessageResult results[] = {
            {{"msg_2"}, 0, MessageStatus::sent, {}, at(1511), {}, "wamid.2"},
            {{"msg_3"}, 0, MessageStatus::queued, Failure::too_many, at(1511), at(1560), {}},
            {{"msg_1"}, 1, MessageStatus::sent, {}, at(1511), {}, {}},  // a lease long gone
        };
        tx.finish_messages(results);
    });
    CHECK(lease(1530, 1570, 9) == "51");  // their leases ran out
    CHECK(lease(1560, 1590, 9) == "3");
    const auto all = f.read([](Tx& tx) { return tx.recent_messages(9); });
    REQUIRE(all.size() == 6);
    CHECK(all[0].id.value == "msg_2");
    CHECK(all[0].status == MessageStatus::sent);
    CHECK(all[0].sent_at == at(1511));
    CHECK(all[0].attempts == 1);
    CHECK_FALSE(all[0].leased_until);
    urgent.status = MessageStatus::sent;
    urgent.sent_at = at(1511);
    urgent.provider_id = "wamid.2";
    urgent.attempts = 1;
    CHECK(dump(all[0]) == dump(urgent));
    CHECK(f.read([](Tx& tx) { return tx.recent_messages(1); }).size() == 1);
}

TEST_CASE("rows sealed under a key are counted", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);  // three users under k1
    const BackupSetRow set = backup_set_row("bcs_1", "usr_a");
    UserRow moved = *f.read([](Tx& tx) { return tx.user({"usr_c"}); });
    f.write([&](Tx& tx) {
        tx.insert_factor(factor_row("enr_1", "usr_a"));
        tx.replace_backup_set({"usr_a"}, &set);
        tx.insert_challenge(challenge_row("chl_1", "usr_a"));
        tx.insert_link(link_row("l1"));
        tx.insert_message(message_row("msg_1"));
        CHECK(tx.insert_idempotency(idempotency_row("i1")));
        CHECK(tx.insert_signing_key({"kid", {"k1.p"}, "{}", true, at(1)}));
        moved.version = 1;
        for (Sealed* sealed : {&moved.email, &moved.phone, &moved.previous_email,
                               &moved.display_name, &moved.audit_key})
            sealed->text = "k12.x";
        tx.update_user(moved);
    });
    const auto count = [&](const char* key) {
        return f.read([&](Tx& tx) { return tx.rows_sealed_under(key); });
    };
    CHECK(count("k1") == 2 + 1 + 10 + 1 + 1 + 1 + 1 + 1);
    CHECK(count("k12") == 1);
    CHECK(count("K1") == 0);
    CHECK(count("k") == 0);
}

TEST_CASE("erasing a user leaves the audit rows and nothing else", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    const BackupSetRow set = backup_set_row("bcs_1", "usr_a");
    f.write([&](Tx& tx) {
        for (const char* user : {"usr_a", "usr_b"}) {
            const std::string u = user;
            REQUIRE(tx.insert_account(account_row(u)));
            tx.insert_factor(factor_row("enr_" + u, u));
            REQUIRE(tx.insert_step_use({"enr_" + u}, 1, at(1)));
            BudgetRow budget{"enr_" + u, {u}, 1, at(0), 0};
            tx.put_budget(budget);
            tx.insert_challenge(challenge_row("chl_" + u, u));
            tx.insert_session(session_row("s_" + u, u));
            LinkRow link = link_row("l_" + u);
            link.user = {u};
            tx.insert_link(link);
            MessageRow message = message_row("msg_" + u);
            message.user = {u};
            tx.insert_message(message);
            tx.append_audit(audit_row("evt_" + u, "user:" + u, 1), {"user:" + u, 1, "m", at(1)});
        }
        tx.replace_backup_set({"usr_a"}, &set);
        REQUIRE(tx.use_backup_code({"bcs_1"}, 0, at(1)));
    });
    f.write([](Tx& tx) { tx.erase_user({"usr_a"}); });
    const auto left = [&](const std::string& u) {
        return f.write([&](Tx& tx) {
            int n = 0;
            n += tx.user({u}).has_value();
            n += tx.account({u}).has_value();
            n += tx.lock_factor({"enr_" + u}).has_value();
            n += tx.lock_budget("enr_" + u).has_value();
            n += tx.challenge({"chl_" + u}).has_value();
            n += tx.session({"s_" + u}).has_value();
            n += tx.lock_link("l_" + u).has_value();
            return n;
        });
    };
    CHECK(left("usr_a") == 0);
    CHECK(left("usr_b") == 7);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.backup_set({"usr_a"}); }));
    CHECK(f.read([](Tx& tx) { return tx.recent_messages(9); }).size() == 1);
    CHECK(f.read([](Tx& tx) { return tx.audit_chain("user:usr_a", 0, 9); }).size() == 1);
    CHECK(f.write([](Tx& tx) { return tx.lock_chain("user:usr_a"); }).length == 1);
    // Its steps are gone too, the other's are not.
    f.write([](Tx& tx) {
        CHECK(tx.insert_step_use({"enr_usr_a"}, 1, at(1)));
        CHECK_FALSE(tx.insert_step_use({"enr_usr_b"}, 1, at(1)));
    });
    f.write([](Tx& tx) { tx.erase_user({"usr_nobody"}); });
}

TEST_CASE("sweeping removes what has expired, no more than asked", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    const std::int64_t now = 1000000;
    f.write([&](Tx& tx) {
        const auto both = [&](auto insert) {
            insert("old", now);
            insert("new", now + 1);
        };
        both([&](const std::string& id, std::int64_t when) {
            SessionRow s = session_row("s_" + id, "usr_a");
            s.expires_at = at(when);
            tx.insert_session(s);
            LinkRow l = link_row("l_" + id);
            l.expires_at = at(when);
            tx.insert_link(l);
            FactorRow p = factor_row("enr_" + id, "usr_a");
            p.status = FactorStatus::pending;
            p.expires_at = at(when);
            tx.insert_factor(p);
            ChallengeRow c = challenge_row("chl_" + id, "usr_a");
            c.expires_at = at(when - 3600);
            tx.insert_challenge(c);
            IdempotencyRow i = idempotency_row("i_" + id);
            i.expires_at = at(when - 86400);
            REQUIRE(tx.insert_idempotency(i));
            MessageRow m = message_row("msg_" + id);
            m.not_after = at(when - 86400);
            tx.insert_message(m);
            tx.put_throttle({"t_" + id, when * 1000});
            tx.put_tombstone({"g_" + id, 1, at(1), at(when)});
            REQUIRE(tx.insert_assertion_use("j_" + id, at(when)));
            REQUIRE(tx.insert_step_use({"enr_x"}, when, at(when - 600)));
        });
        FactorRow active = factor_row("enr_active", "usr_a");
        active.expires_at = at(1);
        tx.insert_factor(active);
    });
    CHECK(f.write([&](Tx& tx) { return tx.sweep(at(now), 100); }) == 10);
    CHECK(f.write([&](Tx& tx) { return tx.sweep(at(now), 100); }) == 0);
    f.write([&](Tx& tx) {
        CHECK(tx.session({"s_new"}));
        CHECK(tx.lock_link("l_new"));
        CHECK(tx.lock_factor({"enr_new"}));
        CHECK(tx.lock_factor({"enr_active"}));
        CHECK(tx.challenge({"chl_new"}));
        CHECK(tx.lock_idempotency("i_new"));
        CHECK(tx.lock_throttle("t_new"));
        CHECK(tx.tombstone("g_new"));
        CHECK_FALSE(tx.insert_assertion_use("j_new", at(1)));
        CHECK_FALSE(tx.insert_step_use({"enr_x"}, now + 1, at(1)));
        CHECK(tx.recent_messages(9).size() == 1);
    });
    f.write([&](Tx& tx) {
        for (std::int64_t step = 1; step <= 300; ++step)
            REQUIRE(tx.insert_step_use({"enr_y"}, step, at(step)));
    });
    CHECK(f.write([&](Tx& tx) { return tx.sweep(at(now), 250); }) == 250);
    CHECK(f.write([&](Tx& tx) { return tx.sweep(at(now), 250); }) == 50);
}

TEST_CASE("awkward text is data in every place", "[contract]") {
    FOR_EVERY_STORE(f);
    for (const char* text : {"'", "''", "\\", "\\'", "x'); DROP TABLE user; --", ":p0",
                             "a:b 'c' :d", "%", "_", "\"", "`", "/* */", "\xF0\x9F\x94\x91"}) {
        INFO(text);
        ApplicationRow row = application_row(std::string("app_") + text);
        row.name = text;
        row.issuer = std::string(text) + text;
        CHECK(f.write([&](Tx& tx) { return tx.insert_application(row); }));
        CHECK(dump(f.read([&](Tx& tx) { return tx.application(row.id); })) == dump(row));
        CHECK(dump(f.read([&](Tx& tx) { return tx.application_named(text); })) == dump(row));
    }
}
