#include "server/domain/support_desk.hpp"

#include <algorithm>
#include <set>

#include "server/domain/addresses.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/user_view.hpp"

namespace twofold::domain {
namespace {

constexpr std::size_t kMostFound = 20;
constexpr std::size_t kMostReason = 300;
constexpr int kCasesOfUser = 20;
constexpr std::string_view kAgentPrefix = "agent:";

std::string masked_number(Core& core, const std::string& e164) {
    if (e164.empty()) return {};
    const std::optional<PhoneNumber> number = core.phones.parse(e164, {});
    return masked_phone(e164, number ? number->calling_code : "");
}

DeskUser desk_user(Tx& tx, Core& core, const UserRow& row) {
    DeskUser out;
    out.row = row;
    out.application = tx.application(row.application).value_or(ApplicationRow{});
    out.view = view_of(tx, core, row);
    for (const FactorRow& f : tx.factors(row.id)) {
        if (f.status != FactorStatus::active) continue;
        DeskFactor factor{f.id, f.method, f.label, {}, f.trouble, f.last_used_at};
        if (f.method == Method::email) factor.to = masked_email(address_of(core, f));
        if (f.method == Method::whatsapp) factor.to = masked_number(core, address_of(core, f));
        out.factors.push_back(std::move(factor));
    }
    out.email_changed = email_changed_recently(core, row);
    out.phone_changed = phone_changed_recently(core, row);
    return out;
}

std::string name_of_person(Tx& tx, Core& core, const UserId& id) {
    const std::optional<UserRow> user = tx.user(id);
    if (!user) return "?";
    std::string name = open_text(core, places::user_display_name(*user), user->display_name);
    if (name.empty())
        name = masked_email(open_text(core, places::user_email(*user), user->email));
    return name;
}

DeskActor actor_named(Tx& tx, Core& core, std::string_view actor) {
    if (actor == "user") return {"owner", {}};
    if (actor.starts_with(kAgentPrefix))
        return {"agent",
                name_of_person(tx, core, {std::string(actor.substr(kAgentPrefix.size()))})};
    if (actor.starts_with("key:")) return {"application", {}};
    if (actor == "operator") return {"operator", {}};
    return {"system", {}};
}

CaseBrief brief_of(Tx& tx, Core& core, const CaseRow& row) {
    CaseBrief out;
    out.row = row;
    out.next = next_of(row, tally(tx.evidence(row.id)).enough());
    out.opened_by = actor_named(tx, core, row.opened_by);
    if (const std::optional<UserRow> user = tx.user(row.user)) out.user = desk_user(tx, core, *user);
    return out;
}

// The mailboxes and numbers that lead to a person, whatever the spelling.
std::set<std::string> reaches(Tx& tx, Core& core, const UserRow& user) {
    std::set<std::string> out;
    const auto add = [&](const std::string& address) {
        if (!address.empty()) out.insert(mailbox_of(address));
    };
    add(open_text(core, places::user_email(user), user.email));
    add(open_text(core, places::user_previous_email(user), user.previous_email));
    add(open_text(core, places::user_phone(user), user.phone));
    if (valid_email(user.external_id)) add(user.external_id);
    for (const FactorRow& f : tx.factors(user.id))
        if (f.status == FactorStatus::active) add(address_of(core, f));
    return out;
}

// Whether one person stands behind both: the account of a customer is an agent's own, or two
// accounts of the desk are one pair of eyes.
bool same_person(Tx& tx, Core& core, const UserRow& a, const UserRow& b) {
    if (a.id == b.id) return true;
    const std::set<std::string> of_a = reaches(tx, core, a);
    const std::set<std::string> of_b = reaches(tx, core, b);
    return std::any_of(of_a.begin(), of_a.end(),
                       [&](const std::string& address) { return of_b.contains(address); });
}

bool same_person(Tx& tx, Core& core, const UserRow& agent, std::string_view actor) {
    if (!actor.starts_with(kAgentPrefix)) return false;
    const UserId id{std::string(actor.substr(kAgentPrefix.size()))};
    if (id == agent.id) return true;
    const std::optional<UserRow> other = tx.user(id);
    return other && same_person(tx, core, agent, *other);
}

std::vector<CaseStepRow> approvals_of(const std::vector<CaseStepRow>& steps) {
    std::vector<CaseStepRow> out;
    std::copy_if(steps.begin(), steps.end(), std::back_inserter(out),
                 [](const CaseStepRow& s) { return s.action == "approved"; });
    return out;
}

DeskPerson person_of(Tx& tx, Core& core, const DeskCaller& desk, const UserRow& owner,
                     const CaseRow& row, const std::vector<EvidenceRow>& evidence,
                     const std::vector<CaseStepRow>& steps) {
    const auto is_me = [&](std::string_view actor) {
        return same_person(tx, core, desk.user, actor);
    };
    DeskPerson out;
    out.role = desk.agent.role;
    out.own_account = same_person(tx, core, desk.user, owner);
    out.opener = is_me(row.opened_by);
    out.recorder = std::any_of(evidence.begin(), evidence.end(), [&](const EvidenceRow& e) {
        return is_me(std::string(kAgentPrefix) + e.recorded_by.value);
    });
    const auto approvals = approvals_of(steps);
    out.approver = std::any_of(approvals.begin(), approvals.end(),
                               [&](const CaseStepRow& s) { return is_me(s.actor); });
    return out;
}

CaseFacts facts_of(const CaseRow& row, const Tally& tally, const std::vector<LinkWay>& ways) {
    return {row.state, tally.enough(),
            std::any_of(ways.begin(), ways.end(), [](const LinkWay& w) { return w.why.empty(); })};
}

CaseDetail detail_of(Tx& tx, Core& core, const DeskCaller& desk, const CaseRow& row) {
    CaseDetail out;
    out.brief = brief_of(tx, core, row);
    out.view = case_view(tx, core, row);
    const UserRow& owner = out.brief.user.row;
    const std::vector<EvidenceRow> evidence = tx.evidence(row.id);
    const std::vector<CaseStepRow> steps = tx.case_steps(row.id);
    out.tally = tally(evidence);
    for (const EvidenceRow& e : evidence)
        out.evidence.push_back({e, open_text(core, places::case_evidence_note(e, row), e.note),
                                name_of_person(tx, core, e.recorded_by)});
    for (const EvidenceRule& rule : kEvidenceRules)
        out.kinds.push_back({rule, evidence_refusal(core, owner, rule.kind)});
    for (const CaseStepRow& s : approvals_of(steps))
        out.approvals.push_back({actor_named(tx, core, s.actor).name, s.at});
    out.ways = link_ways(core, owner, row, out.tally);
    const DeskPerson person = person_of(tx, core, desk, owner, row, evidence, steps);
    const CaseFacts facts = facts_of(row, out.tally, out.ways);
    for (std::size_t i = 0; i < kCaseActions.size(); ++i) {
        const auto action = static_cast<CaseAction>(i);
        out.rights.push_back({action, refusal(action, facts, person)});
    }
    for (const CaseStepView& s : out.view.timeline)
        out.actors.push_back(actor_named(tx, core, s.actor));
    return out;
}

Problem problem_of(DeskRefusal why) {
    switch (why) {
        case DeskRefusal::own_account:
            return problem(Code::own_account);
        case DeskRefusal::role:
            return problem(Code::forbidden);
        case DeskRefusal::opener:
        case DeskRefusal::recorder:
        case DeskRefusal::already_approved:
            return problem(Code::four_eyes);
        case DeskRefusal::evidence_missing:
            return problem(Code::evidence_missing);
        case DeskRefusal::no_delivery:
            return problem(Code::delivery_missing);
        default:
            return problem(Code::case_state);
    }
}

// Not a full text check of what agents write, but nothing that could steer a screen or a log.
bool valid_note(std::string_view text, std::size_t most) {
    return text.size() <= 4 * most && tamed(text, 4 * most) == text;
}

bool same_kind_recorded(const std::vector<EvidenceRow>& evidence, EvidenceKind kind) {
    return std::any_of(evidence.begin(), evidence.end(), [kind](const EvidenceRow& e) {
        return e.kind == kind && e.refused.empty();
    });
}

}  // namespace

// What a change works on.
struct SupportDesk::Change {
    const Caller& caller;
    DeskCaller desk;
    UserRow owner;
    CaseRow row;
    std::vector<EvidenceRow> evidence;
    std::vector<LinkWay> ways;
};

Outcome<CaseDetail> SupportDesk::change(
    const Caller& caller, const CaseId& id, CaseAction action,
    const std::function<std::optional<Problem>(Tx&, Change&)>& work) {
    Outcome<CaseDetail> answer = problem(Code::unavailable);
    const auto refuse = [&](Problem why) {
        answer = std::move(why);
        return false;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        if (!desk) return refuse(desk.error());
        const std::optional<CaseRow> seen = tx.support_case(id);
        if (!seen) return refuse(problem(Code::not_found));
        std::optional<UserRow> owner = tx.lock_user(seen->user);
        std::optional<CaseRow> row = tx.lock_case(id);
        if (!owner || !row) return refuse(problem(Code::not_found));
        Change c{caller, *desk, *owner, *row, tx.evidence(id), {}};
        const Tally proven = tally(c.evidence);
        c.ways = link_ways(core_, c.owner, c.row, proven);
        const DeskPerson person =
            person_of(tx, core_, c.desk, c.owner, c.row, c.evidence, tx.case_steps(id));
        const DeskRefusal why = refusal(action, facts_of(c.row, proven, c.ways), person);
        if (why != DeskRefusal::none) return refuse(problem_of(why));
        if (std::optional<Problem> wrong = work(tx, c)) return refuse(*wrong);
        answer = detail_of(tx, core_, c.desk, c.row);
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<CasePage> SupportDesk::list(const Caller& caller, std::span<const CaseState> states,
                                    std::string_view cursor, int limit) {
    Outcome<CasePage> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        if (!desk) {
            answer = desk.error();
            return;
        }
        std::optional<CaseRow> after;
        if (!cursor.empty()) {
            after = tx.support_case(CaseId{std::string(cursor)});
            if (!after) {
                answer = invalid("/cursor", "unknown");
                return;
            }
        }
        CasePage page;
        for (const CaseRow& row : tx.cases(states, after ? &*after : nullptr, limit + 1)) {
            if (static_cast<int>(page.items.size()) == limit) {
                page.next_cursor = page.items.back().row.id.value;
                break;
            }
            page.items.push_back(brief_of(tx, core_, row));
        }
        answer = std::move(page);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<CaseDetail> SupportDesk::get(const Caller& caller, const CaseId& id) {
    Outcome<CaseDetail> answer = problem(Code::not_found);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        const std::optional<CaseRow> row = desk ? tx.support_case(id) : std::nullopt;
        if (!desk)
            answer = desk.error();
        else if (row)
            answer = detail_of(tx, core_, *desk, *row);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<CaseDetail> SupportDesk::open(const Caller& caller, const UserId& id,
                                      const CaseRequest& request) {
    if (std::optional<Problem> wrong = fault(request)) return *wrong;
    Outcome<CaseDetail> answer = problem(Code::unavailable);
    const auto refuse = [&](Problem why) {
        answer = std::move(why);
        return false;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        if (!desk) return refuse(desk.error());
        std::optional<UserRow> owner = tx.lock_user(id);
        if (!owner) return refuse(problem(Code::not_found));
        if (same_person(tx, core_, desk->user, *owner)) return refuse(problem(Code::own_account));
        const Outcome<CaseRow> row = insert_case(tx, core_, caller, *owner, request);
        if (!row) return refuse(row.error());
        answer = detail_of(tx, core_, *desk, *row);
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<CaseDetail> SupportDesk::record_evidence(const Caller& caller, const CaseId& id,
                                                 EvidenceKind kind, std::string_view note) {
    if (!valid_note(note, kMostReason)) return invalid("/note", "format");
    return change(caller, id, CaseAction::record_evidence,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        EvidenceRow row;
        row.id = new_id<EvidenceId>(core_.random, "evd_");
        row.support_case = c.row.id;
        row.kind = kind;
        row.refused = evidence_refusal(core_, c.owner, kind);
        if (row.refused.empty() && same_kind_recorded(c.evidence, kind)) row.refused = "repeated";
        row.note = seal_text(core_, places::case_evidence_note(row, c.row), note);
        row.recorded_by = c.desk.user.id;
        row.recorded_at = core_.clock.now();
        tx.insert_evidence(row);
        add_step(tx, core_, caller, c.owner, c.row, "evidence_recorded",
                 std::string(name_of(kind)));
        // What is no proof by itself locks nobody out of a factor.
        if (row.refused.empty() && rule_of(kind).group != ProofGroup::none)
            suspend_stolen(tx, core_, caller, c.owner, c.row);
        c.row.state = CaseState::evidence;
        c.row.due_at = core_.clock.now() + core_.settings.support_case_life;
        save_case(tx, core_, c.row);
        tell_owner(tx, core_, caller, c.owner, c.row, "evidence");
        return std::nullopt;
    });
}

Outcome<CaseDetail> SupportDesk::approve(const Caller& caller, const CaseId& id, LinkTo to) {
    return change(caller, id, CaseAction::approve,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        const auto way = std::find_if(c.ways.begin(), c.ways.end(), [to](const LinkWay& w) {
            return w.why.empty() && (to == LinkTo::none || w.to == to);
        });
        if (way == c.ways.end()) return problem(Code::delivery_missing);
        c.row.deliver = way->to;
        add_step(tx, core_, caller, c.owner, c.row, "approved");
        const auto have = approvals_of(tx.case_steps(c.row.id)).size();
        if (static_cast<int>(have) < c.row.approvals_needed) {
            c.row.state = CaseState::approved;
            save_case(tx, core_, c.row);
            return std::nullopt;
        }
        c.row.state = CaseState::waiting;
        c.row.due_at = core_.clock.now() +
                       waiting_time(core_.settings, tally(c.evidence), c.row.deliver);
        add_step(tx, core_, caller, c.owner, c.row, "waiting");
        save_case(tx, core_, c.row);
        tell_owner(tx, core_, caller, c.owner, c.row, "approved");
        return std::nullopt;
    });
}

Outcome<CaseDetail> SupportDesk::reject(const Caller& caller, const CaseId& id,
                                        std::string_view reason) {
    if (reason.empty() || !valid_note(reason, kMostReason)) return invalid("/reason", "format");
    return change(caller, id, CaseAction::reject,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        close_case(tx, core_, caller, c.owner, c.row, CaseState::rejected, std::string(reason));
        return std::nullopt;
    });
}

Outcome<CaseDetail> SupportDesk::cancel(const Caller& caller, const CaseId& id) {
    return change(caller, id, CaseAction::cancel,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        close_case(tx, core_, caller, c.owner, c.row, CaseState::cancelled);
        return std::nullopt;
    });
}

Outcome<CaseDetail> SupportDesk::resume(const Caller& caller, const CaseId& id,
                                        std::string_view reason) {
    if (reason.empty() || !valid_note(reason, kMostReason)) return invalid("/reason", "format");
    return change(caller, id, CaseAction::resume,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        // The owner has the whole time once more; a link that was out is dead.
        const bool waited = c.row.paused_from == CaseState::waiting ||
                            c.row.paused_from == CaseState::link_issued;
        c.row.state = waited ? CaseState::waiting : c.row.paused_from;
        c.row.pause_reason = PauseReason::none;
        c.row.due_at = core_.clock.now() +
                       (waited ? core_.settings.support_wait : core_.settings.support_case_life);
        add_step(tx, core_, caller, c.owner, c.row, "resumed", std::string(reason));
        save_case(tx, core_, c.row);
        tell_owner(tx, core_, caller, c.owner, c.row, "resumed");
        return std::nullopt;
    });
}

Outcome<CaseDetail> SupportDesk::reissue_link(const Caller& caller, const CaseId& id) {
    return change(caller, id, CaseAction::reissue_link,
                  [&](Tx& tx, Change& c) -> std::optional<Problem> {
        // Whoever redeemed the old one starts anew.
        tx.delete_sessions(c.owner.id, {});
        issue_link(tx, core_, caller, c.owner, c.row);
        return std::nullopt;
    });
}

Outcome<std::vector<DeskUser>> SupportDesk::find(const Caller& caller, std::string_view query) {
    Outcome<std::vector<DeskUser>> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        if (!desk) {
            answer = desk.error();
            return;
        }
        std::vector<UserRow> rows;
        const auto add = [&](const UserRow& row) {
            const bool known = std::any_of(rows.begin(), rows.end(),
                                           [&](const UserRow& r) { return r.id == row.id; });
            if (!known && rows.size() < kMostFound) rows.push_back(row);
        };
        if (const auto row = tx.user(UserId{std::string(query)})) add(*row);
        for (const ApplicationRow& application : tx.applications()) {
            if (valid_external_id(query))
                if (const auto row = tx.user_by_external_id(application.id, query)) add(*row);
            if (!valid_email(query)) continue;
            const std::string index = email_index(core_, application.id, query);
            for (const UserRow& row :
                 tx.users_by_email(application.id, index, static_cast<int>(kMostFound)))
                add(row);
        }
        std::vector<DeskUser> out;
        for (const UserRow& row : rows) out.push_back(desk_user(tx, core_, row));
        answer = std::move(out);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<DeskUserPage> SupportDesk::user(const Caller& caller, const UserId& id) {
    Outcome<DeskUserPage> answer = problem(Code::not_found);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        const Outcome<DeskCaller> desk = desk_caller(tx, caller);
        if (!desk) {
            answer = desk.error();
            return;
        }
        const std::optional<UserRow> row = tx.user(id);
        if (!row) return;
        DeskUserPage page;
        page.user = desk_user(tx, core_, *row);
        for (const CaseRow& c : tx.cases_of(id, kCasesOfUser))
            page.cases.push_back(brief_of(tx, core_, c));
        page.explain = explain(tx, core_, *row);
        answer = std::move(page);
    });
    if (!done) return done.error();
    return answer;
}

}  // namespace twofold::domain
