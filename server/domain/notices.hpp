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
// device_token_reused       at ip user_agent label                       yes (ends what it tells of)
// account_erased            at                                           yes
// factor_address_changed    at ip user_agent label method                yes
// factor_suspended          at label method (the number may have a new owner)   yes
// case_opened case_evidence case_approved case_paused case_resumed case_link_sent case_done
// case_cancelled case_rejected case_expired   at until                          yes
// case_link                 link until (to one address alone)                   yes
// What its reader may not have done themselves has `not_me`: a link that can only freeze
// (recovery_links.hpp), the same for all addresses of one notice.
// Codes (delivered_codes.hpp): enroll_code sign_in_code manage_code step_up_code, by email or
// WhatsApp, with at minutes ip user_agent action and the binding the code is derived from.
// `at` is seconds since the Unix epoch. Message text for people is made in delivery/.
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::domain {

struct Notice {
    std::string kind;
    std::string label = {};
    std::string method = {};
    int remaining = -1;  // backup codes; negative: not said
    std::vector<std::string> also = {};  // further addresses: one that is just being left
    TextMap more = {};                   // further parameters
};

// Queues one notice to every known address of the user: the contact, for 30 days the one before, the
// addresses of email factors, and `also`. Throttled kinds go out three times an hour and kind.
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
    Channel channel = Channel::email;
    MessageId id = {};       // a code's; empty: a new one
    FactorId factor = {};    // whose code it carries
    std::string region = {};  // whatsapp: of the number
};
void post(Tx& tx, Core& core, const ApplicationRow& application, const UserId& user,
          const Letter& letter);

}  // namespace twofold::domain
