#include "shared/totp.hpp"

#include <limits>

#include "shared/base32.hpp"
#include "shared/hmac.hpp"
#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

const std::vector<std::uint8_t> kKey = from_hex("3132333435363738393031323334353637383930");

std::string code_at(const TotpParameters& p, ByteView key, std::int64_t step) {
    const Result<OtpCode> code = totp_at(p, key, step);
    REQUIRE(code);
    return std::string(code->text());
}

Error error_of(const Result<std::int64_t>& r) {
    REQUIRE_FALSE(r);
    return r.error();
}

}  // namespace

TEST_CASE("security 1: RFC 4226 appendix D, 10 of 10") {
    const Json& d = vectors()["rfc4226_appendix_d"];
    const auto key = from_hex(d["secret_hex"].get<std::string>());
    int done = 0;
    for (const Json& c : d["cases"]) {
        const std::uint64_t count = c["count"];
        std::uint8_t message[8] = {0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(count)};
        std::array<std::uint8_t, kMaxDigestSize> mac{};
        const std::size_t n = hmac(HashAlgorithm::sha1, key, message, mac);
        CHECK(to_hex(mac.data(), n) == c["hmac_sha1"].get<std::string>());
        CHECK(HmacKey(HashAlgorithm::sha1, key).truncated(count) ==
              c["truncated_dec"].get<std::uint32_t>());
        CHECK(hotp(HashAlgorithm::sha1, key, count, 6)->text() == c["hotp6"].get<std::string>());
        ++done;
    }
    CHECK(done == 10);
}

TEST_CASE("security 1: the example of RFC 4226 section 5.4") {
    const Json& e = vectors()["rfc4226_section_5_4"];
    // The section gives a digest, not a key: truncate it by the text of section 5.3.
    const auto mac = from_hex(e["hmac"].get<std::string>());
    const std::size_t offset = mac[19] & 15;
    CHECK(offset == e["offset"].get<std::size_t>());
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | mac[offset + i];
    number &= 0x7FFFFFFF;
    CHECK(number == e["dbc1_dec"].get<std::uint32_t>());
    CHECK(OtpCode(number % code_modulus(6), 6).text() == e["hotp6"].get<std::string>());
}

TEST_CASE("security 2: RFC 6238 appendix B, 18 of 18") {
    const Json& b = vectors()["rfc6238_appendix_b"];
    int done = 0;
    for (const Json& c : b["cases"]) {
        const HashAlgorithm a = algorithm(c["algorithm"]);
        const auto key = from_hex(b["seeds"][std::string(name(a))]["hex"].get<std::string>());
        const TotpParameters p{a, 8, 30};
        const std::int64_t now = c["time"];
        const std::int64_t step = *time_step(now, 30);
        CHECK(static_cast<std::uint64_t>(step) ==
              std::stoull(c["T_hex"].get<std::string>(), nullptr, 16));
        const std::string want = c["totp8"];
        CHECK(code_at(p, key, step) == want);
        CHECK(*totp_verify(p, key, want, now, 0) == step);
        // The negative cases that follow from each vector: one digit off, two steps late or early.
        std::string wrong = want;
        wrong[7] ^= 1;
        CHECK(error_of(totp_verify(p, key, wrong, now, 0)) == Error::code_mismatch);
        CHECK(error_of(totp_verify(p, key, want, now + 60, 1)) == Error::code_mismatch);
        if (now >= 60)
            CHECK(error_of(totp_verify(p, key, want, now - 60, 1)) == Error::code_mismatch);
        ++done;
    }
    CHECK(done == 18);
}

TEST_CASE("security 3: the time step is 64 bits wide") {
    for (const Json& c : vectors()["derived_far_time"]["cases"]) {
        const std::int64_t now = c["time"];
        const std::string want = c["code6"];
        CHECK(code_at({}, kKey, *time_step(now, 30)) == want);
        CHECK(*totp_verify({}, kKey, want, now, 1) == now / 30);
    }
    // Times 20000000000 and 128849018880: the second is step 2^32, which a 32-bit step takes for 0.
    CHECK(*time_step(128849018880, 30) == std::int64_t{1} << 32);
    CHECK(code_at({}, kKey, std::int64_t{1} << 32) != code_at({}, kKey, 0));
    const TotpParameters eight{HashAlgorithm::sha1, 8, 30};
    CHECK(code_at(eight, kKey, *time_step(20000000000, 30)) == "65353130");
    constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
    const std::string last = code_at({}, kKey, kLast / 30);
    CHECK(*totp_verify({}, kKey, last, kLast, 1) == kLast / 30);
}

TEST_CASE("security 7: steps -1, 0, +1 are accepted, two away refused; no wider window exists") {
    const Json& w = vectors()["derived_window"];
    constexpr std::int64_t kNow = 1111111111;
    for (const Json& c : w["cases"]) {
        const std::string code = c["code6"];
        const std::int64_t delta = c["step_delta"];
        const Result<std::int64_t> r = totp_verify({}, kKey, code, kNow, 1);
        CHECK(r.has_value() == c["accept"].get<bool>());
        if (r) CHECK(*r == kNow / 30 + delta);
        CHECK(totp_verify({}, kKey, code, kNow, 0).has_value() == (delta == 0));
        CHECK(error_of(totp_verify({}, kKey, code, kNow, 2)) == Error::invalid_argument);
        CHECK(error_of(totp_verify({}, kKey, code, kNow, -1)) == Error::invalid_argument);
    }
}

