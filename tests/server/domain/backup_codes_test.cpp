#include "server/domain/backup_set.hpp"
#include "shared/backup_code.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    std::string key = key_for("Shop");
    Enrolled bob = integrator_user(key, "bob");
    // A well-formed backup code that is none of bob's.
    std::string wrong() {
        const Secret bits = random_bytes(random, kBackupCodeRandom);
        return make_backup_code(std::span<const std::uint8_t, kBackupCodeRandom>(bits.expose()));
    }
};

TEST_CASE("rule 1: each backup code is accepted once, in any spelling") {
    Shop w;
    std::string typed = w.bob.backup_codes.at(3);
    for (char& c : typed)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const auto first = w.verify(w.key, w.challenge(w.key, "bob"), " " + typed);
    REQUIRE(first);
    CHECK(first->method == Method::backup_code);
    CHECK(first->backup_codes_remaining == 9);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), w.bob.backup_codes.at(3))) ==
          Code::code_invalid);
    CHECK(w.backup_codes.count(w.by_key(w.key), "bob")->remaining == 9);
    CHECK(w.messages("backup_code_used") == 1);
    for (int i : {0, 1, 2, 4, 5, 6, 7, 8, 9})
        CHECK(w.verify(w.key, w.challenge(w.key, "bob"),
                       w.bob.backup_codes.at(static_cast<std::size_t>(i))));
    CHECK(w.backup_codes.count(w.by_key(w.key), "bob")->remaining == 0);
    const auto view = w.challenges.get(w.by_key(w.key), w.challenge(w.key, "bob"));
    REQUIRE(view);
    CHECK(view->methods.size() == 1);  // none left to offer
}

TEST_CASE("security 33: of 64 parallel uses of one backup code exactly one succeeds") {
    Shop w;
    std::vector<Caller> callers;
    std::vector<ChallengeId> open;
    for (int i = 0; i < 64; ++i) {
        callers.push_back(w.by_key(w.key));
        open.push_back(w.challenge(w.key, "bob"));
    }
    w.hasher.slow_ms = 5;
    const int yes = parallel(64, [&](int i) {
        const auto n = static_cast<std::size_t>(i);
        return bool(
            w.challenges.verify(callers[n], open[n], {w.bob.backup_codes.at(0), std::nullopt, {}}));
    });
    CHECK(yes == 1);
}

TEST_CASE("rule 2: N parallel guesses at backup codes never exceed the budget") {
    Shop w;
    std::vector<Caller> callers;
    for (int i = 0; i < 40; ++i) callers.push_back(w.by_key(w.key));
    const ChallengeId open = w.challenge(w.key, "bob");
    const std::string guess = w.wrong();
    const int before = w.hasher.derives;
    w.hasher.slow_ms = 5;
    const int evaluated = parallel(40, [&](int i) {
        const auto answer = w.challenges.verify(callers[static_cast<std::size_t>(i)], open,
                                                {guess, std::nullopt, {}});
        return !answer && answer.error().code == Code::code_invalid;
    });
    CHECK(evaluated == 5);
    CHECK(w.hasher.derives - before == 5);  // no Argon2id for what was not evaluated
}

TEST_CASE("security 35 and 40: backup codes have a budget of their own, slowed and never ended") {
    Shop w;
    for (int failures = 0; failures < 130;) {
        const auto answer = w.verify(w.key, w.challenge(w.key, "bob"), w.wrong());
        if (code_of(answer) == Code::code_invalid) {
            ++failures;
        } else {
            REQUIRE(answer.error().code == Code::factor_locked);
            CHECK(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(w.bob.app)));
            w.clock.advance(answer.error().retry_after->count() + 30);
        }
    }
    w.clock.advance(3600);
    CHECK(w.verify(w.key, w.challenge(w.key, "bob"), w.bob.backup_codes.at(0)));
    CHECK(w.store.snapshot()
              .budgets.at(w.store.snapshot().factors.at(w.bob.app.id).user.value + ":backup")
              .failures == 0);
}

TEST_CASE("security 42: a locked backup budget answers right and wrong alike") {
    Shop w;
    const ChallengeId open = w.challenge(w.key, "bob");
    for (int left = 4; left >= 0; --left) {
        const auto wrong = w.verify(w.key, open, w.wrong());
        REQUIRE(code_of(wrong) == Code::code_invalid);
        CHECK(wrong.error().attempts_remaining == left);
    }
    const auto a = w.verify(w.key, open, w.wrong());
    const auto b = w.verify(w.key, open, w.bob.backup_codes.at(0));
    CHECK(code_of(a) == Code::factor_locked);
    CHECK(code_of(b) == Code::factor_locked);
    CHECK(a.error().retry_after == b.error().retry_after);
    CHECK(w.messages("factor_locked") == 1);
}

TEST_CASE("a challenge for one factor takes no backup code") {
    Shop w;
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    request.enrollment = w.bob.app.id;
    const auto made = w.challenges.create(w.by_key(w.key), "bob", request);
    REQUIRE(made);
    CHECK(made->methods.size() == 1);
    CHECK(code_of(w.verify(w.key, made->id, w.bob.backup_codes.at(0))) == Code::validation_failed);
    CHECK(w.backup_codes.count(w.by_key(w.key), "bob")->remaining == 10);
}

