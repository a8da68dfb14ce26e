#include "server/domain/accounts.hpp"

#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Area : World {
    Area() { make_alice(); }
    Accounts::Registration registration(std::string email) {
        return {std::move(email), "a long enough phrase", "New Person", "de"};
    }
};

TEST_CASE("register proves the address first; the password is asked again") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("new@example.com")));
    CHECK(code_of(w.accounts.sign_in(w.nobody(), "new@example.com", "a long enough phrase")) ==
          Code::credentials_invalid);
    const std::string link = text_map_get(w.last_message("confirm_email"), "link");
    CHECK(link.find("https://client.example.com/#/confirm-email?token=") == 0);
    const std::string token = w.token_of_last("confirm_email");
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token, "another phrase")) ==
          Code::password_invalid);
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token + "x",
                                                  "a long enough phrase")) == Code::link_invalid);
    const auto in = w.accounts.confirm_registration(w.nobody(), token, "a long enough phrase");
    REQUIRE(in);
    CHECK(in->me.state == "signed_in");
    REQUIRE(in->me.user);
    CHECK(in->me.user->email == "new@example.com");
    CHECK(in->me.user->display_name == "New Person");
    CHECK(in->me.user->locale == "de");
    CHECK(in->session.csrf_token == w.accounts.csrf_token(in->session.token));
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token, "a long enough phrase")) ==
          Code::link_invalid);  // once
    CHECK(w.accounts.sign_in(w.nobody(), "NEW@example.com", "a long enough phrase"));
}

TEST_CASE("a confirm link ends after its hour") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("new@example.com")));
    const std::string token = w.token_of_last("confirm_email");
    w.clock.advance(3600);
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token, "a long enough phrase")) ==
          Code::link_invalid);
}

TEST_CASE("a stranger who registers your address gains nothing and takes nothing away") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("new@example.com")));
    const std::string mine = w.token_of_last("confirm_email");
    w.clock.advance(60);
    Accounts::Registration stranger = w.registration("new@example.com");
    stranger.password = "the stranger's phrase";
    REQUIRE(w.accounts.register_account(w.nobody("203.0.113.9"), stranger));
    const std::string theirs = w.token_of_last("confirm_email");
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), theirs, "a long enough phrase")) ==
          Code::password_invalid);
    REQUIRE(w.accounts.confirm_registration(w.nobody(), mine, "a long enough phrase"));
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), theirs, "the stranger's phrase")) ==
          Code::link_invalid);
}

TEST_CASE("a link's password cannot be guessed at leisure") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("new@example.com")));
    const std::string token = w.token_of_last("confirm_email");
    for (int i = 0; i < 10; ++i)
        CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token, "a guess at it")) ==
              Code::password_invalid);
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), token, "a long enough phrase")) ==
          Code::rate_limited);
}

TEST_CASE(
    "rule 10, security 25: register answers and works alike for known and unknown addresses") {
    Area w;
    struct Work {
        int hashes, verifies, messages, links, events;
    };
    const auto work = [&](const std::string& email) {
        const auto before = w.store.snapshot();
        const int h = w.hasher.hashes, v = w.hasher.verifies;
        CHECK(w.accounts.register_account(w.nobody(), w.registration(email)));
        const auto after = w.store.snapshot();
        return std::array<int, 5>{w.hasher.hashes - h, w.hasher.verifies - v,
                                  static_cast<int>(after.messages.size() - before.messages.size()),
                                  static_cast<int>(after.links.size() - before.links.size()),
                                  static_cast<int>(after.audit.size() - before.audit.size())};
    };
    CHECK(work("unknown@example.com") == work(World::kEmail));
    CHECK(w.messages("already_registered") == 1);
    CHECK(w.messages("confirm_email") == 1);
}

