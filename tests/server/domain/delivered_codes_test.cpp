// Codes by email and WhatsApp: made, bound, limited, used once.
#include "server/domain/delivered_codes.hpp"

#include <array>
#include <set>
#include <thread>

#include "server/domain/addresses.hpp"
#include "server/domain/delivery_reports.hpp"
#include "tests/server/domain/post.hpp"

namespace twofold::domain {

TEST_CASE("security 17: codes have their digits and no bias (chi-square over 10^6)") {
    World w;
    DeliveryRow delivery;
    delivery.application = ApplicationId{"app_a"};
    delivery.user = UserId{"usr_a"};
    delivery.factor = FactorId{"enr_a"};
    delivery.purpose = "sign_in";
    std::array<std::array<int, 10>, 6> seen{};
    constexpr int kCodes = 1'000'000;
    for (int i = 0; i < kCodes; ++i) {
        delivery.id = DeliveryId{"dlv_" + std::to_string(i)};
        const std::string code = code_of(w.sealer, delivery);
        REQUIRE(code.size() == 6);
        for (std::size_t d = 0; d < 6; ++d) seen[d][static_cast<std::size_t>(code[d] - '0')] += 1;
    }
    const double expected = kCodes / 10.0;
    for (const auto& place : seen) {
        double chi = 0;
        for (const int n : place) chi += (n - expected) * (n - expected) / expected;
        CHECK(chi < 33.7);  // 9 degrees of freedom, p = 0.0001
    }
    delivery.digits = 8;
    CHECK(code_of(w.sealer, delivery).size() == 8);
}

TEST_CASE("security 22: a code is bound to all that makes its delivery") {
    World w;
    DeliveryRow d;
    d.id = DeliveryId{"dlv_1"};
    d.application = ApplicationId{"app_a"};
    d.user = UserId{"usr_a"};
    d.factor = FactorId{"enr_a"};
    d.challenge = ChallengeId{"chl_a"};
    d.method = Method::email;
    d.purpose = "manage:disable";
    std::set<std::string> codes{code_of(w.sealer, d)};
    const std::function<void(DeliveryRow&)> swaps[] = {
        [](DeliveryRow& r) { r.id.value = "dlv_2"; },
        [](DeliveryRow& r) { r.application.value = "app_b"; },
        [](DeliveryRow& r) { r.user.value = "usr_b"; },
        [](DeliveryRow& r) { r.factor.value = "enr_b"; },
        [](DeliveryRow& r) { r.challenge.value = "chl_b"; },
        [](DeliveryRow& r) { r.method = Method::whatsapp; },
        [](DeliveryRow& r) { r.purpose = "manage:regenerate"; },
    };
    for (const auto& swap : swaps) {
        DeliveryRow other = d;
        swap(other);
        codes.insert(code_of(w.sealer, other));
    }
    CHECK(codes.size() == 8);
    const auto again = read_delivery_binding({"dlv_1"}, delivery_binding(d));
    REQUIRE(again);
    CHECK(code_of(w.sealer, *again) == code_of(w.sealer, d));
    TextMap incomplete = delivery_binding(d);
    incomplete.erase("user");
    CHECK_FALSE(read_delivery_binding({"dlv_1"}, incomplete));
}

TEST_CASE("email: enabled, signed in with, disabled; the notices tell every address") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "alice@private.example");
    CHECK(box.backup_codes.size() == 10);
    CHECK(w.count("two_factor_enabled") == 2);  // the contact and the new mailbox
    const auto listed = w.enrolments.get(w.me(), "me", box.id);
    REQUIRE(listed);
    CHECK(listed->to == "a•••@p•••.example");
    CHECK(listed->status == FactorStatus::active);

    w.clock.advance(60);
    const SignedIn half = w.sign_in();
    REQUIRE(half.me.challenge);
    CHECK(half.me.challenge->preferred == Method::email);
    CHECK(half.me.challenge->preferred_factor == box.id);
    CHECK_FALSE(half.me.challenge->delivery);
    const Caller caller = w.with(half.session.token);
    const auto sent = w.challenges.send(caller, half.me.challenge->id, box.id);
    REQUIRE(sent);
    CHECK(sent->delivery.status == MessageStatus::queued);
    CHECK(sent->delivery.resend_at == w.clock.now() + Seconds(30));
    const MessageRow message = w.newest_code();
    CHECK(message.kind == "sign_in_code");
    CHECK(message.priority == 0);
    CHECK(message.not_after == sent->delivery.expires_at);
    const std::string code = w.code_in(message);
    CHECK(code_of(w.accounts.sign_in_verify(caller, {w.other(code), {}, {}})) ==
          Code::code_invalid);
    const auto in = w.accounts.sign_in_verify(w.with(half.session.token), {code, {}, {}});
    REQUIRE(in);
    CHECK(in->verified->method == Method::email);
    w.token = in->session.token;

    const auto asked = ask(w, Action::disable, {}, box.id);
    REQUIRE(asked);
    REQUIRE(asked->delivery);
    const std::string second = w.code_in(w.newest_code());
    CHECK(second != code);
    REQUIRE(w.challenges.verify(w.me(), asked->id, {second, {}, {}}));
    ProofGiven proof;
    proof.challenge = asked->id;
    REQUIRE(w.enrolments.disable(w.me(), "me", proof));
    CHECK(w.count("two_factor_disabled") == 2);
    CHECK(w.store.snapshot().factors.at(box.id).address.empty());
}

