// The key ring's commands. Rule 12: a key is activated only when every live node has it, and
// retired only when nothing is sealed under it and no live node still seals under it.
#include <iostream>

#include "server/commands.hpp"
#include "server/platform/node.hpp"
#include "server/runtime.hpp"

namespace twofold {

using platform::CommandLine;
using platform::KeyRing;

namespace {

std::vector<domain::NodeRow> live_nodes(domain::Store& store, bool& answered) {
    std::vector<domain::NodeRow> nodes;
    const domain::Instant since = platform::SystemClock().now() - platform::kNodeLives;
    const auto done = store.read([&](domain::Tx& tx) { nodes = tx.nodes(since); });
    answered = done.has_value();
    return nodes;
}

int save(const KeyRing& ring, const CommandLine& line) {
    const auto saved = ring.save(line.config.keys, false);
    return saved ? 0 : failed(saved.error().what);
}

}  // namespace

int keys_init(const CommandLine& line) {
    const KeyRing ring = KeyRing::make(platform::SystemClock().now());
    const auto saved = ring.save(line.config.keys, true);
    if (!saved) return failed(saved.error().what);
    std::cout
        << "Key ring " << line.config.keys << " made, with key " << ring.active().id
        << ".\nBack it up now, apart from the database: without it the database cannot be read.\n";
    return 0;
}

int keys_add(const CommandLine& line) {
    auto ring = KeyRing::load(line.config.keys);
    if (!ring) return failed(ring.error().what);
    const std::string id = ring->add(platform::SystemClock().now());
    if (const int code = save(*ring, line); code != 0) return code;
    std::cout << "Key " << id << " added. Copy " << line.config.keys
              << " to every node and back it up; running servers take it up within seconds.\nThen "
                 "run `twofold keys "
                 "activate "
              << id << "`.\n";
    return 0;
}

int keys_list(const CommandLine& line) {
    const auto ring = KeyRing::load(line.config.keys);
    if (!ring) return failed(ring.error().what);
    for (const platform::RingKey& k : ring->keys()) {
        std::cout << k.id << (k.active ? "  active\n" : "  ready\n");
    }
    return 0;
}

int keys_activate(const CommandLine& line) {
    auto ring = KeyRing::load(line.config.keys);
    if (!ring) return failed(ring.error().what);
    if (ring->find(line.id) == nullptr)
        return failed("The key ring has no key of that id; `twofold keys list` shows them.");
    auto store = open_database(line.config, false, nullptr);
    if (!store) return failed(store.error().what);
    bool answered = false;
    const auto nodes = live_nodes(**store, answered);
    if (!answered)
        return failed(
            "The database does not answer, so it is not known which nodes run; nothing was "
            "changed.");
    std::string missing;
    for (const domain::NodeRow& n : nodes) {
        if (!platform::node_has(n, line.id)) missing += (missing.empty() ? "" : ", ") + n.id;
    }
    if (!missing.empty()) {
        return failed("These servers do not have the key yet: " + missing +
                      ". Copy the key ring to them, wait a few seconds, and run this again; "
                      "nothing was changed.");
    }
    ring->activate(line.id);
    if (const int code = save(*ring, line); code != 0) return code;
    std::cout << "New values are sealed under " << line.id << " from now on. Copy "
              << line.config.keys << " to every node.\n";
    return 0;
}

int keys_retire(const CommandLine& line) {
    auto ring = KeyRing::load(line.config.keys);
    if (!ring) return failed(ring.error().what);
    const platform::RingKey* key = ring->find(line.id);
    if (key == nullptr)
        return failed("The key ring has no key of that id; `twofold keys list` shows them.");
    if (key->active)
        return failed("That is the active key; activate another one first. Nothing was changed.");
    auto store = open_database(line.config, false, nullptr);
    if (!store) return failed(store.error().what);
    bool answered = false;
    const auto nodes = live_nodes(**store, answered);
    std::int64_t rows = 0;
    const auto done = (*store)->read([&](domain::Tx& tx) { rows = tx.rows_sealed_under(line.id); });
    if (!answered || !done)
        return failed(
            "The database does not answer, so it is not known what needs the key; nothing was "
            "changed.");
    for (const domain::NodeRow& n : nodes) {
        if (platform::node_seals_under(n, line.id)) {
            return failed("The server " + n.id +
                          " still seals under that key; give it the present key ring first. "
                          "Nothing was changed.");
        }
    }
    if (rows != 0) {
        return failed(std::to_string(rows) +
                      " rows are still sealed under that key and could not be read without it; "
                      "nothing was changed.");
    }
    ring->retire(line.id);
    if (const int code = save(*ring, line); code != 0) return code;
    std::cout << "Key " << line.id << " is gone from " << line.config.keys
              << ". Copy the file to every node.\n";
    return 0;
}

}  // namespace twofold