TEST_CASE("rule 10: sign-in works alike for a wrong password and an unknown address") {
    Area w;
    (void)w.core.decoy_password_hash();
    const auto work = [&](const std::string& email) {
        const auto before = w.store.snapshot();
        const int h = w.hasher.hashes, v = w.hasher.verifies;
        const auto answer = w.accounts.sign_in(w.nobody(), email, "wrong password");
        CHECK(code_of(answer) == Code::credentials_invalid);
        CHECK_FALSE(answer.error().retry_after);
        const auto after = w.store.snapshot();
        return std::array<int, 4>{
            w.hasher.hashes - h, w.hasher.verifies - v,
            static_cast<int>(after.audit.size() - before.audit.size()),
            static_cast<int>(after.throttles.size() - before.throttles.size())};
    };
    const auto known = work(World::kEmail);
    CHECK(known[1] == 1);
    auto unknown = work("unknown@example.com");
    unknown[3] += 1;  // the bucket of the network stood already
    CHECK(known == unknown);
}

TEST_CASE(
    "rule 10: a reset is asked for alike; only the mail differs, and none goes to strangers") {
    Area w;
    const auto work = [&](const std::string& email) {
        const auto before = w.store.snapshot();
        CHECK(w.accounts.request_password_reset(w.nobody(), email));
        const auto after = w.store.snapshot();
        return std::array<int, 3>{static_cast<int>(after.messages.size() - before.messages.size()),
                                  static_cast<int>(after.links.size() - before.links.size()),
                                  static_cast<int>(after.audit.size() - before.audit.size())};
    };
    CHECK(work(World::kEmail) == work("unknown@example.com"));
    CHECK(w.messages("reset_password") == 1);
}

TEST_CASE("mails to one address are few; the answer stays the same") {
    Area w;
    for (int i = 0; i < 10; ++i)
        CHECK(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    CHECK(w.messages("reset_password") == 4);
}

TEST_CASE("registering from one network is throttled") {
    Area w;
    for (int i = 0; i < 30; ++i)
        CHECK(w.accounts.register_account(
            w.nobody(), w.registration("n" + std::to_string(i) + "@example.com")));
    const auto refused = w.accounts.register_account(w.nobody(), w.registration("x@example.com"));
    CHECK(code_of(refused) == Code::rate_limited);
    CHECK(refused.error().retry_after);
    CHECK(w.accounts.register_account(w.nobody("192.0.2.9"), w.registration("x@example.com")));
}

TEST_CASE("what registers nothing: bad address, weak password, closed registration") {
    Area w;
    auto r = w.registration("not an address");
    CHECK(code_of(w.accounts.register_account(w.nobody(), r)) == Code::validation_failed);
    r = w.registration("new@example.com");
    r.password = "password123";
    CHECK(code_of(w.accounts.register_account(w.nobody(), r)) == Code::validation_failed);
    r.password = "new@example.com";
    CHECK(code_of(w.accounts.register_account(w.nobody(), r)) == Code::validation_failed);
    Settings closed = test_settings();
    closed.registration = false;
    World v(closed);
    CHECK(code_of(v.accounts.register_account(v.nobody(), w.registration("new@example.com"))) ==
          Code::forbidden);
}

TEST_CASE("rule 7, security 46: after the password alone nothing but the second step is allowed") {
    Area w;
    const std::string first = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(first); });
    const SignedIn in = w.sign_in();
    REQUIRE(in.me.state == "second_factor_required");
    REQUIRE(in.me.challenge);
    CHECK_FALSE(in.me.user);
    const auto caller = [&] { return w.with(in.session.token); };
    CHECK(w.accounts.me(caller())->state == "second_factor_required");
    CHECK(w.challenges.get(caller(), in.me.challenge->id));
    const Code need = Code::second_factor_required;
    CHECK(code_of(w.users.get(caller(), "me")) == need);
    CHECK(code_of(w.enrolments.list(caller(), "me")) == need);
    CHECK(code_of(w.start(caller())) == need);
    CHECK(code_of(w.enrolments.disable(caller(), "me", w.code_proof(enrolled.app))) == need);
    CHECK(code_of(w.enrolments.change(caller(), "me", enrolled.app.id, {.label = "x", .preferred = {}})) == need);
    CHECK(code_of(w.enrolments.remove(caller(), "me", enrolled.app.id,
                                      w.code_proof(enrolled.app))) == need);
    CHECK(code_of(w.backup_codes.count(caller(), "me")) == need);
    CHECK(code_of(w.backup_codes.regenerate(caller(), "me", w.code_proof(enrolled.app))) == need);
    CHECK(code_of(w.audit.of_user(caller(), "me", "", 10)) == need);
    CHECK(code_of(w.accounts.update_me(caller(), "x", std::nullopt)) == need);
    CHECK(code_of(w.accounts.change_password(caller(), World::kPassword, "another long phrase")) ==
          need);
    CHECK(code_of(w.accounts.reauthenticate(caller(), World::kPassword)) == need);
    CHECK(code_of(w.users.erase(caller(), "me", World::kPassword, w.code_proof(enrolled.app))) ==
          need);
    ChallengeRequest request;
    request.purpose = Purpose::manage;
    request.action = Action::disable;
    CHECK(code_of(w.challenges.create(caller(), "me", request)) == need);
    CHECK(code_of(w.challenges.verify(caller(), in.me.challenge->id,
                                      {w.now_code(enrolled.app), {}, {}})) == need);
    // The challenge of another sign-in is not there for this one.
    const SignedIn other = w.sign_in();
    CHECK(code_of(w.challenges.get(caller(), other.me.challenge->id)) == Code::not_found);
}

