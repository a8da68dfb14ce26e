#include "shared/otpauth.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

// Alice of the Client Area, signed in by password a moment ago.
struct Area : World {
    Area() {
        make_alice();
        token = sign_in().session.token;
    }
    std::string token;
    Caller me() { return with(token); }
    Enrolled enable() {
        return enrol([this] { return me(); });
    }
    // Signs in with the second step and gives the new session's token.
    std::string sign_in_with(const std::string& code) {
        const SignedIn first = sign_in();
        REQUIRE(first.me.state == "second_factor_required");
        const auto second = accounts.sign_in_verify(with(first.session.token), {code, {}, {}});
        REQUIRE(second);
        return second->session.token;
    }
};

TEST_CASE("flow 1: enable gives a secret once, a URI an app reads, and ten backup codes") {
    Area w;
    const auto started = w.start(w.me());
    REQUIRE(started);
    CHECK(started->view.status == FactorStatus::pending);
    CHECK(started->secret_base32.size() == 32);  // 160 bits
    CHECK(started->issuer == "Example Hosting");
    CHECK(started->account == World::kEmail);
    const auto uri = parse_otpauth(started->otpauth_uri);
    REQUIRE(uri);
    CHECK(uri->issuer == "Example Hosting");
    CHECK(uri->account == World::kEmail);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    const auto confirmed = w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app));
    REQUIRE(confirmed);
    CHECK(confirmed->view.status == FactorStatus::active);
    CHECK(confirmed->backup_codes.size() == 10);
    CHECK(std::set<std::string>(confirmed->backup_codes.begin(), confirmed->backup_codes.end())
              .size() == 10);
    CHECK(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.users.get(w.me(), "me")->backup_codes_remaining == 10);
    CHECK(w.messages("two_factor_enabled") == 1);
}

TEST_CASE("security 11: the code that confirmed an enrolment cannot sign in") {
    Area w;
    const auto started = w.start(w.me());
    REQUIRE(started);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    const std::string code = w.now_code(app);
    REQUIRE(w.enrolments.confirm(w.me(), "me", app.id, code));
    const SignedIn first = w.sign_in();
    CHECK(code_of(w.accounts.sign_in_verify(w.with(first.session.token), {code, {}, {}})) ==
          Code::code_already_used);
}

TEST_CASE("rule 6, security 49: a pending enrolment gates nothing and expires") {
    Area w;
    const auto started = w.start(w.me());
    REQUIRE(started);
    CHECK_FALSE(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.sign_in().me.state == "signed_in");
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    w.clock.advance(899);
    CHECK(w.enrolments.list(w.me(), "me")->items.size() == 1);
    w.clock.advance(1);
    CHECK(w.enrolments.list(w.me(), "me")->items.empty());
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app))) ==
          Code::enrollment_expired);
}

TEST_CASE("rule 6: a pending enrolment opened before 2FA was on cannot be confirmed after") {
    Area w;
    const auto early = w.start(w.me());
    REQUIRE(early);
    World::App evil(early->view.id, early->secret_base32, early->view.totp);
    w.enable();
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", evil.id, w.now_code(evil))) ==
          Code::enrollment_closed);
    CHECK(w.store.snapshot().factors.at(evil.id).status == FactorStatus::ended);
    CHECK(w.store.snapshot().factors.at(evil.id).secret.empty());
}

TEST_CASE("rule 8: a hijacked session without the password cannot enable") {
    Area w;
    w.clock.advance(300);
    CHECK(w.start(w.me()));
    w.clock.advance(1);
    CHECK(code_of(w.start(w.me())) == Code::reauthentication_required);
    const auto renewed = w.accounts.reauthenticate(w.me(), World::kPassword);
    REQUIRE(renewed);
    CHECK(w.start(w.with(renewed->token)));
}

TEST_CASE("rule 8: with 2FA on, adding needs proof, and a wrong code is charged for good") {
    Area w;
    auto first = w.enable();
    CHECK(code_of(w.start(w.me())) == Code::proof_required);
    ProofGiven proof;
    for (int left = 4; left >= 0; --left) {
        proof.code = w.wrong_code(first.app);
        const auto refused = w.start(w.me(), "me", proof);
        REQUIRE(code_of(refused) == Code::code_invalid);
        CHECK(refused.error().attempts_remaining == left);
    }
    CHECK(code_of(w.start(w.me(), "me", w.code_proof(first.app))) == Code::factor_locked);
    CHECK(w.store.snapshot().budgets.at(first.app.id.value).failures == 5);
    w.clock.advance(60);
    CHECK(w.start(w.me(), "me", w.code_proof(first.app)));
}

