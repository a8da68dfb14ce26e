// users.hpp - the integrator's users and their contact addresses.
#pragma once
#include <optional>
#include <string>

#include "server/domain/ports.hpp"

namespace twofold::domain {

class Core;
struct ProofGiven;

struct UserView {
    UserId id;
    std::string external_id;
    std::optional<std::string> email;  // in full, for the person alone
    std::optional<std::string> phone;
    std::string masked_email;  // for everybody else; empty: none
    std::string masked_phone;
    std::optional<std::string> display_name;
    std::string locale;
    bool two_factor_enabled = false;  // computed from factor rows at each call (rule 7)
    std::vector<Method> methods;
    int backup_codes_remaining = 0;
    std::optional<Instant> backup_codes_created_at;
    Instant created_at{};
};

// An absent member is left as it is; an engaged empty text clears it.
struct UserChange {
    std::optional<std::string> email;
    std::optional<std::string> phone;  // E.164
    std::optional<std::string> locale;
    std::optional<std::string> display_name;
    std::optional<bool> high_value;  // a support reset needs two approvals
};

// 1..128 of A-Z a-z 0-9 . _ - @ + : and not "." or ".."
bool valid_external_id(std::string_view id);
bool valid_email(
    std::string_view address);  // one addr-spec, at most 254 bytes, no CR/LF, no leading dash
bool valid_phone(std::string_view e164);

class Users {
 public:
    explicit Users(Core& core) : core_(core) {}
    // `user` is the external id or "me"; every call answers not_found for another application's
    // user.
    struct Put {
        UserView user;
        bool created = false;
    };
    Outcome<Put> put(const Caller&, std::string_view user, const UserChange&);
    Outcome<UserView> get(const Caller&, std::string_view user);
    // Keys need scope erase; "me" needs the account's password and, with 2FA on, proof.
    Outcome<Done> erase(const Caller&, std::string_view user,
                        const std::optional<std::string>& password, const ProofGiven& proof);

 private:
    Core& core_;
};

}  // namespace twofold::domain