TEST_CASE("flow 2: the second step gives a new token, and the old one is dead") {
    Area w;
    const std::string first = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(first); });
    const SignedIn in = w.sign_in();
    const auto step = [&](const std::string& code) {
        return w.accounts.sign_in_verify(w.with(in.session.token), {code, {}, {}});
    };
    CHECK(code_of(step(w.wrong_code(enrolled.app))) == Code::code_invalid);
    CHECK(code_of(step("12")) == Code::validation_failed);
    const auto done = step(w.now_code(enrolled.app));
    REQUIRE(done);
    CHECK(done->me.state == "signed_in");
    CHECK_FALSE(done->me.recover_until);
    REQUIRE(done->verified);
    CHECK(done->verified->method == Method::totp);
    CHECK(done->session.token != in.session.token);  // security 48
    CHECK(w.with(in.session.token).session() == nullptr);
    CHECK(w.users.get(w.with(done->session.token), "me"));
    CHECK(code_of(w.accounts.sign_in_verify(w.nobody(), {"123456", {}, {}})) ==
          Code::unauthenticated);
    // The same code on the signed-in pages is the owner's own hand, no phishing.
    CHECK(code_of(w.enrolments.disable(w.with(done->session.token), "me",
                                       w.code_proof(enrolled.app))) == Code::code_already_used);
    CHECK(w.messages("code_reused") == 0);
    const SignedIn thief = w.sign_in(World::kPassword, "203.0.113.9");
    CHECK(code_of(w.accounts.sign_in_verify(w.with(thief.session.token, "203.0.113.9"),
                                            {w.now_code(enrolled.app), {}, {}})) ==
          Code::code_already_used);
    CHECK(w.messages("code_reused") == 1);
}

TEST_CASE("of 32 parallel second steps with one code one session comes to be") {
    Area w;
    const std::string first = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(first); });
    std::vector<Caller> callers;
    const SignedIn in = w.sign_in();
    for (int i = 0; i < 32; ++i) callers.push_back(w.with(in.session.token));
    const std::string code = w.now_code(enrolled.app);
    const int yes = parallel(32, [&](int i) {
        return bool(
            w.accounts.sign_in_verify(callers[static_cast<std::size_t>(i)], {code, {}, {}}));
    });
    CHECK(yes == 1);
    CHECK(w.store.snapshot().sessions.size() == 2);
}