TEST_CASE("WhatsApp: the number is read, masked and kept sealed") {
    Post w;
    const EnrolmentStarted started = w.begin(Method::whatsapp, "612 34 56 21");
    CHECK(started.view.to == "+34 ••• •• 21");
    const MessageRow message = w.newest_code();
    CHECK(message.channel == Channel::whatsapp);
    CHECK(message.region == "ES");
    CHECK(open_text(w.core, places::message_to(message), message.to) == "+34612345621");
    REQUIRE(w.enrolments.confirm(w.me(), "me", started.view.id, w.code_in(message)));
    for (const auto& [id, row] : w.store.snapshot().factors)
        CHECK(row.address.text.find("612345621") == std::string::npos);
}

TEST_CASE("security 18: a code is right at 599 s and not at 601 s") {
    for (const int at : {599, 601}) {
        Post w;
        const EnrolmentStarted started = w.begin(Method::email, "a@b.example");
        const std::string code = w.code_in(w.newest_code());
        w.clock.advance(at);
        const auto done = w.enrolments.confirm(w.me(), "me", started.view.id, code);
        if (at == 599)
            CHECK(done);
        else
            CHECK(code_of(done) == Code::code_not_sent);
    }
}

TEST_CASE("security 19: of many uses of one code one succeeds") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const auto asked = ask(w, Action::disable, {}, box.id);
    REQUIRE(asked);
    const std::string code = w.code_in(w.newest_code());
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    const Caller caller = w.me();
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 4; ++n)
                if (w.challenges.verify(caller, asked->id, {code, {}, {}})) ++right;
        });
    for (std::thread& t : threads) t.join();
    CHECK(right == 1);
    CHECK(w.store.snapshot().step_uses.size() == 2);  // the enrolment's and this one
}

TEST_CASE("security 20: a new code ends the old one, and the old message stays behind") {
    Post w;
    const EnrolmentStarted started = w.begin(Method::email, "a@b.example");
    const MessageRow first = w.newest_code();
    const std::string old = w.code_in(first);
    CHECK(code_of(w.enrolments.send(w.me(), "me", started.view.id)) == Code::rate_limited);
    w.clock.advance(31);
    const auto again = w.enrolments.send(w.me(), "me", started.view.id);
    REQUIRE(again);
    CHECK(again->resend_at == w.clock.now() + Seconds(60));
    CHECK(w.store.snapshot().messages.at(first.id).status == MessageStatus::dropped);
    const std::string code = w.code_in(w.newest_code());
    REQUIRE(code != old);
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, old)) ==
          Code::code_invalid);
    CHECK(w.enrolments.confirm(w.me(), "me", started.view.id, code));
}