TEST_CASE(
    "a right proof is used up even when it was only asked along: nothing else is told first") {
    Area w;
    auto first = w.enable();
    const auto refused = w.start(w.me(), "me", w.code_proof(first.app), FactorId{"enr_unknown"});
    REQUIRE(code_of(refused) == Code::validation_failed);
    CHECK(w.start(w.me(), "me", w.code_proof(first.app)));  // it was not evaluated
}

TEST_CASE(
    "rule 8, security 50: a manage challenge proves one action on one object, once, for 5 "
    "minutes") {
    Area w;
    auto first = w.enable();
    const auto approved = [&](Action action, const std::string& object) {
        ChallengeRequest request;
        request.purpose = Purpose::manage;
        request.action = action;
        request.object = object;
        const auto made = w.challenges.create(w.me(), "me", request);
        REQUIRE(made);
        w.next_step();
        REQUIRE(w.challenges.verify(w.me(), made->id, {w.now_code(first.app), {}, {}}));
        ProofGiven proof;
        proof.challenge = made->id;
        return proof;
    };
    const ProofGiven remove = approved(Action::remove_factor, first.app.id.value);
    CHECK(code_of(w.enrolments.disable(w.me(), "me", remove)) == Code::proof_required);
    CHECK(code_of(w.start(w.me(), "me", remove)) == Code::proof_required);
    CHECK(code_of(w.backup_codes.regenerate(w.me(), "me", remove)) == Code::proof_required);
    const ProofGiven add = approved(Action::add_factor, "");
    CHECK(code_of(w.start(w.me(), "me", add, first.app.id)) == Code::proof_required);  // object
    const std::string other = w.sign_in_with(first.backup_codes.at(0));
    CHECK(code_of(w.start(w.with(other), "me", add)) == Code::proof_required);  // another session
    CHECK(w.start(w.me(), "me", add));
    CHECK(code_of(w.start(w.me(), "me", add)) == Code::proof_required);  // consumed
    const ProofGiven late = approved(Action::add_factor, "");
    w.clock.advance(301);
    CHECK(code_of(w.start(w.me(), "me", late)) == Code::proof_required);
    const ProofGiven in_time = approved(Action::disable, "");
    w.clock.advance(300);
    CHECK(w.enrolments.disable(w.me(), "me", in_time));
}

TEST_CASE("rule 8: a sign_in or step_up challenge is no proof") {
    World w;
    const std::string key = w.key_for("Shop");
    auto bob = w.integrator_user(key, "bob");
    for (const Purpose purpose : {Purpose::sign_in, Purpose::step_up}) {
        w.next_step();
        const ChallengeId id = w.challenge(key, "bob", purpose);
        REQUIRE(w.verify(key, id, w.now_code(bob.app)));
        ProofGiven proof;
        proof.challenge = id;
        CHECK(code_of(w.enrolments.disable(w.by_key(key), "bob", proof)) == Code::proof_required);
    }
}

TEST_CASE("flow 3: disable needs a code and ends everything") {
    Area w;
    auto first = w.enable();
    CHECK(code_of(w.enrolments.disable(w.me(), "me", {})) == Code::proof_required);
    ProofGiven wrong;
    wrong.code = w.wrong_code(first.app);
    CHECK(code_of(w.enrolments.disable(w.me(), "me", wrong)) == Code::code_invalid);
    const std::string other = w.sign_in_with(w.now_code(first.app));
    w.next_step();
    REQUIRE(w.enrolments.disable(w.me(), "me", w.code_proof(first.app)));
    CHECK_FALSE(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.backup_codes.count(w.me(), "me")->total == 0);
    CHECK(w.messages("two_factor_disabled") == 1);
    CHECK(w.with(other).session() == nullptr);  // rule 9: other sessions end
    CHECK(w.sign_in().me.state == "signed_in");
    CHECK(code_of(w.enrolments.disable(w.me(), "me", {})) == Code::not_enrolled);
}

