#include "server/platform/encoding.hpp"

#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::platform;

TEST_CASE("base64url follows RFC 4648 section 10, without padding") {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : cases) {
        CHECK(base64url(as_bytes(plain)) == text);
        CHECK(base64(as_bytes(plain)) == text);
        const auto back = from_base64url(text);
        REQUIRE(back.has_value());
        CHECK(std::string(back->begin(), back->end()) == plain);
    }
    CHECK(base64url(std::vector<std::uint8_t>{0xfb, 0xff}) == "-_8");
    CHECK(base64(std::vector<std::uint8_t>{0xfb, 0xff}) == "+/8");
}

TEST_CASE("base64url has one text for one value and refuses the rest") {
    for (const char* text :
         {"Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "Zm+v", "Zm/v", "Zm9vY", " Zg", "Z\xc3\xa9"}) {
        CHECK_FALSE(from_base64url(text).has_value());
    }
    std::uint8_t small[2];
    CHECK_FALSE(from_base64url("Zm9v", std::span<std::uint8_t>(small)).has_value());
}

TEST_CASE("hex is lower case") { CHECK(hex(std::vector<std::uint8_t>{0, 0xAB, 0xff}) == "00abff"); }
