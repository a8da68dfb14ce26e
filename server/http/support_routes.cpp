#include <algorithm>

#include "server/domain/addresses.hpp"
#include "server/domain/names.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/support_desk.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {

using Need = ObjectReader::Need;
using domain::name_of;

namespace {

constexpr std::size_t kMaxContact = 200;
constexpr std::size_t kMaxReason = 300;
constexpr int kPollQueue = 10;  // seconds
constexpr int kPollCase = 5;

template <class T>
std::string text(T value) {
    return std::string(name_of(value));
}

void set_if(Out& out, const char* member, const std::string& value) {
    if (!value.empty()) out[member] = value;
}

// --- the owner's view ----------------------------------------------------------------------------

// Who did it, as far as the owner is told.
std::string owner_actor(const std::string& actor) {
    if (actor == "user") return "you";
    if (actor.starts_with("agent:") || actor == "operator") return "support";
    if (actor.starts_with("key:")) return "application";
    return "system";
}

void add_state(Out& out, const domain::CaseRow& row, std::string_view next) {
    out["id"] = row.id.value;
    out["state"] = text(row.state);
    out["reason"] = text(row.reason);
    out["channel"] = text(row.channel);
    out["opened_at"] = rfc3339(row.opened_at);
    out["updated_at"] = rfc3339(row.updated_at);
    out["next"] = std::string(next);
    if (row.due_at && row.state == domain::CaseState::waiting)
        out["waits_until"] = rfc3339(*row.due_at);
    if (row.due_at && row.state == domain::CaseState::link_issued)
        out["link_expires_at"] = rfc3339(*row.due_at);
}

void add_pause(Out& out, const domain::CaseView& view) {
    if (view.row.state != domain::CaseState::paused) return;
    Out pause{{"reason", text(view.row.pause_reason)}};
    if (view.paused_at) pause["at"] = rfc3339(*view.paused_at);
    out["pause"] = std::move(pause);
}

Out stolen_json(const domain::CaseView& view) {
    Out out = Out::array();
    for (const auto& s : view.stolen)
        out.push_back(
            Out{{"enrollment_id", s.id.value}, {"label", s.label}, {"method", text(s.method)}});
    return out;
}

Out case_json(const domain::CaseView& view) {
    Out out;
    add_state(out, view.row, view.next);
    if (view.row.deliver != domain::LinkTo::none) out["link_sent_to"] = text(view.row.deliver);
    add_pause(out, view);
    out["stolen"] = stolen_json(view);
    out["timeline"] = Out::array();
    for (const domain::CaseStepView& s : view.timeline)
        out["timeline"].push_back(
            Out{{"at", rfc3339(s.at)}, {"action", s.action}, {"actor", owner_actor(s.actor)}});
    out["can_withdraw"] = domain::can_withdraw(view.row);
    return out;
}

// --- the desk's view -----------------------------------------------------------------------------

Out actor_json(const domain::DeskActor& actor) {
    Out out{{"kind", actor.kind}};
    set_if(out, "name", actor.name);
    return out;
}

Out application_json(const domain::DeskUser& user) {
    return Out{{"id", user.application.id.value}, {"name", user.application.name}};
}

Out user_brief_json(const domain::DeskUser& user) {
    Out out{{"id", user.row.id.value}};
    if (user.view.display_name) set_if(out, "name", *user.view.display_name);
    if (user.view.email) set_if(out, "email", user.view.masked_email);
    return out;
}

Out user_full_json(const domain::DeskUser& user) {
    Out out{{"id", user.row.id.value}, {"external_id", user.row.external_id}};
    out["application"] = application_json(user);
    if (user.view.display_name) set_if(out, "name", *user.view.display_name);
    if (user.view.email) set_if(out, "email", user.view.masked_email);
    if (user.view.phone) set_if(out, "phone", user.view.masked_phone);
    out["locale"] = user.row.locale;
    out["created_at"] = rfc3339(user.row.created_at);
    out["email_changed_recently"] = user.email_changed;
    out["phone_changed_recently"] = user.phone_changed;
    out["high_value"] = user.row.high_value;
    out["methods"] = Out::array();
    for (const domain::DeskFactor& f : user.factors) {
        Out factor{
            {"enrollment_id", f.id.value}, {"method", text(f.method)}, {"label", f.label}};
        set_if(factor, "to", f.to);
        if (f.last_used_at) factor["last_used_at"] = rfc3339(*f.last_used_at);
        set_if(factor, "problem", f.trouble == domain::FactorTrouble::none
                                      ? std::string()
                                      : text(f.trouble));
        out["methods"].push_back(std::move(factor));
    }
    out["backup_codes_remaining"] = user.view.backup_codes_remaining;
    if (!user.row.open_case.empty()) out["open_case"] = user.row.open_case.value;
    return out;
}

void add_brief(Out& out, const domain::CaseBrief& brief) {
    add_state(out, brief.row, brief.next);
    out["opened_by"] = actor_json(brief.opened_by);
    out["user"] = user_brief_json(brief.user);
    out["application"] = application_json(brief.user);
}

Out brief_json(const domain::CaseBrief& brief) {
    Out out;
    add_brief(out, brief);
    return out;
}

Out rule_json(const domain::EvidenceRule& rule) {
    Out out{{"kind", text(rule.kind)}};
    if (rule.group != domain::ProofGroup::none) out["group"] = text(rule.group);
    out["points"] = rule.points;
    return out;
}

Out evidence_json(const domain::CaseDetail::Evidence& e) {
    Out out = rule_json(domain::rule_of(e.row.kind));
    out["id"] = e.row.id.value;
    out["counts"] = e.row.refused.empty();
    set_if(out, "why", e.row.refused);
    out["recorded_by"] = Out{{"name", e.by}};
    out["recorded_at"] = rfc3339(e.row.recorded_at);
    set_if(out, "note", e.note);
    return out;
}

void add_proofs(Out& out, const domain::CaseDetail& d) {
    out["points"] = d.tally.points;
    out["points_needed"] = domain::kPointsNeeded;
    out["groups"] = Out::array();
    for (const domain::ProofGroup g : d.tally.groups) out["groups"].push_back(text(g));
    out["evidence_kinds"] = Out::array();
    for (const auto& k : d.kinds) {
        Out kind = rule_json(k.rule);
        kind["counts"] = k.why.empty();
        set_if(kind, "why", k.why);
        out["evidence_kinds"].push_back(std::move(kind));
    }
    out["evidence"] = Out::array();
    for (const auto& e : d.evidence) out["evidence"].push_back(evidence_json(e));
    out["approvals"] = Out::array();
    for (const auto& a : d.approvals)
        out["approvals"].push_back(Out{{"by", Out{{"name", a.by}}}, {"at", rfc3339(a.at)}});
    out["approvals_needed"] = d.brief.row.approvals_needed;
}

Out detail_json(const domain::CaseDetail& d) {
    Out out;
    add_brief(out, d.brief);
    set_if(out, "contact", d.view.contact);
    out["stolen"] = stolen_json(d.view);
    add_pause(out, d.view);
    out["user"] = user_full_json(d.brief.user);
    add_proofs(out, d);
    out["deliver"] = Out::array();
    for (const domain::LinkWay& w : d.ways) {
        Out way{{"to", text(w.to)}, {"allowed", w.why.empty()}};
        set_if(way, "why", w.why);
        out["deliver"].push_back(std::move(way));
    }
    if (d.brief.row.deliver != domain::LinkTo::none)
        out["link_sent_to"] = text(d.brief.row.deliver);
    out["timeline"] = Out::array();
    for (std::size_t i = 0; i < d.view.timeline.size(); ++i) {
        const domain::CaseStepView& s = d.view.timeline[i];
        Out step{{"at", rfc3339(s.at)}, {"action", s.action}, {"actor", actor_json(d.actors[i])}};
        set_if(step, "detail", s.detail);
        out["timeline"].push_back(std::move(step));
    }
    out["actions"] = Out::array();
    for (const auto& r : d.rights) {
        Out action{{"action", text(r.action)}, {"allowed", r.why == domain::DeskRefusal::none}};
        if (r.why != domain::DeskRefusal::none) action["why"] = text(r.why);
        out["actions"].push_back(std::move(action));
    }
    return out;
}

Out line_json(const domain::ExplainLine& l) {
    Out out{{"at", rfc3339(l.at)}, {"what", l.what}};
    set_if(out, "method", l.method);
    set_if(out, "label", l.label);
    if (l.seconds) out["seconds"] = *l.seconds;
    if (l.until) out["until"] = rfc3339(*l.until);
    set_if(out, "reason", l.reason);
    return out;
}

// --- reading -------------------------------------------------------------------------------------

template <class E, std::size_t n>
std::optional<E> read_name(ObjectReader& body, const char* member,
                           const std::array<const char*, n>& names, Need need) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto index = body.choice(member, std::span<const std::string_view>(known), need);
    return index ? std::optional(static_cast<E>(*index)) : std::nullopt;
}

