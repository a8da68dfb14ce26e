#include "shared/otpauth.hpp"

#include <cstring>

#include "shared/base32.hpp"
#include "shared/plain_text.hpp"
#include "shared/text_writer.hpp"

namespace twofold {
namespace {

constexpr int kMinImportBytes = 10;  // the format's own examples have 80 bits

bool is_name(std::string_view text) {
    for (char c : text)
        if (c == ':') return false;
    return is_plain_text(text);
}

using detail::TextWriter;

// RFC 3986 section 2.1: all but the unreserved characters of section 2.3.
void put_percent(TextWriter& w, std::string_view s) {
    for (char c : s) {
        const auto u = static_cast<unsigned char>(c);
        if ((u | 0x20U) - 'a' < 26 || u - unsigned{'0'} < 10 || u == '-' || u == '.' || u == '_' ||
            u == '~') {
            w.put(c);
        } else {
            w.put('%');
            w.put("0123456789ABCDEF"[u >> 4]);
            w.put("0123456789ABCDEF"[u & 15]);
        }
    }
}

// The lists below: words that end in a space each.
constexpr char kAlgorithms[] = "SHA1 SHA256 SHA512 ";
constexpr char kParameters[] = "secret issuer algorithm digits period counter ";

// The place of a word in a list, or how many words there are.
unsigned find_word(const char* list, std::string_view word) {
    unsigned i = 0;
    for (; *list != '\0'; ++i) {
        std::size_t n = 0;
        while (n < word.size() && list[n] == word[n] && word[n] != ' ') ++n;
        if (n == word.size() && list[n] == ' ') break;
        while (*list++ != ' ') {
        }
    }
    return i;
}

// 0..15, or so far below zero that the other digit of a pair cannot mend it.
int hex_value(char c) {
    const unsigned letter = (static_cast<unsigned char>(c) | 0x20U) - 'a';
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    return static_cast<int>(digit < 10 ? digit : c >= 'A' && letter < 6 ? letter + 10 : -256U);
}

constexpr std::size_t kMaxComponent = kMaxIssuerBytes + 1 + kMaxAccountBytes;

// Percent-decodes one component into out (kMaxComponent bytes); the length, or -1 for a character
// that may not stand there raw. RFC 3986 allows '+' in both places; refused, because some writers
// mean a space by it.
int decode(std::string_view text, char* out) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c <= ' ' || c > '~' || n == kMaxComponent) return -1;
        for (char refused : std::string_view("\"#+/<>?[\\]^`{|}"))
            if (c == refused) return -1;
        if (c == '%') {
            if (text.size() - i < 3) return -1;
            const int byte = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
            if (byte < 0) return -1;
            c = static_cast<char>(byte);
            i += 2;
        }
        out[n++] = c;
    }
    return static_cast<int>(n);
}

// Decimal without sign, leading zero or space; false for anything else or beyond 64 bits.
bool parse_number(std::string_view text, std::uint64_t& n) {
    n = 0;
    for (char c : text) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9 || n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    return !text.empty() && (text[0] != '0' || text.size() == 1);
}

// Cuts text at the first c and returns what stood before it; without c, all of it.
std::string_view cut(std::string_view& text, char c) {
    std::size_t n = 0;
    while (n < text.size() && text[n] != c) ++n;
    const std::string_view head = text.substr(0, n);
    text.remove_prefix(n < text.size() ? n + 1 : n);
    return head;
}

// Takes a name over into its field. False when it is empty, too long or no name.
bool keep(std::string_view name, char* field, std::size_t room, std::uint32_t& size) {
    size = static_cast<std::uint32_t>(name.size());
    if (name.empty() || name.size() > room || !is_name(name)) return false;
    std::memcpy(field, name.data(), name.size());
    return true;
}

}  // namespace

