#include "server/delivery/outbox_pool.hpp"

#include <map>
#include <set>
#include <thread>

#include "server/domain/delivered_codes.hpp"
#include "server/domain/names.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_map.hpp"
#include "server/platform/sealer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/memory_store.hpp"

using namespace twofold;
using namespace twofold::delivery;
using domain::MessageStatus;
using domain::Seconds;

namespace {

constexpr std::int64_t kStart = 1'770'000'000;

class FakeTransport final : public Transport {
 public:
    Receipt send(const Letter& letter) override {
        const std::lock_guard lock(mutex);
        letters.push_back(letter);
        return {answer, failure, {}};
    }
    std::mutex mutex;
    std::vector<Letter> letters;
    Sent answer = Sent::done;
    domain::Failure failure{};
};

struct World {
    World() { clock.set(kStart); }
    testing::FakeClock clock;
    testing::FakeRandom random;
    testing::FakeHasher hasher;
    testing::FakeSigner signer;
    testing::FakePhones phones;
    testing::MemoryStore store;
    platform::RingSealer sealer{platform::KeyRing::make(domain::Instant{Seconds{kStart}})};
    domain::Core core{store, clock, random, sealer, hasher, signer, phones, {}};
    FakeTransport transport;
    std::map<std::string, std::string> results;
    std::vector<std::string> changes;  // of channels
    ChannelBoard board{store, clock, [this](std::string_view id, domain::Failure failure, int) {
                           changes.push_back(std::string(id) + " " +
                                             std::string(domain::name_of(failure)));
                       }};
    Outbox outbox{core, domain::Channel::email, transport, board,
                  [this](const Attempt& a) { results[a.id.value] = a.result; }};

    void queue(const std::string& id, const std::string& kind = "confirm_email", int priority = 0) {
        domain::MessageRow m;
        m.id = domain::MessageId{id};
        m.application = domain::ApplicationId{"app_client"};
        m.kind = kind;
        m.locale = "en";
        m.to = sealer.seal(domain::places::message_to(m), as_bytes("alice@example.com"));
        m.parameters =
            sealer.seal(domain::places::message_parameters(m),
                        as_bytes(domain::text_map_write(
                            {{"issuer", "Example"}, {"link", "http://localhost/#/x?token=abc"}})));
        m.priority = priority;
        m.created_at = clock.now();
        m.not_before = clock.now();
        m.not_after = clock.now() + Seconds{600};
        REQUIRE(store.write("req_test", [&](domain::Tx& tx) {
            tx.insert_message(m);
            return true;
        }));
    }
    domain::MessageRow row(const std::string& id) {
        return store.snapshot().messages.at(domain::MessageId{id});
    }
};

}  // namespace

TEST_CASE("rule 14: a queued message is rendered, sent once and noted") {
    World w;
    w.queue("msg_1");
    CHECK(w.outbox.run_once() == 1);
    REQUIRE(w.transport.letters.size() == 1);
    const Letter& l = w.transport.letters[0];
    CHECK(l.to == "alice@example.com");
    CHECK(l.subject == "Confirm your email address for Example");
    CHECK(l.link == "http://localhost/#/x?token=abc");
    CHECK(l.text.find(l.link) != std::string::npos);
    CHECK(w.row("msg_1").status == MessageStatus::sent);
    CHECK(w.results.at("msg_1") == "sent");
    CHECK(w.outbox.run_once() == 0);
    CHECK(w.transport.letters.size() == 1);
}

TEST_CASE("rule 14: what cannot go now is tried again with back-off, and never after its time") {
    World w;
    w.transport.answer = Sent::later;
    w.queue("msg_1");
    std::vector<std::int64_t> tries;
    for (int i = 0; i < 900; ++i) {
        const std::size_t before = w.transport.letters.size();
        w.outbox.run_once();
        if (w.transport.letters.size() != before) tries.push_back(w.clock.seconds() - kStart);
        w.clock.advance(1);
    }
    REQUIRE(tries.size() >= 7);
    REQUIRE(tries.size() <= 10);
    CHECK(tries.back() < 600);
    for (std::size_t i = 1; i < tries.size(); ++i) {
        const std::int64_t wait = tries[i] - tries[i - 1];
        const std::int64_t base = std::min<std::int64_t>(2LL << (i - 1), 120);
        INFO(i);
        CHECK(wait >= base);
        CHECK(wait <= base + base / 4 + 1);  // a quarter of jitter
    }
    CHECK(w.row("msg_1").status == MessageStatus::dropped);
    CHECK(w.results.at("msg_1") == "expired");
}

TEST_CASE("rule 14: a message whose time has passed is not sent") {
    World w;
    w.queue("msg_1");
    w.clock.advance(600);
    w.outbox.run_once();
    CHECK(w.transport.letters.empty());
}

