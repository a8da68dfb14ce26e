// Remembered browsers: what they pass, what they never pass, how they end, and the copied cookie.
#include "server/domain/browser_words.hpp"
#include "server/domain/devices.hpp"
#include "tests/server/domain/post.hpp"

namespace twofold::domain {
namespace {

struct Remembered {
    World w;
    World::Enrolled alice;
    std::string cookie;  // as the browser holds it
    std::string session;

    explicit Remembered(Settings settings = test_settings())
        : w(std::move(settings)), alice(enrolled(w)) {
        const SignedIn in = with_code(true);
        REQUIRE(in.device_cookie);
        cookie = in.device_cookie->token;
    }
    static World::Enrolled enrolled(World& w) {
        w.make_alice();
        const std::string first = w.sign_in().session.token;
        return w.enrol([&] { return w.with(first); });
    }

    Outcome<SignedIn> try_password(std::string_view device) {
        return w.accounts.sign_in(w.nobody(), World::kEmail, World::kPassword, device);
    }
    SignedIn password(std::string_view device = {}) {
        Outcome<SignedIn> in = try_password(device);
        REQUIRE(in);
        return *in;
    }
    SignedIn with_code(bool remember, std::string_view device = {}) {
        const SignedIn half = password(device);
        REQUIRE(half.me.state == "second_factor_required");
        w.next_step();
        VerifyRequest request{w.now_code(alice.app), std::nullopt, {}};
        request.remember = remember;
        Outcome<SignedIn> in =
            w.accounts.sign_in_verify(w.with(half.session.token), request, device);
        REQUIRE(in);
        session = in->session.token;
        return *in;
    }
    Caller me() { return w.with(session); }
    std::size_t devices() { return w.store.snapshot().devices.size(); }
    DeviceRow single() {
        const testing::MemoryData data = w.store.snapshot();
        REQUIRE(data.devices.size() == 1);
        return data.devices.begin()->second;
    }
    int events(const std::string& action) {
        int n = 0;
        for (const auto& [id, row] : w.store.snapshot().audit) n += row.action == action;
        return n;
    }
    // Signed in without a code; the browser takes the new cookie.
    bool passes() {
        const SignedIn in = password(cookie);
        if (in.me.state != "signed_in") return false;
        cookie = in.device_cookie->token;
        session = in.session.token;
        return true;
    }
};

}  // namespace

TEST_CASE("a remembered browser passes the second step of a sign-in, with a new token each time") {
    Remembered r;
    std::vector<std::string> seen{r.cookie};
    for (int n = 0; n < 3; ++n) {
        REQUIRE(r.passes());
        CHECK(std::find(seen.begin(), seen.end(), r.cookie) == seen.end());
        seen.push_back(r.cookie);
        r.w.clock.advance(3600);
    }
    CHECK(r.events("device.remembered") == 1);
    CHECK(r.events("device.used") == 3);
    const SignedIn other = r.password();
    CHECK(other.me.state == "second_factor_required");
    CHECK(other.me.challenge->remember_days == 30);
}

TEST_CASE("security 48, 58: a remembered browser's tokens are stored as keyed hashes alone") {
    Remembered r;
    REQUIRE(r.passes());
    const DeviceRow row = r.single();
    for (const std::string& part : {r.cookie.substr(0, 43), r.cookie.substr(44)})
        for (const std::string& column : {row.series_hash, row.token_hash, row.previous_hash})
            CHECK(column.find(part) == std::string::npos);
    CHECK(r.cookie.size() == 108);
}

TEST_CASE("nobody is remembered unasked, by a backup code, or where it is switched off") {
    Settings off = test_settings();
    off.remember_days = 0;
    World w(off);
    const World::Enrolled alice = Remembered::enrolled(w);
    const auto sign_in = [&](World& world, const World::Enrolled& who, const std::string& code,
                             bool remember) {
        const SignedIn half = world.sign_in();
        world.next_step();
        VerifyRequest request{code.empty() ? world.now_code(who.app) : code, std::nullopt, {}};
        request.remember = remember;
        Outcome<SignedIn> in =
            world.accounts.sign_in_verify(world.with(half.session.token), request);
        REQUIRE(in);
        return *in;
    };
    CHECK(w.sign_in().me.challenge->remember_days == 0);
    CHECK_FALSE(sign_in(w, alice, "", true).device_cookie);

    Remembered r;
    CHECK_FALSE(sign_in(r.w, r.alice, "", false).device_cookie);
    CHECK_FALSE(sign_in(r.w, r.alice, r.alice.backup_codes[0], true).device_cookie);
    CHECK(r.devices() == 1);

    // Of an application: those there are do not count while it is off, and count again after.
    REQUIRE(set_remember(r.w.core, r.w.operator_caller(), "Client Area", false));
    CHECK(r.password(r.cookie).me.state == "second_factor_required");
    CHECK_FALSE(sign_in(r.w, r.alice, "", true).device_cookie);
    CHECK(Devices(r.w.core).list(r.me(), "me")->empty());
    REQUIRE(set_remember(r.w.core, r.w.operator_caller(), "Client Area", true));
    CHECK(r.passes());
    CHECK(code_of(set_remember(r.w.core, r.w.operator_caller(), "Nobody's", true)) ==
          Code::not_found);
}

TEST_CASE("a remembered browser is asked again after its days, used or not") {
    Remembered r;
    r.w.clock.advance(29 * 86400);
    REQUIRE(r.passes());
    CHECK(r.password(r.cookie).device_cookie->life == Seconds(86400));
    r.w.clock.advance(86400);
    CHECK(r.password(r.cookie).me.state == "second_factor_required");
    CHECK(Devices(r.w.core).list(r.w.with(r.with_code(false).session.token), "me")->empty());
    REQUIRE(r.w.store.write("req_sweep", [&](Tx& tx) {
        tx.sweep(r.w.clock.now(), 100);
        return true;
    }));
    CHECK(r.devices() == 0);
}

TEST_CASE("a shorter setting counts at once for the browsers remembered before") {
    Remembered r;
    Settings shorter = test_settings();
    shorter.remember_days = 7;
    Core core(r.w.store, r.w.clock, r.w.random, r.w.sealer, r.w.hasher, r.w.signer, r.w.phones,
              shorter);
    r.w.clock.advance(6 * 86400);
    Outcome<SignedIn> in =
        Accounts(core).sign_in(r.w.nobody(), World::kEmail, World::kPassword, r.cookie);
    REQUIRE(in);
    CHECK(in->me.state == "signed_in");
    r.w.clock.advance(86400);
    in = Accounts(core).sign_in(r.w.nobody(), World::kEmail, World::kPassword,
                                in->device_cookie->token);
    REQUIRE(in);
    CHECK(in->me.state == "second_factor_required");
}

TEST_CASE("an answer that was lost, or a second tab, is given the same token again for a minute") {
    Remembered r;
    const std::string old = r.cookie;
    const SignedIn first = r.password(old);
    r.w.clock.advance(60);
    const SignedIn again = r.password(old);
    CHECK(again.me.state == "signed_in");
    CHECK(again.device_cookie->token == first.device_cookie->token);
    r.cookie = again.device_cookie->token;
    CHECK(r.passes());
    CHECK(r.w.messages("device_token_reused") == 0);
}

TEST_CASE("two tabs at once leave the browser with a token that works") {
    Remembered r;
    const std::string old = r.cookie;
    std::vector<std::string> given(8);
    CHECK(parallel(8, [&](int n) {
              Outcome<SignedIn> in = r.try_password(old);
              if (!in || in->me.state != "signed_in") return false;
              given[static_cast<std::size_t>(n)] = in->device_cookie->token;
              return true;
          }) == 8);
    for (const std::string& token : given) CHECK(token == given[0]);
    r.cookie = given[0];
    CHECK(r.passes());
}

TEST_CASE("a token that was replaced is a copy: all browsers and sessions end, the owner is told") {
    for (const int uses : {1, 2, 5}) {  // however old the copy is
        Remembered r;
        const std::string copy = r.cookie;
        r.with_code(true);  // a second browser
        CHECK(r.devices() == 2);
        const std::string other_session = r.session;
        for (int n = 0; n < uses; ++n) {
            r.w.clock.advance(61);
            REQUIRE(r.passes());
        }
        r.w.clock.advance(61);
        const SignedIn thief = r.password(copy);
        CHECK(thief.me.state == "second_factor_required");
        REQUIRE(thief.device_cookie);
        CHECK(thief.device_cookie->token.empty());
        CHECK(r.devices() == 0);
        CHECK(r.w.messages("device_token_reused") == 1);
        CHECK(r.events("device.reused") == 1);
        CHECK(r.events("device.ended") == 2);
        CHECK_FALSE(r.w.with(r.session).session());
        CHECK_FALSE(r.w.with(other_session).session());
        CHECK(r.w.with(thief.session.token).session()->state == SessionState::second_step);
        CHECK(r.password(r.cookie).me.state == "second_factor_required");
    }
}

TEST_CASE("the copy that is used first shows when its owner comes") {
    Remembered r;
    const SignedIn thief = r.password(r.cookie);  // with the password, too
    CHECK(thief.me.state == "signed_in");
    r.w.clock.advance(61);
    CHECK(r.password(r.cookie).me.state == "second_factor_required");
    CHECK_FALSE(r.w.with(thief.session.token).session());
    CHECK(r.w.messages("device_token_reused") == 1);
}

TEST_CASE("a cookie that was made up, cut or is somebody else's passes nothing and ends nothing") {
    Remembered r;
    const std::string made_up = std::string(43, 'A') + "." + std::string(64, '0');
    for (const std::string& wrong : {std::string("x"), made_up, r.cookie.substr(1),
                                     r.cookie + "0", std::string(108, '.')}) {
        CHECK(r.password(wrong).me.state == "second_factor_required");
        CHECK(r.devices() == 1);
    }
    // Another person's sign-in at the same browser leaves the owner's record alone.
    REQUIRE(r.w.accounts.create_ready_account("bob@example.com", World::kPassword, "Bob"));
    Outcome<SignedIn> bob =
        r.w.accounts.sign_in(r.w.nobody(), "bob@example.com", World::kPassword, r.cookie);
    REQUIRE(bob);
    const std::string token = bob->session.token;
    World::Enrolled phone = r.w.enrol([&] { return r.w.with(token); });
    bob = r.w.accounts.sign_in(r.w.nobody(), "bob@example.com", World::kPassword, r.cookie);
    REQUIRE(bob);
    CHECK(bob->me.state == "second_factor_required");
    CHECK_FALSE(bob->device_cookie);
    CHECK(r.passes());
}

TEST_CASE("a cookie without the right password is never looked at") {
    Remembered r;
    const std::string copy = r.cookie;
    REQUIRE(r.passes());
    r.w.clock.advance(61);
    CHECK(code_of(r.w.accounts.sign_in(r.w.nobody(), World::kEmail, "not this one", copy)) ==
          Code::credentials_invalid);
    CHECK(r.devices() == 1);
    CHECK(r.passes());
}

TEST_CASE("rule 8: a remembered browser satisfies no proof, no step-up and no password") {
    Remembered r;
    REQUIRE(r.passes());
    CHECK(code_of(r.w.enrolments.disable(r.me(), "me", {})) == Code::proof_required);
    CHECK(code_of(r.w.enrolments.remove(r.me(), "me", r.alice.app.id, {})) == Code::proof_required);
    CHECK(code_of(r.w.backup_codes.regenerate(r.me(), "me", {})) == Code::proof_required);
    CHECK(code_of(r.w.start(r.me())) == Code::proof_required);
    ChallengeRequest request;
    request.purpose = Purpose::manage;
    request.action = Action::disable;
    Outcome<ChallengeView> manage = r.w.challenges.create(r.me(), "me", request);
    REQUIRE(manage);
    CHECK(manage->status == ChallengeStatus::pending);
    CHECK(manage->remember_days == 0);
    ProofGiven unproven;
    unproven.challenge = manage->id;
    CHECK(code_of(r.w.enrolments.disable(r.me(), "me", unproven)) == Code::proof_required);
    CHECK(code_of(r.w.accounts.reauthenticate(r.me(), "not this one")) ==
          Code::credentials_invalid);
    CHECK_FALSE(r.w.accounts.me(r.me())->recover_until);
}

TEST_CASE("rule 9: what changes 2FA or the password ends every remembered browser") {
    SECTION("disabling") {
        Remembered r;
        r.w.next_step();
        REQUIRE(r.w.enrolments.disable(r.me(), "me", r.w.code_proof(r.alice.app)));
        CHECK(r.devices() == 0);
        // Enrolled again, the old cookie is nothing.
        r.alice = r.w.enrol([&] { return r.me(); });
        CHECK(r.password(r.cookie).me.state == "second_factor_required");
    }
    SECTION("removing one of two methods, but not adding it") {
        Remembered r;
        r.w.next_step();
        const World::Enrolled second =
            r.w.enrol([&] { return r.me(); }, "me", r.w.code_proof(r.alice.app));
        CHECK(r.devices() == 1);
        REQUIRE(r.w.enrolments.remove(r.me(), "me", second.app.id, r.w.code_proof(r.alice.app)));
        CHECK(r.devices() == 0);
    }
    SECTION("replacing a method") {
        Remembered r;
        r.w.next_step();
        Outcome<EnrolmentStarted> started =
            r.w.start(r.me(), "me", r.w.code_proof(r.alice.app), r.alice.app.id);
        REQUIRE(started);
        const World::App app(started->view.id, started->secret_base32, started->view.totp);
        r.w.next_step();
        REQUIRE(r.w.enrolments.confirm(r.me(), "me", app.id, r.w.now_code(app)));
        CHECK(r.devices() == 0);
    }
    SECTION("changing the password") {
        Remembered r;
        REQUIRE(r.w.accounts.change_password(r.me(), World::kPassword, "another long sentence"));
        CHECK(r.devices() == 0);
    }
    SECTION("resetting the password") {
        Remembered r;
        REQUIRE(r.w.accounts.request_password_reset(r.w.nobody(), World::kEmail));
        REQUIRE(r.w.accounts.reset_password(r.w.nobody(), r.w.token_of_last("reset_password"),
                                            "another long sentence"));
        CHECK(r.devices() == 0);
    }
    SECTION("erasing the account") {
        Remembered r;
        r.w.next_step();
        REQUIRE(r.w.users.erase(r.me(), "me", World::kPassword, r.w.code_proof(r.alice.app)));
        CHECK(r.devices() == 0);
    }
}

TEST_CASE("remembered browsers are listed and forgotten by their owner and their application") {
    Remembered r;
    const std::string first = r.cookie;
    const std::string first_session = r.password(first).session.token;
    r.w.clock.advance(10);
    r.with_code(true);
    Outcome<std::vector<DeviceView>> list = Devices(r.w.core).list(r.me(), "me");
    REQUIRE(list);
    REQUIRE(list->size() == 2);
    CHECK((*list)[0].current);
    CHECK_FALSE((*list)[1].current);
    CHECK((*list)[0].ip == "192.0.2.1");

    // Another user's is not there.
    REQUIRE(r.w.accounts.create_ready_account("bob@example.com", World::kPassword, "Bob"));
    Outcome<SignedIn> bob =
        r.w.accounts.sign_in(r.w.nobody(), "bob@example.com", World::kPassword);
    REQUIRE(bob);
    CHECK(code_of(Devices(r.w.core).forget(r.w.with(bob->session.token), "me", (*list)[1].id)) ==
          Code::not_found);
    const std::string narrow = r.w.key_for("Shop", {Scope::users, Scope::verify});
    CHECK(code_of(Devices(r.w.core).list(r.w.by_key(narrow), "alice")) == Code::forbidden);

    Outcome<Devices::Forgotten> gone = Devices(r.w.core).forget(r.me(), "me", (*list)[1].id);
    REQUIRE(gone);
    CHECK_FALSE(gone->current);
    CHECK_FALSE(r.w.with(first_session).session());  // it ran in that browser
    CHECK(r.me().session());
    CHECK(code_of(Devices(r.w.core).forget(r.me(), "me", (*list)[1].id)) == Code::not_found);
    CHECK(Devices(r.w.core).forget(r.me(), "me", (*list)[0].id)->current);
    CHECK(r.me().session());  // the caller's own goes on
    CHECK(r.devices() == 0);
    CHECK(r.events("device.ended") == 2);
}

TEST_CASE("a browser that is remembered again has one record, and a person no more than twenty") {
    Remembered r;
    const SignedIn again = [&] {
        const SignedIn half = r.password();
        r.w.next_step();
        VerifyRequest request{r.w.now_code(r.alice.app), std::nullopt, {}};
        request.remember = true;
        return *r.w.accounts.sign_in_verify(r.w.with(half.session.token), request, r.cookie);
    }();
    CHECK(r.devices() == 1);
    for (int n = 0; n < 22; ++n) {
        r.w.clock.advance(60);
        r.with_code(true);
    }
    CHECK(r.devices() == kDevicesAUser);
    CHECK(r.password(again.device_cookie->token).me.state == "second_factor_required");
}

TEST_CASE("security 38: a stranger with the password locks nobody out of a remembered browser") {
    Remembered r;
    REQUIRE(r.passes());
    r.w.next_step();
    for (int n = 0; n < 5; ++n) {
        const SignedIn half = r.password();
        const auto wrong = r.w.accounts.sign_in_verify(
            r.w.with(half.session.token), {r.w.wrong_code(r.alice.app), std::nullopt, {}});
        CHECK_FALSE(wrong);
    }
    CHECK(r.password().me.challenge->methods[0].locked_until);
    CHECK(r.passes());  // sign-in
    ChallengeRequest request;
    request.purpose = Purpose::manage;
    request.action = Action::disable;
    Outcome<ChallengeView> own = r.w.challenges.create(r.me(), "me", request);
    REQUIRE(own);
    CHECK_FALSE(own->methods[0].locked_until);
    CHECK(own->attempts_remaining == 5);
    CHECK(r.w.challenges.verify(r.me(), own->id, {r.w.now_code(r.alice.app), std::nullopt, {}}));
    // The stranger is locked as before: a success here forgives nothing there.
    CHECK(r.password().me.challenge->methods[0].locked_until);
}

TEST_CASE("security 37: a remembered browser's own budget locks too, and ends with it") {
    Settings settings = test_settings();
    settings.failures_that_end = 20;
    Remembered r(settings);
    REQUIRE(r.passes());
    const auto guess = [&] {
        ProofGiven proof;
        proof.code = r.w.wrong_code(r.alice.app);
        return code_of(r.w.enrolments.disable(r.me(), "me", proof));
    };
    for (int n = 0; n < 5; ++n) CHECK(guess() == Code::code_invalid);
    CHECK(guess() == Code::factor_locked);
    CHECK(r.password().me.challenge->attempts_remaining == 5);  // elsewhere nothing is locked
    for (int n = 5; n < 20; ++n) {
        r.w.clock.advance(3600);
        CHECK(guess() == Code::code_invalid);
    }
    // Its own budget is used up: what comes now is charged to the factor itself, like anybody's.
    for (int n = 0; n < 5; ++n) CHECK(guess() == Code::code_invalid);
    CHECK(guess() == Code::factor_locked);
    CHECK(r.password().me.challenge->methods[0].locked_until);
    CHECK(r.password(r.cookie).me.state == "second_factor_required");
    CHECK(r.devices() == 0);
}

TEST_CASE("security 37: parallel guesses in a remembered browser do not exceed its budget") {
    Remembered r;
    REQUIRE(r.passes());
    ChallengeRequest request;
    request.purpose = Purpose::manage;
    request.action = Action::disable;
    const ChallengeId id = r.w.challenges.create(r.me(), "me", request)->id;
    const std::string wrong = r.w.wrong_code(r.alice.app);
    const Caller me = r.me();
    std::atomic<int> requests{0};
    CHECK(parallel(16, [&](int) {
              Caller caller = me;
              caller.request_id = "req_guess" + std::to_string(++requests);
              const auto answer = r.w.challenges.verify(caller, id, {wrong, std::nullopt, {}});
              return !answer && answer.error().code == Code::code_invalid;
          }) == 5);
}

TEST_CASE("a stranger's lock on an email method keeps no codes from a remembered browser") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "alice@private.example");
    const auto half_signed = [&] {
        w.clock.advance(600);
        const SignedIn half = w.sign_in();
        REQUIRE(w.challenges.send(w.with(half.session.token), half.me.challenge->id, box.id));
        return half;
    };
    const SignedIn half = half_signed();
    VerifyRequest request{w.code_in(w.newest_code()), {}, {}};
    request.remember = true;
    Outcome<SignedIn> in = w.accounts.sign_in_verify(w.with(half.session.token), request);
    REQUIRE(in);
    w.token = in->session.token;
    const SignedIn stranger = half_signed();
    const std::string wrong = w.other(w.code_in(w.newest_code()));
    for (int n = 0; n < 5; ++n)
        CHECK_FALSE(w.accounts.sign_in_verify(w.with(stranger.session.token), {wrong, {}, {}}));
    const SignedIn locked = w.sign_in();
    CHECK(code_of(w.challenges.send(w.with(locked.session.token), locked.me.challenge->id,
                                    box.id)) == Code::factor_locked);
    ChallengeRequest manage;
    manage.purpose = Purpose::manage;
    manage.action = Action::disable;
    manage.enrollment = box.id;
    Outcome<ChallengeView> own = w.challenges.create(w.me(), "me", manage);
    REQUIRE(own);
    const std::string code = w.code_in(w.newest_code());
    CHECK(w.challenges.verify(w.me(), own->id, {code, {}, {}}));
}

