#include "server/delivery/mailbox.hpp"

#include <nlohmann/json.hpp>

#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::delivery;

namespace {

Letter letter(int n) {
    Letter l;
    l.id = domain::MessageId{"msg_" + std::to_string(n)};
    l.kind = "confirm_email";
    l.to = "alice@example.com";
    l.subject = "Subject " + std::to_string(n);
    l.text = "Text\n";
    l.created_at = domain::Instant{domain::Seconds{1'770'000'000 + n}};
    return l;
}

}  // namespace

TEST_CASE("the demo's mailbox lists messages newest first, each once") {
    DemoMailbox box;
    CHECK(box.json() == R"({"items":[]})");
    for (const int n : {1, 3, 2, 3}) CHECK(box.send(letter(n)).sent == Sent::done);
    Letter linked = letter(4);
    linked.link = "http://localhost:8080/#/confirm-email?token=abc";
    box.send(linked);
    const auto items = nlohmann::json::parse(box.json()).at("items");
    REQUIRE(items.size() == 4);
    CHECK(items[0].at("id") == "msg_4");
    CHECK(items[0].at("link") == linked.link);
    CHECK(items[0].at("at") == "2026-02-02T02:40:04Z");
    CHECK(items[1].at("id") == "msg_3");
    CHECK_FALSE(items[1].contains("link"));
    CHECK(items[3].at("id") == "msg_1");
}

TEST_CASE("the demo's mailbox is bounded") {
    DemoMailbox box;
    for (int n = 0; n < 500; ++n) box.send(letter(n));
    const auto items = nlohmann::json::parse(box.json()).at("items");
    CHECK(items.size() == DemoMailbox::kKept);
    CHECK(items[0].at("id") == "msg_499");
}
