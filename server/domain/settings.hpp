// settings.hpp - every number a rule depends on, with its default; bounds are checked by valid().
#pragma once
#include <string>
#include <vector>

#include "server/domain/types.hpp"

namespace twofold::domain {

struct Settings {
    std::string public_url = "http://localhost:8080";  // links and cookies are built from it alone
    std::string issuer = "Example Hosting";            // of the built-in Client Area
    bool client_area = true;
    bool registration = true;
    bool demo = false;
    int window = 1;               // TOTP steps on either side, 0..1 (security 7)
    Seconds enrolment_life{900};  // 60..3600
    Seconds challenge_life{600};  // 60..1800
    Seconds proof_life{300};      // password step and manage challenge, 60..300
    Seconds recover_life{900};    // 60..900
    int tries_before_lock = 5;    // consecutive wrong codes, 3..10
    std::vector<Seconds> locks{Seconds{60}, Seconds{300}, Seconds{900}, Seconds{3600}};
    int failures_that_end = 100;      // 20..100 (NIST SP 800-63B-4 3.2.2)
    int factors_a_user = 10;          // 1..10
    Seconds session_idle{12 * 3600};  // 300..86400
    Seconds session_life{7 * 86400};  // 3600..30 days
    int remember_days = 30;           // a remembered browser, 0..90; 0: none is
    Seconds link_life{3600};          // confirm and reset links, 300..86400
    int sign_ins_per_account = 10;    // password tries per 15 min and account
    int sign_ins_per_ip = 60;         // per 15 min and address
    int mails_per_address = 4;        // account mails per hour and address
    int registers_per_ip = 30;        // per hour and address
    bool email = false;               // there is a way to send email
    bool whatsapp = false;            // and WhatsApp messages
    bool whatsapp_notices = false;    // notices and links too: there is a template for them
    std::string phone_region;         // ISO 3166, for national numbers; empty: none assumed
    int code_digits = 6;              // of emailed and WhatsApp codes, 6..8
    Seconds code_life{600};           // 60..600 (NIST SP 800-63B-4 3.1.3)
    int code_tries = 5;               // wrong codes against one that was sent, 3..10
    int codes_per_address = 10;       // sent an hour, 1..100
    int codes_per_user = 20;          // an hour, 1..200
    int codes_per_ip = 60;            // an hour and network, 1..100000
    int codes_per_application = 5000;  // an hour, 1..10000000
    int codes_per_region = 500;       // WhatsApp, an hour and destination country, 1..1000000
    int pumping_min = 20;             // codes to a country before their share entered counts, 5..1000
    int pumping_share = 15;           // percent entered below which no more are sent there, 0..90
    Seconds support_wait{86400};        // between approval and link, 3600..1209600; in the demo from 1
    Seconds support_wait_strong{21600};  // the same with strong evidence, 3600..support_wait
    Seconds support_link_life{12 * 3600};  // of a re-enrol link, 600..86400
    Seconds support_case_life{14 * 86400};  // of a case on which nobody works, 86400..90 days
    int support_cases_per_user = 3;         // opened a day, 1..20
    std::vector<std::string> support_channels;  // shown to the locked-out: "email:…", "phone:…", "url:…"
    int verify_writers = 2;           // threads that share commits among waiting verifies, 1..8
    int verify_batch = 32;            // verifies a commit, 1..128
    int verify_waiting = 1024;        // more are answered `overloaded`, 1..100000
    std::chrono::milliseconds verify_deadline{2000};  // then `unavailable`, 100..10000
    bool valid() const;                               // every number inside its bounds
};

}  // namespace twofold::domain
