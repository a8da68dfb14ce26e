#include "server/domain/audit_log.hpp"

#include <map>

#include "server/domain/access.hpp"
#include "server/domain/audit_details.hpp"
#include "server/domain/checkpoints.hpp"
#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "shared/audit_chain.hpp"

namespace twofold::domain {
namespace {

constexpr int kPage = 500;
constexpr int kEntriesAtOnce = 200000;
// A transaction that began before the last checkpoint may have committed after it: its chain is
// taken again. Longer than any transaction's deadline.
constexpr Seconds kOverlap{30};

AuditView view(DetailsReader& reader, const AuditRow& row) {
    AuditView out;
    out.id = row.id;
    out.sequence = row.sequence;
    out.at = row.at;
    out.actor = row.actor;
    out.action = row.action;
    out.method = row.method;
    out.result = row.result;
    out.object = row.object;
    out.request_id = row.request_id;
    out.user = reader.external_id(row.user);
    if (const std::optional<TextMap> details = reader.open(row)) {
        out.label = text_map_get(*details, "label");
        out.ip = text_map_get(*details, "ip");
        out.user_agent = text_map_get(*details, "user_agent");
    }
    return out;
}

AuditPage page(Tx& tx, Core& core, const ApplicationId& application, const UserId& user,
               std::string_view cursor, int limit) {
    std::vector<AuditRow> rows =
        tx.audit(application, user, EventId{std::string(cursor)}, limit + 1);
    AuditPage out;
    const bool more = rows.size() > static_cast<std::size_t>(limit);
    if (more) rows.resize(static_cast<std::size_t>(limit));
    if (more) out.next_cursor = rows.back().id.value;
    DetailsReader reader(tx, core);
    for (const AuditRow& row : rows) out.items.push_back(view(reader, row));
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
        const Secret secret = chain_key(core_.sealer, head.chain);
        const HmacKey key(HashAlgorithm::sha256, secret.expose());
        ChainWalk walk(head.length);  // rows after the head may come while we read
        std::int64_t last = 0;
        while (true) {
            const std::vector<AuditRow> rows = tx.audit_chain(head.chain, last, kPage);
            if (rows.empty()) break;
            for (const AuditRow& row : rows) {
                ++report_.events;
                const auto mark = marks.find(row.sequence);
                const std::int64_t expected = walk.expected();
                const unsigned found =
                    walk.next(row.sequence, row.previous_mac, row.mac,
                              event_rule(core_.sealer, key, row) != 0,
                              mark == marks.end() ? std::string_view() : mark->second);
                if ((found & kChainMissing) != 0) fault(head.chain, expected, "missing");
                if ((found & kChainEdited) != 0) fault(head.chain, row.sequence, "edited");
                last = row.sequence;
            }
        }
        const unsigned end = walk.end(head.mac, marks.empty() ? 0 : marks.rbegin()->first);
        if ((end & kChainCut) != 0) fault(head.chain, walk.expected(), "cut");
        if ((end & kChainEdited) != 0) fault(head.chain, head.length, "edited");
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
        // After an upgrade every chain is taken once, so that each can be proven by itself.
        const bool go_on = last && is_tree(*last);
        const Instant since = go_on ? last->at - kOverlap : Instant{};
        row.entries = tx.chains_moved_since(since, kEntriesAtOnce);
        // What did not fit is taken by the next one, which begins where this one ended.
        if (row.entries.size() >= static_cast<std::size_t>(kEntriesAtOnce))
            row.at = std::max(since + kOverlap, row.entries.back().updated_at);
        if (row.entries.empty() && last && row.at - last->at < Seconds(60)) return false;
        row.previous_hash = last ? checkpoint_hash(*last) : "";
        row.entries_hash = tree_hash(row.entries);
        row.key_id = core_.signer.key_id();
        row.signature = core_.signer.sign_bytes(as_bytes(checkpoint_text(row)));
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
            if (!follows || !entries_fit(*row) ||
                !core_.signer.verify_bytes(row->key_id, as_bytes(checkpoint_text(*row)),
                                           row->signature))
                report.faults.push_back({"checkpoint", number, "checkpoint"});
            for (const ChainHead& head : row->entries) marks[head.chain][head.length] = head.mac;
            previous = checkpoint_hash(*row);
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
