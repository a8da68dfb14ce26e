// The WhatsApp Cloud API: what is sent, what its answers mean, and its webhook.
#include "server/delivery/whatsapp.hpp"

#include <nlohmann/json.hpp>

#include "server/delivery/whatsapp_hook.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::delivery;
using domain::Failure;
using domain::MessageStatus;
using nlohmann::json;

TEST_CASE("a message is the template with the code in body and button, and nothing else") {
    Letter l;
    l.id = domain::MessageId{"dlv_1"};
    l.to = "+34612345621";
    l.code = "492039";
    l.subject = "never sent";
    const json body = json::parse(whatsapp_body(l, "sign_in", "es"));
    CHECK(body == json::parse(R"({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "34612345621",
        "type": "template", "biz_opaque_callback_data": "dlv_1",
        "template": {"name": "sign_in", "language": {"code": "es"}, "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "492039"}]},
            {"type": "button", "sub_type": "url", "index": "0",
             "parameters": [{"type": "text", "text": "492039"}]}]}})"));
}

TEST_CASE("answers: accepted, refused with a code, or nothing that speaks the contract") {
    const auto ok = read_whatsapp_answer(
        200, R"({"contacts":[{"wa_id":"1"}],"messages":[{"id":"wamid.X"}]})");
    CHECK(ok.accepted);
    CHECK(ok.message_id == "wamid.X");
    const auto error = read_whatsapp_answer(
        400, R"({"error":{"message":"(#131026) Undeliverable","code":131026}})");
    CHECK_FALSE(error.accepted);
    CHECK(error.code == 131026);
    for (const char* other : {"", "<html>", "[]", "{}", R"({"messages":[]})",
                              R"({"messages":[{"id":7}]})", R"({"error":{"code":"7"}})"})
        CHECK(read_whatsapp_answer(200, other).code == -1);
    CHECK_FALSE(read_whatsapp_answer(302, R"({"messages":[{"id":"wamid.X"}]})").accepted);
}

TEST_CASE("every code of Meta's table has its meaning") {
    struct Row {
        int code;
        Sent sent;
        Failure failure;
        WhatsAppEffect effect;
    };
    using E = WhatsAppEffect;
    const Row rows[] = {
        {0, Sent::later, Failure::channel_down, E::close_channel},
        {190, Sent::later, Failure::channel_down, E::close_channel},
        {3, Sent::refused, Failure::channel_down, E::close_channel},
        {10, Sent::refused, Failure::channel_down, E::close_channel},
        {131005, Sent::refused, Failure::channel_down, E::close_channel},
        {200, Sent::refused, Failure::channel_down, E::close_channel},
        {299, Sent::refused, Failure::channel_down, E::close_channel},
        {4, Sent::later, Failure::too_many, E::none},
        {80007, Sent::later, Failure::too_many, E::none},
        {130429, Sent::later, Failure::too_many, E::none},
        {131056, Sent::later, Failure::too_many, E::none},
        {100, Sent::refused, Failure::rejected, E::alarm},
        {131008, Sent::refused, Failure::rejected, E::alarm},
        {131009, Sent::refused, Failure::rejected, E::alarm},
        {132000, Sent::refused, Failure::rejected, E::alarm},
        {132012, Sent::refused, Failure::rejected, E::alarm},
        {131026, Sent::refused, Failure::not_reachable, E::none},
        {131031, Sent::later, Failure::channel_down, E::close_channel},
        {368, Sent::later, Failure::channel_down, E::close_channel},
        {133010, Sent::later, Failure::channel_down, E::close_channel},
        {130497, Sent::refused, Failure::country_unavailable, E::close_region},
        {131042, Sent::refused, Failure::channel_down, E::close_channel},
        {131047, Sent::refused, Failure::rejected, E::alarm},
        {131048, Sent::refused, Failure::withheld, E::none},
        {131049, Sent::refused, Failure::withheld, E::none},
        {131057, Sent::later, Failure::channel_down, E::none},
        {131016, Sent::later, Failure::channel_down, E::none},
        {131000, Sent::later, Failure::channel_down, E::none},
        {2, Sent::later, Failure::channel_down, E::none},
        {132001, Sent::later, Failure::channel_down, E::default_language},
        {132015, Sent::refused, Failure::channel_down, E::close_channel},
        {132016, Sent::refused, Failure::channel_down, E::close_channel},
        {137000, Sent::refused, Failure::identity_changed, E::none},
        {999999, Sent::refused, Failure::rejected, E::alarm},
    };
    for (const Row& row : rows) {
        INFO(row.code);
        const WhatsAppMeaning m = whatsapp_meaning(row.code);
        CHECK(m.sent == row.sent);
        CHECK(m.failure == row.failure);
        CHECK(m.effect == row.effect);
    }
}

TEST_CASE("security 29: the webhook's signature covers the raw bytes") {
    // HMAC-SHA256 of RFC 4231 section 4.3 (test case 2).
    const char* mac = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const char* body = "what do ya want for nothing?";
    CHECK(signed_by_meta("Jefe", body, mac));
    CHECK_FALSE(signed_by_meta("jefe", body, mac));
    CHECK_FALSE(signed_by_meta("Jefe", "what do ya want for nothing? ", mac));
    CHECK_FALSE(signed_by_meta("Jefe", body, std::string(mac).substr(7)));
    CHECK_FALSE(signed_by_meta("Jefe", body, ""));
    CHECK_FALSE(signed_by_meta("", body, mac));
    CHECK(whatsapp_hello("secret", "subscribe", "12345", "secret") == "12345");
    CHECK_FALSE(whatsapp_hello("secret", "subscribe", "12345", "Secret"));
    CHECK_FALSE(whatsapp_hello("secret", "unsubscribe", "12345", "secret"));
    CHECK_FALSE(whatsapp_hello("", "subscribe", "12345", ""));
}

TEST_CASE("reports are read, batched and unordered, and what is unknown is passed over") {
    const auto reports = read_reports(R"({"object":"whatsapp_business_account","entry":[
        {"changes":[{"field":"messages","value":{"statuses":[
            {"id":"wamid.1","status":"read","timestamp":"1","recipient_id":"34","new":1},
            {"id":"wamid.2","status":"failed","errors":[{"code":131026,"title":"x"}]},
            {"id":"wamid.3","status":"played"}, {"status":"sent"}, 7]}}]},
        {"changes":[{"value":{"messages":[{"text":"hello"}]}}, {"value":null}, 3]}, null]})");
    REQUIRE(reports);
    REQUIRE(reports->size() == 2);
    CHECK(reports->at(0).provider_id == "wamid.1");
    CHECK(reports->at(0).status == MessageStatus::read);
    CHECK(reports->at(1).status == MessageStatus::failed);
    CHECK(reports->at(1).failure == Failure::not_reachable);
    CHECK_FALSE(read_reports("nothing"));
    CHECK_FALSE(read_reports("[]"));
    CHECK(read_reports("{}")->empty());
    std::string deep = "{\"entry\":";
    for (int i = 0; i < 5000; ++i) deep += "[";
    CHECK_FALSE(read_reports(deep));
}
