// Migrations: run once, twice, at the same time, interrupted, changed, from the future.
#include "server/storage/migrator.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/support/catch.hpp"
#include "tests/support/mariadb.hpp"

using namespace twofold;
using namespace twofold::storage;
using twofold::testing::MariaDb;

namespace {

class EmptyDatabase {
 public:
    explicit EmptyDatabase(Engine engine) {
        if (engine == Engine::mysql) {
            url_ = MariaDb::instance().url(MariaDb::instance().new_database());
            return;
        }
        std::string name =
            (std::filesystem::temp_directory_path() / "twofold-migrator-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory_ = name;
        url_ = "sqlite:" + name + "/m.db";
    }
    ~EmptyDatabase() {
        std::error_code ignored;
        if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
    }
    EmptyDatabase(const EmptyDatabase&) = delete;
    EmptyDatabase& operator=(const EmptyDatabase&) = delete;
    const std::string& url() const { return url_; }
    DatabaseUrl parsed() const { return parse_url(url_); }

 private:
    std::string url_;
    std::filesystem::path directory_;
};

const Migration kFirst{1, "0001_first", "c1",
                       "CREATE TABLE one (id VARCHAR(8) NOT NULL, PRIMARY KEY (id));"};
const Migration kSecond{2, "0002_second", "c2",
                        "CREATE TABLE two (id VARCHAR(8) NOT NULL, n BIGINT, PRIMARY KEY (id));\n"
                        "CREATE INDEX two_n_idx ON two (n);\n"
                        "ALTER TABLE one ADD COLUMN extra BIGINT;"};
// The last statement fails on every database; the ones before it work.
const Migration kBroken{2, "0002_second", "c2",
                        "CREATE TABLE two (id VARCHAR(8) NOT NULL, n BIGINT, PRIMARY KEY (id));\n"
                        "CREATE INDEX two_n_idx ON two (n);\n"
                        "ALTER TABLE missing ADD COLUMN extra BIGINT;"};

std::string message_of(const std::function<void()>& fn) {
    try {
        fn();
    } catch (const StorageError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the migrations of the program run, and run again as nothing") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    CHECK(schema_state(db.url()) == SchemaState::behind);
    CHECK(migrate(db.url()) == static_cast<int>(migrations(engine).size()));
    CHECK(schema_state(db.url()) == SchemaState::current);
    CHECK(migrate(db.url()) == 0);
}

TEST_CASE("every dialect has every migration, and the binary holds the files as they are") {
    const auto sqlite = migrations(Engine::sqlite);
    const auto mysql = migrations(Engine::mysql);
    REQUIRE(sqlite.size() == mysql.size());
    std::set<std::string> names;
    for (std::size_t i = 0; i < sqlite.size(); ++i) {
        CHECK(sqlite[i].number == static_cast<int>(i) + 1);
        CHECK(mysql[i].number == static_cast<int>(i) + 1);
        CHECK(sqlite[i].name == mysql[i].name);
        CHECK(sqlite[i].checksum.size() == 64);
        names.insert(std::string(sqlite[i].name));
    }
    const std::filesystem::path directory = std::string(TWOFOLD_SOURCE_DIR) + "/db/migrations";
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::string stem = entry.path().stem().string();
        bool only_sqlite = false;
        bool only_mysql = false;
        for (const auto& [suffix, flag] :
             {std::pair{".sqlite", &only_sqlite}, {".mysql", &only_mysql}})
            if (stem.ends_with(suffix)) {
                stem.resize(stem.size() - std::string(suffix).size());
                *flag = true;
            }
        INFO(entry.path());
        REQUIRE(names.contains(stem));
        std::ifstream in(entry.path());
        std::stringstream text;
        text << in.rdbuf();
        for (const auto& list : {sqlite, mysql}) {
            if ((list.data() == sqlite.data() && only_mysql) ||
                (list.data() == mysql.data() && only_sqlite))
                continue;
            for (const Migration& migration : list)
                if (migration.name == stem) CHECK(migration.sql == text.str());
        }
    }
}

TEST_CASE("tables are singular, constraints are named for their table") {
    for (const Migration& migration : migrations(Engine::sqlite)) {
        std::string table;
        for (const std::string& statement : statements_of(migration.sql)) {
            INFO(statement);
            std::istringstream words(statement);
            std::string word;
            while (words >> word) {
                if (word == "TABLE") {
                    words >> table;
                    if (table == "IF") continue;
                    CHECK_FALSE(table.ends_with("s"));
                }
                if (word == "CONSTRAINT") {
                    words >> word;
                    CHECK(word.starts_with(table + "_"));
                    CHECK((word.ends_with("_key") || word.ends_with("_fkey")));
                }
                if (word == "INDEX") {
                    words >> word;
                    CHECK(word.ends_with("_idx"));
                }
            }
        }
    }
}

TEST_CASE("an interrupted migration can be run again") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    const Migration broken[] = {kFirst, kBroken};
    const std::string text = message_of([&] { migrate(db.parsed(), broken); });
    CHECK(text.find("0002_second") != std::string::npos);
    const Migration whole[] = {kFirst, kSecond};
    CHECK(schema_state(db.parsed(), whole) == SchemaState::behind);
    CHECK(migrate(db.parsed(), whole) == 1);
    CHECK(schema_state(db.parsed(), whole) == SchemaState::current);
    CHECK(migrate(db.parsed(), whole) == 0);
}

TEST_CASE("a migration that was changed after it ran is refused") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    const Migration list[] = {kFirst, kSecond};
    REQUIRE(migrate(db.parsed(), list) == 2);
    Migration changed[] = {kFirst, kSecond};
    changed[0].checksum = "other";
    CHECK(message_of([&] { migrate(db.parsed(), changed); }).find("0001_first") !=
          std::string::npos);
    CHECK(schema_state(db.parsed(), changed) == SchemaState::foreign);
}

TEST_CASE("a schema from a newer program is refused") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    const Migration newer[] = {kFirst, kSecond};
    REQUIRE(migrate(db.parsed(), newer) == 2);
    const Migration older[] = {kFirst};
    CHECK(message_of([&] { migrate(db.parsed(), older); }).find("newer") != std::string::npos);
    CHECK(schema_state(db.parsed(), older) == SchemaState::foreign);
}

TEST_CASE("a table that was there before us is not taken over") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    const Migration list[] = {kFirst};
    REQUIRE(migrate(db.parsed(), list) == 1);
    // The same table again under a new number: never begun, so "exists" is an error.
    const Migration clash[] = {kFirst, {2, "0002_clash", "c", "CREATE TABLE one (id VARCHAR(8));"}};
    CHECK_FALSE(message_of([&] { migrate(db.parsed(), clash); }).empty());
}

TEST_CASE("several processes migrate at the same time") {
    const Engine engine = GENERATE(Engine::sqlite, Engine::mysql);
    EmptyDatabase db(engine);
    const Migration list[] = {kFirst, kSecond};
    std::atomic<int> finished = 0;
    std::atomic<int> failed = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            try {
                finished += migrate(db.parsed(), list);
            } catch (const StorageError&) {
                ++failed;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(finished == 2);
}

TEST_CASE("statements are split at semicolons, without comments") {
    CHECK(statements_of("-- a; b\nCREATE x (\n  y -- z;\n);\n\nDROP w;\n") ==
          std::vector<std::string>{"CREATE x (\n  y \n)", "DROP w"});
    CHECK(statements_of("").empty());
    CHECK_THROWS_AS(statements_of("CREATE x"), StorageError);
}
