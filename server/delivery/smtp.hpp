// smtp.hpp - mail by SMTP (RFC 5321) through libcurl: TLS, AUTH, one connection kept a worker.
#pragma once
#include <memory>
#include <string>

#include "server/delivery/mime.hpp"
#include "server/delivery/transport.hpp"
#include "server/domain/ports.hpp"

namespace twofold::delivery {

struct SmtpSettings {
    std::string host;
    int port = 587;
    bool tls_at_once = false;  // smtps; else STARTTLS, which must succeed unless the host is loopback
    std::string user;          // empty: no AUTH
    std::string password;
    std::string ca_file;  // empty: the system's authorities
    Sender sender;
    std::string origin;  // host of the public URL: One-Time-Code's
};

// smtp[s]://user:password@host:port; user and password percent-encoded. Nothing when it is none.
std::optional<SmtpSettings> parse_smtp_url(std::string_view url);

// One worker's. A whole try takes at most 20 s.
std::unique_ptr<Transport> smtp_transport(const SmtpSettings& settings, domain::Clock& clock);

enum class SmtpStage { connect, auth, mail, rcpt, data, body };
// Where a try ended.
struct SmtpDialogue {
    SmtpStage stage = SmtpStage::connect;
    int reply = 0;     // to the last command; 0: none came
    int subject = -1;  // of its enhanced code (RFC 3463: 1 address, 2 mailbox, 7 policy); -1: none
    bool over = false;  // QUIT was said
};
// Takes one reply line into account: "550-5.1.1 text". Lines that are none are passed over.
void take_reply(SmtpDialogue& dialogue, std::string_view line);
// What it means for the message. Pure.
Receipt smtp_receipt(const SmtpDialogue& dialogue, bool ok);

}  // namespace twofold::delivery
