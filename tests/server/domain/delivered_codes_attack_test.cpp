// What an attacker would try with codes by email and WhatsApp, and does not get.
#include "server/domain/channels.hpp"
#include "server/domain/throttle.hpp"
#include "tests/server/domain/post.hpp"

namespace twofold::domain {
namespace {

EnrolmentRequest enrolment(Method method, const std::string& address) {
    EnrolmentRequest request;
    request.method = method;
    request.address = address;
    return request;
}

ChallengeRequest sign_in_by(const FactorId& factor, const std::string& ip) {
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    request.enrollment = factor;
    if (!ip.empty()) request.client = ClientInfo{ip, "Browser/1"};
    return request;
}

}  // namespace

TEST_CASE("rule 2: an address proven in between gives no guess at another one back") {
    Post w;
    int guesses = 0;
    for (int round = 0; round < 4; ++round) {
        // Four guesses at a mailbox of somebody else ...
        auto foreign = w.enrolments.start(w.me(), "me", enrolment(Method::email, "v@foreign.example"));
        if (!foreign) break;
        const std::string theirs = w.code_in(w.newest_code());
        for (int i = 0; i < 4; ++i) {
            const auto tried = w.enrolments.confirm(w.me(), "me", foreign->view.id, w.other(theirs));
            guesses += code_of(tried) == Code::code_invalid;
        }
        // ... then one's own is confirmed, which must not buy four more.
        w.clock.advance(1);
        auto own = w.enrolments.start(w.me(), "me", enrolment(Method::email, "a@own.example"));
        if (!own) break;
        const auto done =
            w.enrolments.confirm(w.me(), "me", own->view.id, w.code_in(w.newest_code()));
        if (!done) break;
        w.clock.advance(1);
        const auto asked = ask(w, Action::disable, {}, own->view.id);
        REQUIRE(asked);
        ProofGiven proof;
        REQUIRE(w.challenges.verify(w.me(), asked->id, {w.code_in(w.newest_code()), {}, {}}));
        proof.challenge = asked->id;
        REQUIRE(w.enrolments.disable(w.me(), "me", proof));
        w.clock.advance(5);
    }
    CHECK(guesses == 5);
}

TEST_CASE("rule 2: wrong codes for an address are forgiven when that address is proven") {
    Post w;
    const EnrolmentStarted started = w.begin(Method::email, "a@b.example");
    const std::string code = w.code_in(w.newest_code());
    for (int i = 0; i < 3; ++i)
        CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, w.other(code))) ==
              Code::code_invalid);
    REQUIRE(w.enrolments.confirm(w.me(), "me", started.view.id, code));
    CHECK(w.store.snapshot().budgets.empty());
}

TEST_CASE("rule 2: erasing a user gives no guesses at an address back") {
    for (const Method method : {Method::email, Method::whatsapp}) {
        World w(with_channels());
        const std::string key = w.key_for("Shop");
        const std::string address = method == Method::email ? "v@foreign.example" : "+34612345621";
        int guesses = 0;
        for (int round = 0; round < 3; ++round) {
            REQUIRE(w.users.put(w.by_key(key), "mallory", {}));
            const auto started =
                w.enrolments.start(w.by_key(key), "mallory", enrolment(method, address));
            REQUIRE((started || code_of(started) == Code::factor_locked));
            for (int i = 0; started && i < 5; ++i) {
                const auto tried =
                    w.enrolments.confirm(w.by_key(key), "mallory", started->view.id, "000000");
                guesses += code_of(tried) == Code::code_invalid;
            }
            REQUIRE(w.users.erase(w.by_key(key), "mallory", {}, {}));
            w.clock.advance(1);
        }
        CHECK(guesses == 5);
    }
}

TEST_CASE("security 24: one mailbox has one limit, however its address is spelled") {
    const std::vector<std::string> spellings[] = {
        {"victim@example.com", "VICTIM@Example.COM", "victim@\xEF\xBD\x85xample.com"},
        {"victim@b\xC3\xBC" "cher.example", "victim@xn--bcher-kva.example",
         "victim@B\xC3\x9C" "CHER.example"},
        {"victim@b\xC3\xBC" "cher.example", "victim@bu\xCC\x88" "cher.example",
         "victim@\xEF\xBD\x82\xC3\xBC" "cher.example"},
        {"victim@example.com", "victim+1@example.com", "victim+2@example.com"},
        {"victim@example.com", "vic.tim@example.com", "v.i.c.t.i.m@example.com"},
    };
    for (const auto& some : spellings) {
        Settings settings = with_channels();
        settings.codes_per_address = 2;
        Post w(settings);
        int sent = 0;
        for (std::size_t i = 0; i < 3; ++i)
            sent += w.enrolments.start(w.me(), "me", enrolment(Method::email, some[i])).has_value();
        INFO(some[1]);
        CHECK(sent == 2);
    }
}