TEST_CASE("rule 9: removing the last factor is disabling") {
    Area w;
    auto first = w.enable();
    auto second = w.enrol([&] { return w.me(); }, "me", w.code_proof(first.app));
    CHECK(second.backup_codes.empty());
    CHECK(w.messages("factor_added") == 1);
    REQUIRE(w.enrolments.remove(w.me(), "me", first.app.id, w.code_proof(second.app)));
    CHECK(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.messages("factor_removed") == 1);
    CHECK(w.messages("two_factor_disabled") == 0);
    CHECK(code_of(w.enrolments.remove(w.me(), "me", first.app.id, w.code_proof(second.app))) ==
          Code::not_found);
    w.next_step();
    REQUIRE(w.enrolments.remove(w.me(), "me", second.app.id, w.code_proof(second.app)));
    CHECK_FALSE(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.backup_codes.count(w.me(), "me")->total == 0);
    CHECK(w.messages("two_factor_disabled") == 1);
}

TEST_CASE("flow 4: moving to a new phone ends the old one when the new one is confirmed") {
    Area w;
    auto first = w.enable();
    const auto started = w.start(w.me(), "me", w.code_proof(first.app), first.app.id);
    REQUIRE(started);
    CHECK(w.enrolments.get(w.me(), "me", first.app.id)->status == FactorStatus::active);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    const auto confirmed = w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app));
    REQUIRE(confirmed);
    CHECK(confirmed->backup_codes.empty());
    CHECK(code_of(w.enrolments.get(w.me(), "me", first.app.id)) == Code::not_found);
    CHECK(w.users.get(w.me(), "me")->two_factor_enabled);
    CHECK(w.backup_codes.count(w.me(), "me")->remaining == 10);
}

TEST_CASE("a wrong code at confirm is charged per user and method; a new pending refills nothing") {
    Area w;
    for (int i = 0; i < 5; ++i) {
        const auto started = w.start(w.me());
        REQUIRE(started);
        World::App app(started->view.id, started->secret_base32, started->view.totp);
        const auto wrong = w.enrolments.confirm(w.me(), "me", app.id, w.wrong_code(app));
        REQUIRE(code_of(wrong) == Code::code_invalid);
        CHECK(wrong.error().attempts_remaining == 4 - i);
    }
    const auto started = w.start(w.me());
    REQUIRE(started);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app))) ==
          Code::factor_locked);
    w.clock.advance(60);
    CHECK(w.enrolments.confirm(w.me(), "me", app.id, w.now_code(app)));
}

TEST_CASE("rule 9, security 51: enabling ends the other sessions and keeps the one that enabled") {
    Area w;
    const std::string other = w.sign_in().session.token;
    w.enable();
    CHECK(w.with(other).session() == nullptr);
    CHECK(w.me().session() != nullptr);
}

TEST_CASE("at most ten factors, and wizards left half-way make room") {
    Area w;
    auto first = w.enable();
    for (int i = 1; i < 10; ++i) w.enrol([&] { return w.me(); }, "me", w.code_proof(first.app));
    CHECK(code_of(w.start(w.me(), "me", w.code_proof(first.app))) == Code::too_many_factors);
    CHECK(w.start(w.me(), "me", w.code_proof(first.app), first.app.id));
    Area v;
    for (int i = 0; i < 8; ++i) CHECK(v.start(v.me()));
    CHECK(v.enrolments.list(v.me(), "me")->items.size() == 3);
}

TEST_CASE("at most ten factors, also when several wizards were open at nine") {
    Area w;
    auto first = w.enable();
    for (int i = 1; i < 9; ++i) w.enrol([&] { return w.me(); }, "me", w.code_proof(first.app));
    std::vector<World::App> open;
    for (int i = 0; i < 3; ++i) {
        const auto started =
            w.start(w.me(), "me", w.code_proof(first.app), i == 2 ? first.app.id : FactorId{});
        REQUIRE(started);
        open.emplace_back(started->view.id, started->secret_base32, started->view.totp);
        w.next_step();
    }
    CHECK(w.enrolments.confirm(w.me(), "me", open[0].id, w.now_code(open[0])));
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", open[1].id, w.now_code(open[1]))) ==
          Code::too_many_factors);
    CHECK(w.enrolments.confirm(w.me(), "me", open[2].id, w.now_code(open[2])));  // takes its place
}

