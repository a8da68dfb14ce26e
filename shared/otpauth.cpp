#include "shared/otpauth.hpp"

#include "shared/base32.hpp"
#include "shared/plain_text.hpp"

namespace twofold {
namespace {

constexpr std::size_t kMinImportBytes = 10;  // the format's own examples have 80 bits

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
    Result<std::size_t> finish() const {
        if (size_ > out_.size()) return Error::buffer_too_small;
        return size_;
    }

 private:
    std::span<char> out_;
    std::size_t size_ = 0;
};

int hex_value(char c) {
    const auto u = static_cast<unsigned char>(c);
    const unsigned lower = u | 0x20u;
    if (u >= '0' && u <= '9') return u - '0';
    return u >= 'A' && lower >= 'a' && lower <= 'f' ? static_cast<int>(lower - 'a') + 10 : -1;
}

// Percent-decodes one component into out; the length, or -1 for a character that may not stand
// there raw. RFC 3986 allows '+' in both places; refused, because some writers mean a space by it.
int decode(std::string_view text, std::span<char> out) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c <= ' ' || c > '~' || c == '+') return -1;
        for (char refused : std::string_view("\"#/<>?[\\]^`{|}"))
            if (c == refused) return -1;
        if (c == '%') {
            const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) return -1;
            c = static_cast<char>(high << 4 | low);
            i += 2;
        }
        if (n == out.size()) return -1;
        out[n++] = c;
    }
    return static_cast<int>(n);
}

// Decimal without sign, leading zero or space, at most `max`.
bool parse_number(std::string_view text, std::uint64_t max, std::uint64_t& out) {
    if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
    std::uint64_t n = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return false;
        const auto digit = static_cast<unsigned>(c - '0');
        if (n > (max - digit) / 10) return false;
        n = n * 10 + digit;
    }
    out = n;
    return true;
}

// Cuts text at the first c and returns what stood before it; without c, all of it.
std::string_view cut(std::string_view& text, char c) {
    std::size_t n = 0;
    while (n < text.size() && text[n] != c) ++n;
    const std::string_view head = text.substr(0, n);
    text.remove_prefix(n < text.size() ? n + 1 : n);
    return head;
}

enum Seen : unsigned {
    kSecret = 1,
    kIssuer = 2,
    kAlgorithm = 4,
    kDigits = 8,
    kPeriod = 16,
    kCounter = 32
};

constexpr struct {
    std::string_view name;
    Seen flag;
} kParameters[] = {{"secret", kSecret}, {"issuer", kIssuer}, {"algorithm", kAlgorithm},
                   {"digits", kDigits}, {"period", kPeriod}, {"counter", kCounter}};

}  // namespace

Result<std::size_t> build_otpauth_to(const OtpauthView& view, std::span<char> out) {
    const TotpParameters& p = view.parameters;
    if (!valid(p) || view.account.empty() || view.issuer.size() > kMaxIssuerBytes ||
        view.account.size() > kMaxAccountBytes || view.secret.size() > kMaxSecretBytes ||
        !is_name(view.issuer) || !is_name(view.account) || view.account.front() == ' ')
        return Error::invalid_argument;
    if (view.secret.size() < kMinSecretBytes) return Error::secret_too_short;
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

Result<OtpauthFields> parse_otpauth_to(std::string_view uri,
                                       std::span<char, kMaxIssuerBytes> issuer,
                                       std::span<char, kMaxAccountBytes> account,
                                       std::span<std::uint8_t, kMaxSecretBytes> secret) {
    OtpauthFields f;
    if (uri.starts_with("otpauth://hotp/"))
        f.type = OtpauthType::hotp;
    else if (!uri.starts_with("otpauth://totp/"))
        return Error::uri_invalid;
    uri.remove_prefix(15);

    // Label: [issuer ":" *space] account, the colon raw or encoded.
    char decoded[kMaxIssuerBytes + 1 + kMaxAccountBytes];
    const int label_size = decode(cut(uri, '?'), decoded);
    if (label_size <= 0) return Error::uri_invalid;
    std::string_view label(decoded, static_cast<std::size_t>(label_size));
    std::string_view who = label;
    const std::string_view prefix = cut(who, ':');
    bool has_prefix = prefix.size() < label.size();
    if (!has_prefix) who = label;
    while (has_prefix && who.starts_with(' ')) who.remove_prefix(1);
    if (who.empty() || who.front() == ' ' || who.size() > kMaxAccountBytes || !is_name(who) ||
        (has_prefix && (prefix.empty() || prefix.size() > kMaxIssuerBytes || !is_name(prefix))))
        return Error::uri_invalid;
    for (char c : who) account[f.account_size++] = c;
    if (has_prefix)
        for (char c : prefix) issuer[f.issuer_size++] = c;

    unsigned seen = 0;
    if (uri.ends_with('&')) return Error::uri_invalid;
    do {
        std::string_view value = cut(uri, '&');
        const std::string_view key = cut(value, '=');
        unsigned flag = 0;
        for (const auto& known : kParameters)
            if (key == known.name) flag = known.flag;
        if ((seen & flag) != 0) return Error::uri_invalid;
        seen |= flag;
        std::uint64_t number = 0;
        bool ok = true;
        switch (flag) {
            case kSecret: {
                const Result<std::size_t> n = base32_decode_to(value, secret);
                ok = n && *n >= kMinImportBytes && value.back() != '=';
                if (ok) f.secret_size = *n;
                break;
            }
            case kIssuer: {
                const int n = decode(value, decoded);
                const std::string_view text(decoded, static_cast<std::size_t>(n < 0 ? 0 : n));
                ok = n > 0 && text.size() <= kMaxIssuerBytes && is_name(text) &&
                     (!has_prefix || text == std::string_view(issuer.data(), f.issuer_size));
                f.issuer_size = 0;
                for (char c : text.substr(0, ok ? text.size() : 0)) issuer[f.issuer_size++] = c;
                break;
            }
            case kAlgorithm: {
                const Result<HashAlgorithm> a = parse_hash_algorithm(value);
                ok = a.has_value();
                if (ok) f.parameters.algorithm = *a;
                break;
            }
            case kDigits:
                ok = value == "6" || value == "8";
                f.parameters.digits = value == "8" ? 8 : 6;
                break;
            case kPeriod:
                ok = f.type == OtpauthType::totp && parse_number(value, kMaxPeriod, number) &&
                     number >= kMinPeriod;
                f.parameters.period = static_cast<int>(number);
                break;
            case kCounter:
                ok = f.type == OtpauthType::hotp && parse_number(value, UINT64_MAX, f.counter);
                break;
            default:
                // Another program's parameter: skipped, but it has to be well-formed.
                char skipped[1024];
                ok = !key.empty() && decode(value, skipped) >= 0;
        }
        if (!ok) return Error::uri_invalid;
    } while (!uri.empty());

    if ((seen & kSecret) == 0) return Error::uri_invalid;
    if (f.type == OtpauthType::hotp && (seen & kCounter) == 0) return Error::uri_invalid;
    return f;
}

}  // namespace twofold
