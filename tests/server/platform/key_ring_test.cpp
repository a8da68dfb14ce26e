#include "server/platform/key_ring.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/server/platform/temporary_folder.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::platform;
using twofold::testing::TemporaryFolder;

namespace {

const domain::Instant kNow{domain::Seconds{1'770'000'000}};

std::string text_of(const KeyRing& ring) {
    const Secret s = ring.text();
    return {reinterpret_cast<const char*>(s.expose().data()), s.size()};
}
void put(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
}
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("rule 12: a key ring is written with mode 0600 and reads back the same") {
    const TemporaryFolder folder;
    const std::string path = folder.file("keys");
    KeyRing ring = KeyRing::make(kNow);
    const std::string second = ring.add(kNow);
    REQUIRE(ring.save(path, true));
    struct stat st {};
    REQUIRE(stat(path.c_str(), &st) == 0);
    CHECK((st.st_mode & 07777) == 0600);

    const auto back = KeyRing::load(path);
    REQUIRE(back);
    CHECK(text_of(*back) == text_of(ring));
    CHECK(back->keys().size() == 2);
    CHECK(back->active().id != second);
    CHECK(back->ids() == ring.ids());
}

TEST_CASE("security 79: a missing key ring says how to make or restore one") {
    const TemporaryFolder folder;
    const auto ring = KeyRing::load(folder.file("none"));
    REQUIRE_FALSE(ring);
    CHECK(contains(ring.error().what, "twofold keys init"));
    CHECK(contains(ring.error().what, "backup"));
}

TEST_CASE("security 79: a key ring that others may read is refused") {
    const TemporaryFolder folder;
    const std::string path = folder.file("keys");
    REQUIRE(KeyRing::make(kNow).save(path, true));
    for (const mode_t mode : {0640, 0604, 0660, 0644}) {
        chmod(path.c_str(), mode);
        const auto ring = KeyRing::load(path);
        REQUIRE_FALSE(ring);
        CHECK(contains(ring.error().what, "chmod 600"));
    }
    chmod(path.c_str(), 0400);
    CHECK(KeyRing::load(path));
}

TEST_CASE("security 79: a damaged key ring is refused and says which line") {
    const TemporaryFolder folder;
    const std::string path = folder.file("keys");
    const std::string good = text_of(KeyRing::make(kNow));
    put(path, good);
    REQUIRE(KeyRing::load(path));

    const std::size_t key = good.find("\nkey ");
    const std::vector<std::string> bad = {
        "",
        "twofold-key-ring 2\n",
        good.substr(0, key + 1),                 // no key
        good.substr(0, good.size() / 2),         // cut
        good + good.substr(key + 1),             // the same key twice
        good + "key k00000000 active AAAA 1\n",  // short, and a second active one
        good + "nonsense\n",
        std::string(good).replace(good.find(" active "), 8, " ready "),  // none active
    };
    for (const std::string& text : bad) {
        put(path, text);
        const auto ring = KeyRing::load(path);
        INFO(text);
        REQUIRE_FALSE(ring);
        CHECK(contains(ring.error().what, "line"));
    }
}

TEST_CASE("rule 12: init never replaces a ring that exists") {
    const TemporaryFolder folder;
    const std::string path = folder.file("keys");
    const KeyRing first = KeyRing::make(kNow);
    REQUIRE(first.save(path, true));
    REQUIRE_FALSE(KeyRing::make(kNow).save(path, true));
    const auto held = KeyRing::load(path);
    REQUIRE(held);
    CHECK(text_of(*held) == text_of(first));
}

TEST_CASE("rule 12: the active key cannot be retired; activating moves it") {
    KeyRing ring = KeyRing::make(kNow);
    const std::string first = ring.active().id;
    CHECK_FALSE(ring.retire(first));
    CHECK_FALSE(ring.activate("k00000000"));
    const std::string second = ring.add(kNow);
    REQUIRE(ring.activate(second));
    CHECK(ring.active().id == second);
    REQUIRE(ring.retire(first));
    CHECK(ring.find(first) == nullptr);
    CHECK(ring.ids() == second);
}
