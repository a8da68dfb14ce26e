#include "server/domain/assertions.hpp"

#include "server/domain/digest.hpp"
#include "server/domain/json_text.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    std::string key = key_for("Shop");
    Enrolled bob = integrator_user(key, "bob");
    Verified passed(Purpose purpose, std::string nonce = {}) {
        next_step();
        ChallengeRequest request;
        request.purpose = purpose;
        request.nonce = std::move(nonce);
        if (purpose == Purpose::step_up) {
            request.action_name = "transfer";
            request.action_text = "Transfer 10 EUR to \"Zoé\"";
        }
        const auto made = challenges.create(by_key(key), "bob", request);
        REQUIRE(made);
        const auto verified = verify(key, made->id, now_code(bob.app));
        REQUIRE(verified);
        return *verified;
    }
    Outcome<Done> check(const std::string& jws, Purpose purpose, std::string action = {},
                        ChallengeId challenge = {}, std::string user = "bob") {
        return assertions.verify(
            by_key(key), jws, {std::move(user), purpose, std::move(action), std::move(challenge)});
    }
};

TEST_CASE("an assertion says who, what for, by what and for how long") {
    Shop w;
    const Verified v = w.passed(Purpose::step_up, "n-0S6_WzA2Mj");
    const auto claims = json_flat_read(*w.signer.verify(v.assertion));
    REQUIRE(claims);
    CHECK(claims->at("iss") == "https://client.example.com");
    CHECK(claims->at("aud") == w.by_key(w.key).key()->application.value);
    CHECK(claims->at("sub") == "bob");
    CHECK(claims->at("purpose") == "step_up");
    CHECK(claims->at("action") == "transfer");
    CHECK(claims->at("action_text") == base64url(sha256(as_bytes("Transfer 10 EUR to \"Zoé\""))));
    CHECK(claims->at("method") == "totp");
    CHECK(claims->at("challenge") == v.challenge.value);
    CHECK(claims->at("nonce") == "n-0S6_WzA2Mj");
    CHECK(claims->at("iat") == std::to_string(w.clock.seconds()));
    CHECK(claims->at("exp") == std::to_string(w.clock.seconds() + 60));
}

TEST_CASE("an assertion is redeemed once, by its own application, for what it says") {
    Shop w;
    const Verified v = w.passed(Purpose::step_up);
    CHECK(code_of(w.check(v.assertion, Purpose::sign_in)) == Code::validation_failed);
    CHECK(code_of(w.check(v.assertion, Purpose::step_up)) == Code::validation_failed);
    CHECK(code_of(w.check(v.assertion, Purpose::step_up, "refund")) == Code::validation_failed);
    CHECK(code_of(w.check(v.assertion, Purpose::step_up, "transfer", {}, "carol")) ==
          Code::validation_failed);
    CHECK(code_of(w.check(v.assertion, Purpose::step_up, "transfer", ChallengeId{"chl_x"})) ==
          Code::validation_failed);
    const std::string other = w.key_for("Other");
    CHECK(code_of(w.assertions.verify(w.by_key(other), v.assertion,
                                      {"bob", Purpose::step_up, "transfer", {}})) ==
          Code::validation_failed);
    CHECK(w.check(v.assertion, Purpose::step_up, "transfer", v.challenge));
    CHECK(code_of(w.check(v.assertion, Purpose::step_up, "transfer", v.challenge)) ==
          Code::code_already_used);
}

TEST_CASE("an assertion is over after 60 s, and a changed one is none") {
    Shop w;
    const Verified v = w.passed(Purpose::sign_in);
    w.clock.advance(60);
    CHECK(code_of(w.check(v.assertion, Purpose::sign_in)) == Code::validation_failed);
    const Verified fresh = w.passed(Purpose::sign_in);
    for (std::size_t i = 4; i < fresh.assertion.size(); i += 7) {
        std::string changed = fresh.assertion;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK(code_of(w.check(changed, Purpose::sign_in)) == Code::validation_failed);
    }
    w.clock.advance(59);
    CHECK(w.check(fresh.assertion, Purpose::sign_in));
    CHECK(code_of(w.check("", Purpose::sign_in)) == Code::validation_failed);
    CHECK(code_of(w.assertions.verify(w.nobody(), fresh.assertion, {})) == Code::unauthenticated);
}

TEST_CASE("of 16 parallel checks of one assertion one is right") {
    Shop w;
    const Verified v = w.passed(Purpose::sign_in);
    std::vector<Caller> callers;
    for (int i = 0; i < 16; ++i) callers.push_back(w.by_key(w.key));
    CHECK(parallel(16, [&](int i) {
              return bool(w.assertions.verify(callers[static_cast<std::size_t>(i)], v.assertion,
                                              {"bob", Purpose::sign_in, {}, {}}));
          }) == 1);
}

TEST_CASE("a lost COMMIT of a redemption is not a second use") {
    for (const bool arrived : {true, false}) {
        Shop w;
        const Verified v = w.passed(Purpose::sign_in);
        const Caller caller = w.by_key(w.key);
        w.store.lose_commit_next(arrived);
        CHECK(w.assertions.verify(caller, v.assertion, {"bob", Purpose::sign_in, {}, {}}));
    }
}

}  // namespace
}  // namespace twofold::domain
