#include <map>

#include "server/domain/audit_export.hpp"
#include "server/domain/audit_log.hpp"
#include "server/domain/checkpoints.hpp"
#include "server/domain/digest.hpp"
#include "server/domain/events.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

struct Shop : World {
    Shop() {
        for (int i = 0; i < 3; ++i) {
            (void)verify(key, challenge(key, "bob"), wrong_code(bob.app));
            next_step();
            REQUIRE(verify(key, challenge(key, "bob"), now_code(bob.app)));
        }
        REQUIRE(audit.checkpoint());
    }
    AuditExport exports{core};
    std::string key = key_for("Shop");
    Enrolled bob = integrator_user(key, "bob");
    std::string chain() { return chain_of(store.snapshot().factors.at(bob.app.id).user); }
    AuditRow& at(testing::MemoryData& d, std::int64_t sequence) {
        const std::string own = chain_of(d.factors.at(bob.app.id).user);
        for (auto& [id, row] : d.audit)
            if (row.chain == own && row.sequence == sequence) return row;
        std::abort();
    }
    std::vector<AuditFault> faults() {
        const auto report = audit.verify();
        REQUIRE(report);
        return report->faults;
    }
};

TEST_CASE(
    "security 82: a change and its event commit together, with who, what, method, result, "
    "request") {
    Shop w;
    const auto page = w.audit.of_user(w.by_key(w.key), "bob", "", 100);
    REQUIRE(page);
    const AuditView& last = page->items.at(0);
    CHECK(last.action == "sign_in.second_step");
    CHECK(last.method == "totp");
    CHECK(last.result == "ok");
    CHECK(last.actor.find("key:key_") == 0);
    CHECK(last.object == w.bob.app.id.value);
    CHECK(last.label == "Phone");
    CHECK(last.ip == "198.51.100.7");
    CHECK(last.user == "bob");
    CHECK(last.request_id.find("req_") == 0);
    std::set<std::string> actions;
    for (const AuditView& item : page->items) actions.insert(item.action);
    for (const char* action : {"user.created", "enrollment.started", "enrollment.confirmed",
                               "two_factor.enabled", "backup_codes.made", "challenge.created"})
        CHECK(actions.count(action) == 1);
    CHECK(w.faults().empty());
}

TEST_CASE("pages of the audit follow one another without gap or overlap") {
    Shop w;
    const auto all = w.audit.of_user(w.by_key(w.key), "bob", "", 100);
    std::vector<std::string> seen;
    std::string cursor;
    do {
        const auto page = w.audit.of_user(w.by_key(w.key), "bob", cursor, 4);
        REQUIRE(page);
        for (const AuditView& item : page->items) seen.push_back(item.id.value);
        cursor = page->next_cursor;
    } while (!cursor.empty());
    REQUIRE(seen.size() == all->items.size());
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == all->items[i].id.value);
    CHECK(std::is_sorted(seen.rbegin(), seen.rend()));
    CHECK(code_of(w.audit.of_user(w.by_key(w.key), "bob", "nonsense", 4)) ==
          Code::validation_failed);
    CHECK(code_of(w.audit.of_user(w.by_key(w.key), "bob", "", 0)) == Code::validation_failed);
    CHECK(code_of(w.audit.of_user(w.by_key(w.key), "bob", "", 101)) == Code::validation_failed);
}

TEST_CASE("an application sees its own events, and nobody else's") {
    Shop w;
    const std::string other = w.key_for("Other");
    const auto own = w.audit.of_application(w.by_key(w.key), "", "", 100);
    REQUIRE(own);
    CHECK(own->items.size() > 10);
    const auto theirs = w.audit.of_application(w.by_key(other), "", "", 100);
    REQUIRE(theirs);
    for (const AuditView& item : theirs->items) CHECK(item.action != "sign_in.second_step");
    CHECK(code_of(w.audit.of_application(w.by_key(other), "bob", "", 100)) == Code::not_found);
    CHECK(w.audit.of_application(w.by_key(w.key), "bob", "", 100));
    CHECK(code_of(w.audit.of_application(w.nobody(), "", "", 100)) == Code::unauthenticated);
}