TEST_CASE("backup codes in a remembered browser have a budget of their own, too") {
    Remembered r;
    REQUIRE(r.passes());
    const std::string used = r.alice.backup_codes[0];
    const SignedIn half = r.password();
    REQUIRE(r.w.accounts.sign_in_verify(r.w.with(half.session.token), {used, std::nullopt, {}}));
    for (int n = 0; n < 5; ++n) {
        const SignedIn stranger = r.password();
        CHECK(code_of(r.w.accounts.sign_in_verify(r.w.with(stranger.session.token),
                                                  {used, std::nullopt, {}})) == Code::code_invalid);
    }
    const SignedIn stranger = r.password();
    CHECK(code_of(r.w.accounts.sign_in_verify(r.w.with(stranger.session.token),
                                              {r.alice.backup_codes[1], std::nullopt, {}})) ==
          Code::factor_locked);
    ProofGiven proof;
    proof.code = r.alice.backup_codes[1];
    CHECK(r.w.enrolments.disable(r.me(), "me", proof));
}

TEST_CASE("a browser is named in words by its header") {
    const auto words = [](std::string_view agent) {
        return std::string(browser_of(agent)) + "/" + std::string(system_of(agent));
    };
    CHECK(words("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0") ==
          "Firefox/Linux");
    CHECK(words("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0") == "Edge/Windows");
    CHECK(words("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1") == "Safari/iPhone");
    CHECK(words("Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) "
                "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36") ==
          "Samsung Internet/Android");
    CHECK(words("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
                "Gecko) Version/17.5 Safari/605.1.15") == "Safari/macOS");
    CHECK(words("curl/8.5.0") == "/");
}

}  // namespace twofold::domain
