// store_fixture.hpp - one contract, three stores: each test of tests/contract/ runs on the store in
// memory, on SQLite in a file and on a real MariaDB, always on empty tables.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "server/domain/ports.hpp"
#include "server/storage/mapping.hpp"
#include "tests/support/catch.hpp"

namespace twofold::testing {

enum class Backend { memory, sqlite, mariadb };
std::string name_of(Backend backend);

// GENERATE of all three; use as: FOR_EVERY_STORE(f);
#define FOR_EVERY_STORE(fixture)                                                           \
    const auto backend_under_test =                                                        \
        GENERATE(::twofold::testing::Backend::memory, ::twofold::testing::Backend::sqlite, \
                 ::twofold::testing::Backend::mariadb);                                    \
    INFO("store: " << ::twofold::testing::name_of(backend_under_test));                    \
    ::twofold::testing::StoreFixture fixture(backend_under_test)

class StoreFixture {
 public:
    explicit StoreFixture(Backend backend);
    ~StoreFixture();
    StoreFixture(const StoreFixture&) = delete;
    StoreFixture& operator=(const StoreFixture&) = delete;

    domain::Store& store() { return *store_; }
    // A second server process, as far as the database can tell (in memory: the same object).
    std::shared_ptr<domain::Store> another();
    Backend backend() const { return backend_; }

    // fn commits; its result is returned. Requires success.
    template <class Fn>
    auto write(Fn fn) {
        return write_to(*store_, fn);
    }
    template <class Fn>
    static auto write_to(domain::Store& store, Fn fn) {
        using Result = decltype(fn(std::declval<domain::Tx&>()));
        if constexpr (std::is_void_v<Result>) {
            const auto outcome = store.write("req_test", [&](domain::Tx& tx) {
                fn(tx);
                return true;
            });
            REQUIRE(outcome.has_value());
        } else {
            std::optional<Result> out;
            const auto outcome = store.write("req_test", [&](domain::Tx& tx) {
                out.emplace(fn(tx));
                return true;
            });
            REQUIRE(outcome.has_value());
            return *std::move(out);
        }
    }
    template <class Fn>
    auto read(Fn fn) {
        std::optional<decltype(fn(std::declval<domain::Tx&>()))> out;
        const auto outcome = store_->read([&](domain::Tx& tx) { out.emplace(fn(tx)); });
        REQUIRE(outcome.has_value());
        return *std::move(out);
    }

 private:
    Backend backend_;
    std::string url_;
    std::filesystem::path directory_;  // SQLite's
    std::shared_ptr<domain::Store> store_;
};

// Every column as text: two rows are equal when their dumps are.
template <class Row>
std::string dump(const Row& row) {
    storage::Sql sql;
    storage::write_values(sql, row);
    std::string out = sql.text();
    for (const std::string& value : sql.bound()) out += "|" + value;
    return out;
}
template <class Row>
std::string dump(const std::optional<Row>& row) {
    return row ? dump(*row) : "nothing";
}

domain::Instant at(std::int64_t seconds);

// Rows with a value of its own in every column, and the rows they hang on.
domain::ApplicationRow application_row(const std::string& id = "app_one");
domain::UserRow user_row(const std::string& id, const std::string& application = "app_one");
domain::AccountRow account_row(const std::string& user);
domain::FactorRow factor_row(const std::string& id, const std::string& user);
domain::ChallengeRow challenge_row(const std::string& id, const std::string& user);
domain::SessionRow session_row(const std::string& id, const std::string& user);
domain::BackupSetRow backup_set_row(const std::string& id, const std::string& user);
domain::ApiKeyRow api_key_row(const std::string& id);
domain::AuditRow audit_row(const std::string& id, const std::string& chain, std::int64_t sequence);
domain::LinkRow link_row(const std::string& id);
domain::MessageRow message_row(const std::string& id);
domain::IdempotencyRow idempotency_row(const std::string& id);

// Application app_one with users usr_a, usr_b and usr_c.
void seed(domain::Tx& tx);
// Text that is neither plain to Sql nor ASCII: quotes, backslash, percent, colon names, four-byte
// UTF-8.
std::string awkward();

}  // namespace twofold::testing