TEST_CASE("security 85: editing any field of any event is found and located") {
    const std::function<void(AuditRow&)> edits[] = {
        [](AuditRow& r) { r.result += "x"; },
        [](AuditRow& r) { r.at += Seconds(1); },
        [](AuditRow& r) { r.actor = "operator"; },
        [](AuditRow& r) { r.action += "x"; },
        [](AuditRow& r) { r.method = "email"; },
        [](AuditRow& r) { r.object = "enr_other"; },
        [](AuditRow& r) { r.request_id += "0"; },
        [](AuditRow& r) { r.details.text += "A"; },
        [](AuditRow& r) { r.user.value += "x"; },
        [](AuditRow& r) { r.application.value += "x"; },
        [](AuditRow& r) { r.mac[0] = r.mac[0] == 'a' ? 'b' : 'a'; },
        [](AuditRow& r) { r.previous_mac += "0"; },
    };
    for (const auto& edit : edits) {
        Shop w;
        w.store.tamper([&](testing::MemoryData& d) { edit(w.at(d, 7)); });
        const auto faults = w.faults();
        REQUIRE_FALSE(faults.empty());
        CHECK(faults[0].chain == w.chain());
        CHECK(faults[0].sequence == 7);
        CHECK(faults[0].what == "edited");
    }
}

TEST_CASE(
    "security 85: removing one event, cutting the end, or the whole chain is found and located") {
    {
        Shop w;
        w.store.tamper([&](testing::MemoryData& d) { d.audit.erase(EventId(w.at(d, 5).id)); });
        const auto faults = w.faults();
        REQUIRE_FALSE(faults.empty());
        CHECK(faults[0].sequence == 5);
        CHECK(faults[0].what == "missing");
    }
    {
        Shop w;
        w.store.tamper([&](testing::MemoryData& d) {
            // The end, and the head made to fit: only the checkpoint remembers.
            ChainHead& head = d.chains.at(chain_of(d.factors.at(w.bob.app.id).user));
            while (head.length > 8) {
                d.audit.erase(EventId(w.at(d, head.length).id));
                --head.length;
            }
            head.mac = w.at(d, head.length).mac;
        });
        const auto faults = w.faults();
        REQUIRE(faults.size() == 1);
        CHECK(faults[0].chain == w.chain());
        CHECK(faults[0].sequence == 9);
        CHECK(faults[0].what == "cut");
    }
    {
        Shop w;
        const std::string chain = w.chain();
        w.store.tamper([&](testing::MemoryData& d) {
            d.chains.erase(chain);
            std::erase_if(d.audit, [&](const auto& e) { return e.second.chain == chain; });
        });
        const auto faults = w.faults();
        REQUIRE(faults.size() == 1);
        CHECK(faults[0].chain == chain);
        CHECK(faults[0].what == "cut");
    }
}

TEST_CASE("a changed or missing checkpoint is found") {
    Shop w;
    w.clock.advance(60);
    REQUIRE(w.audit.checkpoint());
    w.clock.advance(60);
    REQUIRE(w.audit.checkpoint());
    CHECK(w.audit.verify()->checkpoints == 3);
    CHECK(w.faults().empty());
    const auto good = w.store.snapshot().checkpoints;
    w.store.tamper([](testing::MemoryData& d) { d.checkpoints.at(1).entries.pop_back(); });
    REQUIRE(w.faults().size() >= 1);
    CHECK(w.faults()[0].what == "checkpoint");
    CHECK(w.faults()[0].sequence == 1);
    w.store.tamper([&](testing::MemoryData& d) {
        d.checkpoints = good;
        d.checkpoints.erase(2);
    });
    CHECK(w.faults()[0].what == "missing");
    CHECK(w.faults()[0].sequence == 2);
    w.store.tamper([&](testing::MemoryData& d) {
        d.checkpoints = good;
        d.checkpoints.at(2).signature += "0";
    });
    CHECK(w.faults()[0].what == "checkpoint");
}

TEST_CASE("checkpoints are incremental: only chains that moved since the last one") {
    Shop w;
    w.clock.advance(120);
    (void)w.challenge(w.key, "bob");
    REQUIRE(w.audit.checkpoint());
    const auto data = w.store.snapshot();
    CHECK(data.checkpoints.at(2).entries.size() == 1);
    CHECK(data.checkpoints.at(2).entries.at(0).chain == w.chain());
    CHECK(data.checkpoints.at(1).entries.size() > 1);
}

