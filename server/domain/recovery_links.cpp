#include "server/domain/recovery_links.hpp"

#include <algorithm>

#include "server/domain/case_moves.hpp"
#include "server/domain/delivered_codes.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/password_check.hpp"
#include "server/domain/sessions.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kNoticeLinkLife{7 * 86400};
constexpr Seconds kRecoverySession{1800};
constexpr Rate kTriesPerLink{10, Seconds(3600)};
constexpr int kDueAtOnce = 50;

std::string link_id(Core& core, std::string_view token) {
    return core.sealer.keyed_hash("link", token);
}

// Tries at links from one network, whatever the link.
std::optional<Problem> too_many_tries(Core& core, const Caller& caller, std::string_view token) {
    std::optional<Seconds> wait;
    const Rate per_network{core.settings.sign_ins_per_ip, Seconds(900)};
    const Outcome<Done> done = core.store.write(caller.request_id, [&](Tx& tx) {
        const std::int64_t now = core.clock.now_ms();
        wait = throttle_take(tx, throttle_key(core.sealer, "link:ip", network_of(caller.client.ip)),
                             per_network, now);
        if (!wait)
            wait = throttle_take(tx, throttle_key(core.sealer, "link", link_id(core, token)),
                                 kTriesPerLink, now);
        return !wait;
    });
    if (!done) return done.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};
    return std::nullopt;
}

std::optional<LinkRow> open_link(Tx& tx, Core& core, std::string_view token, LinkPurpose purpose) {
    std::optional<LinkRow> row = tx.lock_link(link_id(core, token));
    if (!row || row->purpose != purpose || core.clock.now() >= row->expires_at) row.reset();
    return row;
}

// Whether the caller is the browser that has redeemed a link of this case before.
bool same_browser(const Caller& caller, const CaseRow& row) {
    const SessionCaller* session = caller.session();
    return session != nullptr && session->state == SessionState::recovery &&
           session->support_case == row.id;
}

Caller by_itself(Core& core) {
    return Caller{NoCaller{}, {}, "req_" + random_id_text(core.random)};
}

void send_link(Tx& tx, Core& core, const UserRow& user, const CaseRow& row, const LinkWay& way,
               const std::string& url) {
    const std::optional<ApplicationRow> application = tx.application(user.application);
    if (!application) return;
    Letter letter;
    letter.kind = "case_link";
    letter.to = way.address;
    letter.channel = way.to == LinkTo::whatsapp ? Channel::whatsapp : Channel::email;
    letter.locale = user.locale;
    letter.not_after = *row.due_at;
    letter.parameters["link"] = url;
    letter.parameters["until"] = std::to_string(row.due_at->time_since_epoch().count());
    letter.parameters["name"] = open_text(core, places::user_display_name(user), user.display_name);
    post(tx, core, *application, user.id, letter);
}

void move_due(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row) {
    if (row.state == CaseState::waiting)
        issue_link(tx, core, caller, user, row);
    else
        close_case(tx, core, caller, user, row, CaseState::expired);
}

}  // namespace

std::string notice_link(Tx& tx, Core& core, const UserRow& user) {
    const std::string token = new_token(core.random);
    LinkRow link;
    link.id = link_id(core, token);
    link.purpose = LinkPurpose::notice;
    link.application = user.application;
    link.user = user.id;
    link.created_at = core.clock.now();
    link.expires_at = link.created_at + kNoticeLinkLife;
    tx.insert_link(link);
    return core.settings.public_url + "/#/not-me?token=" + token;
}

void issue_link(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row) {
    const std::vector<EvidenceRow> evidence = tx.evidence(row.id);
    const std::vector<LinkWay> ways = link_ways(core, user, row, tally(evidence));
    const auto way = std::find_if(ways.begin(), ways.end(),
                                  [&](const LinkWay& w) { return w.to == row.deliver; });
    if (way == ways.end() || !way->why.empty()) {
        // What was a way when it was approved is none any more: a person looks at it.
        pause_case(tx, core, caller, user, row, PauseReason::undeliverable);
        return;
    }
    const bool has_password = tx.account(user.id).has_value();
    row.state = CaseState::link_issued;
    row.due_at = core.clock.now() + core.settings.support_link_life;
    tx.void_links(LinkPurpose::recover, row.application, row.id.value);
    if (has_password) {
        const std::string token = new_token(core.random);
        LinkRow link;
        link.id = link_id(core, token);
        link.purpose = LinkPurpose::recover;
        link.application = user.application;
        link.user = user.id;
        link.email_index = row.id.value;
        link.created_at = core.clock.now();
        link.expires_at = *row.due_at;
        tx.insert_link(link);
        send_link(tx, core, user, row, *way, core.settings.public_url + "/#/recover?token=" + token);
    }
    add_step(tx, core, caller, user, row, "link_sent", std::string(name_of(row.deliver)));
    save_case(tx, core, row);
    tell_owner(tx, core, caller, user, row, "link_sent");
}

Outcome<int> move_due_cases(Core& core) {
    std::vector<CaseRow> due;
    const Outcome<Done> looked = core.store.read(
        [&](Tx& tx) { due = tx.due_cases(core.clock.now(), kDueAtOnce); });
    if (!looked) return looked.error();
    int moved = 0;
    for (const CaseRow& seen : due) {
        const Caller caller = by_itself(core);
        const Outcome<Done> done = core.store.write(caller.request_id, [&](Tx& tx) {
            std::optional<UserRow> user = tx.lock_user(seen.user);
            std::optional<CaseRow> row = tx.lock_case(seen.id);
            // Moved by another server, paused or withdrawn meanwhile.
            if (!user || !row || !row->due_at || core.clock.now() < *row->due_at) return false;
            move_due(tx, core, caller, *user, *row);
            return true;
        });
        if (!done) return done.error();
        moved += 1;
    }
    return moved;
}

