#include "shared/code_text.hpp"

#include "shared/plain_text.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace std::string_view_literals;

TEST_CASE("security 10: spaces and hyphens go, every spelling of a code becomes one text") {
    for (std::string_view typed : {"123456"sv, "123 456"sv, "123-456"sv, " 123456 "sv,
                                   "1 2 3 4 5 6"sv, "12-34-56"sv, "123 - 456"sv})
        CHECK(*canonical_digits(typed) == "123456");
    CHECK(*canonical_digits("012345") == "012345");
    CHECK(*canonical_digits("1234567") == "1234567");
    CHECK(*canonical_digits("1234 5678") == "12345678");
}

TEST_CASE("security 10: LF, NUL, other scripts' digits and everything else are malformed") {
    for (
        std::string_view typed :
        {""sv,
         " "sv,
         "12345"sv,
         "123456789"sv,
         "123456\n"sv,
         "\n123456"sv,
         "123456\0"sv,
         "123\0"
         "456"sv,
         "123\t456"sv,
         "123456\r"sv,
         "12345a"sv,
         "+123456"sv,
         "1e5000"sv,
         "0x1234"sv,
         "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93\xEF\xBC\x94\xEF\xBC\x95\xEF\xBC\x96"sv,  // full-width
         "\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4\xD9\xA5\xD9\xA6"sv,  // Arabic-Indic
         "123\xC2\xA0"
         "456"sv,  // no-break space
         "123\xE2\x80\x93"
         "456"sv,  // en dash
         "123.456"sv,
         "123_456"sv}) {
        const Result<std::string> r = canonical_digits(typed);
        REQUIRE_FALSE(r);
        CHECK(r.error() == Error::code_malformed);
    }
    CHECK_FALSE(canonical_digits(std::string(100, ' ') + "123456"));
}

TEST_CASE("security 84: plain text has no control, bidi or malformed character") {
    for (std::string_view text :
         {""sv, "Phone"sv, "Example Hosting"sv, "\xD0\x96\xD0\xB0\xD0\xBD\xD0\xBD\xD0\xB0"sv,
          "\xD9\x87\xD8\xA7\xD8\xAA\xD9\x81\xD9\x8A"sv, "\xF0\x9F\x93\xB1 phone"sv,
          "\xEF\xBF\xBD"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "\xC2\xA0"sv})
        CHECK(is_plain_text(text));
    for (std::string_view text :
         {"a\nb"sv, "a\0b"sv, "a\rb"sv, "\x1b[31m"sv, "\x7f"sv, "\xC2\x85"sv, "\xC2\x9F"sv,
          "\xE2\x80\xA8"sv, "\xE2\x80\xA9"sv, "\xE2\x80\xAA"sv, "\xE2\x80\xAE"sv, "\xE2\x81\xA6"sv,
          "\xE2\x81\xA9"sv, "\xE2\x80\x8E"sv, "\xE2\x80\x8F"sv, "\xD8\x9C"sv,
          // malformed: RFC 3629 section 10 and the classic decoder tests
          "\xFF"sv, "\xFE"sv, "\x80"sv, "\xBF"sv, "\xC0\xAF"sv, "\xC1\xBF"sv, "\xE0\x80\xAF"sv,
          "\xE0\x9F\xBF"sv, "\xF0\x80\x80\xAF"sv, "\xF0\x8F\xBF\xBF"sv, "\xED\xA0\x80"sv,
          "\xED\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv, "\xC3"sv, "\xE2\x80"sv,
          "\xF0\x9F\x93"sv, "\xC3\x28"sv, "\xE2\x28\xA1"sv, "a\xC3"sv})
        CHECK_FALSE(is_plain_text(text));
    CHECK(utf8_length("\xD0\x96\xD0\xB0 a") == 4);
    CHECK(utf8_length("\xF0\x9F\x93\xB1") == 1);
}