// As version 0.1 wrote them: every event under one key of the ring, checkpoints over a plain list.
void age(Shop& w) {
    w.store.tamper([&](testing::MemoryData& d) {
        for (auto& [name, head] : d.chains) {
            std::string mac;
            for (std::int64_t i = 1; i <= head.length; ++i)
                for (auto& [id, row] : d.audit)
                    if (row.chain == name && row.sequence == i) {
                        row.previous_mac = mac;
                        std::string text;
                        for (const std::string& f :
                             {row.id.value, row.chain, std::to_string(row.sequence),
                              row.application.value, row.user.value,
                              std::to_string(row.at.time_since_epoch().count()), row.actor,
                              row.action, row.method, row.result, row.object, row.request_id,
                              row.details.text, row.previous_mac})
                            text += std::to_string(f.size()) + ":" + f;
                        row.mac = w.sealer.keyed_hash("audit", text);
                        mac = row.mac;
                    }
            head.mac = mac;
        }
        CheckpointRow& first = d.checkpoints.at(1);
        std::string lines;
        for (ChainHead& entry : first.entries) {
            entry.mac = d.chains.at(entry.chain).mac;
            lines += entry.chain + " " + std::to_string(entry.length) + " " + entry.mac + "\n";
        }
        first.entries_hash = hex_text(sha256(as_bytes(lines)));
        first.signature = w.signer.sign_bytes(
            as_bytes("twofold checkpoint 1\n1\n" +
                     std::to_string(first.at.time_since_epoch().count()) + "\n\n" +
                     first.entries_hash + "\n"));
    });
}

TEST_CASE("rule 13: what an older version wrote goes on being checked, and its chains go on") {
    Shop w;
    age(w);
    CHECK(w.faults().empty());
    // The first checkpoint after an upgrade takes every chain, so that each can be proven alone.
    w.clock.advance(600);
    REQUIRE(w.audit.checkpoint());
    CHECK(w.store.snapshot().checkpoints.at(2).entries.size() ==
          w.store.snapshot().checkpoints.at(1).entries.size());
    const std::int64_t before = w.store.snapshot().chains.at(w.chain()).length;
    REQUIRE(w.verify(w.key, w.challenge(w.key, "bob"), w.now_code(w.bob.app)));
    w.clock.advance(60);
    REQUIRE(w.audit.checkpoint());
    CHECK(w.faults().empty());
    const auto part = w.exports.of_user(w.by_key(w.key), "bob", 0);
    REQUIRE(part);
    for (const ExportedEvent& e : part->events)
        CHECK(e.rule == (e.row.sequence <= before ? kRingRule : kChainRule));
    CHECK(part->checkpoints.size() == 2);
    w.store.tamper([&](testing::MemoryData& d) { w.at(d, 3).actor = "operator"; });
    CHECK(w.faults().at(0).sequence == 3);
    CHECK(w.exports.of_user(w.by_key(w.key), "bob", 0)->events.at(2).rule == 0);
}

// What an export says, checked with nothing but the export and a verifier of signatures.
std::vector<AuditFault> check_alone(Shop& w, const AuditPart& part) {
    std::vector<AuditFault> out;
    const HmacKey key(HashAlgorithm::sha256, part.key.expose());
    std::map<std::int64_t, std::string> marks;
    for (const ExportedCheckpoint& c : part.checkpoints) {
        const std::string length = std::to_string(c.head.length);
        const std::array<std::string_view, 3> head{part.chain, length, c.head.mac};
        std::array<char, kRootSize> root;
        root_text_to(checkpoint_climb(checkpoint_leaf(head), c.path), root);
        if (std::string_view(root.data(), root.size()) == c.row.entries_hash &&
            w.signer.verify_bytes(c.row.key_id, as_bytes(checkpoint_text(c.row)),
                                  c.row.signature)) {
            marks[c.head.length] = c.head.mac;
        } else {
            out.push_back({"checkpoint", c.row.number, "checkpoint"});
        }
    }
    ChainWalk walk(part.head.length);
    for (const ExportedEvent& e : part.events) {
        const auto mark = marks.find(e.row.sequence);
        if (walk.next(e.row.sequence, e.row.previous_mac, e.row.mac,
                      event_mac(key, e.row) == e.row.mac,
                      mark == marks.end() ? "" : mark->second) != 0)
            out.push_back({part.chain, e.row.sequence, "edited"});
    }
    if (walk.end(part.head.mac, marks.empty() ? 0 : marks.rbegin()->first) != 0)
        out.push_back({part.chain, walk.expected(), "cut"});
    return out;
}

TEST_CASE("security 85: an export is enough to check one chain, and tells of no other") {
    Shop w;
    (void)w.integrator_user(w.key, "carol");
    w.clock.advance(60);
    (void)w.challenge(w.key, "bob");
    REQUIRE(w.audit.checkpoint());
    w.clock.advance(60);
    (void)w.challenge(w.key, "bob");
    const auto part = w.exports.of_user(w.by_key(w.key), "bob", 0);
    REQUIRE(part);
    CHECK(part->chain == w.chain());
    CHECK(part->user == "bob");
    CHECK(part->next_after == 0);
    CHECK(part->head.length == static_cast<std::int64_t>(part->events.size()));
    REQUIRE(part->checkpoints.size() == 2);
    CHECK(part->checkpoints[1].head.length == part->head.length - 1);
    CHECK_FALSE(part->checkpoints[0].path.empty());
    for (const ExportedCheckpoint& c : part->checkpoints) CHECK(c.row.entries.empty());
    CHECK(check_alone(w, *part).empty());
    for (const ExportedEvent& e : part->events) {
        CHECK(e.rule == kChainRule);
        CHECK(e.details_key.empty() == e.row.details.empty());
    }
    const std::string whole = w.chain();
    w.store.tamper([&](testing::MemoryData& d) { w.at(d, 5).result = "refused"; });
    const auto edited = check_alone(w, *w.exports.of_user(w.by_key(w.key), "bob", 0));
    REQUIRE(edited.size() == 1);
    CHECK(edited[0].sequence == 5);
}

