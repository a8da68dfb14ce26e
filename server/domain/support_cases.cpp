#include "server/domain/support_cases.hpp"

#include <algorithm>

#include "server/domain/case_moves.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/throttle.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {
namespace {

constexpr int kShown = 20;
constexpr Rate kPerNetwork{30, Seconds(86400)};

// Whom a case is for. After the password alone too: who has lost the second factor gets no further.
Outcome<UserRow> subject(Tx& tx, const Caller& caller, std::string_view user, bool lock) {
    std::optional<UserRow> row;
    if (const SessionCaller* session = caller.session()) {
        if (session->state == SessionState::recovery) return problem(Code::second_factor_required);
        if (user == "me") row = lock ? tx.lock_user(session->user) : tx.user(session->user);
    } else if (const KeyCaller* key = caller.key()) {
        if (!key->scopes.contains(Scope::support)) return problem(Code::forbidden);
        if (user != "me" && valid_external_id(user))
            row = tx.user_by_external_id(key->application, user);
        if (row && lock) row = tx.lock_user(row->id);
    } else {
        return problem(Code::unauthenticated);
    }
    if (!row) return problem(Code::not_found);
    return *row;
}

// Whether somebody with the password alone asks again for what a review has weighed already. They
// would stop the owner for ever; a factor and the links in the notices are still heard.
bool vetoes(Tx& tx, Core& core, const Caller& caller, const CaseRow& row) {
    if (caller.session() == nullptr || caller.session()->state == SessionState::full) return false;
    const std::vector<CaseStepRow> steps = tx.case_steps(row.id);
    return row.state != CaseState::paused &&
           std::any_of(steps.begin(), steps.end(), [&](const CaseStepRow& s) {
               return s.action == "paused" &&
                      open_text(core, places::case_step_detail(s, row), s.detail) ==
                          name_of(PauseReason::withdrawal);
           });
}

std::string stolen_text(const std::vector<FactorId>& factors) {
    std::string out;
    for (const FactorId& id : factors) out += (out.empty() ? "" : ",") + id.value;
    return out;
}

}  // namespace

std::string_view next_of(const CaseRow& row, bool enough) {
    switch (row.state) {
        case CaseState::open:
            return "evidence";
        case CaseState::evidence:
            return enough ? "approval" : "evidence";
        case CaseState::approved:
            return "approval";
        case CaseState::waiting:
            return "wait";
        case CaseState::link_issued:
            return "link";
        case CaseState::paused:
            return "review";
        default:
            return "none";
    }
}

bool can_withdraw(const CaseRow& row) {
    return !is_over(row.state) && row.state != CaseState::paused;
}

CaseView case_view(Tx& tx, Core& core, const CaseRow& row) {
    CaseView view;
    view.row = row;
    view.next = next_of(row, tally(tx.evidence(row.id)).enough());
    view.contact = open_text(core, places::case_contact(row), row.contact);
    for (const FactorId& id : stolen_factors(row))
        for (const FactorRow& f : tx.factors(row.user))
            if (f.id == id) view.stolen.push_back({f.id, f.label, f.method});
    for (const CaseStepRow& step : tx.case_steps(row.id)) {
        view.timeline.push_back(
            {step.at, step.action, step.actor,
             open_text(core, places::case_step_detail(step, row), step.detail)});
        if (step.action == "paused") view.paused_at = step.at;
    }
    return view;
}

std::optional<Problem> fault(const CaseRequest& request) {
    if (!valid_action_text(request.contact)) return invalid("/contact", "format");
    if (!request.stolen.empty() && request.reason != CaseReason::stolen)
        return invalid("/stolen", "unknown");
    return std::nullopt;
}

