#include "shared/otpauth.hpp"

#include "shared/base32.hpp"
#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

std::string secret_text(const OtpauthUri& u) { return base32_encode(u.secret.expose()); }

OtpauthView view_of(const OtpauthUri& u) {
    return {u.issuer, u.account, u.secret.expose(), u.parameters};
}

const std::vector<std::uint8_t> kSecret(20, 0x5A);

}  // namespace

TEST_CASE("otpauth: every valid URI of the vectors parses to its values") {
    int done = 0;
    for (const Json& c : vectors()["key_uri"]["valid"]) {
        const std::string uri = c["uri"];
        INFO(uri);
        const Result<OtpauthUri> u = parse_otpauth(uri);
        REQUIRE(u);
        const Json want = c.value("parsed", Json::object());
        if (want.contains("type"))
            CHECK((u->type == OtpauthType::totp) == (want["type"].get<std::string>() == "totp"));
        if (want.contains("issuer"))
            CHECK(u->issuer == (want["issuer"].is_null() ? "" : want["issuer"].get<std::string>()));
        if (want.contains("account")) CHECK(u->account == want["account"].get<std::string>());
        if (want.contains("secret_hex"))
            CHECK(to_hex(u->secret.expose().data(), u->secret.size()) ==
                  want["secret_hex"].get<std::string>());
        if (want.contains("counter")) CHECK(u->counter == want["counter"].get<std::uint64_t>());
        CHECK(name(u->parameters.algorithm) == want.value("algorithm", "SHA1"));
        CHECK(u->parameters.digits == want.value("digits", 6));
        CHECK(u->parameters.period == want.value("period", 30));
        ++done;

        // What may be issued comes back the same; what may not is refused or differs in a setting.
        const Result<std::string> again = build_otpauth(view_of(*u));
        const bool by_default = u->type == OtpauthType::totp && u->parameters == TotpParameters{} &&
                                again.has_value() && uri.find(secret_text(*u)) != std::string::npos;
        CHECK(by_default == c["policy_valid_for_new_enrolment"].get<bool>());
        if (!again) CHECK(again.error() == Error::secret_too_short);
    }
    CHECK(done == 8);
}

TEST_CASE("otpauth: every invalid URI of the vectors is refused") {
    int done = 0;
    for (const Json& c : vectors()["key_uri"]["invalid"]) {
        INFO(c.dump());
        const Result<OtpauthUri> u = parse_otpauth(c["uri"].get<std::string>());
        REQUIRE_FALSE(u);
        CHECK(u.error() == Error::uri_invalid);
        ++done;
    }
    CHECK(done == 25);
}

TEST_CASE("security 14: issuer prefix = issuer parameter, %20 not +, no padding") {
    const Result<Secret> key = base32_decode("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    CHECK(*build_otpauth({"Example Hosting", "alice@example.com", key->expose(), {}}) ==
          "otpauth://totp/Example%20Hosting:alice%40example.com"
          "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Hosting"
          "&algorithm=SHA1&digits=6&period=30");
    const std::vector<std::uint8_t> odd(16, 0xFF);  // 26 characters: padding would follow
    const std::string uri = *build_otpauth({"A+B & C", "x+y@z", odd, {}});
    CHECK(uri.find('+') == std::string::npos);
    CHECK(uri.find('=') != std::string::npos);
    CHECK(uri.find("%3D") == std::string::npos);
    CHECK(uri.find("/A%2BB%20%26%20C:x%2By%40z?") != std::string::npos);
    CHECK(uri.find("&issuer=A%2BB%20%26%20C&") != std::string::npos);
    CHECK(build_otpauth({"", "alice", kSecret, {}})->find("issuer") == std::string::npos);
}

TEST_CASE("security 6: a secret under 128 bits is never issued") {
    const std::vector<std::uint8_t> bytes(128, 7);
    for (std::size_t n = 0; n <= 128; ++n) {
        const Result<std::string> r = build_otpauth({"I", "a", ByteView(bytes).first(n), {}});
        CHECK(r.has_value() == (n >= 16));
        if (!r) CHECK(r.error() == Error::secret_too_short);
    }
}