TEST_CASE("security 21: neither a new code nor a new challenge gives tries back") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    int wrong = 0;
    std::optional<Problem> last;
    for (int round = 0; round < 10; ++round) {
        const auto asked = ask(w, Action::disable, {}, box.id);
        if (!asked) {
            last = asked.error();
            break;
        }
        const std::string code = w.code_in(w.newest_code());
        const auto tried = w.challenges.verify(w.me(), asked->id, {w.other(code), {}, {}});
        REQUIRE_FALSE(tried);
        if (tried.error().code == Code::code_invalid) ++wrong;
        w.clock.advance(1);
    }
    CHECK(wrong == 5);
    REQUIRE(last);
    CHECK(last->code == Code::factor_locked);
    CHECK(w.count("factor_locked") > 0);
}

TEST_CASE("security 22: a code of one challenge is wrong for another") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const auto one = ask(w, Action::disable, {}, box.id);
    const std::string first = w.code_in(w.newest_code());
    w.arrive(w.newest_code().id);
    const auto two = ask(w, Action::regenerate, {}, box.id);
    REQUIRE(one);
    REQUIRE(two);
    CHECK(code_of(w.challenges.verify(w.me(), two->id, {first, {}, {}})) == Code::code_invalid);
    CHECK(w.challenges.verify(w.me(), one->id, {first, {}, {}}));  // still its own
}

TEST_CASE("of two codes for one challenge in one second the later one is told of") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const auto asked = ask(w, Action::add_factor, {}, box.id);
    REQUIRE(asked);
    REQUIRE(w.challenges.verify(w.me(), asked->id, {w.code_in(w.newest_code()), {}, {}}));
    ProofGiven proof;
    proof.challenge = asked->id;
    const EnrolmentStarted phone = w.begin(Method::whatsapp, "+34612345621", proof);
    REQUIRE(w.enrolments.confirm(w.me(), "me", phone.view.id, w.code_in(w.newest_code())));
    for (int i = 0; i < 8; ++i) {
        w.clock.advance(1000);
        w.reauthenticate();
        const auto both = ask(w, Action::regenerate, {}, {});
        REQUIRE(both);
        REQUIRE(w.challenges.send(w.me(), both->id, box.id));
        w.clock.advance_ms(3);
        REQUIRE(w.challenges.send(w.me(), both->id, phone.view.id));
        CHECK(w.challenges.get(w.me(), both->id)->delivery->method == Method::whatsapp);
    }
}

TEST_CASE("five wrong codes end the code that was sent") {
    Settings settings = with_channels();
    settings.tries_before_lock = 10;
    Post w(settings);
    const EnrolmentStarted started = w.begin(Method::email, "a@b.example");
    const std::string code = w.code_in(w.newest_code());
    for (int i = 0; i < 5; ++i)
        CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, w.other(code))) ==
              Code::code_invalid);
    CHECK(code_of(w.enrolments.confirm(w.me(), "me", started.view.id, code)) ==
          Code::code_not_sent);
}

TEST_CASE("security 24: what is over a limit is refused with a wait, and no message is queued") {
    struct Row {
        const char* what;
        std::function<void(Settings&)> tighten;
    };
    const Row rows[] = {
        {"address", [](Settings& s) { s.codes_per_address = 2; }},
        {"user", [](Settings& s) { s.codes_per_user = 2; }},
        {"ip", [](Settings& s) { s.codes_per_ip = 2; }},
        {"application", [](Settings& s) { s.codes_per_application = 2; }},
        {"region", [](Settings& s) { s.codes_per_region = 2; }},
    };
    for (const Row& row : rows) {
        Settings settings = with_channels();
        row.tighten(settings);
        Post w(settings);
        EnrolmentRequest request;
        request.method = Method::whatsapp;
        request.address = "+34612345621";
        INFO(row.what);
        REQUIRE(w.enrolments.start(w.me(), "me", request));
        REQUIRE(w.enrolments.start(w.me(), "me", request));
        const std::size_t before = w.messages().size();
        const auto third = w.enrolments.start(w.me(), "me", request);
        REQUIRE(code_of(third) == Code::rate_limited);
        CHECK(third.error().retry_after > Seconds(60));
        CHECK(w.messages().size() == before);
        CHECK(w.store.snapshot().deliveries.size() == 2);
        w.clock.advance(1801);
        w.reauthenticate();
        CHECK(w.enrolments.start(w.me(), "me", request));
    }
}