TEST_CASE("security 24: registering under many spellings does not flood one mailbox") {
    World w;
    for (int i = 0; i < 8; ++i) {
        const std::string address = "vic.tim+" + std::to_string(i) + "@Example.com";
        REQUIRE(w.accounts.register_account(
            w.nobody(), {.email = address, .password = World::kPassword, .display_name = "V",
                         .locale = "en"}));
    }
    CHECK(w.messages("confirm_email") == w.core.settings.mails_per_address);
}

TEST_CASE("one mailbox is one method, however its host is spelled") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b\xC3\xBC" "cher.example");
    const auto asked = ask(w, Action::add_factor, {}, box.id);
    REQUIRE(asked);
    REQUIRE(w.challenges.verify(w.me(), asked->id, {w.code_in(w.newest_code()), {}, {}}));
    EnrolmentRequest again = enrolment(Method::email, "a@XN--BCHER-KVA.example");
    again.proof.challenge = asked->id;
    const auto second = w.enrolments.start(w.me(), "me", again);
    CHECK(code_of(second) == Code::validation_failed);
}

TEST_CASE("security 24: many applications together do not flood one mailbox") {
    Settings settings = with_channels();
    settings.codes_per_address = 2;
    World w(settings);
    int sent = 0;
    for (int app = 0; app < 8; ++app) {
        const std::string key = w.key_for("Shop" + std::to_string(app));
        REQUIRE(w.users.put(w.by_key(key), "u", {}));
        for (int i = 0; i < 3; ++i)
            sent += w.enrolments.start(w.by_key(key), "u", enrolment(Method::email, "v@x.example"))
                        .has_value();
    }
    CHECK(sent == 8);  // four times what one application may
}

TEST_CASE("security 24: strangers who ask for codes do not use up those of who has proven") {
    struct Row {
        const char* what;
        Method method;
        std::string address;
        std::function<void(Settings&)> tighten;
    };
    const Row rows[] = {
        {"address", Method::email, "victim@x.example", [](Settings& s) { s.codes_per_address = 4; }},
        {"number", Method::whatsapp, "+34612345601", [](Settings& s) { s.codes_per_address = 4; }},
        {"application", Method::email, "other@x.example",
         [](Settings& s) { s.codes_per_application = 8; }},
        {"region", Method::whatsapp, "+34612345602", [](Settings& s) { s.codes_per_region = 8; }},
    };
    for (const Row& row : rows) {
        Settings settings = with_channels();
        row.tighten(settings);
        Post w(settings);
        const std::string key = w.key_for("Shop");
        const std::string own = row.method == Method::email ? "victim@x.example" : "+34612345601";
        REQUIRE(w.users.put(w.by_key(key), "victim", {}));
        const auto mine = w.enrolments.start(w.by_key(key), "victim", enrolment(row.method, own));
        REQUIRE(mine);
        REQUIRE(w.enrolments.confirm(w.by_key(key), "victim", mine->view.id,
                                     w.code_in(w.newest_code())));
        int got = 0;
        for (int user = 0; user < 4; ++user) {
            const std::string mallory = "mallory" + std::to_string(user);
            REQUIRE(w.users.put(w.by_key(key), mallory, {}));
            for (int i = 0; i < 4; ++i)
                got += w.enrolments.start(w.by_key(key), mallory, enrolment(row.method, row.address))
                           .has_value();
        }
        INFO(row.what);
        CHECK(got < 10);  // the strangers have met a limit ...
        CHECK(w.challenges.create(w.by_key(key), "victim", sign_in_by(mine->view.id, "")));
    }
}

TEST_CASE("security 24: the limit of a network is counted where the network is known") {
    Settings settings = with_channels();
    settings.codes_per_ip = 2;
    settings.codes_per_address = 100;
    settings.codes_per_user = 100;
    Post w(settings);
    const std::string hostile = w.key_for("Hostile");
    const std::string honest = w.key_for("Honest");
    const auto with_mail = [&](const std::string& key, const std::string& user) {
        REQUIRE(w.users.put(w.by_key(key), user, {}));
        const auto started = w.enrolments.start(w.by_key(key), user,
                                                enrolment(Method::email, user + "@x.example"));
        REQUIRE(started);
        REQUIRE(w.enrolments.confirm(w.by_key(key), user, started->view.id,
                                     w.code_in(w.newest_code())));
        return started->view.id;
    };
    // An integrator's back end is one address for all its people: no limit of people's networks.
    std::vector<FactorId> people;
    for (int i = 0; i < 4; ++i) people.push_back(with_mail(honest, "h" + std::to_string(i)));
    const FactorId evil = with_mail(hostile, "evil");

    // What an application says of a network counts for that application alone.
    const auto evil_asks = [&] {
        return w.challenges.create(w.by_key(hostile), "evil", sign_in_by(evil, "192.0.2.1"));
    };
    CHECK(evil_asks());
    CHECK(evil_asks());
    CHECK(code_of(evil_asks()) == Code::rate_limited);
    CHECK(w.challenges.create(w.by_key(honest), "h0", sign_in_by(people[0], "192.0.2.1")));
    CHECK(w.enrolments.start(w.me(), "me", enrolment(Method::email, "alice@x.example")));
    CHECK(w.enrolments.start(w.me(), "me", enrolment(Method::email, "alice@x.example")));
    CHECK(code_of(w.enrolments.start(w.me(), "me", enrolment(Method::email, "alice@y.example"))) ==
          Code::rate_limited);
}