TEST_CASE("a rights-less session ends with its challenge; a full one idles 12 h and lives 7 days") {
    Area w;
    const std::string full = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(full); });
    const SignedIn step = w.sign_in();
    w.clock.advance(599);
    CHECK(w.with(step.session.token).session() != nullptr);
    w.clock.advance(1);
    CHECK(w.with(step.session.token).session() == nullptr);
    const std::string used = w.with(full).session()->id.value;
    // Used every ten hours it slides; after seven days it is over all the same.
    for (int hours = 10; hours < 7 * 24; hours += 10) {
        w.clock.advance(10 * 3600);
        INFO(hours);
        CHECK((w.with(full).session() != nullptr) == (hours < 7 * 24 - 1));
    }
    w.clock.advance(8 * 3600);
    CHECK(w.with(full).session() == nullptr);
    CHECK(w.store.snapshot().sessions.count(SessionId{used}) == 1);  // swept later
    Area v;
    const std::string idle = v.sign_in().session.token;
    v.clock.advance(12 * 3600);
    CHECK(v.with(idle).session() == nullptr);
}

TEST_CASE("security 52: sign-out kills the token on the server") {
    Area w;
    const std::string token = w.sign_in().session.token;
    CHECK(w.accounts.sign_out(w.with(token)));
    CHECK(w.with(token).session() == nullptr);
    CHECK(w.accounts.me(w.with(token))->state == "signed_out");
    CHECK(w.accounts.sign_out(w.nobody()));
}

TEST_CASE("security 80: a token is compared byte for byte, and any other text is nobody") {
    Area w;
    std::string token = w.sign_in().session.token;
    CHECK(w.with(token).session() != nullptr);
    CHECK(w.with(token + " ").session() == nullptr);
    CHECK(w.with("").session() == nullptr);
    token[0] = token[0] == 'a' ? 'A' : 'a';
    CHECK(w.with(token).session() == nullptr);
    for (const auto& [id, row] : w.store.snapshot().sessions)
        CHECK(id.value.find(token.substr(1)) == std::string::npos);  // only a keyed hash is kept
}

TEST_CASE("password guesses are throttled per account and network; the owner elsewhere gets in") {
    Area w;
    for (int i = 0; i < 10; ++i)
        CHECK(code_of(w.accounts.sign_in(w.nobody("203.0.113.9"), World::kEmail, "wrong one")) ==
              Code::credentials_invalid);
    const auto refused =
        w.accounts.sign_in(w.nobody("203.0.113.9"), World::kEmail, World::kPassword);
    CHECK(code_of(refused) == Code::rate_limited);
    CHECK(refused.error().retry_after == Seconds(90));
    CHECK(w.accounts.sign_in(w.nobody("192.0.2.1"), World::kEmail, World::kPassword));
    w.clock.advance(90);
    CHECK(w.accounts.sign_in(w.nobody("203.0.113.9"), World::kEmail, World::kPassword));
}

TEST_CASE("N parallel password guesses never exceed the throttle, and right ones cost nothing") {
    Area w;
    (void)w.core.decoy_password_hash();
    std::vector<Caller> callers;
    for (int i = 0; i < 60; ++i) callers.push_back(w.nobody());
    const int before = w.hasher.verifies;
    const int evaluated = parallel(60, [&](int i) {
        const auto answer =
            w.accounts.sign_in(callers[static_cast<std::size_t>(i)], World::kEmail, "wrong one");
        return !answer && answer.error().code == Code::credentials_invalid;
    });
    CHECK(evaluated == 10);
    CHECK(w.hasher.verifies - before == 10);
    Area v;
    for (int i = 0; i < 40; ++i)
        CHECK(v.accounts.sign_in(v.nobody(), World::kEmail, World::kPassword));
}

