// case_moves.hpp - what every change of a support case shares: its step in the timeline, its audit
// event, the notice to its owner, and the ways it pauses and ends. The user's row is locked before
// the case's, by everybody.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/support_policy.hpp"

namespace twofold::domain {

// Adds to the timeline and to the owner's audit chain ("case.<action>"). `detail` is sealed. The
// row is written by save_case.
void add_step(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row,
              const std::string& action, const std::string& detail = {});
void save_case(Tx& tx, Core& core, CaseRow& row);

// Tells the owner at every known address, never throttled: kind "case_<what>".
void tell_owner(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const CaseRow& row,
                const std::string& what, std::vector<std::string> also = {});

// To be looked at by a person; its link dies. No change for one that is paused or over.
bool pause_case(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row,
                PauseReason why);
// The user's open case, if any: after a factor was used, or at the owner's word. Not between
// load_for_verify and save_verified: both write the user's audit chain.
bool pause_open_case(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                     PauseReason why);

// The password was chosen anew by a link that went to the mailbox the re-enrol link goes to: both
// together would be one proof, so a person looks at it.
void pause_after_reset(Tx& tx, Core& core, const Caller& caller, const UserRow& user);

// done, cancelled, rejected or expired: the user's row forgets it, its links die, and factors it had
// suspended come back unless it is done.
void close_case(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row,
                CaseState state, const std::string& detail = {});

// Named as stolen: no code of theirs is accepted any more, sessions with all rights and remembered
// browsers end, so that they cannot object.
void suspend_stolen(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row);
std::vector<FactorId> stolen_factors(const CaseRow& row);

// A way for the re-enrol link, and why not ("was_evidence", "no_address", "address_changed",
// "not_configured", "other_way").
struct LinkWay {
    LinkTo to{};
    std::string address;  // never leaves the domain
    std::string why;      // empty: allowed
};
std::vector<LinkWay> link_ways(Core& core, const UserRow& user, const CaseRow& row,
                               const Tally& tally);

// Why a proof of that kind would count for nothing now: "address_changed" (in the last 30 days),
// "no_address"; empty: it counts.
std::string evidence_refusal(Core& core, const UserRow& user, EvidenceKind kind);
bool email_changed_recently(Core& core, const UserRow& user);
bool phone_changed_recently(Core& core, const UserRow& user);

}  // namespace twofold::domain
