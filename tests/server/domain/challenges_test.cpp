#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    std::string key = key_for("Shop");
    Enrolled bob = integrator_user(key, "bob");
};

TEST_CASE("security 7: steps -1, 0 and +1 are accepted, two away are not") {
    struct Row {
        int offset;
        bool right;
    };
    for (const Row row :
         {Row{-2, false}, Row{-1, true}, Row{0, true}, Row{1, true}, Row{2, false}}) {
        Shop w;
        w.clock.advance(300);
        const auto answer = w.verify(w.key, w.challenge(w.key, "bob"),
                                     w.bob.app.at(w.clock.seconds() + 30 * row.offset));
        INFO(row.offset);
        CHECK(bool(answer) == row.right);
        if (!row.right) CHECK(code_of(answer) == Code::code_invalid);
    }
}

TEST_CASE("rule 1, security 9: after step s every step up to s is refused in every flow") {
    Shop w;
    w.clock.advance(300);
    const std::string before = w.bob.app.at(w.clock.seconds() - 30);
    const std::string now = w.now_code(w.bob.app);
    REQUIRE(w.verify(w.key, w.challenge(w.key, "bob"), now));
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), now)) == Code::code_already_used);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob", Purpose::step_up), now)) ==
          Code::code_already_used);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), before)) == Code::code_invalid);
    ProofGiven proof;
    proof.code = now;
    CHECK(code_of(w.enrolments.disable(w.by_key(w.key), "bob", proof)) == Code::code_already_used);
    CHECK(code_of(w.backup_codes.regenerate(w.by_key(w.key), "bob", proof)) ==
          Code::code_already_used);
    CHECK(code_of(w.enrolments.remove(w.by_key(w.key), "bob", w.bob.app.id, proof)) ==
          Code::code_already_used);
    CHECK(code_of(w.start(w.by_key(w.key), "bob", proof)) == Code::code_already_used);
    // A clock that goes back revives nothing.
    w.clock.advance(-30);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), before)) == Code::code_invalid);
}

TEST_CASE("security 10: a used code stays refused in any spelling") {
    Shop w;
    const std::string code = w.now_code(w.bob.app);
    REQUIRE(w.verify(w.key, w.challenge(w.key, "bob"), code));
    const ChallengeId open = w.challenge(w.key, "bob");
    CHECK(code_of(w.verify(w.key, open, " " + code.substr(0, 3) + " - " + code.substr(3))) ==
          Code::code_already_used);
    for (const std::string& other :
         {code + "\n", code + std::string(1, '\0'), "１２３４５６" + std::string(),
          std::string("٠١٢٣٤٥"), "0" + code + "00"})
        CHECK(code_of(w.verify(w.key, open, other)) == Code::validation_failed);
}

TEST_CASE("a used code says when the next one begins and is not charged") {
    Shop w;
    w.clock.set((w.clock.seconds() / 30 + 1) * 30 + 7);
    const std::string code = w.now_code(w.bob.app);
    REQUIRE(w.verify(w.key, w.challenge(w.key, "bob"), code));
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int i = 0; i < 10; ++i) {
        const auto again = w.verify(w.key, open, code);
        REQUIRE(code_of(again) == Code::code_already_used);
        CHECK(again.error().retry_after == Seconds(23));
    }
    w.clock.advance(23);
    CHECK(w.verify(w.key, open, w.now_code(w.bob.app)));
}

TEST_CASE("a wrong code says what remains, and the fifth in a row locks") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int left = 4; left >= 0; --left) {
        const auto wrong = w.verify(w.key, open, w.wrong_code(w.bob.app));
        REQUIRE(code_of(wrong) == Code::code_invalid);
        CHECK(wrong.error().attempts_remaining == left);
    }
    const auto locked_out = w.verify(w.key, open, w.wrong_code(w.bob.app));
    REQUIRE(code_of(locked_out) == Code::factor_locked);
    CHECK(locked_out.error().retry_after == Seconds(60));
    // Security 42: right and wrong look the same while locked.
    const auto right = w.verify(w.key, open, w.now_code(w.bob.app));
    CHECK(code_of(right) == Code::factor_locked);
    CHECK(right.error().retry_after == locked_out.error().retry_after);
    w.clock.advance(60);
    CHECK(w.verify(w.key, open, w.now_code(w.bob.app)));
}

