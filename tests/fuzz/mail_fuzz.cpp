// Mail: no address, name or subject, whatever it holds, writes a line of its own into the dialogue.
#include <algorithm>
#include <string>

#include "server/delivery/html.hpp"
#include "server/delivery/mime.hpp"
#include "server/delivery/smtp.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90, 26: addresses, headers and replies of mail hold to their lines";
}

namespace {

// Line breaks only where a header is folded: followed by a space.
bool folded_only(const std::string& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\n') return false;
        if (line[i] != '\r') continue;
        if (i + 2 >= line.size() || line[i + 1] != '\n' || line[i + 2] != ' ') return false;
        i += 2;
    }
    return true;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold::delivery;
    using twofold::fuzz::require;
    const std::string text{reinterpret_cast<const char*>(data), size};
    if (const auto address = smtp_address(text)) {
        require(std::count(address->begin(), address->end(), '@') == 1, "one address");
        require(address->front() != '-', "no option");
        for (const char c : *address)
            require(c > ' ' && c < 0x7f && c != '<' && c != '>' && c != ',', "plain characters");
    }
    require(folded_only(encode_header(text)), "a header is one header");
    Letter letter;
    letter.id.value = "dlv_x";
    letter.subject = text;
    if (const auto sender = parse_sender(text))
        for (const std::string& line :
             mail_headers(letter, *sender, "a@example.com", "example.com", {}))
            require(folded_only(line), "From is one header");
    const std::string html = html_of(text, text, "en", text, text);
    require(html.find("<script") == std::string::npos, "HTML is escaped");
    if (const auto smtp = parse_smtp_url(text))
        require(smtp->port >= 1 && smtp->port <= 65535 && !smtp->host.empty(), "a host and a port");
    SmtpDialogue dialogue;
    take_reply(dialogue, text);
    require(dialogue.reply == 0 || (dialogue.reply >= 200 && dialogue.reply <= 599), "a reply");
    (void)smtp_receipt(dialogue, false);
    return 0;
}
