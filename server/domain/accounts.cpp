#include "server/domain/accounts.hpp"

#include "server/domain/access.hpp"
#include "server/domain/addresses.hpp"
#include "server/domain/case_moves.hpp"
#include "server/domain/challenge_view.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/password_check.hpp"
#include "server/domain/second_step.hpp"
#include "server/domain/sessions.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/throttle.hpp"
#include "server/domain/tombstones.hpp"
#include "server/domain/user_view.hpp"

namespace twofold::domain {
namespace {

const ApplicationId kClientArea{"app_client"};
constexpr Seconds kHour{3600};
constexpr Seconds kSeenEvery{300};
constexpr Rate kLinkTries{10, Seconds(3600)};

SessionIssued issued(Core& core, const NewSession& session) {
    return {session.token, csrf_of(core, session.row.id)};
}

// What the page is told about a session that has all rights.
Me me_signed_in(Tx& tx, Core& core, const UserRow& user, const SessionRow& session) {
    Me me;
    me.state = "signed_in";
    me.csrf_token = csrf_of(core, session.id);
    me.user = view_of(tx, core, user);
    const Instant now = core.clock.now();
    if (now - session.password_at < core.settings.proof_life)
        me.password_fresh_until = session.password_at + core.settings.proof_life;
    if (session.recover_until && now < *session.recover_until)
        me.recover_until = session.recover_until;
    if (user.application.value == kDeskApplication) {
        const std::optional<AgentRow> agent = tx.agent(user.id);
        if (agent && !agent->ended_at)
            me.agent = Me::Agent{agent->role, !me.user->two_factor_enabled};
    }
    return me;
}

Me me_second_step(Tx& tx, Core& core, const SessionId& session, const ChallengeRow& challenge) {
    Me me;
    me.state = "second_factor_required";
    me.csrf_token = csrf_of(core, session);
    me.challenge = view_of(tx, core, challenge);
    return me;
}

std::string link_id(Core& core, std::string_view token) {
    return core.sealer.keyed_hash("link", token);
}

// A link of that purpose that can be used, locked.
std::optional<LinkRow> lock_open_link(Tx& tx, Core& core, std::string_view token,
                                      LinkPurpose purpose) {
    std::optional<LinkRow> row = tx.lock_link(link_id(core, token));
    if (!row || row->purpose != purpose || row->used_at || core.clock.now() >= row->expires_at)
        row.reset();
    return row;
}

// One try at a link from the caller's network; the wait when there have been too many.
std::optional<Seconds> take_link_try(Tx& tx, Core& core, const Caller& caller) {
    const Rate rate{core.settings.sign_ins_per_ip, Seconds(900)};
    return throttle_take(tx, throttle_key(core.sealer, "link:ip", network_of(caller.client.ip)),
                         rate, core.clock.now_ms());
}

// Whether no further mail of that kind goes to an address: a few an hour at the asking of one
// network, and four times as many in all, so that a stranger elsewhere does not keep its owner from
// their mail and nobody floods a mailbox.
bool mail_quiet(Tx& tx, Core& core, const Caller& caller, const std::string& kind,
                const std::string& address_index) {
    const int few = core.settings.mails_per_address;
    const std::int64_t now = core.clock.now_ms();
    const std::string near =
        throttle_key(core.sealer, kind + ":network",
                     address_index + "\n" + network_of(caller.client.ip));
    return throttle_take(tx, near, {few, kHour}, now) ||
           throttle_take(tx, throttle_key(core.sealer, kind, address_index), {4 * few, kHour}, now);
}

LinkRow new_link(Core& core, std::string_view token, LinkPurpose purpose,
                 const std::string& email) {
    LinkRow row;
    row.id = link_id(core, token);
    row.purpose = purpose;
    row.application = kClientArea;
    row.email_index = email_index(core, kClientArea, email);
    row.created_at = core.clock.now();
    row.expires_at = row.created_at + core.settings.link_life;
    return row;
}

// The password was right: a session with all rights when there is no second factor, else one that
// can do nothing but the second step (rule 7).
// A remembered browser's cookie passes the second step.
SignedIn open_session(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                      std::string_view device_cookie = {}) {
    const bool enrolled = has_second_factor(tx.factors(user.id));
    PresentedDevice known;
    if (enrolled) known = present_device(tx, core, caller, user, device_cookie);
    const bool second = enrolled && known.device.empty();
    NewSession session = new_session(core, user, caller.client,
                                     second ? SessionState::second_step : SessionState::full);
    session.row.device = known.device;
    SignedIn out;
    out.device_cookie = known.cookie;
    if (second) {
        ChallengeRow challenge = new_challenge(core, user, Purpose::sign_in);
        challenge.session = session.row.id;
        challenge.made_by = session.row.id.value;
        challenge.client = session.row.client;
        session.row.challenge = challenge.id;
        session.row.expires_at = challenge.expires_at;
        tx.insert_challenge(challenge);
        tx.insert_session(session.row);
        out.me = me_second_step(tx, core, session.row.id, challenge);
    } else {
        tx.insert_session(session.row);
        out.me = me_signed_in(tx, core, user, session.row);
    }
    out.session = issued(core, session);
    return out;
}

// The caller's own session, when it has all rights.
Outcome<SessionRow> lock_own_session(Tx& tx, const Caller& caller) {
    const SessionCaller* session = caller.session();
    if (session == nullptr) return problem(Code::unauthenticated);
    if (session->state != SessionState::full) return problem(Code::second_factor_required);
    std::optional<SessionRow> row = tx.lock_session(session->id);
    if (!row) return problem(Code::unauthenticated);
    return *row;
}

Outcome<Done> signed_in_person(const Caller& caller) {
    if (caller.session() == nullptr) return problem(Code::unauthenticated);
    if (caller.session()->state != SessionState::full) return problem(Code::second_factor_required);
    return Done{};
}

struct NewAccount {
    std::string email;
    std::string password_hash;
    std::string display_name;
    std::string locale;
};

// Nothing when the address already has an account.
std::optional<UserRow> insert_account(Tx& tx, Core& core, const NewAccount& made) {
    const Instant now = core.clock.now();
    UserRow user = new_user(core, kClientArea, {}, made.locale, now);
    set_email(core, user, made.email, now);
    user.display_name = seal_text(core, places::user_display_name(user), made.display_name);
    if (!tx.insert_user(user)) return std::nullopt;
    AccountRow account;
    account.user = user.id;
    account.application = kClientArea;
    account.email_index = user.email_index;
    account.password_hash = made.password_hash;
    account.password_changed_at = now;
    account.created_at = now;
    if (!tx.insert_account(account)) return std::nullopt;
    inherit_failures(tx, core, user);
    return user;
}

}  // namespace

Outcome<Caller> Accounts::authenticate(std::string_view token, const ClientInfo& client,
                                       std::string request_id) {
    Caller caller{NoCaller{}, client, std::move(request_id)};
    if (token.size() != 43) return caller;
    const SessionId id = session_id_of(core_, token);
    std::optional<SessionRow> row;
    const Outcome<Done> done = core_.store.read([&](Tx& tx) { row = tx.session(id); });
    if (!done) return done.error();
    const Instant now = core_.clock.now();
    if (!row || !alive(*row, core_.settings, now)) return caller;
    if (now - row->last_seen_at >= kSeenEvery) {
        const Outcome<Done> slid = core_.store.write(caller.request_id, [&](Tx& tx) {
            std::optional<SessionRow> locked = tx.lock_session(id);
            if (!locked) return false;
            locked->last_seen_at = now;
            tx.update_session(*locked);
            return true;
        });
        if (!slid) return slid.error();
    }
    caller.who = SessionCaller{row->id,        row->application, row->user,         row->state,
                               row->challenge, row->password_at, row->recover_until,
                               row->support_case,  row->device};
    return caller;
}

std::string Accounts::csrf_token(std::string_view token) {
    return csrf_of(core_, session_id_of(core_, token));
}

Outcome<Done> Accounts::register_account(const Caller& caller, const Registration& asked) {
    if (!core_.settings.client_area || !core_.settings.registration)
        return problem(Code::forbidden);
    if (!valid_email(asked.email)) return invalid("/email", "format");
    if (std::optional<std::string> rule = password_fault(asked.password, asked.email))
        return invalid("/password", *rule);
    if (!valid_display_name(asked.display_name)) return invalid("/display_name", "format");
    const std::string locale = asked.locale.empty() ? "en" : asked.locale;
    if (!valid_locale(locale)) return invalid("/locale", "unsupported");

    const Rate per_network{core_.settings.registers_per_ip, kHour};
    std::optional<Seconds> wait;
    const std::string network = network_of(caller.client.ip);
    const Outcome<Done> counted = core_.store.write(caller.request_id, [&](Tx& tx) {
        wait = throttle_take(tx, throttle_key(core_.sealer, "register:ip", network), per_network,
                             core_.clock.now_ms());
        return !wait;
    });
    if (!counted) return counted.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};

