#include "server/domain/common_passwords.hpp"
#include "server/domain/digest.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/json_text.hpp"
#include "server/domain/password_check.hpp"
#include "server/domain/text_map.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/throttle.hpp"
#include "server/domain/typed_code.hpp"
#include "server/domain/users.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fakes.hpp"

namespace twofold::domain {
namespace {

std::string hex(const std::array<std::uint8_t, 32>& bytes) {
    std::string out;
    for (std::uint8_t b : bytes) {
        out += "0123456789abcdef"[b >> 4];
        out += "0123456789abcdef"[b & 15];
    }
    return out;
}

TEST_CASE("SHA-256 gives the examples of FIPS 180-4") {
    CHECK(hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha256(as_bytes("abc"))) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(hex(sha256(as_bytes(std::string(1000000, 'a')))) ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("base64url: RFC 4648 examples, round trip, and what is refused") {
    CHECK(base64url(as_bytes("f")) == "Zg");
    CHECK(base64url(as_bytes("fo")) == "Zm8");
    CHECK(base64url(as_bytes("foobar")) == "Zm9vYmFy");
    const std::uint8_t high[] = {0xfb, 0xff};
    CHECK(base64url(high) == "-_8");
    testing::FakeRandom random;
    for (std::size_t n = 0; n < 70; ++n) {
        const Secret bytes = random_bytes(random, n);
        const auto back = base64url_decode(base64url(bytes.expose()));
        REQUIRE(back);
        CHECK(constant_time_equal(*back, bytes.expose()));
    }
    for (const char* wrong : {"Z", "Zg==", "Zh", "Zm9", "Z g", "Zg+", "Zg/"})
        CHECK_FALSE(base64url_decode(wrong));
}

TEST_CASE("security 48 and 58: tokens hold 256 bits, ids 128, and none repeats") {
    testing::FakeRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string token = new_token(random);
        CHECK(token.size() == 43);
        CHECK(seen.insert(token).second);
        CHECK(seen.insert(new_id<UserId>(random, "usr_").value).second);
    }
    CHECK(new_id<UserId>(random, "usr_").value.size() == 30);
}

TEST_CASE("event ids sort by time, then by their place in the chain") {
    testing::FakeRandom random;
    const EventId a = new_event_id(random, 1'800'000'000'000, 9);
    const EventId b = new_event_id(random, 1'800'000'000'000, 10);
    const EventId c = new_event_id(random, 1'800'000'000'001, 1);
    CHECK(a < b);
    CHECK(b < c);
}

TEST_CASE("a text map comes back as it went") {
    const TextMap map{{"a", "plain"},
                      {"b", "two\nlines"},
                      {"c", "back\\slash\\n and = signs"},
                      {"d", ""},
                      {"e", "\\"}};
    CHECK(text_map_read(text_map_write(map)) == map);
    CHECK(text_map_read("no equals\nx=1").size() == 1);
    CHECK(text_map_get(map, "none").empty());
}

TEST_CASE("JSON text is escaped as RFC 8259 section 7 asks and read back") {
    CHECK(json_string("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"");
    for (const std::string& text :
         {std::string("plain"), std::string("\"\\/\b\f\n\r\t"), std::string("\0\x1f", 2),
          std::string("Zürich \xF0\x9F\x94\x91")}) {
        const auto back =
            json_flat_read("{\"k\":" + json_string(text) + ",\"n\":12,\"l\":[\"x\"]}");
        REQUIRE(back);
        CHECK(back->at("k") == text);
        CHECK(back->at("n") == "12");
    }
    for (const char* wrong :
         {"", "{", "{}x", "{\"a\":1,\"a\":2}", "{\"a\":01}", "{\"a\":-1}", "{\"a\":{}}",
          "{\"a\":\"\\u0041\"}", "{\"a\":\"\n\"}", "[]", "{\"a\":1,}", "{\"a\" :1}", "{\"a\":[1]}"})
        CHECK_FALSE(json_flat_read(wrong));
    CHECK(json_flat_read("{}"));
}

TEST_CASE("security 26: an address with CR/LF, a second recipient or a leading dash is none") {
    for (const char* right : {"a@example.com", "first.last+tag@sub.example.co",
                              "o'neil@example.org", "A_b-c=d@xn--bcher-kva.example",
                              "a@bücher.example", "a@例え.テスト"})
        CHECK(valid_email(right));
    for (const std::string& wrong : {std::string(),
                                     std::string("a"),
                                     std::string("@example.com"),
                                     std::string("a@"),
                                     std::string("a@localhost"),
                                     std::string("-a@example.com"),
                                     std::string("a@-x.example"),
                                     std::string("a@example.com\r\nBcc: b@example.com"),
                                     std::string("a@example.com,b@example.com"),
                                     std::string("a b@example.com"),
                                     std::string("\"a b\"@example.com"),
                                     std::string("a@b@example.com"),
                                     std::string("a..b@example.com"),
                                     std::string(".a@example.com"),
                                     std::string("a@[192.0.2.1]"),
                                     std::string("a\0@example.com", 14),
                                     std::string(65, 'x') + "@example.com",
                                     "a@" + std::string(250, 'x') + ".com",
                                     std::string("ü@example.com"),
                                     std::string("a@bü\u202echer.example"),
                                     std::string("a@b\xfc" "cher.example"),
                                     std::string("<a@example.com>")}) {
        INFO(wrong);
        CHECK_FALSE(valid_email(wrong));
    }
    CHECK(valid_phone("+4915112345678"));
    for (const char* wrong :
         {"", "0151123456", "+0151123456", "+49 151", "+1234567890123456", "+1"})
        CHECK_FALSE(valid_phone(wrong));
}

TEST_CASE("external ids: 1 to 128 of the published set, never a dot path") {
    for (const char* right : {"a", "user-1", "a.b_c-d@e+f:g", "..."})
        CHECK(valid_external_id(right));
    CHECK(valid_external_id(std::string(128, 'x')));
    for (const char* wrong : {"", ".", "..", "a/b", "a b", "ü", "a\n"})
        CHECK_FALSE(valid_external_id(wrong));
    CHECK_FALSE(valid_external_id(std::string(129, 'x')));
}

TEST_CASE("security 84: text of strangers cannot forge a line") {
    CHECK(tamed("Browser/1", 100) == "Browser/1");
    CHECK(tamed("a\r\nb\x1b[31m", 100) == "a??b?[31m");
    CHECK(tamed("x\xE2\x80\xAEy", 100) == "x???y");
    CHECK(tamed("ab\xC3\xBC", 3) == "ab");
    CHECK(tamed("\xFF\xFE", 10) == "??");
    CHECK_FALSE(valid_label("a\xE2\x80\xAE"));
    CHECK_FALSE(valid_label("   "));
    CHECK_FALSE(valid_label(std::string(65, 'x')));
    CHECK(valid_label("Téléphone de Zoé"));
}

TEST_CASE("rule 3: what is no code is told apart before anything is charged") {
    const auto totp = read_code(" 123-456 ", std::nullopt);
    REQUIRE(totp);
    CHECK_FALSE(totp->backup);
    CHECK(totp->canonical == "123456");
    for (const char* wrong : {"", "12345", "123456789", "12345a", "１２３４５６", "123\n456"})
        CHECK_FALSE(read_code(wrong, std::nullopt));
    CHECK_FALSE(read_code("123456", Method::backup_code));
    CHECK(read_code("123456", Method::email));
    const auto slip = read_code("00000-00000-00001", std::nullopt);
    const auto zero = read_code("ooooo ooooo ooooo", std::nullopt);
    REQUIRE_FALSE(slip);
    CHECK(slip.error().fields.at(0).rule == "check_characters");
    REQUIRE(zero);
    CHECK(zero->backup);
    CHECK(zero->canonical == "000000000000000");
    CHECK_FALSE(read_code("ooooo ooooo ooooo", Method::totp));
}

TEST_CASE("the throttle lets `limit` through at once and then one an interval") {
    const Rate rate{10, Seconds(900)};
    std::int64_t tat = 0;
    std::int64_t now = 1'800'000'000'000;
    for (int i = 0; i < 10; ++i) CHECK_FALSE(gcra_take(tat, rate, now));
    const auto wait = gcra_take(tat, rate, now);
    REQUIRE(wait);
    CHECK(*wait == Seconds(90));
    now += 89'999;
    CHECK(gcra_take(tat, rate, now));
    now += 1;
    CHECK_FALSE(gcra_take(tat, rate, now));
    CHECK(gcra_take(tat, rate, now));
    now += 900'000;
    int passed = 0;
    while (!gcra_take(tat, rate, now)) ++passed;
    CHECK(passed == 10);
}

TEST_CASE("security 44: one customer's IPv6 network counts as one") {
    CHECK(network_of("192.0.2.1") == "192.0.2.1");
    CHECK(network_of("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(network_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
    CHECK(network_of("2001:DB8:1:2::9") == "2001:db8:1:2::/64");
    CHECK(network_of("2001:db8::1") == "2001:db8:0:0::/64");
    CHECK(network_of("::1") == "0:0:0:0::/64");
    CHECK(network_of("") == "");
}

TEST_CASE("passwords: length by characters, no well-known one, not the address") {
    CHECK_FALSE(password_fault("correct horse battery", "a@example.com"));
    CHECK_FALSE(password_fault("пароль-длинный", ""));
    CHECK(password_fault("short", "") == "length");
    CHECK(password_fault("1234567", "") == "length");
    CHECK(password_fault(std::string(257, 'x'), "") == "length");
    CHECK_FALSE(password_fault(std::string(255, 'x') + "y", ""));
    for (const char* common : {"password", "PASSWORD", "12345678", "qwertyuiop", "Password2024!",
                               "iloveyou", "aaaaaaaaaa", "welcome123", "1q2w3e4r", "superman1"})
        CHECK(password_fault(common, "") == "common_password");
    CHECK(password_fault("Alice@Example.com", "alice@example.com") == "email");
    CHECK_FALSE(is_common_password("passwordless entry"));
}

}  // namespace
}  // namespace twofold::domain
