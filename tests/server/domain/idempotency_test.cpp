#include "server/domain/idempotency.hpp"

#include "server/domain/events.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    Outcome<Idempotency::Ticket> begin(const Caller& caller, std::string_view key = "k1",
                                       std::string_view body = "{}",
                                       std::string_view scope = "key:a",
                                       std::string_view path = "/v1/x") {
        return idempotency.begin(caller, scope, key, "POST", path, body);
    }
};

TEST_CASE("security 73: same key and body, same answer and one effect") {
    Shop w;
    const auto first = w.begin(w.nobody());
    REQUIRE(first);
    REQUIRE_FALSE(first->answer);
    CHECK(code_of(w.begin(w.nobody())) == Code::idempotency_in_flight);
    w.idempotency.finish(*first, "k1", 201, "{\"id\":1}", false);
    const auto again = w.begin(w.nobody());
    REQUIRE(again);
    REQUIRE(again->answer);
    CHECK(again->answer->status == 201);
    CHECK(again->answer->body == "{\"id\":1}");
    CHECK(code_of(w.begin(w.nobody(), "k1", "{\"other\":1}")) == Code::idempotency_mismatch);
    CHECK_FALSE(w.begin(w.nobody(), "k2")->answer);
    CHECK_FALSE(w.begin(w.nobody(), "k1", "{}", "key:b")->answer);  // scoped to the caller
    CHECK_FALSE(w.begin(w.nobody(), "k1", "{}", "key:a", "/v1/y")->answer);
    w.clock.advance(86399);
    CHECK(w.begin(w.nobody())->answer);
    w.clock.advance(1);
    CHECK_FALSE(w.begin(w.nobody())->answer);
}

TEST_CASE("5xx and 429 are not kept, other refusals are") {
    Shop w;
    for (const int status : {500, 503, 429}) {
        const auto ticket = w.begin(w.nobody());
        REQUIRE(ticket);
        CHECK_FALSE(ticket->answer);
        w.idempotency.finish(*ticket, "k1", status, "{}", false);
    }
    const auto ticket = w.begin(w.nobody());
    w.idempotency.finish(*ticket, "k1", 422, "no", false);
    CHECK(w.begin(w.nobody())->answer->status == 422);
}

TEST_CASE(
    "an answer with a secret is kept 10 minutes, opens only with the key, then says expired") {
    Shop w;
    const auto ticket = w.begin(w.nobody());
    REQUIRE(ticket);
    w.idempotency.finish(*ticket, "k1", 201, "JBSWY3DP", true);
    for (const auto& [id, row] : w.store.snapshot().idempotency) {
        CHECK(row.body.text.find("JBSWY3DP") == std::string::npos);
        CHECK(row.id.find("k1") == std::string::npos);
        CHECK_FALSE(w.sealer.open({"idempotency", "body", row.id, {}, {}}, row.body));
    }
    w.clock.advance(599);
    CHECK(w.begin(w.nobody())->answer->body == "JBSWY3DP");
    w.clock.advance(1);
    CHECK(code_of(w.begin(w.nobody())) == Code::idempotency_expired);
    w.clock.advance(86400 - 601);
    CHECK(code_of(w.begin(w.nobody())) == Code::idempotency_expired);
}

TEST_CASE("a process that died: its effect is looked up, never repeated and never lost") {
    Shop w;
    const Caller lost = w.nobody();
    REQUIRE(w.begin(lost));
    w.clock.advance(59);
    CHECK(code_of(w.begin(w.nobody())) == Code::idempotency_in_flight);
    w.clock.advance(1);
    CHECK_FALSE(w.begin(w.nobody())->answer);  // no effect: it runs again
    const Caller done = w.nobody();
    REQUIRE(w.begin(done, "k9"));
    REQUIRE(w.store.write(done.request_id, [&](Tx& tx) {
        record_system(tx, w.core, done, {.action = "test"});
        return true;
    }));
    w.clock.advance(60);
    CHECK(code_of(w.begin(w.nobody(), "k9")) == Code::idempotency_expired);
}

TEST_CASE("of 16 parallel requests with one key one runs") {
    Shop w;
    std::vector<Caller> callers;
    for (int i = 0; i < 16; ++i) callers.push_back(w.nobody());
    CHECK(parallel(16, [&](int i) {
              const auto ticket = w.begin(callers[static_cast<std::size_t>(i)]);
              return ticket && !ticket->answer;
          }) == 1);
}

TEST_CASE("a key is 1 to 128 visible ASCII characters") {
    Shop w;
    CHECK(w.begin(w.nobody(), std::string(128, '~')));
    for (const std::string& wrong : {std::string(), std::string(129, 'x'), std::string("a b"),
                                     std::string("a\n"), std::string("\xC3\xBC")})
        CHECK(code_of(w.begin(w.nobody(), wrong)) == Code::validation_failed);
}

}  // namespace
}  // namespace twofold::domain