TEST_CASE("guesses from many networks are bounded per account") {
    Area w;
    int evaluated = 0;
    for (int i = 0; i < 200; ++i) {
        const auto answer = w.accounts.sign_in(w.nobody("203.0.113." + std::to_string(i)),
                                               World::kEmail, "wrong one");
        evaluated += answer.error().code == Code::credentials_invalid;
    }
    CHECK(evaluated == 50);
}

TEST_CASE("strangers who use up an account's tries do not shut the owner out of a known network") {
    Area w;
    w.sign_in(World::kPassword, "198.51.100.1");
    for (int i = 0; i < 50; ++i)
        CHECK(code_of(w.accounts.sign_in(w.nobody("203.0.113." + std::to_string(i)), World::kEmail,
                                         "wrong one")) == Code::credentials_invalid);
    CHECK(code_of(w.accounts.sign_in(w.nobody("203.0.113.99"), World::kEmail, World::kPassword)) ==
          Code::rate_limited);
    CHECK(w.accounts.sign_in(w.nobody("198.51.100.1"), World::kEmail, World::kPassword));
    // What holds there is the network's own allowance.
    int evaluated = 0;
    for (int i = 0; i < 20; ++i)
        evaluated += code_of(w.accounts.sign_in(w.nobody("198.51.100.1"), World::kEmail,
                                                "wrong one")) == Code::credentials_invalid;
    CHECK(evaluated == 10);
    // Nobody else's account is known there.
    REQUIRE(w.accounts.create_ready_account("bob@example.com", World::kPassword, "Bob"));
    for (int i = 0; i < 50; ++i)
        CHECK_FALSE(w.accounts.sign_in(w.nobody("192.0.2." + std::to_string(i)), "bob@example.com",
                                       "wrong one"));
    CHECK(code_of(w.accounts.sign_in(w.nobody("198.51.100.1"), "bob@example.com",
                                     World::kPassword)) == Code::rate_limited);
}

TEST_CASE("a network that knew the password is known for 30 days") {
    Area w;
    w.sign_in(World::kPassword, "198.51.100.1");
    w.clock.advance(30 * 86400);
    for (int i = 0; i < 50; ++i)
        CHECK_FALSE(w.accounts.sign_in(w.nobody("203.0.113." + std::to_string(i)), World::kEmail,
                                       "wrong one"));
    CHECK(code_of(w.accounts.sign_in(w.nobody("198.51.100.1"), World::kEmail, World::kPassword)) ==
          Code::rate_limited);
}

TEST_CASE("a stranger who registers the owner's address does not keep the owner from a reset") {
    Area w;
    for (int i = 0; i < 10; ++i)
        CHECK(w.accounts.register_account(w.nobody("203.0.113.9"), w.registration(World::kEmail)));
    CHECK(w.messages("already_registered") == 4);
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    CHECK(w.messages("reset_password") == 1);
}

TEST_CASE("made-up confirm links cost their network its tries; hashes and rows are bounded") {
    Area w;
    (void)w.core.decoy_password_hash();
    const int before = w.hasher.verifies;
    int looked = 0;
    for (int i = 0; i < 100; ++i)
        looked +=
            code_of(w.accounts.confirm_registration(w.nobody(), "made up " + std::to_string(i),
                                                    "a guess at it")) == Code::link_invalid;
    CHECK(looked == w.core.settings.sign_ins_per_ip);
    CHECK(w.hasher.verifies - before == looked);
    CHECK(static_cast<int>(w.store.snapshot().throttles.size()) == looked + 1);
    CHECK(code_of(w.accounts.confirm_registration(w.nobody("203.0.113.9"), "made up",
                                                  "a guess at it")) == Code::link_invalid);
}

