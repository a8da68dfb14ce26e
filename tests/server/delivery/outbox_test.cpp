#include "server/delivery/outbox.hpp"

#include <map>
#include <set>
#include <thread>

#include "server/domain/places.hpp"
#include "server/domain/text_map.hpp"
#include "server/platform/sealer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_store.hpp"

using namespace twofold;
using namespace twofold::delivery;
using domain::MessageStatus;
using domain::Seconds;

namespace {

class FakeClock final : public domain::Clock {
 public:
    domain::Instant now() const override { return at; }
    std::int64_t now_ms() const override { return at.time_since_epoch().count() * 1000; }
    domain::Instant at{Seconds{1'770'000'000}};
};

class FakeTransport final : public Transport {
 public:
    Receipt send(const Letter& letter) override {
        const std::lock_guard lock(mutex);
        letters.push_back(letter);
        return {answer, {}, {}};
    }
    std::mutex mutex;
    std::vector<Letter> letters;
    Sent answer = Sent::done;
};

struct World {
    FakeClock clock;
    testing::MemoryStore store;
    platform::RingSealer sealer{platform::KeyRing::make(clock.at)};
    FakeTransport transport;
    std::map<std::string, std::string> results;
    Outbox outbox{store, sealer, clock, transport,
                  [this](const domain::MessageId& id, std::string_view, std::string_view result) {
                      results[id.value] = result;
                  }};

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
        m.created_at = clock.at;
        m.not_before = clock.at;
        m.not_after = clock.at + Seconds{600};
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
    const domain::Instant start = w.clock.at;
    for (int i = 0; i < 900; ++i) {
        const std::size_t before = w.transport.letters.size();
        w.outbox.run_once();
        if (w.transport.letters.size() != before) tries.push_back((w.clock.at - start).count());
        w.clock.at += Seconds{1};
    }
    CHECK(tries == std::vector<std::int64_t>{0, 5, 15, 35, 75, 155, 315});
    CHECK(w.row("msg_1").status == MessageStatus::dropped);
    CHECK(w.results.at("msg_1") == "expired");
}

TEST_CASE("rule 14: a message whose time has passed is not sent") {
    World w;
    w.queue("msg_1");
    w.clock.at += Seconds{600};
    w.outbox.run_once();
    CHECK(w.transport.letters.empty());
}

TEST_CASE("a refused address is not tried again") {
    World w;
    w.transport.answer = Sent::refused;
    w.queue("msg_1");
    w.outbox.run_once();
    w.clock.at += Seconds{300};
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
    Outbox second(w.store, w.sealer, w.clock, w.transport, [](const auto&, auto, auto) {});
    Outbox first(w.store, w.sealer, w.clock, w.transport, [](const auto&, auto, auto) {});
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
    w.clock.at += Seconds{1};
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
    w.store.fail_next(1);
    CHECK(w.outbox.run_once() == 0);
    CHECK(w.transport.letters.empty());
    CHECK(w.outbox.run_once() == 1);
    CHECK(w.transport.letters.size() == 1);
}