TEST_CASE("security 27: a method is offered when it is set up, allowed and not paused") {
    Post w;
    const auto reasons = [&] {
        std::vector<Offer> out;
        const auto list = w.enrolments.list(w.me(), "me");
        REQUIRE(list);
        for (const MethodOffer& offer : list->offers) out.push_back(offer.offer);
        return out;
    };
    CHECK(reasons() == std::vector{Offer::available, Offer::available, Offer::available});
    w.store.tamper([](testing::MemoryData& data) {
        data.applications.at({"app_client"}).methods_off = "email";
    });
    CHECK(reasons() == std::vector{Offer::available, Offer::not_allowed, Offer::available});
    EnrolmentRequest request;
    request.method = Method::email;
    request.address = "a@b.example";
    CHECK(code_of(w.enrolments.start(w.me(), "me", request)) == Code::method_unavailable);
    const Instant later = w.clock.now() + Seconds(60);
    w.store.tamper([&](testing::MemoryData& data) {
        data.channels["whatsapp"] = {"whatsapp", later, Failure::channel_down, later};
    });
    CHECK(reasons() == std::vector{Offer::available, Offer::not_allowed, Offer::paused});
    w.clock.advance(61);
    CHECK(reasons()[2] == Offer::available);
    Post none(test_settings());
    const auto list = none.enrolments.list(none.me(), "me");
    REQUIRE(list);
    CHECK(list->offers[1].offer == Offer::not_configured);
}

TEST_CASE("security 26: an address that would be a header, an option or two is refused") {
    Post w;
    for (const char* wrong :
         {"a@b.example\r\nBcc: c@d.example", "a@b.example,c@d.example", "-oQ/tmp@b.example",
          "a@b.example c@d.example", "<a@b.example>", "a@b", ""}) {
        EnrolmentRequest request;
        request.method = Method::email;
        request.address = wrong;
        const auto answer = w.enrolments.start(w.me(), "me", request);
        REQUIRE(code_of(answer) == Code::validation_failed);
        CHECK(answer.error().fields.at(0).pointer == "/address");
    }
    CHECK(w.store.snapshot().deliveries.empty());
}

TEST_CASE("flow 7: an address changes by proof for that very change, and both are told") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "old@b.example");
    EnrolmentRequest request;
    request.method = Method::email;
    request.address = "new@b.example";
    request.replaces = box.id;
    CHECK(code_of(w.enrolments.start(w.me(), "me", request)) == Code::proof_required);
    // Proof for something else does not do.
    const auto prove = [&](Action action, const std::string& object) {
        w.clock.advance(700);
        const auto asked = ask(w, action, object, box.id);
        REQUIRE(asked);
        REQUIRE(w.challenges.verify(w.me(), asked->id, {w.code_in(w.newest_code()), {}, {}}));
        request.proof.challenge = asked->id;
    };
    prove(Action::add_factor, box.id.value);
    CHECK(code_of(w.enrolments.start(w.me(), "me", request)) == Code::proof_required);
    prove(Action::change_address, box.id.value);
    const auto started = w.enrolments.start(w.me(), "me", request);
    REQUIRE(started);
    REQUIRE(w.enrolments.confirm(w.me(), "me", started->view.id, w.code_in(w.newest_code())));
    CHECK(w.store.snapshot().factors.at(box.id).status == FactorStatus::ended);
    std::set<std::string> told;
    for (const MessageRow& row : w.messages())
        if (row.kind == "factor_address_changed")
            told.insert(open_text(w.core, places::message_to(row), row.to));
    CHECK(told == std::set<std::string>{"alice@example.com", "new@b.example", "old@b.example"});
}