TEST_CASE("security 24: a limit that is set as high as it goes still counts") {
    std::int64_t tat = 0;
    const Rate rate{10'000'000, Seconds(3600)};
    int taken = 0;
    while (taken <= rate.limit && !gcra_take(tat, rate, 0)) ++taken;
    CHECK(taken == rate.limit);
}

TEST_CASE("rule 8: a sign-in by backup code never changes the address codes go to") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    w.token = w.sign_in().session.token;
    const auto in = w.accounts.sign_in_verify(w.me(), {box.backup_codes[0], {}, {}});
    REQUIRE(in);
    w.token = in->session.token;
    EnrolmentRequest thief = enrolment(Method::email, "thief@evil.example");
    thief.replaces = box.id;
    CHECK(code_of(w.enrolments.start(w.me(), "me", thief)) == Code::proof_required);
    CHECK(w.start(w.me(), "me", {}, box.id));  // an app in its place is what the grant is for
}

TEST_CASE("codes never entered close a country to new numbers, not to those that are proven") {
    Settings settings = with_channels();
    settings.pumping_min = 5;
    settings.code_life = Seconds(60);
    Post w(settings);
    const std::string key = w.key_for("Shop");
    REQUIRE(w.users.put(w.by_key(key), "u", {}));
    const auto mine =
        w.enrolments.start(w.by_key(key), "u", enrolment(Method::whatsapp, "+34612345600"));
    REQUIRE(mine);
    REQUIRE(w.enrolments.confirm(w.by_key(key), "u", mine->view.id, w.code_in(w.newest_code())));
    for (int i = 0; i < 18; ++i)
        REQUIRE(w.enrolments.start(
            w.me(), "me", enrolment(Method::whatsapp, "+346123456" + std::to_string(10 + i))));
    w.clock.advance(61);
    REQUIRE(close_pumped_regions(w.core)->size() == 1);
    w.reauthenticate();
    CHECK(code_of(w.enrolments.start(w.me(), "me", enrolment(Method::whatsapp, "+34612345699"))) ==
          Code::method_unavailable);
    // Whoever signs in by WhatsApp alone must not be locked out by a stranger's twenty codes.
    const auto asked = w.challenges.create(w.by_key(key), "u", sign_in_by(mine->view.id, ""));
    REQUIRE(asked);
    CHECK(asked->methods.front().offer == Offer::available);
    // What Meta itself closes is closed for all.
    REQUIRE(w.core.store.write(w.request_id(), [&](Tx& tx) {
        tx.put_channel({"whatsapp:ES", w.clock.now() + Seconds(60), Failure::country_unavailable,
                        w.clock.now()});
        return true;
    }));
    CHECK(code_of(w.challenges.create(w.by_key(key), "u", sign_in_by(mine->view.id, ""))) ==
          Code::method_unavailable);
}

TEST_CASE("a confirm that cannot be judged makes no backup codes") {
    Post w;
    const EnrolmentStarted started = w.begin(Method::email, "a@b.example");
    const std::string code = w.code_in(w.newest_code());
    const int before = w.hasher.derives;
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, "1234567")) ==
          Code::validation_failed);
    w.clock.advance(601);
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, code)) ==
          Code::code_not_sent);
    w.clock.advance(300);
    w.reauthenticate();
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, code)) ==
          Code::enrollment_expired);
    CHECK(w.hasher.derives == before);  // Argon2id is dear: refusals that cost no try must not pay it
}

TEST_CASE("a code sent again at the last minute can still be entered") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const SignedIn half = w.sign_in();
    const auto caller = [&] { return w.with(half.session.token); };
    const ChallengeId id = half.me.challenge->id;
    REQUIRE(w.challenges.send(caller(), id, box.id));
    w.clock.advance(590);
    const auto again = w.challenges.send(caller(), id, box.id);
    REQUIRE(again);
    w.clock.advance(60);
    CHECK(w.accounts.sign_in_verify(caller(), {w.code_in(w.newest_code()), {}, {}}));
}

TEST_CASE("rule 7: a session before its second step lives half an hour at most") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const SignedIn half = w.sign_in();
    const auto caller = [&] { return w.with(half.session.token); };
    for (int i = 0; i < 4; ++i) {
        (void)w.challenges.send(caller(), half.me.challenge->id, box.id);
        w.clock.advance(500);
    }
    CHECK(caller().session() == nullptr);
}

}  // namespace twofold::domain