    // From here on known and unknown addresses cost the same and are answered alike; only the mail
    // differs.
    const std::string hash = core_.passwords.hash(asked.password);
    const std::string token = new_token(core_.random);
    const auto work = [&](Tx& tx) {
        const std::optional<ApplicationRow> application = tx.application(kClientArea);
        if (!application) return false;
        LinkRow link = new_link(core_, token, LinkPurpose::confirm_email, asked.email);
        // By mailbox: who asks is a stranger still, and "+1", "+2", … are the same person's.
        const bool quiet = mail_quiet(tx, core_, caller, "mail:register",
                                      email_index(core_, kClientArea, mailbox_of(asked.email)));
        const bool known = tx.account_by_email(kClientArea, link.email_index).has_value();
        link.payload = seal_text(core_, places::link_payload(link),
                                 text_map_write({{"email", asked.email},
                                                 {"password_hash", hash},
                                                 {"name", asked.display_name},
                                                 {"locale", locale}}));
        // Earlier links stay: each opens with the password chosen when it was asked for, so a
        // stranger who registers the address again cannot void the owner's.
        if (known || quiet) link.used_at = link.created_at;  // its token reaches nobody
        tx.insert_link(link);
        Letter letter;
        letter.kind = known ? "already_registered" : "confirm_email";
        letter.to = asked.email;
        letter.locale = locale;
        letter.parameters["name"] = asked.display_name;
        letter.parameters["link"] =
            core_.settings.public_url +
            (known ? std::string("/#/sign-in") : "/#/confirm-email?token=" + token);
        letter.not_after = link.expires_at;
        letter.status = quiet ? MessageStatus::dropped : MessageStatus::queued;
        post(tx, core_, *application, {}, letter);
        record(tx, core_, caller, kClientArea, {.action = "account.asked"});
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return Done{};
}

Outcome<SignedIn> Accounts::confirm_registration(const Caller& caller, std::string_view token,
                                                 std::string_view password) {
    // What the link holds; tries are counted by the link, whoever makes them.
    std::optional<Seconds> wait;
    TextMap asked;
    const auto look = [&](Tx& tx) {
        asked.clear();
        // By network first: whoever makes up tokens gets neither rows nor hashes without end.
        wait = take_link_try(tx, core_, caller);
        if (!wait)
            wait = throttle_take(tx, throttle_key(core_.sealer, "link", link_id(core_, token)),
                                 kLinkTries, core_.clock.now_ms());
        if (wait) return false;
        if (const std::optional<LinkRow> link =
                lock_open_link(tx, core_, token, LinkPurpose::confirm_email))
            asked = text_map_read(open_text(core_, places::link_payload(*link), link->payload));
        return true;
    };
    if (const Outcome<Done> looked = core_.store.write(caller.request_id, look); !looked)
        return looked.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};
    const std::string hash = text_map_get(asked, "password_hash");
    const bool right =
        core_.passwords.verify(hash.empty() ? core_.decoy_password_hash() : hash, password);
    if (hash.empty()) return problem(Code::link_invalid);
    if (!right) return problem(Code::password_invalid);