TEST_CASE(
    "rule 2: a lock set meanwhile stops a challenge already open; a new one refills nothing") {
    Shop w;
    const ChallengeId early = w.challenge(w.key, "bob");
    for (int i = 0; i < 5; ++i) {
        const ChallengeId fresh = w.challenge(w.key, "bob");
        CHECK(code_of(w.verify(w.key, fresh, w.wrong_code(w.bob.app))) == Code::code_invalid);
    }
    CHECK(code_of(w.verify(w.key, early, w.now_code(w.bob.app))) == Code::factor_locked);
    const auto view = w.challenges.get(w.by_key(w.key), w.challenge(w.key, "bob"));
    REQUIRE(view);
    CHECK(view->attempts_remaining == 0);
    CHECK(view->methods.at(0).locked_until);
}

TEST_CASE("security 45: right password and repeated wrong codes: the owner is told") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int i = 0; i < 4; ++i) CHECK_FALSE(w.verify(w.key, open, w.wrong_code(w.bob.app)));
    CHECK(w.messages("factor_locked") == 0);
    CHECK_FALSE(w.verify(w.key, open, w.wrong_code(w.bob.app)));
    CHECK(w.messages("factor_locked") == 1);
}

TEST_CASE(
    "security 40 and 41: locking one factor leaves the others usable; success resets only its "
    "own") {
    Shop w;
    ProofGiven proof = w.code_proof(w.bob.app);
    auto second = w.enrol([&] { return w.by_key(w.key); }, "bob", proof);
    ChallengeId open = w.challenge(w.key, "bob");
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(w.verify(w.key, open, w.wrong_code(w.bob.app), w.bob.app.id));
    CHECK(code_of(w.verify(w.key, open, w.now_code(w.bob.app), w.bob.app.id)) ==
          Code::factor_locked);
    REQUIRE(w.verify(w.key, open, w.now_code(second.app), second.app.id));
    CHECK(w.store.snapshot().budgets.at(w.bob.app.id.value).failures == 5);
}

TEST_CASE(
    "rule 2: an unnamed code charges every factor it is compared with, a named one only its own") {
    Shop w;
    auto second = w.enrol([&] { return w.by_key(w.key); }, "bob", w.code_proof(w.bob.app));
    const ChallengeId open = w.challenge(w.key, "bob");
    CHECK_FALSE(w.verify(w.key, open, w.wrong_code(w.bob.app), second.app.id));
    auto budgets = w.store.snapshot().budgets;
    CHECK(budgets.count(w.bob.app.id.value) == 0);
    CHECK(budgets.at(second.app.id.value).failures == 1);
    CHECK_FALSE(w.verify(w.key, open, w.wrong_code(second.app)));
    budgets = w.store.snapshot().budgets;
    CHECK(budgets.at(w.bob.app.id.value).failures == 1);
    CHECK(budgets.at(second.app.id.value).failures == 2);
    REQUIRE(w.verify(w.key, open, w.now_code(w.bob.app)));
    budgets = w.store.snapshot().budgets;
    CHECK(budgets.at(w.bob.app.id.value).failures == 0);
    CHECK(budgets.at(second.app.id.value).failures == 2);
}

TEST_CASE("security 37: 100 consecutive failures end the factor, which keeps gating") {
    Shop w;
    for (int i = 0; i < 100; ++i) {
        const ChallengeId open = w.challenge(w.key, "bob");
        auto answer = w.verify(w.key, open, w.wrong_code(w.bob.app));
        if (code_of(answer) == Code::factor_locked) {
            w.clock.advance(answer.error().retry_after->count());
            const ChallengeId again = w.challenge(w.key, "bob");
            answer = w.verify(w.key, again, w.wrong_code(w.bob.app));
        }
        REQUIRE(code_of(answer) == Code::code_invalid);
    }
    w.clock.advance(100000);
    const ChallengeId open = w.challenge(w.key, "bob");
    CHECK(code_of(w.verify(w.key, open, w.now_code(w.bob.app))) == Code::factor_ended);
    CHECK(w.messages("factor_ended") == 1);
    CHECK(w.store.snapshot().factors.at(w.bob.app.id).secret.empty());
    const auto user = w.users.get(w.by_key(w.key), "bob");
    REQUIRE(user);
    CHECK(user->two_factor_enabled);  // 2FA never switches itself off
    CHECK(user->methods.empty());
    const auto list = w.enrolments.list(w.by_key(w.key), "bob");
    REQUIRE(list);
    CHECK(list->items.at(0).status == FactorStatus::ended);
    // Another factor replaces it: here a backup code proves, and a new one is enrolled.
    ProofGiven proof;
    proof.code = w.bob.backup_codes.at(0);
    const auto started = w.start(w.by_key(w.key), "bob", proof, w.bob.app.id);
    REQUIRE(started);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    REQUIRE(w.enrolments.confirm(w.by_key(w.key), "bob", app.id, w.now_code(app)));
    w.next_step();
    CHECK(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(app)));
}

