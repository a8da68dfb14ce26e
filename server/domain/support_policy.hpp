// support_policy.hpp - what a proof of identity is worth, and who may do what to a case in which
// state. Pure: the tables of docs/support-cases.md are printed from here by a test.
#pragma once
#include <array>
#include <set>
#include <span>
#include <vector>

#include "server/domain/rows.hpp"
#include "server/domain/settings.hpp"

namespace twofold::domain {

struct EvidenceRule {
    EvidenceKind kind;
    ProofGroup group;  // none: adds points, but is no proof by itself
    int points;
};
inline constexpr std::array kEvidenceRules{
    EvidenceRule{EvidenceKind::email_reply, ProofGroup::mailbox, 50},
    EvidenceRule{EvidenceKind::phone_call_back, ProofGroup::phone, 50},
    EvidenceRule{EvidenceKind::billing_details, ProofGroup::document, 40},
    EvidenceRule{EvidenceKind::identity_document, ProofGroup::document, 60},
    EvidenceRule{EvidenceKind::in_person, ProofGroup::in_person, 100},
    EvidenceRule{EvidenceKind::known_device, ProofGroup::none, 20},
};
const EvidenceRule& rule_of(EvidenceKind kind);

inline constexpr int kPointsNeeded = 100;
inline constexpr int kPointsStrong = 160;  // the shorter waiting time
inline constexpr int kGroupsNeeded = 2;

// What the evidence comes to. Of one group the best counts, and each kind once; refused evidence
// counts for nothing.
struct Tally {
    int points = 0;
    std::set<ProofGroup> groups;
    bool enough() const {
        return points >= kPointsNeeded && static_cast<int>(groups.size()) >= kGroupsNeeded;
    }
    bool strong() const { return enough() && points >= kPointsStrong; }
};
Tally tally(std::span<const EvidenceRow> evidence);

enum class CaseAction { record_evidence, approve, reject, resume, reissue_link, cancel };
inline constexpr std::array kCaseActions{"record_evidence", "approve",      "reject",
                                         "resume",          "reissue_link", "cancel"};
constexpr std::string_view name_of(CaseAction a) {
    return kCaseActions[static_cast<std::size_t>(a)];
}

// Who asks, as far as this case is concerned.
struct DeskPerson {
    AgentRole role{};
    bool own_account = false;  // the case is about an account of theirs
    bool opener = false;
    bool recorder = false;  // of any evidence
    bool approver = false;  // has approved already
};
struct CaseFacts {
    CaseState state{};
    bool enough = false;       // evidence
    bool deliverable = false;  // there is a way for the link that was not evidence
};

enum class DeskRefusal {
    none,
    own_account,
    role,
    state,
    opener,
    recorder,
    already_approved,
    evidence_missing,
    no_delivery,
};
inline constexpr std::array kDeskRefusals{"none",     "own_account",      "role",
                                          "state",    "opener",           "recorder",
                                          "already_approved", "evidence_missing", "no_delivery"};
constexpr std::string_view name_of(DeskRefusal r) {
    return kDeskRefusals[static_cast<std::size_t>(r)];
}

// The first reason against it.
DeskRefusal refusal(CaseAction action, const CaseFacts& facts, const DeskPerson& person);

// How long the owner has to object once all approvals are there. Never the shorter time for a link
// that goes to an address we did not know.
Seconds waiting_time(const Settings& settings, const Tally& tally, LinkTo deliver);

}  // namespace twofold::domain
