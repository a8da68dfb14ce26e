// support_cases.hpp - the owner's side of a support case: opened by the person after their password,
// by an integrator's key or from the command line; seen and withdrawn (design flow 6).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/support_policy.hpp"

namespace twofold::domain {

struct CaseRequest {
    CaseReason reason{};
    CaseChannel channel{};
    std::string contact;           // 0..200 characters of plain text
    std::vector<FactorId> stolen;  // only with reason stolen; active factors of the user
};

struct CaseStepView {
    Instant at{};
    std::string action;
    std::string actor;   // an audit actor
    std::string detail;  // empty: none
};

struct CaseView {
    CaseRow row;
    std::string contact;
    struct Stolen {
        FactorId id;
        std::string label;
        Method method{};
    };
    std::vector<Stolen> stolen;
    std::vector<CaseStepView> timeline;  // oldest first
    std::optional<Instant> paused_at;
    std::string_view next;
};

// What comes next: "evidence", "approval", "wait", "link", "review", "none". `enough`: the evidence.
std::string_view next_of(const CaseRow& row, bool enough);
// The owner may still ask for it to stop.
bool can_withdraw(const CaseRow& row);
CaseView case_view(Tx& tx, Core& core, const CaseRow& row);

// The new case, checked and stored; one a user at a time. Problems: not_enrolled (there is nothing
// to be locked out of), case_already_open, rate_limited, validation_failed.
Outcome<CaseRow> insert_case(Tx& tx, Core& core, const Caller& caller, UserRow& user,
                             const CaseRequest& request);
// validation_failed for texts and combinations, before anything is looked up.
std::optional<Problem> fault(const CaseRequest& request);

class SupportCases {
 public:
    explicit SupportCases(Core& core) : core_(core) {}
    // `user`: "me" for a session, also one after the password alone (rule 7).
    Outcome<CaseView> open(const Caller&, std::string_view user, const CaseRequest&);
    Outcome<std::vector<CaseView>> list(const Caller&, std::string_view user);
    // While nothing is proven it ends the case. Later the owner's word pauses it for review: whoever
    // holds the password must not be able to end what the owner has begun to prove. A key ends it.
    Outcome<CaseView> cancel(const Caller&, std::string_view user, const CaseId&);

 private:
    Core& core_;
};

}  // namespace twofold::domain