TEST_CASE("security 29: reports move a message forward once, and trouble reaches the factor") {
    Post w;
    const Post::Mailbox phone = w.enable(Method::whatsapp, "+34612345621");
    const auto asked = ask(w, Action::disable, {}, phone.id);
    REQUIRE(asked);
    const MessageRow message = w.newest_code();
    w.arrive(message.id);
    const std::string wamid = "wamid." + message.id.value;
    const auto status = [&] { return w.store.snapshot().messages.at(message.id).status; };
    const auto report = [&](MessageStatus s, Failure f = Failure::none) {
        REQUIRE(take_reports(w.core, w.request_id(), {{wamid, s, f}}));
    };
    CHECK(status() == MessageStatus::sent);
    report(MessageStatus::read);
    CHECK(status() == MessageStatus::read);
    report(MessageStatus::delivered);
    report(MessageStatus::failed, Failure::not_reachable);
    CHECK(status() == MessageStatus::read);
    REQUIRE(take_reports(w.core, w.request_id(), {{"wamid.unknown", MessageStatus::read, {}}}));

    w.clock.advance(700);
    const auto next = ask(w, Action::disable, {}, phone.id);
    REQUIRE(next);
    const MessageRow second = w.newest_code();
    w.arrive(second.id);
    const std::size_t events = w.store.snapshot().audit.size();
    for (int i = 0; i < 2; ++i)
        REQUIRE(take_reports(w.core, w.request_id(),
                             {{"wamid." + second.id.value, MessageStatus::failed,
                               Failure::identity_changed}}));
    CHECK(w.store.snapshot().audit.size() == events + 1);
    CHECK(w.count("factor_suspended") == 1);
    const auto view = w.challenges.get(w.me(), next->id);
    REQUIRE(view);
    CHECK(view->delivery->status == MessageStatus::failed);
    CHECK(view->delivery->failure == Failure::identity_changed);
    CHECK(code_of(w.challenges.verify(w.me(), next->id, {w.code_in(second), {}, {}})) ==
          Code::factor_suspended);
    CHECK(code_of(w.challenges.send(w.me(), next->id, phone.id)) == Code::factor_suspended);
    const SignedIn half = w.sign_in();
    CHECK(half.me.state == "second_factor_required");  // it still gates
}

TEST_CASE("a country to which codes are asked for and never entered is closed for an hour") {
    Settings settings = with_channels();
    settings.pumping_min = 5;
    Post w(settings);
    const auto ask_for = [&](const std::string& number) {
        EnrolmentRequest request;
        request.method = Method::whatsapp;
        request.address = number;
        return w.enrolments.start(w.me(), "me", request);
    };
    for (int i = 0; i < 6; ++i) REQUIRE(ask_for("+23480212345" + std::to_string(10 + i)));
    w.clock.advance(601);
    w.reauthenticate();
    const auto closed = close_pumped_regions(w.core);
    REQUIRE(closed);
    CHECK(*closed == std::vector<std::string>{"whatsapp:NG"});
    CHECK(code_of(ask_for("+2348021234599")) == Code::method_unavailable);
    CHECK(ask_for("+34612345621"));
    CHECK(close_pumped_regions(w.core)->empty());
}

TEST_CASE("the method a person prefers comes first, and can be un-preferred") {
    Post w;
    const Post::Mailbox box = w.enable(Method::email, "a@b.example");
    const auto asked = ask(w, Action::add_factor, {}, box.id);
    REQUIRE(asked);
    REQUIRE(w.challenges.verify(w.me(), asked->id, {w.code_in(w.newest_code()), {}, {}}));
    ProofGiven proof;
    proof.challenge = asked->id;
    const EnrolmentStarted phone = w.begin(Method::whatsapp, "+34612345621", proof);
    REQUIRE(w.enrolments.confirm(w.me(), "me", phone.view.id, w.code_in(w.newest_code())));
    CHECK(w.sign_in().me.challenge->preferred == Method::whatsapp);  // the last one used
    const auto view = w.enrolments.change(w.me(), "me", box.id, {.label = {}, .preferred = true});
    REQUIRE(view);
    CHECK(view->preferred);
    CHECK(w.sign_in().me.challenge->preferred_factor == box.id);
    REQUIRE(w.enrolments.change(w.me(), "me", box.id, {.label = {}, .preferred = false}));
    CHECK(w.sign_in().me.challenge->preferred == Method::whatsapp);
}

TEST_CASE("masks show the first character, the last label and two digits") {
    CHECK(masked_email("alice@example.com") == "a•••@e•••.com");
    CHECK(masked_email("é@x.co.uk") == "é•••@x•••.uk");
    CHECK(masked_email("none") == "•••");
    CHECK(masked_phone("+34612345621", "34") == "+34 ••• •• 21");
    CHECK(masked_phone("+1", "1") == "•••");
}

}  // namespace twofold::domain