    Outcome<SignedIn> answer = problem(Code::link_invalid);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::link_invalid);
        std::optional<LinkRow> link = lock_open_link(tx, core_, token, LinkPurpose::confirm_email);
        if (!link) return false;
        link->used_at = core_.clock.now();
        tx.update_link(*link);
        const std::optional<UserRow> user =
            insert_account(tx, core_,
                           {text_map_get(asked, "email"), hash, text_map_get(asked, "name"),
                            text_map_get(asked, "locale")});
        if (!user) return false;
        record(tx, core_, caller, *user, {.action = "account.created"});
        answer = open_session(tx, core_, caller, *user);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<SignedIn> Accounts::sign_in(const Caller& caller, std::string_view email,
                                    std::string_view password, std::string_view device_cookie) {
    if (!core_.settings.client_area) return problem(Code::forbidden);
    return sign_in_at(caller, kClientArea, email, password, device_cookie);
}

Outcome<SignedIn> Accounts::desk_sign_in(const Caller& caller, std::string_view email,
                                         std::string_view password) {
    return sign_in_at(caller, {std::string(kDeskApplication)}, email, password, {});
}

Outcome<SignedIn> Accounts::sign_in_at(const Caller& caller, const ApplicationId& application,
                                       std::string_view email, std::string_view password,
                                       std::string_view device_cookie) {
    // An address no account can have is still a guess that costs what every guess costs.
    const std::string index =
        email_index(core_, application, email.size() <= 254 ? email : std::string_view("?"));
    const Outcome<AccountRow> account = try_password(core_, caller, application, index, password);
    if (!account) return account.error();

    Outcome<SignedIn> answer = problem(Code::credentials_invalid);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::credentials_invalid);
        const std::optional<UserRow> user = tx.lock_user(account->user);
        const std::optional<AccountRow> now = tx.account(account->user);
        // Changed while it was being compared: what was right then is not right now.
        if (!user || !now || now->password_hash != account->password_hash) return false;
        record(tx, core_, caller, *user, {.action = "sign_in.password"});
        answer = open_session(tx, core_, caller, *user, device_cookie);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<SignedIn> Accounts::sign_in_verify(const Caller& caller, const VerifyRequest& request,
                                           std::string_view device_cookie) {
    const SessionCaller* own = caller.session();
    if (own == nullptr) return problem(Code::unauthenticated);
    if (own->state != SessionState::second_step) return problem(Code::challenge_closed);

    // The queue may still be at work when we have stopped waiting: what it uses lives with it.
    const std::string token = new_token(core_.random);
    const SessionId next = session_id_of(core_, token);
    const SessionId old = own->id;
    Core* core = &core_;
    const FollowUp then = [core, next, old](Tx& tx,
                                            const Approved& approved) -> std::optional<Problem> {
        const std::optional<SessionRow> step = tx.lock_session(old);
        if (!step || step->state != SessionState::second_step)
            return problem(Code::unauthenticated);  // signed out meanwhile
        SessionRow row = *step;
        const Instant now = core->clock.now();
        row.id = next;
        row.state = SessionState::full;
        row.challenge = {};
        row.created_at = now;
        row.last_seen_at = now;
        row.expires_at = now + core->settings.session_life;
        row.second_step_at = now;
        if (approved.method == Method::backup_code)
            row.recover_until = now + core->settings.recover_life;  // rule 8
        row.version = 1;
        tx.delete_session(old);  // security 48: the old token is dead
        tx.insert_session(row);
        return std::nullopt;
    };
    const Outcome<Approved> approved =
        pass_challenge(core_, {caller, own->challenge, request, next.value, then});
    if (!approved) return approved.error();

    SignedIn out;
    out.session = {token, csrf_of(core_, next)};
    out.verified = Verified{approved->challenge.id,
                            approved->method,
                            approved->factor,
                            {},
                            approved->backup_codes_remaining};
    // A backup code lets its owner in once, not this browser for a month. When this fails, the person
    // is signed in all the same.
    if (request.remember && approved->method != Method::backup_code)
        remember(caller, approved->user.id, next, device_cookie, out);
    std::optional<Problem> lost;
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        lost.reset();
        const std::optional<SessionRow> row = tx.session(next);
        const std::optional<UserRow> user = tx.user(approved->user.id);
        if (!row || !user) {
            lost = problem(Code::unauthenticated);
            return;
        }
        out.me = me_signed_in(tx, core_, *user, *row);
    });
    if (!done) return done.error();
    if (lost) return *lost;
    return out;
}