TEST_CASE("security 34: regenerating needs proof, ends all old ones and notifies") {
    Shop w;
    CHECK(code_of(w.backup_codes.regenerate(w.by_key(w.key), "bob", {})) == Code::proof_required);
    ProofGiven wrong;
    wrong.code = w.wrong_code(w.bob.app);
    CHECK(code_of(w.backup_codes.regenerate(w.by_key(w.key), "bob", wrong)) == Code::code_invalid);
    CHECK(w.store.snapshot().budgets.at(w.bob.app.id.value).failures == 1);
    const auto made = w.backup_codes.regenerate(w.by_key(w.key), "bob", w.code_proof(w.bob.app));
    REQUIRE(made);
    CHECK(made->codes.size() == 10);
    CHECK(w.messages("backup_codes_regenerated") == 1);
    CHECK(code_of(w.verify(w.key, w.challenge(w.key, "bob"), w.bob.backup_codes.at(0))) ==
          Code::code_invalid);
    CHECK(w.verify(w.key, w.challenge(w.key, "bob"), made->codes.at(0)));
    REQUIRE(w.users.put(w.by_key(w.key), "carol", {}));
    CHECK(code_of(w.backup_codes.regenerate(w.by_key(w.key), "carol", {})) == Code::not_enrolled);
}

TEST_CASE("a backup code proves a change once") {
    Shop w;
    ProofGiven proof;
    proof.code = w.bob.backup_codes.at(0);
    REQUIRE(w.start(w.by_key(w.key), "bob", proof));
    CHECK(code_of(w.start(w.by_key(w.key), "bob", proof)) == Code::code_invalid);
    CHECK(w.backup_codes.count(w.by_key(w.key), "bob")->remaining == 9);
}

TEST_CASE(
    "security 31 and 78: the store holds no backup code, each output is sealed to its place") {
    Shop w;
    const auto data = w.store.snapshot();
    const BackupSetRow& set = data.backup_sets.begin()->second;
    for (const BackupCode& code : set.codes) {
        CHECK(code.hash.text.find("kfake") == 0);
        for (const std::string& shown : w.bob.backup_codes)
            CHECK(code.hash.text.find(shown) == std::string::npos);
    }
    BackupSetRow moved = set;
    std::swap(moved.codes[0].hash, moved.codes[1].hash);
    const auto canonical = parse_backup_code(w.bob.backup_codes.at(0));
    REQUIRE(canonical);
    CHECK(find_backup_code(w.core, &set, *canonical) == 0);
    CHECK(find_backup_code(w.core, &moved, *canonical) == -1);
}

// Alice, who signed in by a backup code because her phone is gone.
struct Lost : World {
    Lost() {
        make_alice();
        const std::string token = sign_in().session.token;
        Enrolled enrolled = enrol([&] { return with(token); });
        codes = enrolled.backup_codes;
        old = enrolled.app.id;
        const SignedIn first = sign_in();
        const auto second =
            accounts.sign_in_verify(with(first.session.token), {codes.at(0), {}, {}});
        REQUIRE(second);
        REQUIRE(second->me.recover_until);
        CHECK(*second->me.recover_until == clock.now() + Seconds(900));
        session = second->session.token;
    }
    Caller me() { return with(session); }
    std::vector<std::string> codes;
    FactorId old;
    std::string session;
};

TEST_CASE("rule 8: the recover grant replaces a factor and renews the codes, once") {
    Lost w;
    const auto started = w.start(w.me(), "me", {}, w.old);
    const auto spare = w.start(w.me());
    REQUIRE(started);
    REQUIRE(spare);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    World::App other(spare->view.id, spare->secret_base32, spare->view.totp);
    w.clock.advance(600);
    const auto confirmed = w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app));
    REQUIRE(confirmed);
    CHECK(confirmed->backup_codes.size() == 10);
    CHECK(code_of(w.enrolments.get(w.me(), "me", w.old)) == Code::not_found);
    CHECK_FALSE(w.accounts.me(w.me())->recover_until);
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", other.id, w.now_code(other))) ==
          Code::proof_required);
    CHECK(code_of(w.start(w.me())) == Code::proof_required);
    CHECK(code_of(w.backup_codes.regenerate(w.me(), "me", {})) == Code::proof_required);
}

TEST_CASE("rule 8: the recover grant regenerates alone, and neither disables nor removes") {
    Lost w;
    CHECK(code_of(w.enrolments.disable(w.me(), "me", {})) == Code::proof_required);
    CHECK(code_of(w.enrolments.remove(w.me(), "me", w.old, {})) == Code::proof_required);
    REQUIRE(w.backup_codes.regenerate(w.me(), "me", {}));
    CHECK(code_of(w.backup_codes.regenerate(w.me(), "me", {})) == Code::proof_required);
    CHECK(code_of(w.start(w.me())) == Code::proof_required);
}

TEST_CASE("rule 8: the recover grant ends after 15 minutes") {
    Lost w;
    w.clock.advance(900);
    CHECK(code_of(w.start(w.me())) == Code::proof_required);
    CHECK(code_of(w.backup_codes.regenerate(w.me(), "me", {})) == Code::proof_required);
}

TEST_CASE("rule 8: the grant of one session is nothing to another") {
    Lost w;
    const auto started = w.start(w.me());
    REQUIRE(started);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    const SignedIn first = w.sign_in();
    const auto second =
        w.accounts.sign_in_verify(w.with(first.session.token), {w.codes.at(1), {}, {}});
    REQUIRE(second);
    // It has its own, which may stand for it; without one it cannot.
    REQUIRE(w.backup_codes.regenerate(w.with(second->session.token), "me", {}));
    CHECK(code_of(w.enrolments.confirm(w.with(second->session.token), "me", app.id,
                                       w.now_code(app))) == Code::proof_required);
    CHECK(w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app)));
}

}  // namespace
}  // namespace twofold::domain
