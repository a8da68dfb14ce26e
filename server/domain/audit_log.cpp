#include "server/domain/audit_log.hpp"

#include <map>

#include "server/domain/access.hpp"
#include "server/domain/digest.hpp"
#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::domain {
namespace {

constexpr int kPage = 500;
constexpr int kEntriesAtOnce = 200000;
// A transaction that began before the last checkpoint may have committed after it: its chain is
// taken again. Longer than any transaction's deadline.
constexpr Seconds kOverlap{30};

std::string hex(ByteView bytes) {
    std::string out;
    for (std::uint8_t b : bytes) {
        out += "0123456789abcdef"[b >> 4];
        out += "0123456789abcdef"[b & 15];
    }
    return out;
}

std::string hash_of(std::string_view text) { return hex(sha256(as_bytes(text))); }

std::string line(const ChainHead& head) {
    return head.chain + " " + std::to_string(head.length) + " " + head.mac + "\n";
}

std::string entries_hash(const CheckpointRow& row) {
    std::string text;
    for (const ChainHead& head : row.entries) text += line(head);
    return hash_of(text);
}

// What is signed, and what the next checkpoint holds the hash of.
std::string signed_text(const CheckpointRow& row) {
    return "twofold checkpoint 1\n" + std::to_string(row.number) + "\n" +
           std::to_string(row.at.time_since_epoch().count()) + "\n" + row.previous_hash + "\n" +
           row.entries_hash + "\n";
}

std::string hash_of(const CheckpointRow& row) {
    return hash_of(signed_text(row) + row.key_id + "\n" + row.signature + "\n");
}

// Opens details and names users, each looked up once.
class Viewer {
 public:
    Viewer(Tx& tx, Core& core) : tx_(tx), core_(core) {}

    AuditView view(const AuditRow& row) {
        AuditView out;
        out.id = row.id;
        out.at = row.at;
        out.actor = row.actor;
        out.action = row.action;
        out.method = row.method;
        out.result = row.result;
        out.object = row.object;
        out.request_id = row.request_id;
        std::optional<Secret> text;
        const SealedPlace place = places::audit_details(row);
        if (row.user.empty()) {
            if (!row.details.empty()) text = core_.sealer.open(place, row.details);
        } else {
            const Person& person = of(row.user);
            out.user = person.external_id;
            if (person.key && !row.details.empty())
                text = core_.sealer.open_under(person.key->expose(), place, row.details);
        }
        if (text) {
            const ByteView bytes = text->expose();
            const TextMap details =
                text_map_read({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
            out.label = text_map_get(details, "label");
            out.ip = text_map_get(details, "ip");
            out.user_agent = text_map_get(details, "user_agent");
        }
        return out;
    }

 private:
    struct Person {
        std::string external_id;
        std::optional<Secret> key;
    };
    const Person& of(const UserId& id) {
        const auto [it, made] = people_.try_emplace(id);
        if (made)
            if (const std::optional<UserRow> user = tx_.user(id)) {
                it->second.external_id = user->external_id;
                it->second.key = core_.sealer.open(places::user_audit_key(*user), user->audit_key);
            }
        return it->second;
    }
    Tx& tx_;
    Core& core_;
    std::map<UserId, Person> people_;
};

AuditPage page(Tx& tx, Core& core, const ApplicationId& application, const UserId& user,
               std::string_view cursor, int limit) {
    std::vector<AuditRow> rows =
        tx.audit(application, user, EventId{std::string(cursor)}, limit + 1);
    AuditPage out;
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    if (more) rows.resize(static_cast<std::size_t>(limit));
    if (more) out.next_cursor = rows.back().id.value;
    Viewer viewer(tx, core);
    for (const AuditRow& row : rows) out.items.push_back(viewer.view(row));
    return out;
}

std::optional<Problem> fault(std::string_view cursor, int limit) {
    if (limit < 1 || limit > 100) return invalid("/limit", "range");
    if (!cursor.empty() && (cursor.size() > 64 || !cursor.starts_with("evt_")))
        return invalid("/cursor", "format");
    return std::nullopt;
}

// Walks one chain; remembers the mac at each length a checkpoint names.
class Walk {
 public:
    Walk(Core& core, Audit::Report& report) : core_(core), report_(report) {}

    using Marks = std::map<std::int64_t, std::string>;  // length -> mac at a checkpoint

    void chain(Tx& tx, const ChainHead& head, const Marks& marks) {
        ++report_.chains;
        std::int64_t at = 0;
        std::string mac;
        std::string mac_at_head;  // rows after the head may have come while we read
        bool broken = false;
        while (true) {
            const std::vector<AuditRow> rows = tx.audit_chain(head.chain, at, kPage);
            if (rows.empty()) break;
            for (const AuditRow& row : rows) {
                ++report_.events;
                if (row.sequence != at + 1) {
                    fault(head.chain, at + 1, "missing");
                    broken = true;
                } else if (event_mac(core_.sealer, row) != row.mac || row.previous_mac != mac) {
                    fault(head.chain, row.sequence, "edited");
                    broken = true;
                } else if (const auto mark = marks.find(row.sequence);
                           mark != marks.end() && mark->second != row.mac) {
                    fault(head.chain, row.sequence, "edited");
                    broken = true;
                }
                at = row.sequence;
                mac = row.mac;
                if (at == head.length) mac_at_head = mac;
            }
        }
        const std::int64_t promised =
            std::max(head.length, marks.empty() ? 0 : marks.rbegin()->first);
        if (at < promised) {
            fault(head.chain, at + 1, "cut");
        } else if (!broken && mac_at_head != head.mac) {
            fault(head.chain, head.length, "edited");
        }
    }

 private:
    void fault(const std::string& chain, std::int64_t sequence, std::string what) {
        report_.faults.push_back({chain, sequence, std::move(what)});
    }
    Core& core_;
    Audit::Report& report_;
};

}  // namespace

Outcome<AuditPage> Audit::of_user(const Caller& caller, std::string_view user,
                                  std::string_view cursor, int limit) {
    if (std::optional<Problem> wrong = fault(cursor, limit)) return *wrong;
    Outcome<AuditPage> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::audit);
        if (owner) {
            answer = page(tx, core_, owner->application, owner->id, cursor, limit);
        } else {
            answer = owner.error();
        }
    });
    if (!done) return done.error();
    return answer;
}