void Accounts::remember(const Caller& caller, const UserId& id, const SessionId& session,
                        std::string_view device_cookie, SignedIn& out) {
    const DeviceSecret secret = new_device_secret(core_);
    std::optional<RememberedDevice> made;
    // An event of the verify has this request's id already: the store tells the two apart by the event.
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        made.reset();
        const std::optional<UserRow> user = tx.lock_user(id);
        std::optional<SessionRow> row = tx.lock_session(session);
        if (!user || !row) return false;
        made = remember_device(tx, core_, caller, *user, secret, device_cookie);
        if (!made) return false;
        row->device = made->device;
        tx.update_session(*row);
        return true;
    });
    if (!done || !made) return;
    out.device_cookie = made->cookie;
    out.remembered_until = made->until;
}

Outcome<Done> Accounts::sign_out(const Caller& caller) {
    const SessionCaller* session = caller.session();
    if (session == nullptr) return Done{};
    return core_.store.write(caller.request_id, [&](Tx& tx) {
        const std::optional<SessionRow> row = tx.lock_session(session->id);
        const std::optional<UserRow> user = tx.user(session->user);
        if (!row || !user) return false;
        tx.delete_session(session->id);
        record(tx, core_, caller, *user, {.action = "session.ended"});
        return true;
    });
}