TEST_CASE("rule 8: a recover grant that has run out is not revived by what another one opened") {
    Area w;
    auto first = w.enable();
    const auto by_backup_code = [&](int i) {
        const std::string step = w.sign_in().session.token;
        const auto in = w.accounts.sign_in_verify(
            w.with(step), {first.backup_codes[static_cast<std::size_t>(i)], std::nullopt, {}});
        REQUIRE(in);
        return in->session.token;
    };
    const std::string earlier = by_backup_code(0);
    w.clock.advance(901);
    const std::string later = by_backup_code(1);
    const auto started = w.start(w.with(later));
    REQUIRE(started);
    World::App app(started->view.id, started->secret_base32, started->view.totp);
    w.next_step();
    CHECK(code_of(w.enrolments.confirm(w.with(earlier), "me", app.id, w.now_code(app))) ==
          Code::proof_required);
    CHECK(w.enrolments.confirm(w.with(later), "me", app.id, w.now_code(app)));
}

TEST_CASE("parameters, labels and methods outside the set are refused") {
    Area w;
    struct Row {
        std::function<void(EnrolmentRequest&)> change;
        const char* pointer;
    };
    const Row rows[] = {
        {[](EnrolmentRequest& r) { r.region = "ES"; }, "/region"},
        {[](EnrolmentRequest& r) { r.address = "a@example.com"; }, "/address"},
        {[](EnrolmentRequest& r) { r.method = Method::backup_code; }, "/method"},
        {[](EnrolmentRequest& r) { r.totp.digits = 5; }, "/totp"},
        {[](EnrolmentRequest& r) { r.totp.digits = 9; }, "/totp"},
        {[](EnrolmentRequest& r) { r.totp.period = 14; }, "/totp"},
        {[](EnrolmentRequest& r) { r.totp.period = 121; }, "/totp"},
        {[](EnrolmentRequest& r) { r.label = std::string(65, 'x'); }, "/label"},
        {[](EnrolmentRequest& r) { r.label = "a\nb"; }, "/label"},
        {[](EnrolmentRequest& r) {
             r.label =
                 "\xE2\x80\xAE"
                 "x";
         },
         "/label"},
        {[](EnrolmentRequest& r) { r.replaces = FactorId{"enr_x"}; }, "/replaces"},
    };
    for (const Row& row : rows) {
        EnrolmentRequest request;
        row.change(request);
        const auto answer = w.enrolments.start(w.me(), "me", request);
        REQUIRE(code_of(answer) == Code::validation_failed);
        CHECK(answer.error().fields.at(0).pointer == row.pointer);
    }
}

TEST_CASE("every set of parameters enrols and verifies") {
    for (const HashAlgorithm algorithm :
         {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
        for (const int digits : {6, 7, 8})
            for (const int period : {15, 30, 60, 120}) {
                World w;
                const std::string key = w.key_for("Shop");
                REQUIRE(w.users.put(w.by_key(key), "bob", {}));
                EnrolmentRequest request;
                request.totp = {algorithm, digits, period};
                const auto started = w.enrolments.start(w.by_key(key), "bob", request);
                REQUIRE(started);
                World::App app(started->view.id, started->secret_base32, started->view.totp);
                REQUIRE(w.enrolments.confirm(w.by_key(key), "bob", app.id, w.now_code(app)));
                w.clock.advance(period);
                CHECK(w.verify(key, w.challenge(key, "bob"), w.now_code(app)));
            }
}

TEST_CASE("rename keeps the factor and is on record; the label rule holds") {
    Area w;
    auto first = w.enable();
    CHECK(code_of(w.enrolments.change(w.me(), "me", first.app.id, {.label = "", .preferred = {}})) == Code::validation_failed);
    CHECK(code_of(w.enrolments.change(w.me(), "me", FactorId{"enr_x"}, {.label = "Work", .preferred = {}})) == Code::not_found);
    const auto renamed = w.enrolments.change(w.me(), "me", first.app.id, {.label = "Work", .preferred = {}});
    REQUIRE(renamed);
    CHECK(renamed->label == "Work");
    CHECK(w.enrolments.get(w.me(), "me", first.app.id)->label == "Work");
}

TEST_CASE("security 6: a thousand new secrets never repeat") {
    World w;
    const std::string key = w.key_for("Shop");
    REQUIRE(w.users.put(w.by_key(key), "bob", {}));
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto started = w.start(w.by_key(key), "bob");
        REQUIRE(started);
        CHECK(seen.insert(started->secret_base32).second);
    }
}

}  // namespace
}  // namespace twofold::domain