Outcome<AuditPage> Audit::of_application(const Caller& caller, std::string_view user,
                                         std::string_view cursor, int limit) {
    if (const Outcome<Done> allowed = permit(caller, Scope::audit); !allowed)
        return allowed.error();
    const KeyCaller* key = caller.key();
    if (key == nullptr) return problem(Code::forbidden);
    if (!user.empty()) return of_user(caller, user, cursor, limit);
    if (std::optional<Problem> wrong = fault(cursor, limit)) return *wrong;
    Outcome<AuditPage> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read(
        [&](Tx& tx) { answer = page(tx, core_, key->application, {}, cursor, limit); });
    if (!done) return done.error();
    return answer;
}

Outcome<Done> Audit::checkpoint() {
    return core_.store.write("checkpoint:" + random_id_text(core_.random), [&](Tx& tx) {
        const std::optional<CheckpointRow> last = tx.last_checkpoint();
        CheckpointRow row;
        row.number = last ? last->number + 1 : 1;
        row.at = core_.clock.now();
        const Instant since = last ? last->at - kOverlap : Instant{};
        row.entries = tx.chains_moved_since(since, kEntriesAtOnce);
        // What did not fit is taken by the next one, which begins where this one ended.
        if (row.entries.size() >= static_cast<std::size_t>(kEntriesAtOnce))
            row.at = std::max(since + kOverlap, row.entries.back().updated_at);
        if (row.entries.empty() && last && row.at - last->at < Seconds(60)) return false;
        row.previous_hash = last ? hash_of(*last) : "";
        row.entries_hash = entries_hash(row);
        row.key_id = core_.signer.key_id();
        row.signature = core_.signer.sign_bytes(as_bytes(signed_text(row)));
        return tx.insert_checkpoint(row);  // another process was first: theirs covers the same
    });
}

Outcome<Audit::Report> Audit::verify() {
    Report report;
    // One transaction would hold a snapshot for as long as the walk takes; the chain of marks is
    // consistent by itself, so each page may be read on its own.
    std::map<std::string, Walk::Marks> marks;
    const Outcome<Done> read_checkpoints = core_.store.read([&](Tx& tx) {
        report = {};
        marks.clear();
        const std::optional<CheckpointRow> last = tx.last_checkpoint();
        std::string previous;
        for (std::int64_t number = 1; last && number <= last->number; ++number) {
            const std::optional<CheckpointRow> row = tx.checkpoint(number);
            if (!row) {
                report.faults.push_back({"checkpoint", number, "missing"});
                previous.clear();
                continue;
            }
            ++report.checkpoints;
            const bool follows = number == 1 || previous.empty() || row->previous_hash == previous;
            if (!follows || entries_hash(*row) != row->entries_hash ||
                !core_.signer.verify_bytes(row->key_id, as_bytes(signed_text(*row)),
                                           row->signature))
                report.faults.push_back({"checkpoint", number, "checkpoint"});
            for (const ChainHead& head : row->entries) marks[head.chain][head.length] = head.mac;
            previous = hash_of(*row);
        }
    });
    if (!read_checkpoints) return read_checkpoints.error();

    std::string after;
    bool more = true;
    while (more) {
        const Report before = report;
        std::vector<ChainHead> heads;
        const Outcome<Done> walked = core_.store.read([&](Tx& tx) {
            report = before;
            heads = tx.chains(after, kPage);
            Walk walk(core_, report);
            for (const ChainHead& head : heads) {
                const auto own = marks.find(head.chain);
                walk.chain(tx, head, own == marks.end() ? Walk::Marks{} : own->second);
            }
        });
        if (!walked) return walked.error();
        more = !heads.empty();
        if (more) after = heads.back().chain;
        for (const ChainHead& head : heads) marks.erase(head.chain);
    }
    // Chains that a checkpoint vouches for and that are gone altogether.
    for (const auto& [chain, own] : marks)
        if (!own.empty() && own.rbegin()->first > 0) report.faults.push_back({chain, 1, "cut"});
    return report;
}

}  // namespace twofold::domain