Outcome<SessionIssued> Accounts::reauthenticate(const Caller& caller, std::string_view password) {
    if (const Outcome<Done> person = signed_in_person(caller); !person) return person.error();
    const Outcome<AccountRow> account =
        try_password(core_, caller, caller.session()->user, password);
    if (!account) return account.error();
    Outcome<SessionIssued> answer = problem(Code::unauthenticated);
    const auto work = [&](Tx& tx) {
        const std::optional<UserRow> user = tx.lock_user(account->user);
        const Outcome<SessionRow> old = lock_own_session(tx, caller);
        const std::optional<AccountRow> now = tx.account(account->user);
        if (!user || !old || !now || now->password_hash != account->password_hash) {
            answer = old ? problem(Code::credentials_invalid) : old.error();
            return false;
        }
        NewSession session = renewed(core_, *old);
        session.row.password_at = core_.clock.now();
        tx.delete_session(old->id);
        tx.insert_session(session.row);
        record(tx, core_, caller, *user, {.action = "session.reauthenticated"});
        answer = issued(core_, session);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<SessionIssued> Accounts::change_password(const Caller& caller, std::string_view current,
                                                 std::string_view next) {
    if (const Outcome<Done> person = signed_in_person(caller); !person) return person.error();
    std::string email;
    const Outcome<Done> looked = core_.store.read([&](Tx& tx) {
        if (const std::optional<UserRow> user = tx.user(caller.session()->user))
            email = open_text(core_, places::user_email(*user), user->email);
    });
    if (!looked) return looked.error();
    if (std::optional<std::string> rule = password_fault(next, email))
        return invalid("/new_password", *rule);
    const Outcome<AccountRow> account =
        try_password(core_, caller, caller.session()->user, current);
    if (!account) return account.error();
    const std::string hash = core_.passwords.hash(next);

    Outcome<SessionIssued> answer = problem(Code::unauthenticated);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        const std::optional<UserRow> user = tx.lock_user(account->user);
        const Outcome<SessionRow> old = lock_own_session(tx, caller);
        std::optional<AccountRow> row = tx.account(account->user);
        if (!user || !old || !row || row->password_hash != account->password_hash) {
            answer = old ? problem(Code::credentials_invalid) : old.error();
            return false;
        }
        row->password_hash = hash;
        row->password_changed_at = now;
        tx.update_account(*row);
        NewSession session = renewed(core_, *old);
        session.row.password_at = now;
        tx.delete_sessions(user->id, {});
        tx.insert_session(session.row);
        end_devices(tx, core_, caller, *user, "password");
        tx.void_links(LinkPurpose::reset_password, row->application, row->email_index);
        record(tx, core_, caller, *user, {.action = "account.password_changed"});
        notify(tx, core_, caller, *user, {.kind = "password_changed"});
        answer = issued(core_, session);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<Done> Accounts::request_password_reset(const Caller& caller, std::string_view email) {
    if (!core_.settings.client_area) return problem(Code::forbidden);
    if (!valid_email(email)) return invalid("/email", "format");
    const Rate per_network{core_.settings.registers_per_ip, kHour};
    std::optional<Seconds> wait;
    const Outcome<Done> counted = core_.store.write(caller.request_id, [&](Tx& tx) {
        wait =
            throttle_take(tx, throttle_key(core_.sealer, "reset:ip", network_of(caller.client.ip)),
                          per_network, core_.clock.now_ms());
        return !wait;
    });
    if (!counted) return counted.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};

    const std::string token = new_token(core_.random);
    const auto work = [&](Tx& tx) {
        const std::optional<ApplicationRow> application = tx.application(kClientArea);
        if (!application) return false;
        LinkRow link = new_link(core_, token, LinkPurpose::reset_password, std::string(email));
        // Apart from the mails of registering: a stranger who has those sent to the owner must not
        // keep the owner from a reset.
        const bool quiet = mail_quiet(tx, core_, caller, "mail:reset", link.email_index);
        const std::optional<AccountRow> account =
            tx.account_by_email(kClientArea, link.email_index);
        const std::optional<UserRow> user =
            account ? tx.user(account->user) : std::optional<UserRow>();
        // For an unknown address the same rows are written, only that nothing is ever sent.
        if (user && !quiet) {
            link.user = user->id;
            tx.void_links(LinkPurpose::reset_password, kClientArea, link.email_index);
        } else {
            link.used_at = link.created_at;
        }
        tx.insert_link(link);
        Letter letter;
        letter.kind = "reset_password";
        letter.to = std::string(email);
        letter.locale = user ? user->locale : "en";
        letter.parameters["link"] = core_.settings.public_url + "/#/reset-password?token=" + token;
        letter.not_after = link.expires_at;
        letter.status = user && !quiet ? MessageStatus::queued : MessageStatus::dropped;
        post(tx, core_, *application, link.user, letter);
        if (user) {
            record(tx, core_, caller, *user, {.action = "account.reset_asked"});
        } else {
            record(tx, core_, caller, kClientArea, {.action = "account.reset_asked"});
        }
        return true;
    };
    return core_.store.write(caller.request_id, work);
}

Outcome<Done> Accounts::reset_password(const Caller& caller, std::string_view token,
                                       std::string_view password) {
    if (std::optional<std::string> rule = password_fault(password, {}))
        return invalid("/password", *rule);
    std::optional<Seconds> wait;
    const Outcome<Done> counted = core_.store.write(caller.request_id, [&](Tx& tx) {
        wait = take_link_try(tx, core_, caller);
        return !wait;
    });
    if (!counted) return counted.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};
    const std::string hash = core_.passwords.hash(password);

    std::optional<Problem> refused;
    const auto work = [&](Tx& tx) {
        refused = problem(Code::link_invalid);
        std::optional<LinkRow> link = lock_open_link(tx, core_, token, LinkPurpose::reset_password);
        if (!link) return false;
        const std::optional<UserRow> user = tx.lock_user(link->user);
        std::optional<AccountRow> account = tx.account(link->user);
        if (!user || !account) return false;
        const std::string email = open_text(core_, places::user_email(*user), user->email);
        if (password_fault(password, email)) {
            refused = invalid("/password", "email");
            return false;
        }
        const Instant now = core_.clock.now();
        link->used_at = now;
        tx.update_link(*link);
        // Two that were asked for at the same moment are both open; one use ends both.
        tx.void_links(LinkPurpose::reset_password, account->application, account->email_index);
        account->password_hash = hash;
        account->password_changed_at = now;
        tx.update_account(*account);
        // No session is given: the new password leads to the same second step as the old one.
        tx.delete_sessions(user->id, {});
        end_devices(tx, core_, caller, *user, "password");
        record(tx, core_, caller, *user, {.action = "account.password_reset"});
        pause_after_reset(tx, core_, caller, *user);
        notify(tx, core_, caller, *user, {.kind = "password_reset"});
        refused.reset();
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    if (refused) return *refused;
    return Done{};
}

Outcome<Me> Accounts::me(const Caller& caller) {
    const SessionCaller* session = caller.session();
    Me signed_out;
    signed_out.state = "signed_out";
    if (session == nullptr) return signed_out;
    Me answer = signed_out;
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        answer = signed_out;
        const std::optional<SessionRow> row = tx.session(session->id);
        const std::optional<UserRow> user = tx.user(session->user);
        if (!row || !user) return;
        if (row->state == SessionState::full) {
            answer = me_signed_in(tx, core_, *user, *row);
        } else if (row->state == SessionState::recovery) {
            answer.state = "recovery";
            answer.csrf_token = csrf_of(core_, row->id);
            answer.recovery_until = row->expires_at;
        } else if (const std::optional<ChallengeRow> challenge = tx.challenge(row->challenge)) {
            answer = me_second_step(tx, core_, row->id, *challenge);
        }
    });
    if (!done) return done.error();
    return answer;
}

