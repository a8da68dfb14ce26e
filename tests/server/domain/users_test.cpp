#include "server/domain/users.hpp"

#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    std::string key = key_for("Shop");
    UserChange change(std::optional<std::string> email, std::optional<std::string> name = {}) {
        UserChange c;
        c.email = std::move(email);
        c.display_name = std::move(name);
        return c;
    }
};

TEST_CASE("put makes once and then changes only what is named") {
    Shop w;
    const auto made = w.users.put(w.by_key(w.key), "bob", w.change("bob@example.org", "Bob"));
    REQUIRE(made);
    CHECK(made->created);
    const auto changed = w.users.put(w.by_key(w.key), "bob", w.change(std::nullopt, "Robert"));
    REQUIRE(changed);
    CHECK_FALSE(changed->created);
    CHECK(changed->user.id == made->user.id);
    CHECK(changed->user.email == "bob@example.org");
    CHECK(changed->user.display_name == "Robert");
    const auto cleared = w.users.put(w.by_key(w.key), "bob", w.change(std::nullopt, ""));
    REQUIRE(cleared);
    CHECK_FALSE(cleared->user.display_name);
    CHECK(cleared->user.locale == "en");
    CHECK_FALSE(cleared->user.two_factor_enabled);
}

TEST_CASE("put refuses what is no address, number, language or name") {
    Shop w;
    const auto pointer = [&](const UserChange& c) {
        const auto answer = w.users.put(w.by_key(w.key), "bob", c);
        REQUIRE(code_of(answer) == Code::validation_failed);
        return answer.error().fields.at(0).pointer;
    };
    UserChange c;
    c.email = "a@b@c";
    CHECK(pointer(c) == "/email");
    c = {};
    c.phone = "0123";
    CHECK(pointer(c) == "/phone");
    c = {};
    c.locale = "xx";
    CHECK(pointer(c) == "/locale");
    c = {};
    c.display_name = "\x01";
    CHECK(pointer(c) == "/display_name");
    for (const char* id : {"", ".", "..", "a/b", "me"})
        CHECK(code_of(w.users.put(w.by_key(w.key), id, {})) == Code::not_found);
}

TEST_CASE("an address that changed gets the notices for 30 days more") {
    Shop w;
    auto bob = w.integrator_user(w.key, "bob", "old@example.org");
    REQUIRE(w.users.put(w.by_key(w.key), "bob", w.change("new@example.org")));
    REQUIRE(w.backup_codes.regenerate(w.by_key(w.key), "bob", w.code_proof(bob.app)));
    std::set<std::string> told;
    for (const auto& [id, m] : w.store.snapshot().messages)
        if (m.kind == "backup_codes_regenerated")
            told.insert(open_text(w.core, places::message_to(m), m.to));
    CHECK(told == std::set<std::string>{"old@example.org", "new@example.org"});
    w.clock.advance(30 * 86400);
    REQUIRE(w.backup_codes.regenerate(w.by_key(w.key), "bob", w.code_proof(bob.app)));
    CHECK(w.messages("backup_codes_regenerated") == 3);
}

TEST_CASE("rule 8 of contacts: changing one never moves a factor or proves anything") {
    Shop w;
    auto bob = w.integrator_user(w.key, "bob");
    REQUIRE(w.users.put(w.by_key(w.key), "bob", w.change("thief@example.org")));
    CHECK(w.users.get(w.by_key(w.key), "bob")->two_factor_enabled);
    CHECK(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(bob.app)));
}

TEST_CASE("erase leaves nothing but the chain and the failure counts") {
    Shop w;
    auto bob = w.integrator_user(w.key, "bob");
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int i = 0; i < 4; ++i) CHECK_FALSE(w.verify(w.key, open, w.wrong_code(bob.app)));
    REQUIRE(w.users.erase(w.by_key(w.key), "bob", std::nullopt, {}));
    CHECK(code_of(w.users.get(w.by_key(w.key), "bob")) == Code::not_found);
    CHECK(code_of(w.verify(w.key, open, w.now_code(bob.app))) == Code::not_found);
    const auto data = w.store.snapshot();
    CHECK(data.factors.empty());
    CHECK(data.backup_sets.empty());
    CHECK(data.budgets.empty());
    CHECK(data.tombstones.size() == 1);
    CHECK(data.tombstones.begin()->first.find("bob") == std::string::npos);
    const auto report = w.audit.verify();
    REQUIRE(report);
    CHECK(report->faults.empty());
    // Made again under the same name: the budget goes on where it stood.
    auto again = w.integrator_user(w.key, "bob");
    const auto fifth = w.verify(w.key, w.challenge(w.key, "bob"), w.wrong_code(again.app));
    REQUIRE(code_of(fifth) == Code::code_invalid);
    CHECK(fifth.error().attempts_remaining == 0);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(again.app))) ==
          Code::factor_locked);
}

TEST_CASE("the tombstone is over after 30 days") {
    Shop w;
    auto bob = w.integrator_user(w.key, "bob");
    CHECK_FALSE(w.verify(w.key, w.challenge(w.key, "bob"), w.wrong_code(bob.app)));
    REQUIRE(w.users.erase(w.by_key(w.key), "bob", std::nullopt, {}));
    w.clock.advance(30 * 86400);
    auto again = w.integrator_user(w.key, "bob");
    const auto wrong = w.verify(w.key, w.challenge(w.key, "bob"), w.wrong_code(again.app));
    CHECK(wrong.error().attempts_remaining == 4);
}

TEST_CASE("erasing oneself needs the password and, with 2FA on, proof") {
    World w;
    w.make_alice();
    const std::string token = w.sign_in().session.token;
    const auto me = [&] { return w.with(token); };
    auto enrolled = w.enrol(me);
    CHECK(code_of(w.users.erase(me(), "me", std::nullopt, {})) == Code::validation_failed);
    CHECK(code_of(w.users.erase(me(), "me", "wrong one", {})) == Code::credentials_invalid);
    CHECK(code_of(w.users.erase(me(), "me", World::kPassword, {})) == Code::proof_required);
    ProofGiven wrong;
    wrong.code = w.wrong_code(enrolled.app);
    CHECK(code_of(w.users.erase(me(), "me", World::kPassword, wrong)) == Code::code_invalid);
    REQUIRE(w.users.erase(me(), "me", World::kPassword, w.code_proof(enrolled.app)));
    CHECK(w.with(token).session() == nullptr);
    CHECK(code_of(w.accounts.sign_in(w.nobody(), World::kEmail, World::kPassword)) ==
          Code::credentials_invalid);
    w.make_alice();  // the address is free again
    CHECK(w.sign_in().me.state == "signed_in");
}

TEST_CASE("external ids are compared byte for byte") {
    Shop w;
    REQUIRE(w.users.put(w.by_key(w.key), "Bob", {}));
    CHECK(code_of(w.users.get(w.by_key(w.key), "bob")) == Code::not_found);
    CHECK(code_of(w.users.get(w.by_key(w.key), "Bob ")) == Code::not_found);
    CHECK(w.users.get(w.by_key(w.key), "Bob"));
}

}  // namespace
}  // namespace twofold::domain
