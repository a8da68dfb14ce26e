#include "server/domain/support_policy.hpp"

#include <algorithm>
#include <map>

namespace twofold::domain {
namespace {

bool in_state(CaseAction action, CaseState state, AgentRole role) {
    const bool supervisor = role == AgentRole::supervisor;
    switch (action) {
        case CaseAction::record_evidence:
            return state == CaseState::open || state == CaseState::evidence;
        case CaseAction::approve:
            return state == CaseState::evidence || state == CaseState::approved;
        case CaseAction::reject:
            return supervisor ? !is_over(state)
                              : state == CaseState::open || state == CaseState::evidence;
        case CaseAction::resume:
            return state == CaseState::paused;
        case CaseAction::reissue_link:
            return state == CaseState::link_issued;
        case CaseAction::cancel:
            return !is_over(state);
    }
    return false;
}

bool for_supervisors(CaseAction action) {
    return action == CaseAction::approve || action == CaseAction::resume ||
           action == CaseAction::reissue_link || action == CaseAction::cancel;
}

// Those that carry a case forward want a second pair of eyes.
bool four_eyes(CaseAction action) {
    return action == CaseAction::approve || action == CaseAction::resume ||
           action == CaseAction::reissue_link;
}

}  // namespace

const EvidenceRule& rule_of(EvidenceKind kind) {
    return *std::find_if(kEvidenceRules.begin(), kEvidenceRules.end(),
                         [kind](const EvidenceRule& r) { return r.kind == kind; });
}

Tally tally(std::span<const EvidenceRow> evidence) {
    std::map<ProofGroup, int> best;
    for (const EvidenceRow& e : evidence) {
        if (!e.refused.empty()) continue;
        const EvidenceRule& rule = rule_of(e.kind);
        best[rule.group] = std::max(best[rule.group], rule.points);
    }
    Tally out;
    for (const auto& [group, points] : best) {
        out.points += points;
        if (group != ProofGroup::none) out.groups.insert(group);
    }
    return out;
}

DeskRefusal refusal(CaseAction action, const CaseFacts& facts, const DeskPerson& person) {
    if (person.own_account) return DeskRefusal::own_account;
    if (for_supervisors(action) && person.role != AgentRole::supervisor) return DeskRefusal::role;
    if (!in_state(action, facts.state, person.role)) {
        // What a supervisor could do is not a matter of the state.
        return in_state(action, facts.state, AgentRole::supervisor) ? DeskRefusal::role
                                                                    : DeskRefusal::state;
    }
    if (four_eyes(action)) {
        if (person.opener) return DeskRefusal::opener;
        if (person.recorder) return DeskRefusal::recorder;
    }
    if (action == CaseAction::approve) {
        if (person.approver) return DeskRefusal::already_approved;
        if (!facts.enough) return DeskRefusal::evidence_missing;
        if (!facts.deliverable) return DeskRefusal::no_delivery;
    }
    return DeskRefusal::none;
}

Seconds waiting_time(const Settings& settings, const Tally& tally, LinkTo deliver) {
    return tally.strong() && deliver != LinkTo::given ? settings.support_wait_strong
                                                      : settings.support_wait;
}

}  // namespace twofold::domain
