// audit_export.hpp - one chain of events with all that is needed to check it elsewhere: in the
// owner's browser, or years later without this server (docs/adr/0016). In parts, oldest first;
// checkpoints and the head come with the last part.
//
// An export holds the key of its own chain. Who has it and can also write to the database could
// make events anew, but only those after the last signed checkpoint.
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"
#include "shared/audit_chain.hpp"

namespace twofold::domain {

struct ExportedEvent {
    AuditRow row;
    int rule = 0;  // kChainRule, kRingRule (only the server can check it), 0: its mac is wrong
    std::optional<TextMap> details;
    std::string details_key;  // hex; opens this event's details and no other. May be empty
};

// A checkpoint that vouches for this chain at that length; the path leads from there to what it
// signs, past the hashes of other chains.
struct ExportedCheckpoint {
    CheckpointRow row;  // without entries
    ChainHead head;
    std::vector<PathStep> path;
};

struct AuditPart {
    std::string chain;
    ApplicationId application;
    std::string user;  // external id; empty: none, or erased
    Secret key;        // of the chain, 64 characters
    std::vector<ExportedEvent> events;
    std::int64_t next_after = 0;  // 0: this is the last part
    // Of the last part.
    ChainHead head;
    std::vector<ExportedCheckpoint> checkpoints;  // oldest first
};

class AuditExport {
 public:
    explicit AuditExport(Core& core) : core_(core) {}

    static constexpr int kPart = 2000;  // events in a part of the API

    // Events after that sequence (0: from the first). Scope audit, or a person's own session.
    Outcome<AuditPart> of_user(const Caller&, std::string_view user, std::int64_t after);
    // The application's own chain: its keys and settings. API keys only.
    Outcome<AuditPart> of_application(const Caller&, std::int64_t after);
    // For the command line, which may see every chain.
    Outcome<AuditPart> of_chain(std::string_view chain, std::int64_t after);
    // Of an application: its own chain and those of its users, erased ones too, in order of name;
    // one page, after that chain. `last` tells where to go on; empty: no more.
    struct ChainNames {
        std::vector<std::string> names;
        std::string last;
    };
    Outcome<ChainNames> chains_of_application(std::string_view name, std::string_view after);
    // The chain of one user of an application, by the integrator's id or ours ("usr_…", which
    // outlives erasure).
    Outcome<std::string> chain_of_user(std::string_view application, std::string_view user);

 private:
    AuditPart read(Tx& tx, const std::string& chain, std::int64_t after);
    Core& core_;
};

}  // namespace twofold::domain
