// password_check.hpp - which passwords are taken, and one guarded try at an account's password.
#pragma once
#include <optional>
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/throttle.hpp"

namespace twofold::domain {

// The rule a new password breaks: "length" (8..256 characters of UTF-8), "common_password", "email"
// (it is the address). Nothing when it may be used.
std::optional<std::string> password_fault(std::string_view password, std::string_view email);

// One try. Throttled before anything is compared: per account and network (sign_ins_per_account in
// 15 min), per account from anywhere (five times that, so that one stranger cannot lock the owner
// out from elsewhere) and per network (sign_ins_per_ip). A right password gives its tries back.
// Always one Argon2id and the same transactions, whether the account exists or not (rule 10); a
// failure is recorded.
//   errors  credentials_invalid, rate_limited + retry_after
Outcome<AccountRow> try_password(Core& core, const Caller& caller, const ApplicationId& application,
                                 const std::string& email_index, std::string_view password);
// The same for a known user.
Outcome<AccountRow> try_password(Core& core, const Caller& caller, const UserId& user,
                                 std::string_view password);

}  // namespace twofold::domain
