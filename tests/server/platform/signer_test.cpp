#include "server/platform/signer.hpp"

#include <nlohmann/json.hpp>
#include <thread>

#include "server/platform/encoding.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_store.hpp"

using namespace twofold;
using namespace twofold::platform;

namespace {

class FixedClock final : public domain::Clock {
 public:
    domain::Instant now() const override { return domain::Instant{domain::Seconds{seconds}}; }
    std::int64_t now_ms() const override { return seconds * 1000; }
    std::int64_t seconds = 1'770'000'000;
};

const domain::Instant kNow{domain::Seconds{1'770'000'000}};

std::string decoded(std::string_view text) {
    const auto b = from_base64url(text);
    REQUIRE(b.has_value());
    return {b->begin(), b->end()};
}

}  // namespace

TEST_CASE("an assertion is signed by ES256 and verified under the published key") {
    testing::MemoryStore store;
    RingSealer sealer(KeyRing::make(kNow));
    const FixedClock clock;
    auto signer = StoredSigner::open(store, sealer, clock);
    REQUIRE(signer);
    const std::string jws = (*signer)->sign(R"({"sub":"alice"})");
    CHECK((*signer)->verify(jws) == R"({"sub":"alice"})");

    const auto header = nlohmann::json::parse(decoded(jws.substr(0, jws.find('.'))));
    CHECK(header.at("alg") == "ES256");
    CHECK(header.at("kid") == (*signer)->key_id());
    const auto jwks = nlohmann::json::parse((*signer)->jwks_json());
    REQUIRE(jwks.at("keys").size() == 1);
    const auto& key = jwks.at("keys")[0];
    CHECK(key.at("kid") == (*signer)->key_id());
    CHECK(key.at("kty") == "EC");
    CHECK(key.at("crv") == "P-256");
    CHECK(decoded(key.at("x").get<std::string>()).size() == 32);
    CHECK_FALSE(key.contains("d"));
    CHECK(decoded(jws.substr(jws.rfind('.') + 1)).size() == 64);
}

TEST_CASE("one changed character anywhere in an assertion is refused") {
    testing::MemoryStore store;
    RingSealer sealer(KeyRing::make(kNow));
    auto signer = StoredSigner::open(store, sealer, FixedClock{});
    REQUIRE(signer);
    const std::string jws = (*signer)->sign(R"({"sub":"alice","exp":1770000060})");
    for (std::size_t i = 0; i < jws.size(); ++i) {
        std::string changed = jws;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE((*signer)->verify(changed).has_value());
    }
    CHECK_FALSE((*signer)->verify(jws + ".").has_value());
    CHECK_FALSE((*signer)->verify("").has_value());
    CHECK_FALSE((*signer)->verify("..").has_value());
}

TEST_CASE("no algorithm is taken from the token: none and HS256 are refused") {
    testing::MemoryStore store;
    RingSealer sealer(KeyRing::make(kNow));
    auto signer = StoredSigner::open(store, sealer, FixedClock{});
    REQUIRE(signer);
    const std::string jws = (*signer)->sign("{}");
    const std::string rest = jws.substr(jws.find('.'));
    for (const std::string& header :
         {std::string(R"({"alg":"none"})"),
          R"({"alg":"none","kid":")" + (*signer)->key_id() + R"(","typ":"JWT"})",
          R"({"alg":"HS256","kid":")" + (*signer)->key_id() + R"(","typ":"JWT"})"}) {
        CHECK_FALSE((*signer)->verify(base64url(as_bytes(header)) + rest).has_value());
        CHECK_FALSE((*signer)->verify(base64url(as_bytes(header)) + ".e30.").has_value());
    }
}

TEST_CASE("rule 12: two nodes of one database sign with the same key") {
    testing::MemoryStore store;
    const KeyRing ring = KeyRing::make(kNow);
    RingSealer one(ring);
    RingSealer two(ring);
    auto a = StoredSigner::open(store, one, FixedClock{});
    auto b = StoredSigner::open(store, two, FixedClock{});
    REQUIRE(a);
    REQUIRE(b);
    CHECK((*a)->key_id() == (*b)->key_id());
    CHECK((*b)->verify((*a)->sign("{}")).has_value());
    const auto message = as_bytes("heads");
    const std::string s = (*a)->sign_bytes(message);
    CHECK((*b)->verify_bytes((*a)->key_id(), message, s));
    CHECK_FALSE((*b)->verify_bytes((*a)->key_id(), as_bytes("Heads"), s));
    CHECK_FALSE((*b)->verify_bytes("other", message, s));
    CHECK_FALSE((*b)->verify_bytes((*a)->key_id(), message, ""));
    CHECK((*a)->refresh());
}

TEST_CASE("security 78: the database holds no private key in the clear") {
    testing::MemoryStore store;
    RingSealer sealer(KeyRing::make(kNow));
    REQUIRE(StoredSigner::open(store, sealer, FixedClock{}));
    const auto rows = store.snapshot().signing_keys;
    REQUIRE(rows.size() == 1);
    CHECK(rows.begin()->second.private_key.text.starts_with(sealer.active_key_id() + "."));
}

TEST_CASE("security 79: a key ring of another database is refused, and nothing is changed") {
    testing::MemoryStore store;
    RingSealer right(KeyRing::make(kNow));
    REQUIRE(StoredSigner::open(store, right, FixedClock{}));
    RingSealer wrong(KeyRing::make(kNow));
    const auto refused = StoredSigner::open(store, wrong, FixedClock{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("TWOFOLD_KEYS") != std::string::npos);
    CHECK(store.snapshot().signing_keys.size() == 1);
}

TEST_CASE("security 79: the right keys with another index key are refused too") {
    testing::MemoryStore store;
    const auto ring = [](const char* index) {
        auto r = KeyRing::parse(
            std::string("twofold-key-ring 1\nindex ") + index +
            "\nkey k01234567 active Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA 0\n");
        REQUIRE(r);
        return std::move(*r);
    };
    RingSealer right(ring("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
    RingSealer wrong(ring("AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"));
    REQUIRE(StoredSigner::open(store, right, FixedClock{}));
    CHECK_FALSE(StoredSigner::open(store, wrong, FixedClock{}));
}

TEST_CASE("a database that does not answer is said so") {
    testing::MemoryStore store;
    store.fail_next(10);
    RingSealer sealer(KeyRing::make(kNow));
    const auto refused = StoredSigner::open(store, sealer, FixedClock{});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.find("does not answer") != std::string::npos);
}

TEST_CASE("many threads sign and verify at once") {
    testing::MemoryStore store;
    RingSealer sealer(KeyRing::make(kNow));
    auto signer = StoredSigner::open(store, sealer, FixedClock{});
    REQUIRE(signer);
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                const std::string payload = "{\"n\":" + std::to_string(t * 1000 + i) + "}";
                if ((*signer)->verify((*signer)->sign(payload)) != payload) ++failures;
            }
        });
    }
    for (std::thread& t : threads) t.join();
    CHECK(failures == 0);
}