domain::CaseRequest read_case(ObjectReader& body, domain::CaseChannel usual) {
    domain::CaseRequest request;
    request.reason =
        read_name<domain::CaseReason>(body, "reason", domain::kCaseReasons, Need::required)
            .value_or(domain::CaseReason::other);
    request.channel =
        read_name<domain::CaseChannel>(body, "channel", domain::kCaseChannels, Need::optional)
            .value_or(usual);
    request.contact = body.string("contact", 0, kMaxContact, Need::optional).value_or("");
    for (std::string& id : body.strings("stolen", 10, 64, Need::optional))
        request.stolen.push_back({std::move(id)});
    return request;
}

domain::CaseId case_id(const Call& call) { return {std::string(call.req.param("id"))}; }

Response desk_answer(Call& call, const domain::Outcome<domain::CaseDetail>& outcome,
                     int status = 200) {
    if (!outcome) return problem_response(outcome.error(), call.req.request_id);
    return json_response(status, detail_json(*outcome));
}

// --- calls of the owner and of keys --------------------------------------------------------------

Response open_case(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const domain::CaseRequest request = read_case(
        body, call.caller.key() != nullptr ? domain::CaseChannel::integrator
                                           : domain::CaseChannel::client_area);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto made =
        domain::SupportCases(s.core).open(call.caller, call.req.param("user"), request);
    if (!made) return problem_response(made.error(), call.req.request_id);
    return json_response(201, case_json(*made));
}

