#include "server/platform/password_hasher.hpp"

#include <argon2.h>

#include <atomic>
#include <system_error>
#include <thread>

#include "server/platform/encoding.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::platform;

namespace {
constexpr Argon2Cost kQuick{64, 1, 1};
}

TEST_CASE("security 31: passwords are hashed by Argon2id, 19 MiB, two passes, a salt each") {
    Argon2Hasher hasher;
    const std::string a = hasher.hash("correct horse");
    const std::string b = hasher.hash("correct horse");
    CHECK(a.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    CHECK(a != b);
    CHECK(hasher.verify(a, "correct horse"));
    CHECK_FALSE(hasher.verify(a, "correct horsf"));
    CHECK_FALSE(hasher.verify(a, ""));
    // The reference library reads what we wrote, and the other way round.
    CHECK(argon2id_verify(a.c_str(), "correct horse", 13) == ARGON2_OK);
    char encoded[256];
    REQUIRE(argon2id_hash_encoded(2, 19456, 1, "pw", 2, "0123456789abcdef", 16, 32, encoded,
                                  sizeof encoded) == ARGON2_OK);
    CHECK(hasher.verify(encoded, "pw"));
}

TEST_CASE("a hash that is malformed, foreign or asks for more than the pool has is simply wrong") {
    Argon2Hasher hasher(kQuick);
    const std::string good = hasher.hash("pw");
    REQUIRE(hasher.verify(good, "pw"));
    for (const std::string& bad :
         {std::string(), std::string("x"), std::string("$argon2id$"),
          std::string("$2b$12$abcdefghijklmnopqrstuv"),
          std::string("$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
          std::string("$argon2id$v=19$m=4000000,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
          std::string("$argon2id$v=19$m=64,t=4000000000,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
          std::string("$argon2id$v=19$m=0,t=0,p=0$MDEyMzQ1Njc4OWFiY2RlZg$"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
          good.substr(0, good.size() - 40), good + "=", good + "$"}) {
        INFO(bad);
        CHECK_FALSE(hasher.verify(bad, "pw"));
    }
}

TEST_CASE("security 31: a backup code's hash is Argon2id over the set's salt") {
    Argon2Hasher hasher(kQuick);
    const std::vector<std::uint8_t> salt(16, 3);
    const Secret a = hasher.derive("ABCDEFGHJKMNPQR", salt);
    CHECK(a.size() == 32);
    CHECK(constant_time_equal(a.expose(), hasher.derive("ABCDEFGHJKMNPQR", salt).expose()));
    CHECK_FALSE(constant_time_equal(a.expose(), hasher.derive("ABCDEFGHJKMNPQS", salt).expose()));
    CHECK_FALSE(constant_time_equal(
        a.expose(), hasher.derive("ABCDEFGHJKMNPQR", std::vector<std::uint8_t>(16, 4)).expose()));
    std::uint8_t reference[32];
    REQUIRE(argon2id_hash_raw(1, 64, 1, "ABCDEFGHJKMNPQR", 15, salt.data(), salt.size(), reference,
                              32) == ARGON2_OK);
    CHECK(constant_time_equal(a.expose(), reference));
}

TEST_CASE("many callers share two places and all get their answer") {
    Argon2Hasher hasher(kQuick, 2, 64);
    const std::string hash = hasher.hash("pw");
    std::atomic<int> right{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 20; ++n) right += hasher.verify(hash, "pw") ? 1 : 0;
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(right == 320);
}

TEST_CASE("more callers than may wait are turned away, not queued for ever") {
    Argon2Hasher hasher({8 * 1024, 3, 1}, 1, 1);
    std::atomic<int> answered{0};
    std::atomic<int> turned_away{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&] {
            try {
                (void)hasher.hash("pw");
                ++answered;
            } catch (const std::system_error& e) {
                if (e.code() == std::errc::resource_unavailable_try_again) ++turned_away;
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(answered >= 2);
    CHECK(turned_away >= 1);
    CHECK(answered + turned_away == 12);
    CHECK(hasher.verify(hasher.hash("pw"), "pw"));
}
