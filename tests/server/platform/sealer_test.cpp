#include "server/platform/sealer.hpp"

#include <set>
#include <thread>

#include "server/platform/encoding.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::platform;
using domain::Sealed;
using domain::SealedPlace;

namespace {

const domain::Instant kNow{domain::Seconds{1'770'000'000}};
const SealedPlace kPlace{"factor", "secret", "enr_1", "app_1", "usr_1", "SHA1/6/30"};

std::string text_of(const std::optional<Secret>& s) {
    if (!s) return "(did not open)";
    return {reinterpret_cast<const char*>(s->expose().data()), s->size()};
}

}  // namespace

TEST_CASE("security 76: what is sealed opens in its place, whatever its length") {
    RingSealer sealer(KeyRing::make(kNow));
    for (const std::size_t n : {0U, 1U, 20U, 383U, 384U, 385U, 5000U, 70000U}) {
        const std::string plain(n, 'x');
        CHECK(text_of(sealer.open(kPlace, sealer.seal(kPlace, as_bytes(plain)))) == plain);
    }
}

TEST_CASE(
    "76: a value moved to another table, column, row, application, user or parameters does not "
    "open") {
    RingSealer sealer(KeyRing::make(kNow));
    const Sealed sealed = sealer.seal(kPlace, as_bytes("secret"));
    const std::vector<SealedPlace> others = {
        {"factors", "secret", "enr_1", "app_1", "usr_1", "SHA1/6/30"},
        {"factor", "label", "enr_1", "app_1", "usr_1", "SHA1/6/30"},
        {"factor", "secret", "enr_2", "app_1", "usr_1", "SHA1/6/30"},
        {"factor", "secret", "enr_1", "app_2", "usr_1", "SHA1/6/30"},
        {"factor", "secret", "enr_1", "app_1", "usr_2", "SHA1/6/30"},
        {"factor", "secret", "enr_1", "app_1", "usr_1", "SHA1/8/30"},
        {"factor", "secret", "enr_1", "app_1", "usr_1", {}},
        // The same bytes, parted elsewhere: lengths are authenticated too.
        {"factors", "ecret", "enr_1", "app_1", "usr_1", "SHA1/6/30"},
        {"factor", "secret", "enr_1app_1", "", "usr_1", "SHA1/6/30"},
        {"factor", "secret", "enr_1", "app_1usr_1", "", "SHA1/6/30"},
    };
    for (const SealedPlace& other : others) CHECK_FALSE(sealer.open(other, sealed).has_value());
    CHECK(text_of(sealer.open(kPlace, sealed)) == "secret");
}

TEST_CASE("security 76: long places are authenticated whole") {
    RingSealer sealer(KeyRing::make(kNow));
    const std::string a(2000, 'a');
    const std::string b = std::string(1999, 'a') + "b";
    const Sealed sealed = sealer.seal({"t", "c", a, "app", "usr"}, as_bytes("x"));
    CHECK(sealer.open({"t", "c", a, "app", "usr"}, sealed).has_value());
    CHECK_FALSE(sealer.open({"t", "c", b, "app", "usr"}, sealed).has_value());
}

TEST_CASE("security 76: every change of one character of the sealed text is refused") {
    RingSealer sealer(KeyRing::make(kNow));
    const Sealed sealed = sealer.seal(kPlace, as_bytes("JBSWY3DPEHPK3PXP"));
    for (std::size_t i = 0; i < sealed.text.size(); ++i) {
        Sealed changed = sealed;
        changed.text[i] = changed.text[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(sealer.open(kPlace, changed).has_value());
    }
    for (std::size_t n = 0; n < sealed.text.size(); ++n) {
        CHECK_FALSE(sealer.open(kPlace, Sealed{sealed.text.substr(0, n)}).has_value());
    }
    CHECK_FALSE(sealer.open(kPlace, Sealed{sealed.text + "A"}).has_value());
    CHECK_FALSE(sealer.open(kPlace, Sealed{sealed.text + sealed.text}).has_value());
}

TEST_CASE("security 76: each seal has a fresh 96-bit nonce") {
    RingSealer sealer(KeyRing::make(kNow));
    std::set<std::string> nonces;
    for (int i = 0; i < 20000; ++i) {
        const std::string text = sealer.seal(kPlace, as_bytes("same")).text;
        nonces.insert(text.substr(text.find('.') + 1, 16));  // 16 characters are 12 bytes
    }
    CHECK(nonces.size() == 20000);
}

TEST_CASE("security 78: another ring opens nothing") {
    RingSealer ours(KeyRing::make(kNow));
    RingSealer theirs(KeyRing::make(kNow));
    CHECK_FALSE(theirs.open(kPlace, ours.seal(kPlace, as_bytes("x"))).has_value());
    CHECK(ours.keyed_hash("session", "x") != theirs.keyed_hash("session", "x"));
}

TEST_CASE(
    "security 77: values sealed before a rotation open after it, new ones are under the new key") {
    KeyRing ring = KeyRing::make(kNow);
    const std::string first = ring.active().id;
    RingSealer sealer(ring);
    const Sealed old = sealer.seal(kPlace, as_bytes("old"));
    const std::string hash = sealer.keyed_hash("session", "token");
    CHECK(old.text.starts_with(first + "."));

    const std::string second = ring.add(kNow);
    REQUIRE(sealer.replace(ring));
    CHECK(sealer.seal(kPlace, as_bytes("x")).text.starts_with(first + "."));
    REQUIRE(ring.activate(second));
    REQUIRE(sealer.replace(ring));
    CHECK(sealer.active_key_id() == second);
    CHECK(sealer.seal(kPlace, as_bytes("x")).text.starts_with(second + "."));
    CHECK(text_of(sealer.open(kPlace, old)) == "old");
    CHECK(sealer.keyed_hash("session", "token") == hash);

    REQUIRE(ring.retire(first));
    REQUIRE(sealer.replace(ring));
    CHECK_FALSE(sealer.open(kPlace, old).has_value());
    CHECK(sealer.key_ids() == second);
    CHECK_FALSE(sealer.replace(KeyRing::make(kNow)));  // another ring altogether
}

TEST_CASE("security 77: rotation while other threads seal and open fails none of them") {
    KeyRing ring = KeyRing::make(kNow);
    RingSealer sealer(ring);
    std::atomic<bool> stop{false};
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            while (!stop) {
                const Sealed s = sealer.seal(kPlace, as_bytes("value"));
                if (text_of(sealer.open(kPlace, s)) != "value") ++failures;
            }
        });
    }
    for (int i = 0; i < 50; ++i) {
        ring.activate(ring.add(kNow));
        CHECK(sealer.replace(ring));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    stop = true;
    for (std::thread& t : threads) t.join();
    CHECK(failures == 0);
}

TEST_CASE("security 76: seal_under binds a value to the caller's key and its place") {
    RingSealer sealer(KeyRing::make(kNow));
    const std::vector<std::uint8_t> key(32, 7);
    const std::vector<std::uint8_t> other(32, 8);
    const Sealed sealed = sealer.seal_under(key, kPlace, as_bytes("details"));
    CHECK(text_of(sealer.open_under(key, kPlace, sealed)) == "details");
    CHECK_FALSE(sealer.open_under(other, kPlace, sealed).has_value());
    CHECK_FALSE(
        sealer.open_under(key, {"audit", "details", "enr_1", "app_1", "usr_1", "SHA1/6/30"}, sealed)
            .has_value());
    CHECK_FALSE(sealer.open(kPlace, sealed).has_value());
    CHECK_FALSE(sealer.open_under(key, kPlace, sealer.seal(kPlace, as_bytes("x"))).has_value());
}

TEST_CASE("a keyed hash is HMAC-SHA-256 under a key of its purpose, equal on every node") {
    // Fixed ring: these values may never change, or every stored token and index would be lost.
    // Made apart from this code, by Python's hmac and Node's crypto.
    const auto ring = KeyRing::parse(
        "twofold-key-ring 1\nindex AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
        "key k01234567 active Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA 0\n");
    REQUIRE(ring);
    RingSealer a(*ring);
    RingSealer b(*ring);
    const std::string hash = a.keyed_hash("session", "token");
    CHECK(hash == "148ea509d4ff6036451ab6d981a8cb6de6fd18e90c9522e1a7037caacab270f3");
    CHECK(hash == a.keyed_hash("session", "token"));
    CHECK(hash == b.keyed_hash("session", "token"));
    CHECK(hash != a.keyed_hash("link", "token"));
    CHECK(hash != a.keyed_hash("session", "Token"));
    CHECK(a.keyed_hash("session", "").size() == 64);
    std::string other_thread;
    std::thread([&] { other_thread = a.keyed_hash("session", "token"); }).join();
    CHECK(other_thread == hash);
    // A value sealed elsewhere by the format of sealer.hpp opens.
    CHECK(text_of(
              a.open(kPlace, Sealed{"k01234567.AAECAwQFBgcICQoLEW11M49imdvSPrzVf4BRgmBII6mdPA"})) ==
          "golden");
}
