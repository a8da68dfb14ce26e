// mime.hpp - the header lines of a mail (RFC 5322, RFC 2047), and addresses as SMTP wants them. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/delivery/transport.hpp"

namespace twofold::delivery {

// Who mails come from: "Example Hosting <no-reply@example.com>" or the bare address.
struct Sender {
    std::string name;  // may be empty
    std::string address;
};
// Nothing when it is neither form, or holds a line break.
std::optional<Sender> parse_sender(std::string_view text);

// Text of a header as encoded words where it is not plain ASCII, none longer than 75 characters and
// never cut inside a character.
std::string encode_header(std::string_view text);

// "alice@xn--bcher-kva.example" for "alice@bücher.example" (RFC 5891). Nothing when it is no single
// address: line breaks, controls, spaces, brackets, commas, a leading hyphen (security 26), a domain
// that has no ASCII form, or a local part that is not ASCII (SMTPUTF8 is not spoken).
std::optional<std::string> smtp_address(std::string_view address);

// From, To, Subject, Date, Message-ID (from the message's id: sent twice it is one mail),
// Auto-Submitted, Content-Language; One-Time-Code for codes. Without MIME's own.
std::vector<std::string> mail_headers(const Letter& letter, const Sender& sender,
                                      const std::string& to, std::string_view origin,
                                      domain::Instant now);

}  // namespace twofold::delivery
