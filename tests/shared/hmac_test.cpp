#include "shared/hmac.hpp"

#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

std::string hmac_hex(HashAlgorithm a, const Json& c) {
    const auto key = from_hex(c["key_hex"].get<std::string>());
    const auto data = from_hex(c["data_hex"].get<std::string>());
    std::array<std::uint8_t, kMaxDigestSize> out{};
    const std::size_t n = hmac(a, key, data, out);
    return to_hex(out.data(), n);
}

}  // namespace

TEST_CASE("security 4: RFC 2202 HMAC-SHA-1, 7 of 7, keys longer than a block included") {
    int done = 0;
    for (const Json& c : vectors()["rfc2202_hmac_sha1"]) {
        CHECK(hmac_hex(HashAlgorithm::sha1, c) == c["hmac_sha1"].get<std::string>());
        ++done;
    }
    CHECK(done == 7);
}

TEST_CASE("security 4: RFC 4231 HMAC-SHA-256 and HMAC-SHA-512, 7 of 7") {
    int done = 0;
    for (const Json& c : vectors()["rfc4231_hmac_sha2"]) {
        const std::string want256 = c["hmac_sha256"];
        const std::string want512 = c["hmac_sha512"];
        // Case 5 is given truncated to 128 bits.
        CHECK(hmac_hex(HashAlgorithm::sha256, c).substr(0, want256.size()) == want256);
        CHECK(hmac_hex(HashAlgorithm::sha512, c).substr(0, want512.size()) == want512);
        CHECK(want256.size() >= 32);
        ++done;
    }
    CHECK(done == 7);
}

TEST_CASE("security 4: MD5 is not offered") {
    CHECK_FALSE(parse_hash_algorithm("MD5").has_value());
    CHECK_FALSE(parse_hash_algorithm("sha1").has_value());
    CHECK_FALSE(parse_hash_algorithm("").has_value());
    CHECK_FALSE(parse_hash_algorithm("SHA1 ").has_value());
    for (HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512})
        CHECK(*parse_hash_algorithm(name(a)) == a);
}

TEST_CASE("the truncated number of one counter is that of the general HMAC") {
    std::uint64_t seed = 88172645463325252u;
    const auto next = [&seed] {  // xorshift64
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
    };
    for (HashAlgorithm a : {HashAlgorithm::sha1, HashAlgorithm::sha256, HashAlgorithm::sha512}) {
        std::size_t offsets = 0;
        for (int round = 0; round < 400; ++round) {
            std::vector<std::uint8_t> key(1 + next() % 200);
            for (auto& b : key) b = static_cast<std::uint8_t>(next());
            const std::uint64_t counter = next();
            std::uint8_t message[8];
            for (int i = 0; i < 8; ++i)
                message[i] = static_cast<std::uint8_t>(counter >> (56 - 8 * i));
            const HmacKey pads(a, key);
            std::array<std::uint8_t, kMaxDigestSize> d{};
            const std::size_t n = pads.digest(message, d);
            REQUIRE(n == digest_size(a));
            const std::size_t o = d[n - 1] & 15;
            offsets |= std::size_t{1} << o;
            const std::uint32_t want = (static_cast<std::uint32_t>(d[o] & 0x7F) << 24) |
                                       (static_cast<std::uint32_t>(d[o + 1]) << 16) |
                                       (static_cast<std::uint32_t>(d[o + 2]) << 8) | d[o + 3];
            REQUIRE(pads.truncated(counter) == want);
        }
        CHECK(offsets == 0xFFFF);  // every offset was met
    }
}