Response own_cases(const Services& s, Call& call) {
    const auto list = domain::SupportCases(s.core).list(call.caller, call.req.param("user"));
    if (!list) return problem_response(list.error(), call.req.request_id);
    Out items = Out::array();
    for (const domain::CaseView& view : *list) items.push_back(case_json(view));
    Response res = json_response(200, Out{{"items", std::move(items)}, {"next_cursor", nullptr}});
    return std::move(res.set("Retry-After", std::to_string(kPollCase)));
}

Response withdraw_case(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = domain::SupportCases(s.core).cancel(call.caller, call.req.param("user"),
                                                          case_id(call));
    if (!done) return problem_response(done.error(), call.req.request_id);
    return json_response(200, case_json(*done));
}

Response redeem_recovery(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string token = body.string("token", 1, 128).value_or("");
    const std::string password = body.string("password", 1, 256).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto made = domain::RecoveryLinks(s.core).redeem(call.caller, token, password);
    if (!made) return problem_response(made.error(), call.req.request_id);
    Response res = json_response(200, Out{{"status", "recovery"},
                                          {"csrf_token", made->session.csrf_token},
                                          {"expires_at", rfc3339(made->expires_at)}});
    return std::move(res.set("Set-Cookie", s.gate.cookie(made->session.token)));
}