Outcome<CaseRow> insert_case(Tx& tx, Core& core, const Caller& caller, UserRow& user,
                             const CaseRequest& request) {
    const std::vector<FactorRow> factors = tx.factors(user.id);
    if (!has_second_factor(factors)) return problem(Code::not_enrolled);
    for (const FactorId& id : request.stolen) {
        const bool own = std::any_of(factors.begin(), factors.end(), [&](const FactorRow& f) {
            return f.id == id && f.status == FactorStatus::active;
        });
        if (!own) return invalid("/stolen", "unknown");
    }
    if (!user.open_case.empty()) return problem(Code::case_already_open);
    const std::int64_t now_ms = core.clock.now_ms();
    const Rate per_user{core.settings.support_cases_per_user, Seconds(86400)};
    const bool by_desk = actor_of(caller).starts_with("agent:");
    // Each has an allowance of its own: a stranger with the password who opens and withdraws does not
    // use up what the desk needs to help the owner.
    const std::string who = by_desk ? "desk" : caller.session() != nullptr ? "user" : "application";
    std::optional<Seconds> wait =
        throttle_take(tx, throttle_key(core.sealer, "case:" + who, user.id.value), per_user, now_ms);
    if (!wait && caller.session() != nullptr && !by_desk)
        wait = throttle_take(
            tx, throttle_key(core.sealer, "case:network", network_of(caller.client.ip)),
            kPerNetwork, now_ms);
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};

    CaseRow row;
    row.id = new_id<CaseId>(core.random, "cas_");
    row.application = user.application;
    row.user = user.id;
    row.reason = request.reason;
    row.channel = request.channel;
    row.contact = seal_text(core, places::case_contact(row), request.contact);
    row.stolen = stolen_text(request.stolen);
    row.opened_by = actor_of(caller);
    row.opened_at = core.clock.now();
    row.updated_at = row.opened_at;
    row.approvals_needed = user.high_value ? 2 : 1;
    row.due_at = row.opened_at + core.settings.support_case_life;
    tx.insert_case(row);
    user.open_case = row.id;
    tx.update_user(user);
    add_step(tx, core, caller, user, row, "opened", std::string(name_of(row.reason)));
    save_case(tx, core, row);
    tell_owner(tx, core, caller, user, row, "opened");
    return row;
}

Outcome<CaseView> SupportCases::open(const Caller& caller, std::string_view user,
                                     const CaseRequest& request) {
    if (std::optional<Problem> wrong = fault(request)) return *wrong;
    Outcome<CaseView> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        Outcome<UserRow> owner = subject(tx, caller, user, true);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        const Outcome<CaseRow> row = insert_case(tx, core_, caller, *owner, request);
        if (!row) {
            answer = row.error();
            return false;
        }
        answer = case_view(tx, core_, *row);
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<std::vector<CaseView>> SupportCases::list(const Caller& caller, std::string_view user) {
    Outcome<std::vector<CaseView>> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<UserRow> owner = subject(tx, caller, user, false);
        if (!owner) {
            answer = owner.error();
            return;
        }
        std::vector<CaseView> out;
        for (const CaseRow& row : tx.cases_of(owner->id, kShown))
            out.push_back(case_view(tx, core_, row));
        answer = std::move(out);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<CaseView> SupportCases::cancel(const Caller& caller, std::string_view user,
                                       const CaseId& id) {
    Outcome<CaseView> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        Outcome<UserRow> owner = subject(tx, caller, user, true);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        std::optional<CaseRow> row = tx.lock_case(id);
        if (!row || row->user != owner->id) {
            answer = problem(Code::not_found);
            return false;
        }
        if (is_over(row->state)) {
            answer = problem(Code::case_state);
            return false;
        }
        if (vetoes(tx, core_, caller, *row)) {
            answer = problem(Code::case_state);
            return false;
        }
        if (caller.key() != nullptr || row->state == CaseState::open)
            close_case(tx, core_, caller, *owner, *row, CaseState::cancelled);
        else
            pause_case(tx, core_, caller, *owner, *row, PauseReason::withdrawal);
        answer = case_view(tx, core_, *row);
        return true;
    });
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
