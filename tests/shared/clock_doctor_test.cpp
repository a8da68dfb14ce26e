#include "shared/clock_doctor.hpp"

#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

const std::vector<std::uint8_t> kKey = from_hex("3132333435363738393031323334353637383930");
constexpr std::int64_t kNow = 1700000010;

std::string code(const TotpParameters& p, std::int64_t at) {
    return std::string(totp_at(p, kKey, at / p.period)->text());
}

}  // namespace

TEST_CASE("clock doctor: says by how much the phone is off, up to ten minutes either way") {
    for (int period : {15, 30, 60, 120})
        for (HashAlgorithm a :
             {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512}) {
            const TotpParameters p{a, 6, period};
            for (std::int64_t off = -600; off <= 600; off += period) {
                const auto r = clock_offset(p, kKey, code(p, kNow + off), kNow);
                REQUIRE(r);
                CHECK(*r == off);
            }
            CHECK_FALSE(clock_offset(p, kKey, code(p, kNow + 600 + period), kNow));
            CHECK_FALSE(clock_offset(p, kKey, code(p, kNow - 600 - period), kNow));
        }
}

TEST_CASE("clock doctor: bounds") {
    CHECK(clock_offset({}, kKey, "12345", kNow).error() == Error::code_malformed);
    CHECK(clock_offset({}, kKey, "1234567", kNow).error() == Error::code_malformed);
    CHECK(clock_offset({}, {}, "123456", kNow).error() == Error::invalid_argument);
    CHECK(clock_offset({}, kKey, "123456", -1).error() == Error::invalid_argument);
    // Close to the epoch the past ends.
    CHECK(*clock_offset({}, kKey, code({}, 0), 59) == -30);
    CHECK(*clock_offset({}, kKey, code({}, 600), 5) == 600);
}

TEST_CASE("wrong-app detector: names the parameters an app used instead") {
    for (HashAlgorithm asked : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
        for (HashAlgorithm used :
             {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
            for (int asked_digits : {6, 7, 8})
                for (int digits : {6, 7, 8})
                    for (int asked_period : {30, 60, 77})
                        for (int period : {15, 20, 30, 45, 60, 90, 120}) {
                            const TotpParameters p{asked, asked_digits, asked_period};
                            const TotpParameters app{used, digits, period};
                            const auto r = other_parameters(p, kKey, code(app, kNow), kNow);
                            if (p == app) {
                                CHECK_FALSE(r);
                            } else {
                                REQUIRE(r);
                                // The nearest explanation: another one may give the same code.
                                CHECK(code(*r, kNow) == code(app, kNow));
                                if (asked_period == period || used == HashAlgorithm::sha1)
                                    CHECK(*r == app);
                            }
                        }
}

TEST_CASE("wrong-app detector: bounds") {
    CHECK(other_parameters({}, kKey, "12345", kNow).error() == Error::code_malformed);
    CHECK(other_parameters({}, kKey, "123456789", kNow).error() == Error::code_malformed);
    CHECK(other_parameters({}, kKey, "12345x", kNow).error() == Error::code_malformed);
    CHECK(other_parameters({}, {}, "123456", kNow).error() == Error::invalid_argument);
    CHECK(other_parameters({}, kKey, "000000", kNow).error() == Error::not_found);
}