TEST_CASE("a refused address is not tried again") {
    World w;
    w.transport.answer = Sent::refused;
    w.queue("msg_1");
    w.outbox.run_once();
    w.clock.advance(300);
    CHECK(w.outbox.run_once() == 0);
    CHECK(w.row("msg_1").status == MessageStatus::failed);
}

TEST_CASE("security 76: a message moved to another row is not sent, nor one without a text") {
    World w;
    w.queue("msg_1");
    w.queue("msg_2", "no_such_kind");
    REQUIRE(w.store.write("req_test", [&](domain::Tx& tx) {
        domain::MessageRow moved = tx.recent_messages(10).front();
        moved.id = domain::MessageId{"msg_3"};
        tx.insert_message(moved);
        return true;
    }));
    w.outbox.run_once();
    CHECK(w.transport.letters.size() == 1);
    CHECK(w.results.at("msg_2") == "no_text");
    CHECK(w.results.at("msg_3") == "unreadable");
    CHECK(w.row("msg_3").status == MessageStatus::failed);
}

TEST_CASE("rule 14: two workers never send one message twice") {
    World w;
    for (int i = 0; i < 40; ++i) w.queue("msg_" + std::to_string(i));
    Outbox second(w.core, domain::Channel::email, w.transport, w.board, [](const auto&) {});
    Outbox first(w.core, domain::Channel::email, w.transport, w.board, [](const auto&) {});
    std::thread a([&] {
        while (first.run_once() != 0) {
        }
    });
    std::thread b([&] {
        while (second.run_once() != 0) {
        }
    });
    a.join();
    b.join();
    std::set<std::string> ids;
    for (const Letter& l : w.transport.letters) ids.insert(l.id.value);
    CHECK(w.transport.letters.size() == 40);
    CHECK(ids.size() == 40);
}

TEST_CASE("the demo's mailbox has its messages again after a restart") {
    World w;
    w.queue("msg_1");
    w.outbox.run_once();
    w.clock.advance(1);
    w.queue("msg_2");
    w.outbox.run_once();
    w.queue("msg_3");
    const auto before = w.outbox.sent_before(10);
    REQUIRE(before.size() == 2);
    CHECK(before[0].id.value == "msg_1");
    CHECK(before[1].id.value == "msg_2");
    CHECK(before[1].link == "http://localhost/#/x?token=abc");
}

TEST_CASE("no database: the outbox waits and loses nothing") {
    World w;
    w.queue("msg_1");
    w.store.fail_next(2);
    CHECK(w.outbox.run_once() == 0);
    CHECK(w.transport.letters.empty());
    CHECK(w.outbox.run_once() == 1);
    CHECK(w.transport.letters.size() == 1);
}

TEST_CASE("security 23: a code is derived when it leaves; the row holds none") {
    World w;
    domain::DeliveryRow d;
    d.id = domain::DeliveryId{"dlv_1"};
    d.application = domain::ApplicationId{"app_client"};
    d.user = domain::UserId{"usr_1"};
    d.factor = domain::FactorId{"enr_1"};
    d.method = domain::Method::email;
    d.purpose = "sign_in";
    domain::TextMap parameters = domain::delivery_binding(d);
    parameters["issuer"] = "Example";
    parameters["minutes"] = "10";
    domain::MessageRow m;
    m.id = domain::MessageId{"dlv_1"};
    m.application = d.application;
    m.kind = "sign_in_code";
    m.locale = "ar";
    m.to = w.sealer.seal(domain::places::message_to(m), as_bytes("alice@example.com"));
    const std::string written = domain::text_map_write(parameters);
    m.parameters = w.sealer.seal(domain::places::message_parameters(m), as_bytes(written));
    m.not_before = m.created_at = w.clock.now();
    m.not_after = w.clock.now() + Seconds{600};
    REQUIRE(w.store.write("req_test", [&](domain::Tx& tx) {
        tx.insert_message(m);
        return true;
    }));
    const std::string code = domain::code_of(w.sealer, d);
    CHECK(written.find(code) == std::string::npos);
    w.outbox.run_once();
    REQUIRE(w.transport.letters.size() == 1);
    const Letter& l = w.transport.letters[0];
    CHECK(l.code == code);
    CHECK(l.subject.starts_with(code));
    CHECK(l.text.find("\n\n" + code + "\n\n") != std::string::npos);
    CHECK(l.html.find("<p class=\"code\">" + code + "</p>") != std::string::npos);
    CHECK(l.html.find("dir=\"rtl\"") != std::string::npos);
}

