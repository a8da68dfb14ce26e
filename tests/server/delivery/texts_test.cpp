#include "server/delivery/texts.hpp"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::delivery;

namespace {

std::multiset<std::string> placeholders(const std::string& text) {
    static const std::regex kBraces(R"(\{[a-z_]+\})");
    std::multiset<std::string> out;
    for (std::sregex_iterator i(text.begin(), text.end(), kBraces), end; i != end; ++i)
        out.insert(i->str());
    return out;
}

const domain::TextMap kAll{{"issuer", "Example Hosting"},
                           {"link", "https://login.example.com/#/x?token=abc"},
                           {"at", "1770000000"},
                           {"ip", "192.0.2.7"},
                           {"user_agent", "Firefox"},
                           {"label", "My phone"},
                           {"method", "totp"},
                           {"remaining", "3"},
                           {"code", "492039"},
                           {"minutes", "10"},
                           {"action", "Send 100 EUR to Bob"},
                           {"name", "Alice"}};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every language has every message, with the same placeholders") {
    CHECK(catalog_locales() == std::vector<std::string_view>{"en", "ar", "es", "fr", "de"});
    const auto kinds = catalog_kinds("en");
    CHECK(kinds.size() >= 15);
    for (const std::string_view locale : catalog_locales()) {
        CHECK(catalog_kinds(locale) == kinds);
        std::vector<std::string> names = kinds;
        names.insert(names.end(), {"_when", "_not_you", "_code_care"});
        for (const std::string& name : names) {
            INFO(locale << " " << name);
            CHECK(placeholders(catalog_entry(locale, name)) ==
                  placeholders(catalog_entry("en", name)));
        }
        for (const std::string& kind : kinds) {
            INFO(locale << " " << kind);
            const Text t = render(kind, locale, kAll);
            CHECK_FALSE(t.subject.empty());
            CHECK(contains(t.subject, "Example Hosting"));
            CHECK(t.body.size() > 40);
            CHECK_FALSE(contains(t.subject + t.body, "{"));
            if (locale != "en") CHECK(t.body != render(kind, "en", kAll).body);
        }
    }
}

TEST_CASE("every kind that the domain queues has a text") {
    // notices.hpp lists the kinds, one a line of its table.
    std::ifstream in(TWOFOLD_SOURCE_DIR "/server/domain/notices.hpp");
    REQUIRE(in);
    const auto kinds = catalog_kinds("en");
    static const std::regex kRow(R"(^// ([a-z_]+)  +[a-z].*$)");
    int rows = 0;
    for (std::string line; std::getline(in, line);) {
        std::smatch m;
        if (!std::regex_match(line, m, kRow) || m[1] == "kind") continue;
        INFO(m[1].str());
        CHECK(std::find(kinds.begin(), kinds.end(), m[1].str()) != kinds.end());
        ++rows;
    }
    CHECK(rows >= 15);
}

TEST_CASE("a line whose value is unknown is left out") {
    domain::TextMap few{{"issuer", "Example"}, {"at", "1770000000"}};
    const Text t = render("two_factor_enabled", "en", few);
    CHECK(contains(t.body, "When: 2026-02-02 02:40 UTC"));
    CHECK_FALSE(contains(t.body, "Method:"));
    CHECK_FALSE(contains(t.body, "From:"));
    CHECK(render("two_factor_enabled", "en", {}).subject.empty());
    CHECK(render("no_such_kind", "en", kAll).subject.empty());
    CHECK(render("_when", "en", kAll).subject.empty());
}

TEST_CASE("a language is found by its tag, and an unknown one gets English") {
    CHECK(render("confirm_email", "FR-ca", kAll).subject ==
          render("confirm_email", "fr", kAll).subject);
    CHECK(render("confirm_email", "xx", kAll).subject ==
          render("confirm_email", "en", kAll).subject);
    CHECK(render("confirm_email", "", kAll).subject == render("confirm_email", "en", kAll).subject);
}

TEST_CASE("security 26, 84: no value can start a line of its own or turn the text round") {
    domain::TextMap hostile = kAll;
    hostile["label"] = "x\r\nBcc: victim@example.com\n\nPay at http://evil.example";
    hostile["issuer"] = "Ex\nSubject: other";
    hostile["action"] =
        "a\xe2\x80\xae"
        "b\xe2\x80\xa8"
        "c\x1b[31m\xff{link}{_not_you}";
    const Text t = render("factor_added", "en", hostile);
    CHECK_FALSE(contains(t.subject, "\n"));
    CHECK_FALSE(contains(t.body, "\nBcc"));
    CHECK_FALSE(contains(t.body, "\r"));
    CHECK_FALSE(contains(t.body, "\x1b"));
    CHECK_FALSE(contains(t.body, "\xe2\x80\xae"));
    CHECK_FALSE(contains(t.body, "\xe2\x80\xa8"));
    CHECK_FALSE(contains(t.body, "\xff"));
    const Text action = render("step_up_code", "en", hostile);
    CHECK(contains(action.body, "{link}{_not_you}"));  // values are not texts
    CHECK_FALSE(contains(action.body, "token=abc"));
    for (const char* obeyed : {"\r", "\x1b", "\xe2\x80\xae", "\xe2\x80\xa8", "\xff"})
        CHECK_FALSE(contains(action.body, obeyed));
}

TEST_CASE("a mail of ours carries no words that whoever asks put into their User-Agent") {
    const auto with = [](const std::string& agent) {
        domain::TextMap all = kAll;
        all["user_agent"] = agent;
        const std::string body = render("enroll_code", "en", all).body;
        const std::size_t at = body.find("With: ");
        return at == std::string::npos ? "" : body.substr(at + 6, body.find('\n', at) - at - 6);
    };
    CHECK(with("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0") ==
          "Firefox, Windows");
    CHECK(with("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
               "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0") == "Edge, Windows");
    CHECK(with("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
               "Chrome/142.0.0.0 Mobile Safari/537.36") == "Chrome, Android");
    CHECK(with("Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
               "like Gecko) Version/26.0 Mobile/15E148 Safari/604.1") == "Safari, iPhone");
    CHECK(with("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like "
               "Gecko) Version/26.0 Safari/605.1.15") == "Safari, macOS");
    CHECK(with("curl/8.14.1").empty());
    CHECK(with("Your account is at risk! Call +1 555 0100 or open http://evil.example").empty());
    CHECK(with("Firefox: your account is at risk, call +1 555 0100") == "Firefox");
}

TEST_CASE("in Arabic values are isolated, but a link stands alone") {
    const Text t = render("confirm_email", "ar", kAll);
    CHECK(contains(t.body, "\n\nhttps://login.example.com/#/x?token=abc\n"));
    CHECK(contains(t.body,
                   "\xe2\x81\xa8"
                   "Example Hosting"
                   "\xe2\x81\xa9"));
}
