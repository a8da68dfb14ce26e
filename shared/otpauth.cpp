#include "shared/otpauth.hpp"

#include <cstring>

#include "shared/base32.hpp"
#include "shared/plain_text.hpp"

namespace twofold {
namespace {

constexpr int kMinImportBytes = 10;  // the format's own examples have 80 bits

bool is_name(std::string_view text) {
    for (char c : text)
        if (c == ':') return false;
    return is_plain_text(text);
}

// Appends to a fixed buffer; remembers that it overflowed instead of stopping at each step.
class Writer {
 public:
    explicit Writer(std::span<char> out) : out_(out) {}

    void put(char c) {
        if (size_ < out_.size()) out_[size_] = c;
        ++size_;
    }
    void text(std::string_view s) {
        for (char c : s) put(c);
    }
    // RFC 3986 section 2.1: all but the unreserved characters of section 2.3.
    void percent(std::string_view s) {
        for (char c : s) {
            const auto u = static_cast<unsigned char>(c);
            const unsigned lower = u | 0x20u;
            if ((lower >= 'a' && lower <= 'z') || (u >= '0' && u <= '9') || u == '-' || u == '.' ||
                u == '_' || u == '~') {
                put(c);
            } else {
                put('%');
                put("0123456789ABCDEF"[u >> 4]);
                put("0123456789ABCDEF"[u & 15]);
            }
        }
    }
    void number(int n) {  // 0..999
        if (n >= 100) put(static_cast<char>('0' + n / 100));
        if (n >= 10) put(static_cast<char>('0' + n / 10 % 10));
        put(static_cast<char>('0' + n % 10));
    }
    void base32(ByteView bytes) {
        const std::size_t at = size_ < out_.size() ? size_ : out_.size();
        (void)base32_encode_to(bytes, out_.subspan(at));
        size_ += base32_length(bytes.size());
    }
    int finish() const {
        return size_ > out_.size() ? fail(Error::buffer_too_small) : static_cast<int>(size_);
    }

 private:
    std::span<char> out_;
    std::size_t size_ = 0;
};

// 0..15, or so far below zero that the other digit of a pair cannot mend it.
int hex_value(char c) {
    const auto u = static_cast<unsigned char>(c);
    const unsigned lower = u | 0x20u;
    if (u >= '0' && u <= '9') return u - '0';
    return u >= 'A' && lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a') + 10 : -256;
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

// Decimal without sign, leading zero or space, from min to max.
bool parse_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& out) {
    std::uint64_t n = 0;
    for (char c : text) {
        const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
        if (digit > 9 || digit > max || n > (max - digit) / 10) return false;
        n = n * 10 + digit;
    }
    out = n;
    return n >= min && !text.empty() && (text[0] != '0' || text.size() == 1);
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
    Writer w(out);
    w.text("otpauth://totp/");
    if (!view.issuer.empty()) {
        w.percent(view.issuer);
        w.put(':');
    }
    w.percent(view.account);
    w.text("?secret=");
    w.base32(view.secret);
    if (!view.issuer.empty()) {
        w.text("&issuer=");
        w.percent(view.issuer);
    }
    w.text("&algorithm=");
    w.text(name(p.algorithm));
    w.text("&digits=");
    w.number(p.digits);
    w.text("&period=");
    w.number(p.period);
    return w.finish();
}

int parse_otpauth_to(std::string_view uri, OtpauthFields& f) {
    constexpr int kInvalid = fail(Error::uri_invalid);
    f.type = OtpauthType::totp;
    f.parameters = TotpParameters{};
    f.counter = 0;
    if (uri.ends_with('&')) return kInvalid;
    const std::string_view start = uri.substr(0, 15);
    if (start == "otpauth://hotp/")
        f.type = OtpauthType::hotp;
    else if (start != "otpauth://totp/")
        return kInvalid;
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
        f.issuer_size = 0;
    }
    if (account.starts_with(' ') || !keep(account, f.account, kMaxAccountBytes, f.account_size))
        return kInvalid;

    constexpr std::string_view kNames[] = {"secret", "issuer", "algorithm",
                                           "digits", "period", "counter"};
    unsigned seen = 0;
    do {
        std::string_view value = cut(uri, '&');
        const std::string_view key = cut(value, '=');
        unsigned which = 0;
        while (which < 6 && key != kNames[which]) ++which;
        const unsigned flag = which < 6 ? 1u << which : 0u;
        bool ok = (seen & flag) == 0 && !key.empty();
        seen |= flag;
        std::uint64_t number = 0;
        switch (which) {
            case 0: {
                const int n = base32_decode_to(value, f.secret);
                f.secret_size = static_cast<std::uint32_t>(n);
                ok = ok && n >= kMinImportBytes && !value.ends_with('=');
                break;
            }
            case 2: {
                const Result<HashAlgorithm> a = parse_hash_algorithm(value);
                ok = ok && a;
                if (ok) f.parameters.algorithm = *a;
                break;
            }
            case 3:
                ok = ok && parse_number(value, 6, 8, number) && number != 7;
                f.parameters.digits = static_cast<int>(number);
                break;
            case 4:
                ok = ok && f.type == OtpauthType::totp &&
                     parse_number(value, kMinPeriod, kMaxPeriod, number);
                f.parameters.period = static_cast<int>(number);
                break;
            case 5:
                ok = ok && f.type == OtpauthType::hotp &&
                     parse_number(value, 0, UINT64_MAX, f.counter);
                break;
            default: {
                // issuer, or another program's parameter, which only has to be well-formed.
                const int n = decode(value, decoded);
                const std::string_view text(decoded, static_cast<std::size_t>(n < 0 ? 0 : n));
                ok = ok && n >= 0;
                if (which == 1)
                    ok = ok && (has_prefix ? text == std::string_view(f.issuer, f.issuer_size)
                                           : keep(text, f.issuer, kMaxIssuerBytes, f.issuer_size));
            }
        }
        if (!ok) return kInvalid;
    } while (!uri.empty());

    const unsigned needed = f.type == OtpauthType::hotp ? 1u | 1u << 5 : 1u;
    return (seen & needed) == needed ? static_cast<int>(sizeof f) : kInvalid;
}

}  // namespace twofold