TEST_CASE("a used reset link ends every other one") {
    Area w;
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    const std::string first = w.token_of_last("reset_password");
    w.clock.advance(1);
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    const std::string second = w.token_of_last("reset_password");
    // As two requests of one moment leave it: the first is open beside the second.
    const bool written = w.store
                             .write(w.request_id(),
                                    [&](Tx& tx) {
                                        LinkRow link;
                                        link.id = w.sealer.keyed_hash("link", first);
                                        link.purpose = LinkPurpose::reset_password;
                                        link.application = ApplicationId{"app_client"};
                                        link.user = w.alice;
                                        link.email_index =
                                            email_index(w.core, link.application, World::kEmail);
                                        link.created_at = w.core.clock.now();
                                        link.expires_at = link.created_at + Seconds(3600);
                                        tx.insert_link(link);
                                        return true;
                                    })
                             .has_value();
    REQUIRE(written);
    REQUIRE(w.accounts.reset_password(w.nobody(), second, "another long phrase"));
    CHECK(code_of(w.accounts.reset_password(w.nobody(), first, "one more long phrase")) ==
          Code::link_invalid);
}

TEST_CASE("a changed password ends the other sessions, renews this one and tells the owner") {
    Area w;
    const std::string here = w.sign_in().session.token;
    const std::string there = w.sign_in().session.token;
    CHECK(code_of(w.accounts.change_password(w.with(here), "not it", "another long phrase")) ==
          Code::credentials_invalid);
    CHECK(code_of(w.accounts.change_password(w.with(here), World::kPassword, "password1")) ==
          Code::validation_failed);
    CHECK(code_of(w.accounts.change_password(w.with(here), World::kPassword, World::kEmail)) ==
          Code::validation_failed);
    const auto next =
        w.accounts.change_password(w.with(here), World::kPassword, "another long phrase");
    REQUIRE(next);
    CHECK(w.with(here).session() == nullptr);
    CHECK(w.with(there).session() == nullptr);
    CHECK(w.with(next->token).session() != nullptr);
    CHECK(w.messages("password_changed") == 1);
    CHECK(code_of(w.accounts.sign_in(w.nobody(), World::kEmail, World::kPassword)) ==
          Code::credentials_invalid);
    CHECK(w.accounts.sign_in(w.nobody(), World::kEmail, "another long phrase"));
}

TEST_CASE("security 47: a password reset ends sessions and never skips the second step") {
    Area w;
    const std::string token = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(token); });
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    const std::string link = w.token_of_last("reset_password");
    CHECK(code_of(w.accounts.reset_password(w.nobody(), link, "password1")) ==
          Code::validation_failed);
    CHECK(code_of(w.accounts.reset_password(w.nobody(), link, World::kEmail)) ==
          Code::validation_failed);
    CHECK(code_of(w.accounts.reset_password(w.nobody(), "x" + link, "another long phrase")) ==
          Code::link_invalid);
    REQUIRE(w.accounts.reset_password(w.nobody(), link, "another long phrase"));
    CHECK(code_of(w.accounts.reset_password(w.nobody(), link, "another long phrase 2")) ==
          Code::link_invalid);
    CHECK(w.with(token).session() == nullptr);
    CHECK(w.messages("password_reset") == 1);
    CHECK(w.sign_in("another long phrase").me.state == "second_factor_required");
}

TEST_CASE("a confirm link resets no password and a reset link confirms no address") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("new@example.com")));
    CHECK(code_of(w.accounts.reset_password(w.nobody(), w.token_of_last("confirm_email"),
                                            "another long phrase")) == Code::link_invalid);
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    CHECK(code_of(w.accounts.confirm_registration(w.nobody(), w.token_of_last("reset_password"),
                                                  World::kPassword)) == Code::link_invalid);
}

