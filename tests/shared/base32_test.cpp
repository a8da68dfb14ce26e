#include "shared/base32.hpp"

#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

TEST_CASE("security 5: base32 round trip of RFC 4648 section 10") {
    int done = 0;
    for (const Json& c : vectors()["rfc4648_section_10"]["cases"]) {
        const auto bytes = from_hex(c["hex"].get<std::string>());
        CHECK(base32_encode(bytes) == c["base32_nopad"].get<std::string>());
        for (const char* key : {"base32", "base32_nopad"}) {
            const Result<Secret> back = base32_decode(c[key].get<std::string>());
            REQUIRE(back);
            CHECK(constant_time_equal(back->expose(), bytes));
        }
        ++done;
    }
    CHECK(done == 7);
}

TEST_CASE("security 5: every invalid base32 form is refused") {
    int done = 0;
    for (const Json& c : vectors()["rfc4648_section_10"]["derived_invalid_base32"]) {
        const std::string text = c["text"];
        INFO(c.dump());
        const Result<Secret> r = base32_decode(text);
        REQUIRE_FALSE(r);
        CHECK(r.error() == Error::base32_invalid);
        ++done;
    }
    CHECK(done == 18);
}

TEST_CASE("base32 as people type it: lower case, no padding") {
    for (const Json& c : vectors()["rfc4648_section_10"]["derived_tolerant_base32"]) {
        const Result<Secret> r = base32_decode(c["text"].get<std::string>());
        REQUIRE(r);
        CHECK(constant_time_equal(r->expose(), from_hex(c["hex"].get<std::string>())));
    }
}

TEST_CASE("base32: every length up to 128 bytes comes back, in either case") {
    for (std::size_t n = 0; n <= 128; ++n) {
        std::vector<std::uint8_t> bytes(n);
        for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i * 167 + n * 31);
        std::string text = base32_encode(bytes);
        CHECK(text.size() == base32_length(n));
        CHECK(constant_time_equal(base32_decode(text)->expose(), bytes));
        for (char& c : text)
            if (c >= 'A') c = static_cast<char>(c | 0x20);
        CHECK(constant_time_equal(base32_decode(text)->expose(), bytes));
        text.append((8 - text.size() % 8) % 8, '=');
        CHECK(constant_time_equal(base32_decode(text)->expose(), bytes));
    }
}

TEST_CASE("base32: each of the 256 byte values as one character") {
    int accepted = 0;
    for (int b = 0; b < 256; ++b) {
        const std::string text{static_cast<char>(b), 'A'};
        const bool ours =
            (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || (b >= '2' && b <= '7');
        CHECK(base32_decode(text).has_value() == ours);
        accepted += ours;
    }
    CHECK(accepted == 58);
}

TEST_CASE("base32: a buffer too small is named, not overrun") {
    std::uint8_t bytes[4] = {1, 2, 3, 0xEE};
    char text[8] = {};
    CHECK(base32_encode_to(ByteView(bytes, 3), std::span<char>(text, 4)) ==
          fail(Error::buffer_too_small));
    CHECK(base32_encode_to(ByteView(bytes, 3), std::span<char>(text, 5)) == 5);
    CHECK(base32_decode_to("AEBAGAA", std::span<std::uint8_t>(bytes, 3)) ==
          fail(Error::buffer_too_small));
    CHECK(base32_decode_to("AEBAG", std::span<std::uint8_t>(bytes, 3)) == 3);
    CHECK(bytes[3] == 0xEE);
}
