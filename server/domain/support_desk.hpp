// support_desk.hpp - what agents and supervisors do: the queue, a case and its evidence, approval by
// a second person, and the explanation of failed sign-ins. Every call asks again who the caller is
// (agents.hpp); the rules of who may do what stand in support_policy.hpp.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/domain/agents.hpp"
#include "server/domain/case_moves.hpp"
#include "server/domain/support_cases.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {

// Somebody in the timeline: "owner", "agent", "application", "operator", "system"; the name of agents.
struct DeskActor {
    std::string kind;
    std::string name;
};

struct DeskFactor {
    FactorId id;
    Method method{};
    std::string label;
    std::string to;  // masked; email and WhatsApp
    FactorTrouble trouble{};
    std::optional<Instant> last_used_at;
};

// A user as the desk sees them: addresses masked, no secret.
struct DeskUser {
    UserRow row;
    ApplicationRow application;
    UserView view;
    std::vector<DeskFactor> factors;
    bool email_changed = false;  // in the last 30 days
    bool phone_changed = false;
};

struct CaseBrief {
    CaseRow row;
    DeskActor opened_by;
    DeskUser user;
    std::string_view next;
};

struct CaseDetail {
    CaseBrief brief;
    CaseView view;
    Tally tally;
    struct Evidence {
        EvidenceRow row;
        std::string note;
        std::string by;
    };
    std::vector<Evidence> evidence;
    struct Kind {
        EvidenceRule rule;
        std::string why;  // it would count for nothing; empty: it counts
    };
    std::vector<Kind> kinds;
    struct Approval {
        std::string by;
        Instant at{};
    };
    std::vector<Approval> approvals;
    std::vector<LinkWay> ways;
    struct Right {
        CaseAction action{};
        DeskRefusal why{};
    };
    std::vector<Right> rights;
    std::vector<DeskActor> actors;  // of view.timeline, one each
};

struct CasePage {
    std::vector<CaseBrief> items;
    std::string next_cursor;
};

// One line about what went wrong, or right, at sign-in. Never a code or a secret.
struct ExplainLine {
    Instant at{};
    // code_used_before code_of_another_time code_wrong locked factor_ended password_wrong
    // mail_refused message_not_delivered message_waiting signed_in backup_code_used suspended
    std::string what;
    std::string method;
    std::string label;
    std::optional<std::int64_t> seconds;
    std::optional<Instant> until;
    std::string reason;
};
struct DeskUserPage {
    DeskUser user;
    std::vector<CaseBrief> cases;
    std::vector<ExplainLine> explain;
};

class SupportDesk {
 public:
    explicit SupportDesk(Core& core) : core_(core) {}

    // unauthenticated, second_factor_required, forbidden, own_factor_required: of every call.
    Outcome<CasePage> list(const Caller&, std::span<const CaseState>, std::string_view cursor,
                           int limit);
    Outcome<CaseDetail> get(const Caller&, const CaseId&);
    Outcome<CaseDetail> open(const Caller&, const UserId&, const CaseRequest&);
    Outcome<CaseDetail> record_evidence(const Caller&, const CaseId&, EvidenceKind,
                                        std::string_view note);
    // `to` none: the first way that is allowed.
    Outcome<CaseDetail> approve(const Caller&, const CaseId&, LinkTo to);
    Outcome<CaseDetail> reject(const Caller&, const CaseId&, std::string_view reason);
    Outcome<CaseDetail> resume(const Caller&, const CaseId&, std::string_view reason);
    Outcome<CaseDetail> cancel(const Caller&, const CaseId&);
    Outcome<CaseDetail> reissue_link(const Caller&, const CaseId&);

    // By the whole address, the integrator's id or ours; in every application. At most 20.
    Outcome<std::vector<DeskUser>> find(const Caller&, std::string_view query);
    Outcome<DeskUserPage> user(const Caller&, const UserId&);

 private:
    struct Change;
    Outcome<CaseDetail> change(const Caller&, const CaseId&, CaseAction,
                               const std::function<std::optional<Problem>(Tx&, Change&)>&);
    Core& core_;
};

// From the user's own history, newest first (explain.cpp).
std::vector<ExplainLine> explain(Tx& tx, Core& core, const UserRow& user);

}  // namespace twofold::domain