TEST_CASE("otpauth: what is built parses back, and what parses builds back identically") {
    const std::string names[] = {"a",
                                 "Example Hosting",
                                 "100% & more?",
                                 "a+b@example.com",
                                 "\xD0\x96\xD0\xB0\xD0\xBD\xD0\xBD\xD0\xB0",
                                 "\xD9\x85\xD8\xAB\xD8\xA7\xD9\x84",
                                 "\xF0\x9F\x94\x91",
                                 "#/\\\"'<>[]{}|^`~!$*();,=.-_",
                                 "x y  z "};
    for (const std::string& issuer : names)
        for (const std::string& account : names)
            for (HashAlgorithm a :
                 {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
                for (int digits : {6, 8})
                    for (int period : {15, 30, 99, 100, 120}) {
                        const TotpParameters p{a, digits, period};
                        const Result<std::string> uri =
                            build_otpauth({issuer, account, kSecret, p});
                        REQUIRE(uri);
                        const Result<OtpauthUri> u = parse_otpauth(*uri);
                        REQUIRE(u);
                        REQUIRE(u->issuer == issuer);
                        REQUIRE(u->account == account);
                        REQUIRE(constant_time_equal(u->secret.expose(), kSecret));
                        REQUIRE(u->parameters == p);
                        REQUIRE(*build_otpauth(view_of(*u)) == *uri);
                    }
    // Seven digits can be written, for the apps that know them; the format does not name them.
    const std::string seven = *build_otpauth({"I", "a", kSecret, {HashAlgorithm::sha1, 7, 30}});
    CHECK(seven.find("&digits=7&") != std::string::npos);
    CHECK_FALSE(parse_otpauth(seven));
}

TEST_CASE("otpauth: names that cannot be written are refused") {
    for (const std::string bad : {"a:b", "a\nb",
                                  "\xE2\x80\xAE"
                                  "a",
                                  "\xFF", "a\x01"}) {
        CHECK(build_otpauth({bad, "a", kSecret, {}}).error() == Error::invalid_argument);
        CHECK(build_otpauth({"I", bad, kSecret, {}}).error() == Error::invalid_argument);
    }
    CHECK_FALSE(build_otpauth({"I", "", kSecret, {}}));
    CHECK_FALSE(build_otpauth({"I", " a", kSecret, {}}));
    CHECK_FALSE(build_otpauth({"I", "a", std::vector<std::uint8_t>(129), {}}));
    CHECK_FALSE(build_otpauth({std::string(129, 'i'), "a", kSecret, {}}));
    CHECK_FALSE(build_otpauth({"I", std::string(257, 'a'), kSecret, {}}));
    CHECK_FALSE(build_otpauth({"I", "a", kSecret, {HashAlgorithm::sha1, 6, 14}}));
    CHECK_FALSE(build_otpauth({"I", "a", kSecret, {HashAlgorithm::sha1, 5, 30}}));
}

TEST_CASE("otpauth: the longest URI fits kMaxOtpauthUri, and less room than that is named") {
    std::string issuer, account;
    while (issuer.size() < kMaxIssuerBytes) issuer += "\xD0\x96";
    while (account.size() < kMaxAccountBytes) account += "\xD0\x96";
    const std::vector<std::uint8_t> key(128, 1);
    const OtpauthView view{issuer, account, key, {HashAlgorithm::sha512, 8, 120}};
    const std::string uri = *build_otpauth(view);
    CHECK(uri.size() <= kMaxOtpauthUri);
    CHECK(parse_otpauth(uri)->account == account);
    for (std::size_t n = 0; n <= kMaxOtpauthUri; ++n) {
        std::vector<char> out(kMaxOtpauthUri + 1, '\x7E');
        const int r = build_otpauth_to(view, std::span<char>(out.data(), n));
        REQUIRE(r == (n == kMaxOtpauthUri ? static_cast<int>(uri.size())
                                          : fail(Error::buffer_too_small)));
        REQUIRE(out[n] == '\x7E');
    }
}

TEST_CASE("otpauth: more that a strict reader refuses") {
    const std::string base = "otpauth://totp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ";
    CHECK(parse_otpauth(base));
    CHECK(parse_otpauth(base + "&image=https%3A%2F%2Fexample.com%2Fa.png"));
    for (const char* tail : {"&",
                             "&&issuer=X",
                             "&issuer=",
                             "&issuer=X&issuer=X",
                             "&digits=6&digits=6",
                             "&digits=",
                             "&digits=06",
                             "&digits= 6",
                             "&digits=10",
                             "&algorithm=sha1",
                             "&algorithm=",
                             "&algorithm=SHA-1",
                             "&period=",
                             "&period=030",
                             "&period=14",
                             "&period=121",
                             "&period=30.0",
                             "&period=3e1",
                             "&period=99999999999999999999",
                             "&counter=0",
                             "#x",
                             "&issuer=X%",
                             "&issuer=X%2",
                             "&issuer=X%zz",
                             "&issuer=X%3AY",
                             "&issuer=X%00",
                             "&=1",
                             "&image=a b",
                             "&image=\x80"}) {
        INFO(tail);
        CHECK_FALSE(parse_otpauth(base + tail));
    }
    for (const char* uri :
         {"", "otpauth://", "otpauth://totp", "otpauth://totp/", "otpauth://totp/X:bob",
          "otpauth://totp/X:bob?", "otpauth://totp/:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          "otpauth://totp/X:?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          "otpauth://totp/X:%20?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          "otpauth://totp/a/b?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          "Otpauth://totp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          " otpauth://totp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ",
          "otpauth://totp/X:bob?secret=MZXW6YTBOI",
          "otpauth://totp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ=",
          "otpauth://hotp/"
          "X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ&counter=18446744073709551616",
          "otpauth://hotp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ&counter=1&period=30"}) {
        INFO(uri);
        CHECK_FALSE(parse_otpauth(uri));
    }
    CHECK(parse_otpauth("otpauth://hotp/X:bob?secret=HXDMVJECJJWSRB3HWIZR4IFUGFTMXBOZ"
                        "&counter=18446744073709551615")
              ->counter == UINT64_MAX);
}

TEST_CASE(
    "otpauth: every truncation and every one-byte change is refused or parses within bounds") {
    const std::string uri = *build_otpauth({"Example", "bob@example.com", kSecret, {}});
    for (std::size_t n = 0; n < uri.size(); ++n) (void)parse_otpauth(uri.substr(0, n));
    for (std::size_t i = 0; i < uri.size(); ++i)
        for (int b = 0; b < 256; ++b) {
            std::string other = uri;
            other[i] = static_cast<char>(b);
            const Result<OtpauthUri> u = parse_otpauth(other);
            if (!u) continue;
            // Whatever parses can be issued again, if it is long enough, and then reads the same.
            const Result<std::string> again = build_otpauth(view_of(*u));
            if (u->secret.size() < kMinSecretBytes) {
                REQUIRE(again.error() == Error::secret_too_short);
                continue;
            }
            REQUIRE(again);
            const Result<OtpauthUri> v = parse_otpauth(*again);
            REQUIRE(v);
            REQUIRE(v->issuer == u->issuer);
            REQUIRE(v->account == u->account);
            REQUIRE(secret_text(*v) == secret_text(*u));
        }
}
