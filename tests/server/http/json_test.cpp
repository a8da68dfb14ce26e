#include "server/http/json.hpp"

#include "server/http/text.hpp"
#include "tests/support/catch.hpp"

using namespace twofold::http;

namespace {

std::string nested(int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
}

std::string first_error(std::string_view body, void (*read)(ObjectReader&)) {
    const JsonText json = parse_json(body);
    REQUIRE(json.value.has_value());
    std::vector<FieldError> errors;
    ObjectReader reader(*json.value, errors);
    read(reader);
    reader.finish();
    return errors.empty() ? "" : errors[0].pointer + " " + errors[0].code;
}

}  // namespace

TEST_CASE("security 70: JSON that is refused") {
    for (const std::string& text :
         {std::string(""), std::string("{"), std::string("{}x"), std::string("{'a':1}"),
          std::string("{\"a\":1,\"a\":2}"), std::string("{\"x\":{\"b\":1,\"\\u0062\":2}}"),
          std::string("\xef\xbb\xbf{}"), std::string("{\"a\":\"\xff\"}"),
          std::string("{\"a\":\"\xed\xa0\x80\"}"), std::string("{\"a\":\"\xc0\x80\"}"),
          std::string("{\"a\":\"\\ud800\"}"), std::string("{\"a\":NaN}"), std::string("{\"a\":01}"),
          std::string("{\"a\":1e999}"), std::string("{\"a\":\"\n\"}"), nested(17),
          std::string("/* */{}"), std::string("{\"a\":1,}"), std::string("{\"a\"\0:1}", 8)}) {
        INFO(text);
        const JsonText json = parse_json(text);
        CHECK_FALSE(json.value.has_value());
        CHECK_FALSE(json.why.empty());
    }
    CHECK(parse_json(nested(16)).value.has_value());
    CHECK_FALSE(parse_json(nested(30000)).value.has_value());
}

TEST_CASE("equal names in different objects are no duplicates") {
    const JsonText json = parse_json(R"({"a":{"b":1},"c":[{"b":1},{"b":2,"x":[]}],"b":3})");
    REQUIRE(json.value.has_value());
    CHECK(json.value->dump() == R"({"a":{"b":1},"b":3,"c":[{"b":1},{"b":2,"x":[]}]})");
}

TEST_CASE("security 16: 30.9 and 4294967326 are not 30") {
    const auto period = [](ObjectReader& r) { r.integer("period", 15, 120); };
    CHECK(first_error(R"({"period":30})", period) == "");
    CHECK(first_error(R"({"period":30.9})", period) == "/period type");
    CHECK(first_error(R"({"period":30.0})", period) == "/period type");
    CHECK(first_error(R"({"period":3e1})", period) == "/period type");
    CHECK(first_error(R"({"period":"30"})", period) == "/period type");
    CHECK(first_error(R"({"period":4294967326})", period) == "/period range");
    CHECK(first_error(R"({"period":18446744073709551615})", period) == "/period range");
    CHECK(first_error(R"({"period":-30})", period) == "/period range");
    CHECK(first_error(R"({"period":null})", period) == "/period type");
    CHECK(first_error(R"({})", period) == "/period required");
}

TEST_CASE("security 56: unknown members are named") {
    const auto none = [](ObjectReader&) {};
    CHECK(first_error(R"({"a/b~":1})", none) == "/a~1b~0 unknown");
    CHECK(first_error("[]", none) == " type");
    CHECK(first_error("3", none) == " type");
}

TEST_CASE("strings: type, length in code points, NUL") {
    const auto text = [](ObjectReader& r) { r.string("s", 2, 4); };
    CHECK(first_error(R"({"s":"abcd"})", text) == "");
    CHECK(first_error(R"({"s":"éééé"})", text) == "");
    CHECK(first_error(R"({"s":"a"})", text) == "/s length");
    CHECK(first_error(R"({"s":"abcde"})", text) == "/s length");
    CHECK(first_error(R"({"s":"a\u0000b"})", text) == "/s format");
    CHECK(first_error(R"({"s":1})", text) == "/s type");
    CHECK(first_error(R"({"s":["ab"]})", text) == "/s type");
    const auto word = [](ObjectReader& r) { r.choice("s", {"totp", "email"}); };
    CHECK(first_error(R"({"s":"totp"})", word) == "");
    CHECK(first_error(R"({"s":"TOTP"})", word) == "/s unsupported");
    CHECK(first_error(R"({"s":{}})", word) == "/s type");
}

TEST_CASE("problem answers are JSON with a code and a request id") {
    const Response res =
        problem("validation_failed", "req_1", "", {{"/email", "required", "\xff\"\n"}});
    CHECK(res.status == 422);
    const Json body = Json::parse(res.body);
    CHECK(body.at("code") == "validation_failed");
    CHECK(body.at("status") == 422);
    CHECK(body.at("request_id") == "req_1");
    CHECK(body.at("errors").at(0).at("pointer") == "/email");
    CHECK(Json::parse(problem("no_such_code", "req_1").body).at("code") == "internal");
    CHECK(problem("overloaded", "r").status == 503);
    for (const ProblemKind& kind : kProblems) CHECK(find_problem(kind.code) == &kind);
}

TEST_CASE("queries decode or are refused") {
    const auto q = parse_query("a=1&b=x%20y+z&c&&d=%C3%A9");
    REQUIRE(q.has_value());
    CHECK(q->at(1).second == "x y z");
    CHECK(q->at(2).first == "c");
    CHECK(q->at(3).second == "é");
    for (const char* bad : {"a=%", "a=%4", "a=%zz", "a=%ff", "a=%00", "%0a=1", "a=%ed%a0%80"}) {
        INFO(bad);
        CHECK_FALSE(parse_query(bad).has_value());
    }
}