Outcome<UserView> Accounts::update_me(const Caller& caller,
                                      const std::optional<std::string>& display_name,
                                      const std::optional<std::string>& locale) {
    if (const Outcome<Done> person = signed_in_person(caller); !person) return person.error();
    if (display_name && !valid_display_name(*display_name))
        return invalid("/display_name", "format");
    if (locale && !valid_locale(*locale)) return invalid("/locale", "unsupported");
    Outcome<UserView> answer = problem(Code::unauthenticated);
    const auto work = [&](Tx& tx) {
        std::optional<UserRow> user = tx.lock_user(caller.session()->user);
        if (!user) return false;
        if (display_name)
            user->display_name = seal_text(core_, places::user_display_name(*user), *display_name);
        if (locale) user->locale = *locale;
        user->updated_at = core_.clock.now();
        tx.update_user(*user);
        record(tx, core_, caller, *user, {.action = "account.changed"});
        answer = view_of(tx, core_, *user);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<UserId> Accounts::create_ready_account(std::string_view email, std::string_view password,
                                               std::string_view display_name) {
    if (!valid_email(email)) return invalid("/email", "format");
    if (const Outcome<ApplicationRow> application = core_.client_application(); !application)
        return application.error();
    const std::string index = email_index(core_, kClientArea, email);
    const std::string hash = core_.passwords.hash(password);
    const Caller self{OperatorCaller{}, {}, "req_" + random_id_text(core_.random)};
    std::optional<UserId> id;
    const auto work = [&](Tx& tx) {
        if (const std::optional<AccountRow> account = tx.account_by_email(kClientArea, index)) {
            id = account->user;
            return true;
        }
        const std::optional<UserRow> user =
            insert_account(tx, core_, {std::string(email), hash, std::string(display_name), "en"});
        if (!user) return false;
        record(tx, core_, self, *user, {.action = "account.created"});
        id = user->id;
        return true;
    };
    const Outcome<Done> done = core_.store.write(self.request_id, work);
    if (!done) return done.error();
    if (!id) return problem(Code::unavailable);
    return *id;
}

}  // namespace twofold::domain