TEST_CASE("the circuit opens after five failures of the channel, and one message tries it again") {
    World w;
    w.transport.answer = Sent::later;
    w.transport.failure = domain::Failure::channel_down;
    for (int i = 0; i < 12; ++i) w.queue("msg_" + std::to_string(i));
    w.outbox.run_once();
    CHECK(w.transport.letters.size() == 5);  // the rest is given back
    CHECK(w.changes == std::vector<std::string>{"email channel_down"});
    CHECK(w.outbox.run_once() == 0);
    // Another server knows of it.
    ChannelBoard other(w.store, w.clock, [](auto, auto, auto) {});
    CHECK(other.is_closed(domain::Channel::email));
    CHECK_FALSE(other.is_closed(domain::Channel::whatsapp));
    w.clock.advance(31);
    CHECK(w.outbox.run_once() == 1);
    CHECK(w.transport.letters.size() == 6);
    CHECK(w.board.is_closed(domain::Channel::email));  // it failed: closed for twice as long
    w.clock.advance(61);
    w.transport.answer = Sent::done;
    w.transport.failure = {};
    CHECK(w.outbox.run_once() == 1);
    CHECK(w.changes.back() == "email ");
    while (w.outbox.run_once() != 0) {
    }
    CHECK(w.results.size() == 12);
    for (const auto& [id, result] : w.results) CHECK(result == "sent");
}

TEST_CASE("a worker that is told to stop gives back what it has leased") {
    World w;
    for (int i = 0; i < 3; ++i) w.queue("msg_" + std::to_string(i));
    const std::atomic<bool> stop{true};
    CHECK(w.outbox.run_once(stop) == 3);
    CHECK(w.transport.letters.empty());
    CHECK(w.outbox.run_once() == 3);
    CHECK(w.transport.letters.size() == 3);
}

TEST_CASE("a pool sends what is queued within moments of its commit") {
    World w;
    std::mutex mutex;
    std::vector<std::string> sent;
    OutboxPool pool(
        w.core, domain::Channel::email, 2,
        [&] { return std::make_unique<FakeTransport>(); }, w.board, [&](const Attempt& a) {
            const std::lock_guard lock(mutex);
            sent.push_back(a.id.value);
        });
    w.queue("msg_1");
    for (int i = 0; i < 200; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        const std::lock_guard lock(mutex);
        if (!sent.empty()) break;
    }
    const std::lock_guard lock(mutex);
    CHECK(sent == std::vector<std::string>{"msg_1"});
}

TEST_CASE("an answer lost twice: the message went at most twice, whatever came between") {
    World w;
    w.transport.answer = Sent::later;
    w.transport.failure = domain::Failure::unclear;
    w.queue("msg_1");
    w.outbox.run_once();
    CHECK(w.row("msg_1").status == MessageStatus::queued);
    w.clock.advance(5);
    w.transport.failure = domain::Failure::channel_down;  // not even taken: does not count
    w.outbox.run_once();
    CHECK(w.row("msg_1").status == MessageStatus::queued);
    w.clock.advance(10);
    w.transport.failure = domain::Failure::unclear;
    w.outbox.run_once();
    CHECK(w.transport.letters.size() == 3);
    CHECK(w.row("msg_1").status == MessageStatus::failed);
    CHECK(w.row("msg_1").failure == domain::Failure::unclear);
}

namespace {

// The first letter it gets waits until it is let go; of one pool.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = false;
    bool taken = false;
    std::set<std::string> sent;
    bool has_sent(std::size_t n) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(5), [&] { return sent.size() >= n; });
    }
};

class SlowTransport final : public Transport {
 public:
    explicit SlowTransport(Gate& gate) : gate_(gate) {}
    Receipt send(const Letter& letter) override {
        std::unique_lock lock(gate_.mutex);
        if (!gate_.taken) {
            gate_.taken = true;
            gate_.changed.wait(lock, [&] { return gate_.open; });
        }
        gate_.sent.insert(letter.id.value);
        gate_.changed.notify_all();
        return {Sent::done, {}, {}};
    }

 private:
    Gate& gate_;
};

}  // namespace

TEST_CASE("a slow send holds nobody up: neither other messages nor what became of them") {
    World w;
    for (int i = 0; i < 20; ++i) w.queue("msg_" + std::to_string(i));
    Gate gate;
    OutboxPool pool(
        w.core, domain::Channel::email, 2, [&] { return std::make_unique<SlowTransport>(gate); },
        w.board, [](const Attempt&) {});
    CHECK(gate.has_sent(19));
    int noted = 0;
    for (int i = 0; i < 100 && noted < 19; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        noted = 0;
        for (const auto& [id, row] : w.store.snapshot().messages)
            noted += row.status == MessageStatus::sent;
    }
    CHECK(noted == 19);
    {
        const std::lock_guard lock(gate.mutex);
        gate.open = true;
    }
    gate.changed.notify_all();
    CHECK(gate.has_sent(20));
}
