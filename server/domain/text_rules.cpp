#include "server/domain/text_rules.hpp"

#include <algorithm>

#include "server/domain/users.hpp"
#include "shared/plain_text.hpp"

namespace twofold::domain {
namespace {

bool letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool one_of(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool plain_up_to(std::string_view text, std::size_t characters) {
    return text.size() <= 4 * characters && is_plain_text(text) && utf8_length(text) <= characters;
}

// RFC 5321 section 4.1.2: a host name with at least one dot, labels of 1..63 that neither begin nor
// end with a hyphen. Address literals are refused. Internationalised names (RFC 5890) may be written
// as people read them; what has no ASCII form is refused when a mail leaves.
bool valid_domain(std::string_view domain) {
    if (domain.size() > 253 || !is_plain_text(domain)) return false;
    std::size_t labels = 0;
    while (true) {
        const std::size_t dot = domain.find('.');
        const std::string_view label = domain.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        if (!std::all_of(label.begin(), label.end(),
                         [](char c) {
                             return letter(c) || digit(c) || c == '-' ||
                                    static_cast<unsigned char>(c) >= 0x80;
                         }))
            return false;
        ++labels;
        if (dot == std::string_view::npos) break;
        domain.remove_prefix(dot + 1);
    }
    return labels >= 2;
}

}  // namespace

bool valid_external_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && id != "." && id != ".." &&
           std::all_of(id.begin(), id.end(),
                       [](char c) { return letter(c) || digit(c) || one_of("._-@+:", c); });
}

bool valid_email(std::string_view address) {
    if (address.size() > 254) return false;
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos) return false;
    const std::string_view local = address.substr(0, at);
    // RFC 5322 section 3.2.3 dot-atom. A leading hyphen reads as an option to mail programs.
    if (local.empty() || local.size() > 64 || local.front() == '-' || local.front() == '.' ||
        local.back() == '.' || local.find("..") != std::string_view::npos)
        return false;
    if (!std::all_of(local.begin(), local.end(), [](char c) {
            return letter(c) || digit(c) || one_of("!#$%&'*+-/=?^_`{|}~.", c);
        }))
        return false;
    return valid_domain(address.substr(at + 1));
}

bool valid_phone(std::string_view e164) {
    // ITU-T E.164: + and up to 15 digits, the first not 0.
    return e164.size() >= 8 && e164.size() <= 16 && e164[0] == '+' && e164[1] != '0' &&
           std::all_of(e164.begin() + 1, e164.end(), digit);
}

bool valid_label(std::string_view text) {
    return plain_up_to(text, 64) && text.find_first_not_of(' ') != std::string_view::npos;
}

bool valid_display_name(std::string_view text) { return plain_up_to(text, 100); }

bool valid_locale(std::string_view text) {
    return text == "en" || text == "ar" || text == "es" || text == "fr" || text == "de";
}

bool valid_action_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return letter(c) || digit(c) || one_of("._-:", c);
    });
}

bool valid_action_text(std::string_view text) { return plain_up_to(text, 200); }

bool valid_nonce(std::string_view text) {
    return text.size() <= 128 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string tamed(std::string_view text, std::size_t n) {
    if (text.size() > n) {
        while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0) == 0x80) --n;
        text = text.substr(0, n);
    }
    if (is_plain_text(text)) return std::string(text);
    // Something in it is not plain: keep the printable ASCII, which cannot mislead.
    std::string out(text);
    for (char& c : out)
        if (c < ' ' || c >= 0x7f) c = '?';
    return out;
}

}  // namespace twofold::domain