TEST_CASE("rule 3, 16: malformed codes and codes of another length cost no attempt") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int i = 0; i < 20; ++i) {
        CHECK(code_of(w.verify(w.key, open, "12345")) == Code::validation_failed);
        CHECK(code_of(w.verify(w.key, open, "1234567")) == Code::validation_failed);
        CHECK(code_of(w.verify(w.key, open, "00000-00000-00001")) == Code::validation_failed);
    }
    CHECK(w.store.snapshot().budgets.count(w.bob.app.id.value) == 0);
    CHECK(w.verify(w.key, open, w.now_code(w.bob.app)));
}

TEST_CASE("a challenge is approved once, and expires") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    REQUIRE(w.verify(w.key, open, w.now_code(w.bob.app)));
    w.next_step();
    CHECK(code_of(w.verify(w.key, open, w.now_code(w.bob.app))) == Code::challenge_closed);
    const ChallengeId late = w.challenge(w.key, "bob");
    w.clock.advance(599);
    CHECK(w.challenges.get(w.by_key(w.key), late)->expired == false);
    w.clock.advance(1);
    CHECK(w.challenges.get(w.by_key(w.key), late)->expired);
    CHECK(code_of(w.verify(w.key, late, w.now_code(w.bob.app))) == Code::challenge_expired);
}

TEST_CASE(
    "security 22 and 55: another application's key meets the same not_found as nothing at all") {
    Shop w;
    const std::string other = w.key_for("Other");
    const ChallengeId open = w.challenge(w.key, "bob");
    CHECK(code_of(w.verify(other, open, w.now_code(w.bob.app))) == Code::not_found);
    CHECK(code_of(w.challenges.get(w.by_key(other), open)) == Code::not_found);
    CHECK(code_of(w.verify(other, ChallengeId{"chl_unknown"}, "123456")) == Code::not_found);
    CHECK(code_of(w.users.get(w.by_key(other), "bob")) == Code::not_found);
    CHECK(code_of(w.enrolments.list(w.by_key(other), "bob")) == Code::not_found);
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    CHECK(code_of(w.challenges.create(w.by_key(other), "bob", request)) == Code::not_found);
    CHECK(w.verify(w.key, open, w.now_code(w.bob.app)));
    // The code of one user is nothing to another's challenge.
    auto carol = w.integrator_user(w.key, "carol", "carol@example.org");
    const ChallengeId hers = w.challenge(w.key, "carol");
    w.next_step();
    CHECK(code_of(w.verify(w.key, hers, w.now_code(w.bob.app))) == Code::code_invalid);
    CHECK(code_of(w.verify(w.key, hers, w.now_code(w.bob.app), w.bob.app.id)) ==
          Code::validation_failed);
    CHECK(code_of(w.verify(w.key, hers, w.bob.backup_codes.at(0))) == Code::code_invalid);
}

TEST_CASE("a key's scopes bound what it may do") {
    Shop w;
    const std::string narrow = w.key_for("Shop", {Scope::users});
    const ChallengeId open = w.challenge(w.key, "bob");
    CHECK(code_of(w.verify(narrow, open, "123456")) == Code::forbidden);
    CHECK(code_of(w.challenges.get(w.by_key(narrow), open)) == Code::forbidden);
    CHECK(code_of(w.enrolments.list(w.by_key(narrow), "bob")) == Code::forbidden);
    CHECK(code_of(w.users.erase(w.by_key(narrow), "bob", std::nullopt, {})) == Code::forbidden);
    CHECK(w.users.get(w.by_key(narrow), "bob"));
    CHECK(code_of(w.challenges.get(w.nobody(), open)) == Code::unauthenticated);
}

