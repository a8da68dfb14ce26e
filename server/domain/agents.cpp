#include "server/domain/agents.hpp"

#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/password_check.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kFirstPassword{86400};

ApplicationId desk() { return {std::string(kDeskApplication)}; }

// Made with the first of them.
bool ensure_application(Tx& tx, Core& core, const Caller& caller) {
    if (tx.application(desk())) return true;
    ApplicationRow row;
    row.id = desk();
    row.name = "Support desk";
    row.issuer = core.settings.issuer + " Support";
    row.created_at = core.clock.now();
    row.remember_devices = false;  // each of their sign-ins asks for a code
    if (!tx.insert_application(row)) return false;
    record(tx, core, caller, row.id, {.action = "application.created", .object = row.id.value});
    return true;
}

std::optional<UserRow> user_of(Tx& tx, Core& core, std::string_view email) {
    const auto account = tx.account_by_email(desk(), email_index(core, desk(), email));
    return account ? tx.lock_user(account->user) : std::nullopt;
}

UserRow insert_person(Tx& tx, Core& core, std::string_view email, std::string_view name,
                      const std::string& hash) {
    const Instant now = core.clock.now();
    UserRow user = new_user(core, desk(), {}, "en", now);
    set_email(core, user, email, now);
    user.display_name = seal_text(core, places::user_display_name(user), name);
    AccountRow account;
    account.user = user.id;
    account.application = desk();
    account.email_index = user.email_index;
    account.password_hash = hash;
    account.password_changed_at = now;
    account.created_at = now;
    tx.insert_user(user);
    tx.insert_account(account);
    return user;
}

// Chooses the first password through the page every reset goes through.
std::string first_password_link(Tx& tx, Core& core, const UserRow& user) {
    const std::string token = new_token(core.random);
    LinkRow link;
    link.id = core.sealer.keyed_hash("link", token);
    link.purpose = LinkPurpose::reset_password;
    link.application = user.application;
    link.user = user.id;
    link.email_index = user.email_index;
    link.created_at = core.clock.now();
    link.expires_at = link.created_at + kFirstPassword;
    tx.insert_link(link);
    return core.settings.public_url + "/#/reset-password?for=desk&token=" + token;
}

}  // namespace

Outcome<Agents::Added> Agents::add(const Caller& caller, std::string_view email,
                                   std::string_view name, AgentRole role,
                                   std::string_view password) {
    if (!std::holds_alternative<OperatorCaller>(caller.who)) return problem(Code::forbidden);
    if (!valid_email(email)) return invalid("/email", "format");
    if (!valid_display_name(name)) return invalid("/name", "format");
    if (!password.empty())
        if (const auto rule = password_fault(password, email)) return invalid("/password", *rule);
    const std::string hash =
        core_.passwords.hash(password.empty() ? new_token(core_.random) : std::string(password));
    Outcome<Added> answer = problem(Code::unavailable);
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        answer = problem(Code::unavailable);
        if (!ensure_application(tx, core_, caller)) return false;
        std::optional<UserRow> user = user_of(tx, core_, email);
        Added added;
        added.known = user.has_value();
        if (!user) user = insert_person(tx, core_, email, name, hash);
        std::optional<AgentRow> row = tx.agent(user->id);
        if (row) {
            row->role = role;
            row->ended_at.reset();
            tx.update_agent(*row);
        } else {
            tx.insert_agent({user->id, role, core_.clock.now(), {}, 1});
        }
        record(tx, core_, caller, *user,
               {.action = "agent.added",
                .object = user->id.value,
                .details = {{"role", std::string(name_of(role))}}});
        added.id = user->id;
        if (password.empty() && !added.known) added.link = first_password_link(tx, core_, *user);
        answer = added;
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<std::vector<AgentView>> Agents::list() {
    std::vector<AgentView> out;
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        out.clear();
        for (const AgentRow& row : tx.agents()) {
            const std::optional<UserRow> user = tx.user(row.user);
            if (!user) continue;
            out.push_back({row.user, open_text(core_, places::user_email(*user), user->email),
                           open_text(core_, places::user_display_name(*user), user->display_name),
                           row.role, has_second_factor(tx.factors(row.user)), row.created_at,
                           row.ended_at});
        }
    });
    if (!done) return done.error();
    return out;
}

Outcome<Done> Agents::end(const Caller& caller, std::string_view email) {
    Outcome<Done> answer = problem(Code::not_found);
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        answer = problem(Code::not_found);
        const std::optional<UserRow> user = user_of(tx, core_, email);
        std::optional<AgentRow> row = user ? tx.agent(user->id) : std::nullopt;
        if (!row || row->ended_at) return false;
        row->ended_at = core_.clock.now();
        tx.update_agent(*row);
        tx.delete_sessions(user->id, {});
        record(tx, core_, caller, *user, {.action = "agent.ended", .object = user->id.value});
        answer = Done{};
        return true;
    });
    if (!done) return done.error();
    return answer;
}

Outcome<DeskCaller> desk_caller(Tx& tx, const Caller& caller) {
    const SessionCaller* session = caller.session();
    if (session == nullptr)
        return problem(caller.key() != nullptr ? Code::forbidden : Code::unauthenticated);
    if (session->state != SessionState::full) return problem(Code::second_factor_required);
    if (session->application.value != kDeskApplication) return problem(Code::forbidden);
    const std::optional<AgentRow> agent = tx.agent(session->user);
    const std::optional<UserRow> user = tx.user(session->user);
    if (!agent || agent->ended_at || !user) return problem(Code::forbidden);
    if (!has_second_factor(tx.factors(user->id))) return problem(Code::own_factor_required);
    return DeskCaller{*agent, *user};
}

}  // namespace twofold::domain
