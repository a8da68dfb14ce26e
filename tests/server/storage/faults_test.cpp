// What the store promises when the database does not do its part (security.md, "Faults").
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "server/storage/store.hpp"
#include "tests/contract/store_fixture.hpp"
#include "tests/server/storage/proxy.hpp"
#include "tests/support/mariadb.hpp"

using namespace twofold;
using namespace twofold::domain;
using namespace twofold::testing;
using SteadyClock = std::chrono::steady_clock;

namespace {

double since(SteadyClock::time_point begin) {
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

// One for all: migrating takes longer than most of these tests. Each uses ids of its own.
const std::string& shared_mariadb() {
    static const std::string database = [] {
        std::string name = MariaDb::instance().new_database();
        storage::migrate(MariaDb::instance().url(name));
        return name;
    }();
    return database;
}

bool insert_application(Store& store, const std::string& id) {
    return store
        .write("req_" + id, [&](Tx& tx) { return tx.insert_application(application_row(id)); })
        .has_value();
}

bool has_application(Store& store, const std::string& id) {
    bool found = false;
    return store.read([&](Tx& tx) { found = tx.application({id}).has_value(); }).has_value() &&
           found;
}

void check_unavailable(const Outcome<Done>& outcome) {
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == Code::unavailable);
    CHECK(outcome.error().retry_after.has_value());
}

std::string proxied(const std::string& database, const Proxy& proxy) {
    return "mysql://twofold:test%20password%2F1@127.0.0.1:" + std::to_string(proxy.port()) + "/" +
           database;
}

int port_of(const std::string& tcp_url) {
    const auto at = tcp_url.rfind('@');
    const auto colon = tcp_url.find(':', at);
    return std::stoi(tcp_url.substr(colon + 1));
}

// One audited change, as every use case makes it; counts how often fn ran.
Outcome<Done> audited_write(Store& store, const std::string& id, const std::string& chain,
                            int& runs) {
    return store.write("req_of_evt_" + id, [&](Tx& tx) {
        ++runs;
        ChainHead head = tx.lock_chain(chain);
        head.length += 1;
        head.updated_at = at(1);
        tx.append_audit(audit_row("evt_" + id, head.chain, head.length), head);
        return true;
    });
}

}  // namespace

TEST_CASE(
    "MariaDB killed: unavailable, then healthy within 5 s of its return, no restart of ours") {
    MariaDb& db = MariaDb::instance();
    const std::string database = shared_mariadb();
    std::atomic<int> troubles = 0;
    storage::StoreOptions options;
    options.on_trouble = [&](std::string_view, int) { ++troubles; };
    const auto store = storage::open_store(db.tcp_url(database), options);
    REQUIRE(store->ready());
    REQUIRE(insert_application(*store, "app_before"));

    db.kill();
    auto begin = SteadyClock::now();
    check_unavailable(store->write(
        "req_x", [](Tx& tx) { return tx.insert_application(application_row("app_during")); }));
    check_unavailable(store->read([](Tx& tx) { (void)tx.application({"app_before"}); }));
    CHECK_FALSE(store->ready());
    CHECK(since(begin) < 2.5);
    CHECK(troubles > 0);

    db.start();
    begin = SteadyClock::now();
    while (!store->ready() && since(begin) < 5)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(since(begin) < 5);
    CHECK(insert_application(*store, "app_after"));
    CHECK(has_application(*store, "app_before"));
    CHECK_FALSE(has_application(*store, "app_during"));
}

TEST_CASE("MariaDB restarted between two calls: the next ones do not notice") {
    MariaDb& db = MariaDb::instance();
    const auto store = storage::open_store(db.tcp_url(shared_mariadb()), {});
    REQUIRE(insert_application(*store, "app_restart1"));
    db.kill();
    db.start();
    CHECK(has_application(*store, "app_restart1"));
    db.kill();
    db.start();
    CHECK(insert_application(*store, "app_restart2"));
}

TEST_CASE("a server that starts before its database") {
    MariaDb& db = MariaDb::instance();
    const std::string database = shared_mariadb();
    db.kill();
    CHECK(storage::schema_state(db.tcp_url(database)) == storage::SchemaState::unreachable);
    CHECK_THROWS_AS(storage::migrate(db.tcp_url(database)), storage::StorageError);
    const auto store = storage::open_store(db.tcp_url(database), {});
    CHECK_FALSE(store->ready());
    db.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    CHECK(store->ready());
    CHECK(storage::schema_state(db.tcp_url(database)) == storage::SchemaState::current);
}