TEST_CASE("challenges are asked for in the shape of the contract") {
    Shop w;
    struct Row {
        std::function<void(ChallengeRequest&)> change;
        const char* pointer;
    };
    const Row rows[] = {
        {[](ChallengeRequest& r) { r.purpose = Purpose::manage; }, "/action"},
        {[](ChallengeRequest& r) {
             r.purpose = Purpose::manage;
             r.action = Action::remove_factor;
         },
         "/object"},
        {[](ChallengeRequest& r) {
             r.purpose = Purpose::manage;
             r.action = Action::remove_factor;
             r.object = "enr_unknown";
         },
         "/object"},
        {[](ChallengeRequest& r) {
             r.purpose = Purpose::manage;
             r.action = Action::disable;
             r.object = "enr_unknown";
         },
         "/object"},
        {[](ChallengeRequest& r) { r.purpose = Purpose::step_up; }, "/action"},
        {[](ChallengeRequest& r) {
             r.purpose = Purpose::step_up;
             r.action_name = "has space";
         },
         "/action"},
        {[](ChallengeRequest& r) { r.action_name = "x"; }, "/action"},
        {[](ChallengeRequest& r) { r.enrollment = FactorId{"enr_unknown"}; }, "/enrollment_id"},
        {[](ChallengeRequest& r) { r.nonce = "with space"; }, "/nonce"},
        {[](ChallengeRequest& r) { r.nonce = std::string(129, 'x'); }, "/nonce"},
    };
    for (const Row& row : rows) {
        ChallengeRequest request;
        request.purpose = Purpose::sign_in;
        row.change(request);
        const auto answer = w.challenges.create(w.by_key(w.key), "bob", request);
        REQUIRE(code_of(answer) == Code::validation_failed);
        CHECK(answer.error().fields.at(0).pointer == row.pointer);
    }
    UserChange nothing;
    REQUIRE(w.users.put(w.by_key(w.key), "carol", nothing));
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    CHECK(code_of(w.challenges.create(w.by_key(w.key), "carol", request)) == Code::not_enrolled);
}

TEST_CASE("the last method used successfully comes first") {
    Shop w;
    auto second = w.enrol([&] { return w.by_key(w.key); }, "bob", w.code_proof(w.bob.app));
    REQUIRE(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(w.bob.app), w.bob.app.id));
    auto view = w.challenges.get(w.by_key(w.key), w.challenge(w.key, "bob"));
    REQUIRE(view);
    REQUIRE(view->methods.size() == 3);
    CHECK(view->methods[0].enrollment == w.bob.app.id);
    CHECK(view->methods[1].enrollment == second.app.id);
    CHECK(view->methods[2].method == Method::backup_code);
    CHECK(view->preferred == Method::totp);
    CHECK(view->attempts_remaining == 5);
}

TEST_CASE(
    "phishing: a code used a moment ago from another client warns the owner, from the same one "
    "not") {
    Shop w;
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    const auto from = [&](const char* ip) {
        request.client = ClientInfo{ip, "Browser/1"};
        const auto made = w.challenges.create(w.by_key(w.key), "bob", request);
        REQUIRE(made);
        return made->id;
    };
    const std::string code = w.now_code(w.bob.app);
    REQUIRE(w.verify(w.key, from("203.0.113.5"), code));
    CHECK(code_of(w.verify(w.key, from("203.0.113.5"), code)) == Code::code_already_used);
    CHECK(w.messages("code_reused") == 0);
    CHECK(code_of(w.verify(w.key, from("203.0.113.66"), code)) == Code::code_already_used);
    CHECK(w.messages("code_reused") == 1);
    for (int i = 0; i < 10; ++i) CHECK_FALSE(w.verify(w.key, from("203.0.113.66"), code));
    CHECK(w.messages("code_reused") == 3);  // throttled
}

TEST_CASE("a secret that does not open is unavailable, never a wrong code") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    w.store.tamper([&](testing::MemoryData& d) { d.factors.at(w.bob.app.id).secret.text += "x"; });
    CHECK(code_of(w.verify(w.key, open, w.now_code(w.bob.app))) == Code::unavailable);
    CHECK(w.store.snapshot().budgets.count(w.bob.app.id.value) == 0);
}

TEST_CASE("security 76: a secret moved to another user or parameters does not open") {
    Shop w;
    auto carol = w.integrator_user(w.key, "carol", "carol@example.org");
    w.store.tamper([&](testing::MemoryData& d) {
        d.factors.at(w.bob.app.id).secret = d.factors.at(carol.app.id).secret;
    });
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(carol.app))) ==
          Code::unavailable);
    w.store.tamper([&](testing::MemoryData& d) { d.factors.at(carol.app.id).totp.period = 60; });
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "carol"), w.now_code(carol.app))) ==
          Code::unavailable);
}

}  // namespace
}  // namespace twofold::domain