TEST_CASE("an export goes to the owner, to a key with the scope audit, and to nobody else") {
    Shop w;
    const std::string other = w.key_for("Other");
    CHECK(code_of(w.exports.of_user(w.by_key(other), "bob", 0)) == Code::not_found);
    CHECK(code_of(w.exports.of_user(w.nobody(), "bob", 0)) == Code::unauthenticated);
    CHECK(code_of(w.exports.of_application(w.nobody(), 0)) == Code::unauthenticated);
    const auto own = w.exports.of_application(w.by_key(w.key), 0);
    REQUIRE(own);
    CHECK_FALSE(own->events.empty());
    for (const ExportedEvent& e : own->events) CHECK(e.row.user.empty());
    CHECK(check_alone(w, *own).empty());
    // The key of one chain is not that of another.
    CHECK_FALSE(constant_time_equal(
        own->key.expose(), w.exports.of_user(w.by_key(w.key), "bob", 0)->key.expose()));
    const auto names = w.exports.chains_of_application("Shop", "");
    REQUIRE(names);
    CHECK(names->names.size() == 2);
    CHECK(code_of(w.exports.chains_of_application("Nowhere", "")) == Code::not_found);
    CHECK(*w.exports.chain_of_user("Shop", "bob") == w.chain());
    CHECK(code_of(w.exports.chain_of_user("Other", "bob")) == Code::not_found);
    // By our id, and after erasure.
    const std::string chain = w.chain();
    REQUIRE(w.users.erase(w.by_key(w.key), "bob", std::nullopt, {}));
    CHECK(*w.exports.chain_of_user("Shop", chain.substr(5)) == chain);
    CHECK(code_of(w.exports.chain_of_user("Other", chain.substr(5))) == Code::not_found);
    const auto erased = w.exports.of_chain(chain, 0);
    REQUIRE(erased);
    CHECK(erased->user.empty());
    CHECK(check_alone(w, *erased).empty());
    for (const ExportedEvent& e : erased->events) {
        CHECK_FALSE(e.details);
        CHECK(e.details_key.empty());
    }
}

TEST_CASE("rule 13: erasure destroys what the events say, and the chain survives") {
    Shop w;
    const std::string chain = w.chain();
    REQUIRE(w.users.erase(w.by_key(w.key), "bob", std::nullopt, {}));
    CHECK(w.faults().empty());
    const auto page = w.audit.of_application(w.by_key(w.key), "", "", 100);
    REQUIRE(page);
    int of_bob = 0;
    for (const AuditView& item : page->items) {
        if (item.action != "sign_in.second_step") continue;
        ++of_bob;
        CHECK(item.ip.empty());
        CHECK(item.label.empty());
        CHECK(item.user.empty());
    }
    CHECK(of_bob == 6);
}

TEST_CASE("security 83 and 84: events hold no code, secret or address, and no line of another") {
    Shop w;
    ChallengeRequest request;
    request.purpose = Purpose::sign_in;
    request.client = ClientInfo{"203.0.113.5", "Evil\r\nresult=ok\x1b[2J"};
    const auto made = w.challenges.create(w.by_key(w.key), "bob", request);
    REQUIRE(made);
    REQUIRE(w.verify(w.key, made->id, w.bob.backup_codes.at(0)));
    const auto page = w.audit.of_user(w.by_key(w.key), "bob", "", 100);
    REQUIRE(page);
    CHECK(page->items.at(0).user_agent == "Evil??result=ok?[2J");
    CHECK(page->items.at(0).ip == "203.0.113.5");
    for (const AuditView& item : page->items) {
        const std::string all =
            item.action + item.result + item.object + item.label + item.ip + item.user_agent;
        CHECK(all.find(w.bob.backup_codes.at(0)) == std::string::npos);
        CHECK(all.find("bob@example.org") == std::string::npos);
    }
}

}  // namespace
}  // namespace twofold::domain
