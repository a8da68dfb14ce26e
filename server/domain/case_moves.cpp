#include "server/domain/case_moves.hpp"

#include <algorithm>
#include <cstdio>

#include "server/domain/addresses.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/events.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kRecently{30 * 86400};

std::string step_id(const CaseId& id, int sequence) {
    char number[16];
    std::snprintf(number, sizeof number, ":%06d", sequence);
    return id.value + number;
}

// The desk's people sit elsewhere than the owner: where they are, and with which browser, is not the
// owner's to read in a notice or in their history. Their own history has it, at their sign-in.
Caller seen_by_owner(const Caller& caller) {
    Caller out = caller;
    if (actor_of(caller).starts_with("agent:")) out.client = {};
    return out;
}

}  // namespace

void add_step(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row,
              const std::string& action, const std::string& detail) {
    row.steps += 1;
    CaseStepRow step;
    step.id = step_id(row.id, row.steps);
    step.support_case = row.id;
    step.sequence = row.steps;
    step.action = action;
    step.actor = actor_of(caller);
    step.at = core.clock.now();
    step.detail = seal_text(core, places::case_step_detail(step, row), detail);
    tx.insert_case_step(step);
    record(tx, core, seen_by_owner(caller), user,
           {.action = "case." + action,
            .object = row.id.value,
            .details = detail.empty() ? TextMap{} : TextMap{{"detail", detail}}});
}

void save_case(Tx& tx, Core& core, CaseRow& row) {
    row.updated_at = core.clock.now();
    tx.update_case(row);
}

void tell_owner(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const CaseRow& row,
                const std::string& what, std::vector<std::string> also) {
    Notice notice;
    notice.kind = "case_" + what;
    notice.also = std::move(also);
    if (row.due_at && (row.state == CaseState::waiting || row.state == CaseState::link_issued))
        notice.more["until"] = std::to_string(row.due_at->time_since_epoch().count());
    notify(tx, core, seen_by_owner(caller), user, notice);
}

std::vector<FactorId> stolen_factors(const CaseRow& row) {
    std::vector<FactorId> out;
    for (std::string_view rest = row.stolen; !rest.empty();) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        out.push_back({std::string(rest.substr(0, comma))});
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return out;
}

void suspend_stolen(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row) {
    bool any = false;
    for (const FactorId& id : stolen_factors(row)) {
        std::optional<FactorRow> factor = tx.lock_factor(id);
        if (!factor || factor->user != user.id || factor->status != FactorStatus::active ||
            suspends(factor->trouble))  // a number with a new owner stays that
            continue;
        factor->trouble = FactorTrouble::stolen;
        tx.update_factor(*factor);
        record(tx, core, seen_by_owner(caller), user,
               {.action = "factor.suspended",
                .method = std::string(name_of(factor->method)),
                .object = id.value,
                .label = factor->label});
        any = true;
    }
    if (!any) return;
    // Whoever is signed in on it is not heard any more, and it is remembered no longer.
    tx.delete_full_sessions(user.id);
    end_devices(tx, core, caller, user, "stolen");
    add_step(tx, core, caller, user, row, "factors_suspended");
}

bool pause_case(Tx& tx, Core& core, const Caller& caller, const UserRow& user, CaseRow& row,
                PauseReason why) {
    if (is_over(row.state) || row.state == CaseState::paused) return false;
    row.paused_from = row.state;
    row.state = CaseState::paused;
    row.pause_reason = why;
    row.due_at = core.clock.now() + core.settings.support_case_life;
    tx.void_links(LinkPurpose::recover, row.application, row.id.value);
    add_step(tx, core, caller, user, row, "paused", std::string(name_of(why)));
    save_case(tx, core, row);
    tell_owner(tx, core, caller, user, row, "paused");
    return true;
}

bool pause_open_case(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                     PauseReason why) {
    if (user.open_case.empty()) return false;
    std::optional<CaseRow> row = tx.lock_case(user.open_case);
    return row && pause_case(tx, core, caller, user, *row, why);
}

void pause_after_reset(Tx& tx, Core& core, const Caller& caller, const UserRow& user) {
    if (user.open_case.empty()) return;
    std::optional<CaseRow> row = tx.lock_case(user.open_case);
    if (!row || row->deliver != LinkTo::email) return;
    if (row->state == CaseState::waiting || row->state == CaseState::link_issued)
        pause_case(tx, core, caller, user, *row, PauseReason::objection);
}

void close_case(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row,
                CaseState state, const std::string& detail) {
    if (state != CaseState::done) {
        for (const FactorId& id : stolen_factors(row)) {
            std::optional<FactorRow> factor = tx.lock_factor(id);
            if (!factor || factor->user != user.id || factor->trouble != FactorTrouble::stolen)
                continue;
            factor->trouble = FactorTrouble::none;
            tx.update_factor(*factor);
        }
    }
    row.state = state;
    row.due_at.reset();
    tx.void_links(LinkPurpose::recover, row.application, row.id.value);
    const std::string name(name_of(state));
    add_step(tx, core, caller, user, row, name, detail);
    save_case(tx, core, row);
    if (user.open_case == row.id) {
        user.open_case = {};
        tx.update_user(user);
    }
    tell_owner(tx, core, caller, user, row, name);
}

bool email_changed_recently(Core& core, const UserRow& user) {
    return core.clock.now() < user.previous_email_until;
}

bool phone_changed_recently(Core& core, const UserRow& user) {
    return core.clock.now() < user.phone_changed_at + kRecently;
}

std::string evidence_refusal(Core& core, const UserRow& user, EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::email_reply:
            if (user.email.empty()) return "no_address";
            return email_changed_recently(core, user) ? "address_changed" : "";
        case EvidenceKind::phone_call_back:
            if (user.phone.empty()) return "no_address";
            return phone_changed_recently(core, user) ? "address_changed" : "";
        default:
            return "";
    }
}

std::vector<LinkWay> link_ways(Core& core, const UserRow& user, const CaseRow& row,
                               const Tally& tally) {
    LinkWay email{LinkTo::email, open_text(core, places::user_email(user), user.email), {}};
    if (email.address.empty())
        email.why = "no_address";
    else if (tally.groups.contains(ProofGroup::mailbox))
        email.why = "was_evidence";
    else if (email_changed_recently(core, user))
        email.why = "address_changed";
    else if (!core.settings.email && !core.settings.demo)
        email.why = "not_configured";

    LinkWay whatsapp{LinkTo::whatsapp, open_text(core, places::user_phone(user), user.phone), {}};
    if (whatsapp.address.empty())
        whatsapp.why = "no_address";
    else if (tally.groups.contains(ProofGroup::phone))
        whatsapp.why = "was_evidence";
    else if (phone_changed_recently(core, user))
        whatsapp.why = "address_changed";
    else if (!core.settings.whatsapp_notices)
        whatsapp.why = "not_configured";

    // An address we did not know before, only where no known one is left; and only one that the desk, or
    // the integrator, was told by somebody it can hear or see. What was typed after the password alone
    // was typed by whoever has the password.
    LinkWay given{LinkTo::given, open_text(core, places::case_contact(row), row.contact), {}};
    if (row.opened_by == "user" || !valid_email(given.address) ||
        mailbox_of(given.address) == mailbox_of(email.address))
        given.why = "no_address";
    else if (email.why.empty() || whatsapp.why.empty())
        given.why = "other_way";
    else if (!core.settings.email && !core.settings.demo)
        given.why = "not_configured";
    return {email, whatsapp, given};
}

}  // namespace twofold::domain
