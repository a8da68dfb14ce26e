// The chain and the checkpoints against a second implementation (tests/vectors/audit_chain.json).
#include "shared/audit_chain.hpp"

#include <functional>
#include <string>
#include <vector>

#include "tests/shared/vectors.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::test;

namespace {

const Json& all() {
    static const Json file = read_vectors("audit_chain.json");
    return file;
}

constexpr const char* kNames[] = {"id",     "chain",      "sequence", "application", "user",
                                  "at",     "actor",      "action",   "method",      "result",
                                  "object", "request_id", "details",  "previous_mac"};

struct Event {
    std::array<std::string, kEventFields> fields;
    std::string mac;
};

std::vector<Event> history() {
    std::vector<Event> out;
    for (const Json& e : all()["events"]) {
        Event event;
        for (std::size_t i = 0; i < kEventFields; ++i)
            event.fields[i] = e[kNames[i]].get<std::string>();
        event.mac = e["mac"].get<std::string>();
        out.push_back(event);
    }
    return out;
}

std::string mac_of(const Event& event, const std::vector<std::uint8_t>& key) {
    EventFields fields;
    for (std::size_t i = 0; i < kEventFields; ++i) fields[i] = event.fields[i];
    std::array<char, 4096> scratch;
    std::array<char, kMacSize> mac;
    REQUIRE(event_mac_to(HmacKey(HashAlgorithm::sha256, key), fields, scratch, mac) == 64);
    return {mac.data(), mac.size()};
}

struct Found {
    std::int64_t at;
    unsigned what;
    bool operator==(const Found&) const = default;
};

struct Promise {
    std::int64_t length;
    std::string mac;
};

// As the server and the browser walk it.
std::vector<Found> check(const std::vector<Event>& events, const Promise& head,
                         const Promise& promised) {
    const auto key = from_hex(all()["key"].get<std::string>());
    std::vector<Found> out;
    ChainWalk walk(head.length);
    for (const Event& e : events) {
        const std::int64_t sequence = std::stoll(e.fields[kEventSequence]);
        const std::int64_t expected = walk.expected();
        const unsigned found =
            walk.next(sequence, e.fields[kEventPrevious], e.mac, mac_of(e, key) == e.mac,
                      sequence == promised.length ? promised.mac : "");
        if ((found & kChainMissing) != 0) out.push_back({expected, kChainMissing});
        if ((found & kChainEdited) != 0) out.push_back({sequence, kChainEdited});
    }
    const unsigned end = walk.end(head.mac, promised.length);
    if ((end & kChainCut) != 0) out.push_back({walk.expected(), kChainCut});
    if ((end & kChainEdited) != 0) out.push_back({head.length, kChainEdited});
    return out;
}

std::string text_of(int n, const std::array<char, 4096>& out) {
    REQUIRE(n >= 0);
    return {out.data(), static_cast<std::size_t>(n)};
}

std::vector<Sha256> leaves_of(const Json& tree) {
    std::vector<Sha256> leaves;
    for (const Json& h : tree["heads"]) {
        const std::string chain = h[0], length = h[1], mac = h[2];
        const std::array<std::string_view, 3> head{chain, length, mac};
        leaves.push_back(checkpoint_leaf(head));
    }
    return leaves;
}

std::string root_text(const Sha256& root) {
    std::array<char, kRootSize> text;
    root_text_to(root, text);
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("security 85: the macs of a chain are those of another implementation") {
    const auto key = from_hex(all()["key"].get<std::string>());
    const auto events = history();
    REQUIRE(events.size() == 8);
    for (const Event& e : events) CHECK(mac_of(e, key) == e.mac);
    CHECK(check(events, {8, events.back().mac}, {0, ""}).empty());
    CHECK(check(events, {8, events.back().mac}, {5, events[4].mac}).empty());
    // Rows that came after the head was read.
    CHECK(check(events, {6, events[5].mac}, {5, events[4].mac}).empty());
    CHECK(check({}, {0, ""}, {0, ""}).empty());
}

TEST_CASE("security 85: a field edited, an event removed, swapped or cut is found and located") {
    const auto events = history();
    const Promise head{8, events.back().mac};
    const Promise promised{7, events[6].mac};
    for (std::size_t field = 0; field < kEventFields; ++field) {
        if (field == kEventSequence) continue;
        auto tampered = events;
        tampered[2].fields[field] += "1";
        INFO(kNames[field]);
        CHECK(check(tampered, head, promised) == std::vector<Found>{{3, kChainEdited}});
    }
    const auto with = [&](const std::function<void(std::vector<Event>&)>& change) {
        auto tampered = events;
        change(tampered);
        return check(tampered, head, promised);
    };
    CHECK(with([](auto& e) { e[2].mac[5] = '!'; }) ==
          std::vector<Found>{{3, kChainEdited}, {4, kChainEdited}});
    CHECK(with([](auto& e) { e[2].mac += e[2].mac; }) ==
          std::vector<Found>{{3, kChainEdited}, {4, kChainEdited}});
    CHECK(with([](auto& e) { e.erase(e.begin()); }) == std::vector<Found>{{1, kChainMissing}});
    CHECK(with([](auto& e) { e.erase(e.begin() + 3, e.begin() + 5); }) ==
          std::vector<Found>{{4, kChainMissing}});
    CHECK(with([](auto& e) { std::swap(e[3], e[4]); }) ==
          std::vector<Found>{{4, kChainMissing}, {4, kChainEdited}});
    CHECK(with([](auto& e) { e.insert(e.begin() + 4, e[3]); }) ==
          std::vector<Found>{{4, kChainEdited}});
    CHECK(with([](auto& e) {
              std::swap(e[3], e[4]);
              std::swap(e[3].fields[kEventSequence], e[4].fields[kEventSequence]);
          }) ==
          std::vector<Found>{{4, kChainEdited}, {5, kChainEdited}, {6, kChainEdited}});
    CHECK(with([](auto& e) { e.resize(6); }) == std::vector<Found>{{7, kChainCut}});
    CHECK(with([](auto& e) { e.clear(); }) == std::vector<Found>{{1, kChainCut}});
    // The head was told to agree with the cut; the signed length was not.
    CHECK(check({events.begin(), events.begin() + 5}, {5, events[4].mac}, promised) ==
          std::vector<Found>{{6, kChainCut}});
    CHECK(check(events, {8, events[3].mac}, promised) == std::vector<Found>{{8, kChainEdited}});
}

TEST_CASE("security 85: who has the key but not the signature is caught at the checkpoint") {
    const auto key = from_hex(all()["key"].get<std::string>());
    auto events = history();
    const Promise promised{7, events[6].mac};
    events[2].fields[kEventActor] = "operator";
    for (std::size_t i = 2; i < events.size(); ++i) {
        events[i].fields[kEventPrevious] = events[i - 1].mac;
        events[i].mac = mac_of(events[i], key);
    }
    CHECK(check(events, {8, events.back().mac}, {0, ""}).empty());
    CHECK(check(events, {8, events.back().mac}, promised) ==
          std::vector<Found>{{7, kChainEdited}});
}

TEST_CASE("security 85: a checkpoint's root and every path to it") {
    for (const Json& tree : all()["trees"]) {
        const auto leaves = leaves_of(tree);
        const std::string root = tree["root"];
        CHECK(root_text(checkpoint_root(leaves)) == root);
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            std::array<PathStep, kMaxPath> path;
            const int n = checkpoint_path_to(leaves, i, path);
            const Json& want = tree["paths"][i];
            REQUIRE(n == static_cast<int>(want.size()));
            for (std::size_t k = 0; k < want.size(); ++k) {
                const std::string step = want[k];
                CHECK(step[0] == (path[k].sibling_is_left ? 'L' : 'R'));
                CHECK(step.substr(1) == to_hex(path[k].sibling.data(), 32));
            }
            const auto steps = std::span(path).first(static_cast<std::size_t>(n));
            CHECK(root_text(checkpoint_climb(leaves[i], steps)) == root);
            const Sha256 other = leaves[(i + 1) % leaves.size()];
            if (leaves.size() > 1) CHECK(root_text(checkpoint_climb(other, steps)) != root);
        }
    }
    std::array<PathStep, kMaxPath> path;
    CHECK(checkpoint_path_to({}, 0, path) == 0);
    CHECK(to_hex(checkpoint_root({}).data(), 32) ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("security 85: texts that are hashed or signed are exact, and refuse what does not fit") {
    for (const Json& t : all()["texts"]) {
        std::array<std::string, 4> fields;
        for (std::size_t i = 0; i < 4; ++i) fields[i] = t["fields"][i].get<std::string>();
        const std::array<std::string_view, 4> views{fields[0], fields[1], fields[2], fields[3]};
        std::array<char, 4096> out;
        CHECK(text_of(checkpoint_text_to(views, out), out) == t["text"].get<std::string>());
        CHECK(checkpoint_text_to(views, std::span(out).first(40)) ==
              fail(Error::buffer_too_small));
    }
    std::array<char, 4096> out;
    const std::array<std::string_view, 3> fields{"a", "", "bc:1"};
    CHECK(text_of(fields_text_to(fields, out), out) == "1:a0:4:bc:1");
    CHECK(fields_text_to(fields, std::span(out).first(11)) == 11);
    CHECK(fields_text_to(fields, std::span(out).first(10)) == fail(Error::buffer_too_small));
}
