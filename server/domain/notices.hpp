// notices.hpp - which message a person gets for what, queued in the transaction of the change
// (rule 14) and sent after it by delivery/.
//
// kind                      parameters beside `issuer` and `name`        never throttled
// confirm_email             link                                         -
// already_registered        link (the sign-in page)                      -
// reset_password            link                                         -
// password_changed          at ip user_agent                             yes
// password_reset            at ip user_agent                             yes
// two_factor_enabled        at ip user_agent label method                yes
// factor_added              at ip user_agent label method                yes
// factor_removed            at ip user_agent label method                yes
// two_factor_disabled       at ip user_agent                             yes
// backup_codes_regenerated  at ip user_agent                             yes
// backup_code_used          at ip user_agent remaining                   yes
// factor_locked             at ip user_agent label method (someone knows the password, security 45)
// factor_ended              at ip user_agent label method                yes
// code_reused               at ip user_agent label (phishing warning)
// account_erased            at                                           yes
// `at` is seconds since the Unix epoch. Message text for people is made in delivery/.
#pragma once
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::domain {

struct Notice {
    std::string kind;
    std::string label = {};
    std::string method = {};
    int remaining = -1;  // backup codes; negative: not said
};

// Queues one notice to every known address of the user: the present one and, for 30 days, the one
// before. Throttled kinds go out three times an hour and kind.
void notify(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const Notice& notice);

// One message to one address. `priority` 0 is sooner than 5; never sent after `not_after`.
// `status` dropped keeps the work equal when nobody is to be written to (rule 10).
struct Letter {
    std::string kind;
    std::string to;
    std::string locale;
    TextMap parameters;
    Instant not_after{};
    int priority = 0;
    MessageStatus status = MessageStatus::queued;
};
void post(Tx& tx, Core& core, const ApplicationRow& application, const UserId& user,
          const Letter& letter);

}  // namespace twofold::domain