TEST_CASE("reauthenticate renews the token and the password step, and keeps the recover grant") {
    Area w;
    const std::string token = w.sign_in().session.token;
    w.clock.advance(400);
    CHECK_FALSE(w.accounts.me(w.with(token))->password_fresh_until);
    CHECK(code_of(w.accounts.reauthenticate(w.with(token), "not it")) == Code::credentials_invalid);
    const auto next = w.accounts.reauthenticate(w.with(token), World::kPassword);
    REQUIRE(next);
    CHECK(w.with(token).session() == nullptr);
    CHECK(w.accounts.me(w.with(next->token))->password_fresh_until == w.clock.now() + Seconds(300));
}

TEST_CASE("me: name and language can change; the rest is asked elsewhere") {
    Area w;
    const std::string token = w.sign_in().session.token;
    const auto changed = w.accounts.update_me(w.with(token),
                                              "Al\xC3\xAD"
                                              "ce",
                                              "ar");
    REQUIRE(changed);
    CHECK(changed->display_name ==
          "Al\xC3\xAD"
          "ce");
    CHECK(changed->locale == "ar");
    CHECK(code_of(w.accounts.update_me(w.with(token), "a\nb", std::nullopt)) ==
          Code::validation_failed);
    CHECK(code_of(w.accounts.update_me(w.with(token), std::nullopt, "tlh")) ==
          Code::validation_failed);
    CHECK(code_of(w.users.put(w.with(token), "me", {})) == Code::forbidden);
}

TEST_CASE("the ready account is made once") {
    Area w;
    const auto again =
        w.accounts.create_ready_account(World::kEmail, "something else entirely", "X");
    REQUIRE(again);
    CHECK(*again == w.alice);
    CHECK(w.sign_in().me.state == "signed_in");
}

TEST_CASE("security 23 and 78: the store holds no token, code, password or address in clear") {
    Area w;
    REQUIRE(w.accounts.register_account(w.nobody(), w.registration("canary@example.com")));
    const std::string token = w.sign_in().session.token;
    auto enrolled = w.enrol([&] { return w.with(token); });
    REQUIRE(w.accounts.request_password_reset(w.nobody(), World::kEmail));
    const std::string link = w.token_of_last("reset_password");
    const auto data = w.store.snapshot();
    std::string all;
    for (const auto& [id, m] : data.messages) all += m.to.text + m.parameters.text + m.id.value;
    for (const auto& [id, l] : data.links) all += l.id + l.payload.text + l.email_index;
    for (const auto& [id, u] : data.users)
        all += u.email.text + u.email_index + u.display_name.text + u.external_id;
    for (const auto& [id, s] : data.sessions) all += s.id.value;
    for (const auto& [id, f] : data.factors) all += f.secret.text;
    for (const auto& [id, a] : data.audit) all += a.details.text + a.object + a.action + a.result;
    for (const std::string& canary :
         {token, link, std::string("canary@"), std::string("alice@"), std::string(World::kPassword),
          base32_encode(enrolled.app.key.expose()), enrolled.backup_codes.at(0)})
        CHECK(all.find(canary) == std::string::npos);
}

}  // namespace
TEST_CASE("security 24: a stranger's requests elsewhere do not use up an address's own mails") {
    World w;
    w.make_alice();
    const auto resets = [&] {
        int n = 0;
        for (const auto& [id, row] : w.store.snapshot().messages)
            if (row.kind == "reset_password" && row.status == MessageStatus::queued) ++n;
        return n;
    };
    for (int i = 0; i < 10; ++i)
        REQUIRE(w.accounts.request_password_reset(w.nobody("203.0.113.9"), World::kEmail));
    CHECK(resets() == 4);
    REQUIRE(w.accounts.request_password_reset(w.nobody("192.0.2.1"), World::kEmail));
    CHECK(resets() == 5);
    for (int i = 0; i < 40; ++i)
        REQUIRE(w.accounts.request_password_reset(w.nobody("198.51.100." + std::to_string(i)),
                                                  World::kEmail));
    CHECK(resets() == 16);  // and nobody floods a mailbox
}

}  // namespace twofold::domain