TEST_CASE("security 9: the matched step comes back, so that a code is refused once it is stored") {
    constexpr std::int64_t kNow = 1111111111;
    std::int64_t last = -1;
    const auto use = [&last](std::string_view code) {
        const Result<std::int64_t> r = totp_verify({}, kKey, code, kNow, 1);
        if (!r || *r <= last) return false;
        last = *r;
        return true;
    };
    CHECK(use("050471"));
    CHECK_FALSE(use("050471"));
    CHECK_FALSE(use("081804"));
    CHECK(use("266759"));
    CHECK_FALSE(use("266759"));
}

TEST_CASE("security 9: of two steps with one code the newer is returned") {
    // Look for neighbours that share a code; about one pair in a million does.
    std::int64_t at = -1;
    std::string code;
    const HmacKey pads(HashAlgorithm::sha1, kKey);
    std::uint32_t previous = pads.truncated(0) % 1000000;
    for (std::int64_t step = 1; step < 20000000 && at < 0; ++step) {
        const std::uint32_t now = pads.truncated(static_cast<std::uint64_t>(step)) % 1000000;
        if (now == previous) at = step;
        previous = now;
    }
    REQUIRE(at > 0);
    code = code_at({}, kKey, at);
    CHECK(code == code_at({}, kKey, at - 1));
    CHECK(*totp_verify({}, kKey, code, at * 30, 1) == at);
    CHECK(*totp_verify({}, kKey, code, (at - 1) * 30, 1) == at);
}

TEST_CASE("a code keeps its leading zeros") {
    for (const Json& c : vectors()["derived_leading_zero_hotp"]["cases"])
        CHECK(hotp(HashAlgorithm::sha1, kKey, c["count"], 6)->text() ==
              c["hotp6"].get<std::string>());
}

TEST_CASE("step 0 has no past: nothing before the epoch matches") {
    const std::string first = code_at({}, kKey, 0);
    CHECK(*totp_verify({}, kKey, first, 0, 1) == 0);
    // The code of counter 2^64 - 1, which step -1 would be.
    const std::string before{hotp(HashAlgorithm::sha1, kKey, ~std::uint64_t{0}, 6)->text()};
    CHECK(error_of(totp_verify({}, kKey, before, 0, 1)) == Error::code_mismatch);
}

TEST_CASE("security 10: other text than canonical digits of the right number is malformed") {
    using namespace std::string_view_literals;
    for (std::string_view text :
         {""sv, "5047"sv, "0504711"sv, "05047a"sv, " 050471"sv, "050471\n"sv, "050471\0"sv,
          "05047\0"sv, "-50471"sv, "+50471"sv, "05 471"sv, "\xEF\xBC\x90\xEF\xBC\x95"sv,
          "\xD9\xA0\xD9\xA5\xD9\xA0"sv})
        CHECK(error_of(totp_verify({}, kKey, text, 1111111111, 1)) == Error::code_malformed);
}

TEST_CASE("security 16: digits, period and algorithm outside the set are refused") {
    CHECK(valid(TotpParameters{}));
    for (int digits : {0, 5, 9, 10, -6, 2147483647})
        CHECK_FALSE(valid({HashAlgorithm::sha1, digits, 30}));
    for (int period : {0, -30, 1, 14, 121, 3600}) {
        CHECK_FALSE(valid({HashAlgorithm::sha1, 6, period}));
        CHECK(error_of(time_step(59, period)) == Error::invalid_argument);
    }
    for (int a : {0, 4, -1}) {
        const TotpParameters p{static_cast<HashAlgorithm>(a), 6, 30};
        CHECK_FALSE(valid(p));
        CHECK_FALSE(totp_at(p, kKey, 1));
        CHECK(error_of(totp_verify(p, kKey, "123456", 59, 1)) == Error::invalid_argument);
    }
    CHECK_FALSE(totp_at({}, kKey, -1));
    CHECK_FALSE(totp_at({}, {}, 1));
    CHECK_FALSE(totp_at({}, std::vector<std::uint8_t>(129), 1));
    CHECK(totp_at({}, std::vector<std::uint8_t>(128), 1));
    CHECK(error_of(totp_verify({}, kKey, "123456", -1, 1)) == Error::invalid_argument);
    CHECK(error_of(time_step(-1, 30)) == Error::invalid_argument);
    CHECK(*time_step(0, 30) == 0);
    CHECK(*time_step(29, 30) == 0);
    CHECK(*time_step(30, 30) == 1);
}

TEST_CASE("all digits, algorithms and periods verify what they produce") {
    for (HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
        for (int digits : {6, 7, 8})
            for (int period : {15, 30, 45, 60, 120}) {
                const TotpParameters p{a, digits, period};
                constexpr std::int64_t kNow = 1700000000;
                for (std::int64_t delta : {-1, 0, 1}) {
                    const std::int64_t step = kNow / period + delta;
                    const std::string code = code_at(p, kKey, step);
                    CHECK(code.size() == static_cast<std::size_t>(digits));
                    CHECK(*totp_verify(p, kKey, code, kNow, 1) == step);
                }
            }
}
