#include "server/domain/audit_export.hpp"

#include <algorithm>

#include "server/domain/access.hpp"
#include "server/domain/audit_details.hpp"
#include "server/domain/checkpoints.hpp"
#include "server/domain/events.hpp"

namespace twofold::domain {
namespace {

// Of the newest checkpoints that vouch for a chain. Each takes all its entries to prove one, so
// what one export may read is bounded; a single one is always enough to vouch for all before it.
constexpr int kMarksRead = 256;
constexpr std::size_t kCheckpoints = 32;
constexpr std::size_t kEntriesRead = 20000;
constexpr int kChainPage = 500;

std::vector<ExportedCheckpoint> checkpoints_of(Tx& tx, const std::string& chain,
                                               const std::vector<CheckpointMark>& marks) {
    std::vector<ExportedCheckpoint> out;
    std::size_t entries = 0;
    std::int64_t length = -1;
    for (const CheckpointMark& mark : marks) {  // newest first
        if (mark.length == length) continue;    // the same once more
        if (out.size() == kCheckpoints || entries > kEntriesRead) break;
        std::optional<CheckpointRow> row = tx.checkpoint(mark.number);
        if (!row) continue;
        if (!is_tree(*row)) break;  // what came before cannot be proven for one chain alone
        entries += row->entries.size();
        const auto own = std::find_if(row->entries.begin(), row->entries.end(),
                                      [&](const ChainHead& h) { return h.chain == chain; });
        if (own == row->entries.end()) continue;
        length = mark.length;
        ExportedCheckpoint given;
        given.head = *own;
        given.path =
            path_of(row->entries, static_cast<std::size_t>(own - row->entries.begin()));
        row->entries.clear();
        given.row = std::move(*row);
        out.push_back(std::move(given));
    }
    std::reverse(out.begin(), out.end());
    return out;
}

// "user:usr_…" gives "usr_…".
UserId user_of(std::string_view chain) {
    return chain.starts_with("user:") ? UserId{std::string(chain.substr(5))} : UserId{};
}

}  // namespace

// The order matters where a transaction is no snapshot (MariaDB's READ COMMITTED): chains only
// grow, so what is read later reaches at least as far as what was promised before.
AuditPart AuditExport::read(Tx& tx, const std::string& chain, std::int64_t after) {
    const std::vector<CheckpointMark> marks = tx.checkpoint_marks(chain, kMarksRead);
    AuditPart out;
    out.chain = chain;
    out.head.chain = chain;
    if (std::optional<ChainHead> head = tx.chain(chain)) out.head = std::move(*head);
    std::vector<AuditRow> rows = tx.audit_chain(chain, after, kPart + 1);
    if (rows.size() > static_cast<std::size_t>(kPart)) {
        rows.pop_back();
        out.next_after = rows.back().sequence;
    }
    out.key = chain_key(core_.sealer, chain);
    const HmacKey key(HashAlgorithm::sha256, out.key.expose());
    DetailsReader reader(tx, core_);
    if (const UserId user = user_of(chain); !user.empty()) out.user = reader.external_id(user);
    if (!rows.empty()) out.application = rows.front().application;
    for (AuditRow& row : rows) {
        ExportedEvent event;
        event.rule = event_rule(core_.sealer, key, row);
        event.details = reader.open(row);
        event.details_key = reader.key_of(row);
        event.row = std::move(row);
        out.events.push_back(std::move(event));
    }
    if (out.next_after == 0) out.checkpoints = checkpoints_of(tx, chain, marks);
    return out;
}

Outcome<AuditPart> AuditExport::of_user(const Caller& caller, std::string_view user,
                                        std::int64_t after) {
    Outcome<AuditPart> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::audit);
        if (owner) {
            answer = read(tx, chain_of(owner->id), after);
        } else {
            answer = owner.error();
        }
    });
    if (!done) return done.error();
    return answer;
}

Outcome<AuditPart> AuditExport::of_application(const Caller& caller, std::int64_t after) {
    if (const Outcome<Done> allowed = permit(caller, Scope::audit); !allowed)
        return allowed.error();
    const KeyCaller* key = caller.key();
    if (key == nullptr) return problem(Code::forbidden);
    return of_chain(chain_of(key->application), after);
}

Outcome<AuditPart> AuditExport::of_chain(std::string_view chain, std::int64_t after) {
    Outcome<AuditPart> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read(
        [&](Tx& tx) { answer = read(tx, std::string(chain), after); });
    if (!done) return done.error();
    return answer;
}

Outcome<AuditExport::ChainNames> AuditExport::chains_of_application(std::string_view name,
                                                                    std::string_view after) {
    Outcome<ChainNames> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const std::optional<ApplicationRow> application = tx.application_named(name);
        if (!application) {
            answer = problem(Code::not_found);
            return;
        }
        ChainNames out;
        const std::vector<ChainHead> heads = tx.chains(after, kChainPage);
        if (heads.size() == static_cast<std::size_t>(kChainPage)) out.last = heads.back().chain;
        for (const ChainHead& head : heads) {
            const std::vector<AuditRow> first = tx.audit_chain(head.chain, 0, 1);
            if (!first.empty() && first.front().application == application->id)
                out.names.push_back(head.chain);
        }
        answer = std::move(out);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<std::string> AuditExport::chain_of_user(std::string_view application,
                                                std::string_view user) {
    Outcome<std::string> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        answer = problem(Code::not_found);
        const std::optional<ApplicationRow> own = tx.application_named(application);
        if (!own) return;
        if (const std::optional<UserRow> row = tx.user_by_external_id(own->id, user)) {
            answer = chain_of(row->id);
            return;
        }
        const std::string chain = chain_of(UserId{std::string(user)});
        const std::vector<AuditRow> first = tx.audit_chain(chain, 0, 1);
        if (!first.empty() && first.front().application == own->id) answer = chain;
    });
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