TEST_CASE("a COMMIT whose answer is lost is looked up by its audit row, never guessed") {
    MariaDb& db = MariaDb::instance();
    const std::string database = shared_mariadb();
    Proxy proxy(port_of(db.tcp_url(database)));
    const auto store = storage::open_store(proxied(database, proxy), {});
    static int round = 0;
    const std::string id = "lost" + std::to_string(++round);
    const std::string chain = "application:" + id;
    const auto events = [&] {
        std::size_t n = 0;
        REQUIRE(store->read([&](Tx& tx) { n = tx.audit_chain(chain, 0, 99).size(); }));
        return n;
    };
    int runs = 0;
    REQUIRE(audited_write(*store, id + "a", chain, runs));
    REQUIRE(runs == 1);

    SECTION("it had arrived: done, and done once") {
        runs = 0;
        proxy.at_next_commit(Proxy::Mode::lose_answer);
        CHECK(audited_write(*store, id + "b", chain, runs));
        CHECK(runs == 1);
        CHECK(events() == 2);
    }
    SECTION("it had not arrived: repeated") {
        runs = 0;
        proxy.at_next_commit(Proxy::Mode::lose_commit);
        CHECK(audited_write(*store, id + "b", chain, runs));
        CHECK(runs == 2);
        CHECK(events() == 2);
    }
    SECTION("no answer within the deadline: the old connection is ended before the look") {
        runs = 0;
        proxy.at_next_commit(Proxy::Mode::hold_answer);
        const auto begin = SteadyClock::now();
        CHECK(audited_write(*store, id + "b", chain, runs));
        CHECK(since(begin) < 4.5);
        CHECK(runs == 1);
        CHECK(events() == 2);
    }
    SECTION("an earlier transaction of the same request proves nothing") {
        runs = 0;
        const auto same_request = [&](const std::string& event) {
            return store->write("req_same", [&](Tx& tx) {
                ++runs;
                ChainHead head = tx.lock_chain(chain);
                head.length += 1;
                AuditRow row = audit_row(event, chain, head.length);
                row.request_id = "req_same";
                tx.append_audit(row, head);
                return true;
            });
        };
        CHECK(same_request("evt_first_" + id));
        proxy.at_next_commit(Proxy::Mode::lose_commit);
        CHECK(same_request("evt_second_" + id));
        CHECK(runs == 3);
        CHECK(events() == 3);
    }
    SECTION("a change without an audit row is repeated, its unique key decides") {
        proxy.at_next_commit(Proxy::Mode::lose_answer);
        runs = 0;
        bool inserted = false;
        CHECK(store->write("req_silent", [&](Tx& tx) {
            ++runs;
            inserted = tx.insert_application(application_row("app_" + id));
            return true;
        }));
        CHECK(runs == 2);
        CHECK_FALSE(inserted);
    }
}

TEST_CASE("a connection that dies in the middle of a transaction: rolled back and repeated") {
    MariaDb& db = MariaDb::instance();
    const auto store = storage::open_store(db.tcp_url(shared_mariadb()), {});
    int runs = 0;
    bool inserted = true;
    const auto outcome = store->write("req_x", [&](Tx& tx) {
        ++runs;
        inserted = tx.insert_application(application_row("app_middle" + std::to_string(runs)));
        if (runs == 1) {
            db.kill();
            db.start();
        }
        inserted &= tx.insert_application(application_row("app_end" + std::to_string(runs)));
        return true;
    });
    CHECK(outcome.has_value());
    CHECK(inserted);
    CHECK(runs == 2);
    CHECK_FALSE(has_application(*store, "app_middle1"));
    CHECK(has_application(*store, "app_middle2"));
    CHECK(has_application(*store, "app_end2"));
}

TEST_CASE("a lock that is held too long: unavailable in time, nothing changed") {
    MariaDb& db = MariaDb::instance();
    const std::string database = shared_mariadb();
    const auto holder = storage::open_store(db.url(database), {});
    storage::StoreOptions options;
    options.deadline = std::chrono::milliseconds{1000};
    const auto waiter = storage::open_store(db.url(database), options);
    StoreFixture::write_to(*holder, seed);
    std::atomic<bool> locked = false;
    std::atomic<bool> release = false;
    std::thread thread([&] {
        (void)holder->write("req_h", [&](Tx& tx) {
            (void)tx.lock_user({"usr_a"});
            locked = true;
            while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
            return true;
        });
    });
    while (!locked) std::this_thread::yield();
    const auto begin = SteadyClock::now();
    const auto outcome = waiter->write("req_w", [](Tx& tx) {
        UserRow user = *tx.lock_user({"usr_a"});
        user.locale = "fr";
        tx.update_user(user);
        return true;
    });
    const double took = since(begin);
    // Readers without locks are not held up.
    CHECK(waiter->read([](Tx& tx) { CHECK(tx.user({"usr_a"})->locale == "ar"); }));
    release = true;
    thread.join();
    check_unavailable(outcome);
    CHECK(took < 3.5);
}

