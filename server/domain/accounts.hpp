// accounts.hpp - the Client Area's own password accounts and sessions (/client/…).
#pragma once
#include <optional>
#include <string>

#include "server/domain/challenges.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/users.hpp"

namespace twofold::domain {

// A cookie to set. The token is in no other place; the store keeps its keyed hash.
struct SessionIssued {
    std::string token;  // 43 characters base64url, 256 bits
    std::string csrf_token;
};

struct Me {
    std::string state;  // "signed_in", "second_factor_required", "recovery", "signed_out"
    std::string csrf_token;
    std::optional<UserView> user;            // signed_in
    std::optional<ChallengeView> challenge;  // second_factor_required
    std::optional<Instant> password_fresh_until;
    std::optional<Instant> recover_until;
    std::optional<Instant> recovery_until;  // recovery: of the session itself
    struct Agent {
        AgentRole role{};
        bool needs_factor = false;  // nothing works before they have one of their own
    };
    std::optional<Agent> agent;  // a person of the desk
};

struct SignedIn {
    SessionIssued session;
    Me me;                             // state says whether the second step is still to come
    std::optional<Verified> verified;  // after sign_in_verify
    std::optional<DeviceCookie> device_cookie;
    std::optional<Instant> remembered_until;  // this browser was remembered by this very request
};

class Accounts {
 public:
    explicit Accounts(Core& core) : core_(core) {}

    // The caller behind a cookie's token, or NoCaller. Slides last_seen_at (at most once in 5 min).
    Outcome<Caller> authenticate(std::string_view token, const ClientInfo&, std::string request_id);
    // The CSRF token that belongs to a session token.
    std::string csrf_token(std::string_view token);

    // Always succeeds alike for known and unknown addresses, in like time; the mail tells the
    // difference.
    struct Registration {
        std::string email;
        std::string password;  // 8..256 characters, not a common one
        std::string display_name;
        std::string locale;
    };
    Outcome<Done> register_account(const Caller&, const Registration&);
    Outcome<SignedIn> confirm_registration(const Caller&, std::string_view token,
                                           std::string_view password);
    // `device_cookie`: of a remembered browser, as it was sent; empty: none.
    Outcome<SignedIn> sign_in(const Caller&, std::string_view email, std::string_view password,
                              std::string_view device_cookie = {});
    Outcome<SignedIn> sign_in_verify(const Caller&, const VerifyRequest&,
                                     std::string_view device_cookie = {});
    // The same for people of the support desk; no browser is remembered there.
    Outcome<SignedIn> desk_sign_in(const Caller&, std::string_view email,
                                   std::string_view password);
    Outcome<Done> sign_out(const Caller&);
    Outcome<SessionIssued> reauthenticate(const Caller&, std::string_view password);
    Outcome<SessionIssued> change_password(const Caller&, std::string_view current,
                                           std::string_view next);
    Outcome<Done> request_password_reset(const Caller&, std::string_view email);
    Outcome<Done> reset_password(const Caller&, std::string_view token, std::string_view password);
    Outcome<Me> me(const Caller&);
    Outcome<UserView> update_me(const Caller&, const std::optional<std::string>& display_name,
                                const std::optional<std::string>& locale);
    // --demo: makes the ready account once; also used by tests. No mail, no second factor.
    Outcome<UserId> create_ready_account(std::string_view email, std::string_view password,
                                         std::string_view display_name);

 private:
    // Remembers the browser whose session has just been given its rights; says so in `out`.
    void remember(const Caller&, const UserId&, const SessionId&, std::string_view device_cookie,
                  SignedIn& out);
    Outcome<SignedIn> sign_in_at(const Caller&, const ApplicationId&, std::string_view email,
                                 std::string_view password, std::string_view device_cookie);
    Core& core_;
};

}  // namespace twofold::domain