Response redeem_notice(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string token = body.string("token", 1, 128).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    const auto done = domain::RecoveryLinks(s.core).redeem_notice(call.caller, token);
    if (!done) return problem_response(done.error(), call.req.request_id);
    Out out{{"status", "frozen"}, {"sessions_ended", true}};
    if (done->case_paused) out["case"] = Out{{"state", "paused"}};
    return json_response(200, out);
}

// --- calls of the desk ---------------------------------------------------------------------------

Response list_cases(const Services& s, Call& call) {
    std::vector<domain::CaseState> states;
    const std::string wanted(call.req.query_param("state").value_or("active"));
    const auto one = domain::value_of<domain::CaseState>(domain::kCaseStates, wanted);
    for (std::size_t i = 0; i < domain::kCaseStates.size(); ++i) {
        const auto state = static_cast<domain::CaseState>(i);
        if (wanted == "all" || (one ? state == *one
                                    : wanted == "active" && !domain::is_over(state)))
            states.push_back(state);
    }
    if (states.empty()) {
        call.errors.push_back({"/state", "unsupported", std::string(rule_text("unsupported"))});
        return refuse_body(call);
    }
    const auto page =
        domain::SupportDesk(s.core).list(call.caller, states, call.cursor, call.limit);
    if (!page) return problem_response(page.error(), call.req.request_id);
    Out items = Out::array();
    for (const domain::CaseBrief& brief : page->items) items.push_back(brief_json(brief));
    Out out{{"items", std::move(items)}};
    out["next_cursor"] = page->next_cursor.empty() ? Out(nullptr) : Out(page->next_cursor);
    return std::move(
        json_response(200, out).set("Retry-After", std::to_string(kPollQueue)));
}

Response get_case(const Services& s, Call& call) {
    Response res = desk_answer(call, domain::SupportDesk(s.core).get(call.caller, case_id(call)));
    if (res.status == 200) res.set("Retry-After", std::to_string(kPollCase));
    return res;
}

Response desk_open(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string user = body.string("user_id", 1, 64).value_or("");
    const domain::CaseRequest request = read_case(body, domain::CaseChannel::ticket);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call, domain::SupportDesk(s.core).open(call.caller, {user}, request), 201);
}

Response record_evidence(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const auto kind =
        read_name<domain::EvidenceKind>(body, "kind", domain::kEvidenceKinds, Need::required);
    const std::string note = body.string("note", 0, kMaxReason, Need::optional).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call, domain::SupportDesk(s.core).record_evidence(call.caller, case_id(call),
                                                                         *kind, note));
}

Response approve(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const auto to = read_name<domain::LinkTo>(body, "deliver", domain::kLinkTos, Need::optional)
                        .value_or(domain::LinkTo::none);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call, domain::SupportDesk(s.core).approve(call.caller, case_id(call), to));
}

Response reject(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string reason = body.string("reason", 1, kMaxReason).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call,
                       domain::SupportDesk(s.core).reject(call.caller, case_id(call), reason));
}

Response resume(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    const std::string reason = body.string("reason", 1, kMaxReason).value_or("");
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call,
                       domain::SupportDesk(s.core).resume(call.caller, case_id(call), reason));
}

Response desk_cancel(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call, domain::SupportDesk(s.core).cancel(call.caller, case_id(call)));
}

Response reissue_link(const Services& s, Call& call) {
    ObjectReader body(call.body, call.errors);
    body.finish();
    if (!call.errors.empty()) return refuse_body(call);
    return desk_answer(call, domain::SupportDesk(s.core).reissue_link(call.caller, case_id(call)));
}