TEST_CASE("more callers than connections wait, then are told") {
    MariaDb& db = MariaDb::instance();
    storage::StoreOptions options;
    options.connections = 1;
    options.deadline = std::chrono::milliseconds{1000};
    const auto store = storage::open_store(db.url(shared_mariadb()), options);
    std::atomic<bool> busy = false;
    std::atomic<bool> release = false;
    std::thread thread([&] {
        (void)store->read([&](Tx&) {
            busy = true;
            while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        });
    });
    while (!busy) std::this_thread::yield();
    const auto begin = SteadyClock::now();
    check_unavailable(store->read([](Tx&) {}));
    CHECK(since(begin) > 0.9);
    CHECK(since(begin) < 2);
    release = true;
    thread.join();
    CHECK(store->ready());
}

TEST_CASE("a read-only MariaDB refuses changes and still answers reads") {
    MariaDb& db = MariaDb::instance();
    const auto store = storage::open_store(db.url(shared_mariadb()), {});
    REQUIRE(insert_application(*store, "app_ro1"));
    db.sql("SET GLOBAL read_only = 1");
    check_unavailable(store->write(
        "req_x", [](Tx& tx) { return tx.insert_application(application_row("app_ro2")); }));
    CHECK(has_application(*store, "app_ro1"));
    db.sql("SET GLOBAL read_only = 0");
    CHECK(insert_application(*store, "app_ro2"));
}

TEST_CASE("a wrong password, database or port is unavailable, and says nothing of the URL") {
    MariaDb& db = MariaDb::instance();
    const std::string database = shared_mariadb();
    std::string wrong = db.tcp_url(database);
    wrong.replace(wrong.find("test%20"), 7, "wrong");
    for (const std::string& url :
         {wrong, db.tcp_url("no_such_database"), std::string("mysql://twofold:x@127.0.0.1:1/x")}) {
        const auto store = storage::open_store(url, {});
        check_unavailable(store->write("req_x", [](Tx&) { return true; }));
        try {
            storage::migrate(url);
            FAIL("migrated");
        } catch (const storage::StorageError& error) {
            CHECK(std::string(error.what()).find("wrong") == std::string::npos);
            CHECK(std::string(error.what()).find("twofold") == std::string::npos);
        }
    }
}

TEST_CASE("a value that is too long is our mistake, not the database's state") {
    MariaDb& db = MariaDb::instance();
    const auto store = storage::open_store(db.url(shared_mariadb()), {});
    const auto outcome = store->write("req_x", [](Tx& tx) {
        ApplicationRow row = application_row();
        row.id = {"app_long"};
        row.name = std::string(5000, 'n');
        return tx.insert_application(row);
    });
    REQUIRE_FALSE(outcome.has_value());
    CHECK(outcome.error().code == Code::internal);
    CHECK(store->ready());
}

TEST_CASE("a full disk under SQLite: unavailable, whole again when there is room") {
    StoreFixture f(Backend::sqlite);
    f.write(seed);
    // Files may not grow beyond what they have: the kernel says EFBIG as it would say ENOSPC.
    const auto previous = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    rlimit small = limit;
    small.rlim_cur = 4096;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const auto outcome = f.store().write("req_x", [](Tx& tx) {
        for (int i = 0; i < 500; ++i) tx.insert_message(message_row("msg_" + std::to_string(i)));
        return true;
    });
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    std::signal(SIGXFSZ, previous);
    check_unavailable(outcome);
    const auto begin = SteadyClock::now();
    while (!f.store().ready() && since(begin) < 5)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(since(begin) < 5);
    CHECK(f.read([](Tx& tx) { return tx.recent_messages(1000); }).empty());
    CHECK(f.read([](Tx& tx) { return tx.user({"usr_a"}); }));
    f.write([](Tx& tx) { tx.insert_message(message_row("msg_1")); });
    CHECK(f.read([](Tx& tx) { return tx.recent_messages(1000); }).size() == 1);
}

TEST_CASE("SQLite: the file is its owner's alone; a directory that is missing is unavailable") {
    const std::string directory =
        (std::filesystem::temp_directory_path() / ("twofold-faults-" + std::to_string(::getpid())))
            .string();
    const std::string url = "sqlite:" + directory + "/t.db";
    const auto store = storage::open_store(url, {});
    check_unavailable(store->write("req_x", [](Tx&) { return true; }));
    CHECK_FALSE(store->ready());
    std::filesystem::create_directory(directory);
    CHECK(storage::schema_state(url) == storage::SchemaState::behind);
    CHECK(storage::migrate(url) > 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    CHECK(store->ready());
    CHECK(insert_application(*store, "app_1"));
    struct stat info {};
    for (const char* suffix : {"/t.db", "/t.db-wal"}) {
        REQUIRE(::stat((directory + suffix).c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
    }
    std::filesystem::remove_all(directory);
}