Outcome<RecoverySession> RecoveryLinks::redeem(const Caller& caller, std::string_view token,
                                               std::string_view password) {
    if (std::optional<Problem> wait = too_many_tries(core_, caller, token)) return *wait;
    std::optional<LinkRow> link;
    std::optional<CaseRow> seen;
    const auto look = [&](Tx& tx) {
        link = open_link(tx, core_, token, LinkPurpose::recover);
        if (link) seen = tx.support_case(CaseId{link->email_index});
    };
    if (const Outcome<Done> looked = core_.store.read(look); !looked) return looked.error();
    const bool usable = link && seen && (!link->used_at || same_browser(caller, *seen));
    if (!usable) {
        // The work of a right one.
        core_.passwords.verify(core_.decoy_password_hash(), password);
        return problem(Code::link_invalid);
    }
    const Outcome<AccountRow> account = try_password(core_, caller, link->user, password);
    if (!account)
        return account.error().code == Code::credentials_invalid ? problem(Code::password_invalid)
                                                                 : account.error();

    Outcome<RecoverySession> answer = problem(Code::link_invalid);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::link_invalid);
        std::optional<UserRow> user = tx.lock_user(link->user);
        std::optional<CaseRow> row = tx.lock_case(seen->id);
        std::optional<LinkRow> now = open_link(tx, core_, token, LinkPurpose::recover);
        const std::optional<AccountRow> current = tx.account(link->user);
        if (!user || !row || !now || !current || current->password_hash != account->password_hash)
            return false;
        if (row->state == CaseState::paused) {
            answer = problem(Code::case_paused);
            return false;
        }
        if (row->state != CaseState::link_issued || (now->used_at && !same_browser(caller, *row)))
            return false;
        const Instant at = core_.clock.now();
        if (!now->used_at) {
            now->used_at = at;
            tx.update_link(*now);
            add_step(tx, core_, caller, *user, *row, "link_redeemed");
            save_case(tx, core_, *row);
            tell_owner(tx, core_, caller, *user, *row, "link_used");
        }
        if (same_browser(caller, *row)) tx.delete_session(caller.session()->id);
        NewSession made = new_session(core_, *user, caller.client, SessionState::recovery);
        made.row.support_case = row->id;
        made.row.expires_at = std::min(at + kRecoverySession, *row->due_at);
        tx.insert_session(made.row);
        answer = RecoverySession{{made.token, csrf_of(core_, made.row.id)}, made.row.expires_at};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Frozen> RecoveryLinks::redeem_notice(const Caller& caller, std::string_view token) {
    if (std::optional<Problem> wait = too_many_tries(core_, caller, token)) return *wait;
    Outcome<Frozen> answer = problem(Code::link_invalid);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::link_invalid);
        std::optional<LinkRow> link = open_link(tx, core_, token, LinkPurpose::notice);
        if (!link) return false;
        const std::optional<UserRow> user = tx.lock_user(link->user);
        if (!user) return false;
        Frozen frozen;
        if (!user->open_case.empty()) {
            const std::optional<CaseRow> row = tx.support_case(user->open_case);
            frozen.case_paused = row && row->state == CaseState::paused;
        }
        if (link->used_at) {
            answer = frozen;
            return false;
        }
        link->used_at = core_.clock.now();
        tx.update_link(*link);
        frozen.case_paused |= pause_open_case(tx, core_, caller, *user, PauseReason::objection);
        tx.delete_sessions(user->id, {});
        end_devices(tx, core_, caller, *user, "frozen");
        record(tx, core_, caller, *user, {.action = "account.frozen"});
        answer = frozen;
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

std::optional<CaseRow> recovery_case(Tx& tx, Core& core, const Caller& caller,
                                     const UserRow& user) {
    const SessionCaller* session = caller.session();
    const bool by_link = session != nullptr && session->state == SessionState::recovery;
    const bool by_key = caller.key() != nullptr && !user.open_case.empty();
    if (!by_link && !by_key) return std::nullopt;
    if (by_key && tx.account(user.id)) return std::nullopt;  // their link wants their password
    std::optional<CaseRow> row = tx.lock_case(by_link ? session->support_case : user.open_case);
    if (!row || row->user != user.id || row->state != CaseState::link_issued || !row->due_at ||
        core.clock.now() >= *row->due_at)
        return std::nullopt;
    return row;
}

void finish_recovery(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row,
                     std::vector<FactorRow>& factors, const FactorId& fresh) {
    const Instant now = core.clock.now();
    for (FactorRow& factor : factors) {
        if (factor.id == fresh || factor.status == FactorStatus::ended) continue;
        const bool was_active = factor.status == FactorStatus::active;
        const std::string method(name_of(factor.method));
        std::vector<std::string> also;
        if (was_active && factor.method == Method::email) also.push_back(address_of(core, factor));
        end_factor(tx, factor, now);
        if (!was_active) continue;
        record(tx, core, caller, user,
               {.action = "factor.removed",
                .method = method,
                .object = factor.id.value,
                .label = factor.label});
        Notice notice;
        notice.kind = "factor_removed";
        notice.label = factor.label;
        notice.method = method;
        notice.also = also;
        notify(tx, core, caller, user, notice);
    }
    tx.close_challenges(user.id);
    tx.delete_sessions(user.id, {});
    end_devices(tx, core, caller, user, "two_factor");
    close_case(tx, core, caller, user, row, CaseState::done);
}

}  // namespace twofold::domain