int build_otpauth_to(const OtpauthView& view, std::span<char> out) {
    const TotpParameters& p = view.parameters;
    if (!valid(p) || view.account.empty() || view.account[0] == ' ' ||
        view.issuer.size() > kMaxIssuerBytes || view.account.size() > kMaxAccountBytes ||
        view.secret.size() > kMaxSecretBytes || !is_name(view.issuer) || !is_name(view.account))
        return fail(Error::invalid_argument);
    if (view.secret.size() < kMinSecretBytes) return fail(Error::secret_too_short);
    if (out.size() < kMaxOtpauthUri) return fail(Error::buffer_too_small);
    TextWriter w{out.data()};
    w.text("otpauth://totp/");
    if (!view.issuer.empty()) {
        put_percent(w, view.issuer);
        w.put(':');
    }
    put_percent(w, view.account);
    w.text("?secret=");
    w.at += base32_encode_to(view.secret, {w.at, kMaxOtpauthUri});
    if (!view.issuer.empty()) {
        w.text("&issuer=");
        put_percent(w, view.issuer);
    }
    w.text("&algorithm=SHA");
    w.number(p.algorithm == HashAlgorithm::sha1     ? 1
             : p.algorithm == HashAlgorithm::sha256 ? 256
                                                    : 512);
    w.text("&digits=");
    w.number(p.digits);
    w.text("&period=");
    w.number(p.period);
    return static_cast<int>(w.at - out.data());
}

int parse_otpauth_to(std::string_view uri, OtpauthFields& f) {
    constexpr int kInvalid = fail(Error::uri_invalid);
    f.type = OtpauthType::totp;
    f.parameters = TotpParameters{};
    f.counter = 0;
    f.issuer_size = 0;
    if (uri.size() < 15 || uri.back() == '&') return kInvalid;
    for (std::size_t i = 0; i < 15; ++i) {
        if (i == 10 && uri[i] == 'h')
            f.type = OtpauthType::hotp;
        else if (uri[i] != "otpauth://totp/"[i])
            return kInvalid;
    }
    uri.remove_prefix(15);

    // Label: [issuer ":" *space] account, the colon raw or encoded.
    char decoded[kMaxComponent];
    const int label_size = decode(cut(uri, '?'), decoded);
    if (label_size < 0) return kInvalid;
    std::string_view account(decoded, static_cast<std::size_t>(label_size));
    const std::string_view prefix = cut(account, ':');
    const bool has_prefix = prefix.size() != static_cast<std::size_t>(label_size);
    if (has_prefix) {
        while (account.starts_with(' ')) account.remove_prefix(1);
        if (!keep(prefix, f.issuer, kMaxIssuerBytes, f.issuer_size)) return kInvalid;
    } else {
        account = prefix;
    }
    if (account.starts_with(' ') || !keep(account, f.account, kMaxAccountBytes, f.account_size))
        return kInvalid;

    unsigned seen = 0;
    do {
        std::string_view value = cut(uri, '&');
        const std::string_view key = cut(value, '=');
        const unsigned which = find_word(kParameters, key);
        // Other names may come twice.
        const unsigned flag = 1U << which & 63U;
        if (key.empty() || (seen & flag) != 0) return kInvalid;
        seen |= flag;
        if (which == 0) {
            const int n = base32_decode_to(value, f.secret);
            f.secret_size = static_cast<std::uint32_t>(n);
            if (n < kMinImportBytes || value.back() == '=') return kInvalid;
        } else if (which == 2) {
            const unsigned i = find_word(kAlgorithms, value);
            f.parameters.algorithm = static_cast<HashAlgorithm>(i + 1);
            if (i == 3) return kInvalid;
        } else if (which - 3 < 3) {
            std::uint64_t number = 0;
            if (!parse_number(value, number) ||
                !(which == 3   ? number == 6 || number == 8
                  : which == 4 ? number - kMinPeriod <= kMaxPeriod - kMinPeriod &&
                                     f.type == OtpauthType::totp
                               : f.type == OtpauthType::hotp))
                return kInvalid;
            if (which == 3)
                f.parameters.digits = static_cast<int>(number);
            else if (which == 4)
                f.parameters.period = static_cast<int>(number);
            else
                f.counter = number;
        } else {
            // issuer, or another program's parameter, which only has to be well-formed.
            const int n = decode(value, decoded);
            if (n < 0) return kInvalid;
            const std::string_view text(decoded, static_cast<std::size_t>(n));
            if (which == 1 && !(has_prefix ? text == std::string_view(f.issuer, f.issuer_size)
                                           : keep(text, f.issuer, kMaxIssuerBytes, f.issuer_size)))
                return kInvalid;
        }
    } while (!uri.empty());

    const unsigned needed = f.type == OtpauthType::hotp ? 1U | 1U << 5 : 1U;
    return (seen & needed) == needed ? static_cast<int>(sizeof f) : kInvalid;
}

}  // namespace twofold