Response find_users(const Services& s, Call& call) {
    const std::string query(call.req.query_param("query").value_or(""));
    if (query.empty() || query.size() > 254) {
        call.errors.push_back({"/query", "length", std::string(rule_text("length"))});
        return refuse_body(call);
    }
    const auto found = domain::SupportDesk(s.core).find(call.caller, query);
    if (!found) return problem_response(found.error(), call.req.request_id);
    Out items = Out::array();
    for (const domain::DeskUser& user : *found) {
        Out item = user_full_json(user);
        Out methods = Out::array();
        for (const domain::Method m : user.view.methods) methods.push_back(text(m));
        item["two_factor"] = Out{{"enabled", user.view.two_factor_enabled},
                                 {"methods", std::move(methods)}};
        items.push_back(std::move(item));
    }
    return json_response(200, Out{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Response desk_user(const Services& s, Call& call) {
    const auto page = domain::SupportDesk(s.core).user(call.caller,
                                                       {std::string(call.req.param("id"))});
    if (!page) return problem_response(page.error(), call.req.request_id);
    Out out{{"user", user_full_json(page->user)}};
    out["cases"] = Out::array();
    for (const domain::CaseBrief& brief : page->cases) out["cases"].push_back(brief_json(brief));
    out["explain"] = Out::array();
    for (const domain::ExplainLine& line : page->explain) out["explain"].push_back(line_json(line));
    return json_response(200, out);
}

using Handler2 = Response (*)(const Services&, Call&);

void add_owner_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Handler2 handler) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    const std::string tag = "Locked out";
    ops.push_back({.method = Method::post,
                   .path = "/v1/users/{user}/support-cases",
                   .auth = Auth::key_or_partial,
                   .scope = "support",
                   .id = "openSupportCase",
                   .tag = tag,
                   .summary = "Ask support for a way back in",
                   .description = "A person may after the password alone. One case at a time.",
                   .body = Body::required,
                   .request = "CaseRequest",
                   .success = 201,
                   .response = "Case",
                   .errors = {"not_found", "not_enrolled", "case_already_open", "rate_limited"},
                   .idempotent = true,
                   .run = run(open_case)});
    ops.push_back({.path = "/v1/users/{user}/support-cases",
                   .auth = Auth::key_or_partial,
                   .scope = "support",
                   .id = "listOwnSupportCases",
                   .tag = tag,
                   .summary = "The user's cases, newest first",
                   .response = "CaseList",
                   .errors = {"not_found"},
                   .run = run(own_cases)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/users/{user}/support-cases/{id}/cancel",
                   .auth = Auth::key_or_partial,
                   .scope = "support",
                   .id = "withdrawSupportCase",
                   .tag = tag,
                   .summary = "Withdraw a case",
                   .description = "By the owner: ends it while nothing is proven, later pauses it "
                                  "for review. By a key: ends it.",
                   .body = Body::optional,
                   .request = "Nothing",
                   .response = "Case",
                   .errors = {"not_found", "case_state"},
                   .idempotent = true,
                   .run = run(withdraw_case)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/recovery-links/redeem",
                   .auth = Auth::optional_session,
                   .id = "redeemRecoveryLink",
                   .tag = tag,
                   .summary = "Redeem a re-enrol link together with the password",
                   .description = "The session it sets can set up a method and nothing else. The "
                                  "browser that redeemed the link may again, no other.",
                   .body = Body::required,
                   .request = "TokenAndPassword",
                   .response = "Recovery",
                   .errors = {"link_invalid", "password_invalid", "case_paused", "rate_limited"},
                   .lane = Lane::hashing,
                   .run = run(redeem_recovery)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/notice-links/redeem",
                   .id = "redeemNoticeLink",
                   .tag = tag,
                   .summary = "\"This was not me\": ends every session and pauses an open case",
                   .body = Body::required,
                   .request = "TokenOnly",
                   .response = "Frozen",
                   .errors = {"link_invalid", "rate_limited"},
                   .run = run(redeem_notice)});
}

// One that changes a case.
Operation desk_change(std::string path, std::string id, std::string summary, Body body,
                      std::string request, std::vector<std::string> errors, Run run) {
    Operation op;
    op.method = Method::post;
    op.path = "/v1/support-cases/{id}/" + std::move(path);
    op.auth = Auth::session;
    op.id = std::move(id);
    op.tag = "Support desk";
    op.summary = std::move(summary);
    op.body = body;
    op.request = std::move(request);
    op.response = "CaseDetail";
    op.errors = {"not_found", "forbidden", "own_factor_required", "own_account", "case_state"};
    op.errors.insert(op.errors.end(), errors.begin(), errors.end());
    op.idempotent = true;
    op.run = std::move(run);
    return op;
}

void add_desk_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Handler2 handler) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    const std::string tag = "Support desk";
    ops.push_back({.path = "/v1/support-cases",
                   .auth = Auth::session,
                   .id = "listSupportCases",
                   .tag = tag,
                   .summary = "The queue, oldest first",
                   .description = "For people of the desk with a second factor of their own. "
                                  "`state`: one state, active (the usual) or all.",
                   .response = "CasePage",
                   .errors = {"forbidden", "own_factor_required", "validation_failed"},
                   .query = {"state", "limit", "cursor"},
                   .run = run(list_cases)});
    ops.push_back({.method = Method::post,
                   .path = "/v1/support-cases",
                   .auth = Auth::session,
                   .id = "deskOpenSupportCase",
                   .tag = tag,
                   .summary = "Open a case for someone who wrote, phoned or stands here",
                   .body = Body::required,
                   .request = "DeskCaseRequest",
                   .success = 201,
                   .response = "CaseDetail",
                   .errors = {"not_found", "forbidden", "own_factor_required", "own_account",
                              "not_enrolled", "case_already_open", "rate_limited"},
                   .idempotent = true,
                   .run = run(desk_open)});
    ops.push_back({.path = "/v1/support-cases/{id}",
                   .auth = Auth::session,
                   .id = "getSupportCase",
                   .tag = tag,
                   .summary = "One case, with what may be done to it and why not",
                   .response = "CaseDetail",
                   .errors = {"not_found", "forbidden", "own_factor_required"},
                   .run = run(get_case)});
    ops.push_back(desk_change("evidence", "recordEvidence", "Record a proof of identity",
                              Body::required, "EvidenceRequest", {}, run(record_evidence)));
    ops.push_back(desk_change("approve", "approveSupportCase",
                              "Approve; the waiting time begins", Body::required, "ApproveRequest",
                              {"four_eyes", "evidence_missing", "delivery_missing"},
                              run(approve)));
    ops.push_back(desk_change("reject", "rejectSupportCase", "Reject; the case is over",
                              Body::required, "ReasonRequest", {}, run(reject)));
    ops.push_back(desk_change("resume", "resumeSupportCase",
                              "Go on after a pause; a waiting time starts again", Body::required,
                              "ReasonRequest", {"four_eyes"}, run(resume)));
    ops.push_back(desk_change("cancel", "cancelSupportCase",
                              "End it, as its owner has asked for", Body::optional, "Nothing", {},
                              run(desk_cancel)));
    ops.push_back(desk_change("link", "reissueRecoveryLink",
                              "Send a new re-enrol link; the old one dies", Body::optional,
                              "Nothing", {"four_eyes", "delivery_missing"}, run(reissue_link)));
    ops.push_back({.path = "/v1/desk/users",
                   .auth = Auth::session,
                   .id = "findUsers",
                   .tag = tag,
                   .summary = "Find people by their whole address or id",
                   .response = "DeskUserList",
                   .errors = {"forbidden", "own_factor_required", "validation_failed"},
                   .query = {"query"},
                   .run = run(find_users)});
    ops.push_back({.path = "/v1/desk/users/{id}",
                   .auth = Auth::session,
                   .id = "getDeskUser",
                   .tag = tag,
                   .summary = "One person, their cases, and why signing in failed",
                   .response = "DeskUserPage",
                   .errors = {"not_found", "forbidden", "own_factor_required"},
                   .run = run(desk_user)});
}

}  // namespace

void add_support_operations(const Services& s, std::vector<Operation>& ops) {
    add_owner_operations(s, ops);
    add_desk_operations(s, ops);
}

}  // namespace twofold::http
