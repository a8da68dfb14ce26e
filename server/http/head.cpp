#include "server/http/head.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/http/text.hpp"

namespace twofold::http {
namespace {

constexpr std::string_view kMalformed = "malformed_request";
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

Refusal bad(std::string_view detail) { return {400, kMalformed, detail, {}}; }

// tchar of RFC 9110 section 5.6.2.
bool is_token_char(char c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view s) {
    return !s.empty() && std::all_of(s.begin(), s.end(), is_token_char);
}

std::string lowered(std::string_view s) {
    std::string out(s);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

// An escape that would decode to a line break or a NUL.
bool has_encoded_break(std::string_view s) {
    for (std::size_t i = 0; i + 2 < s.size(); ++i) {
        if (s[i] == '%' && s[i + 1] == '0' &&
            std::string_view("0aAdD").find(s[i + 2]) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

// Bytes a head may never hold, looked for before the head is complete, so that a peer that does
// not speak HTTP is told at once instead of after the time-out.
const char* forbidden_bytes(std::string_view part) {
    if (!part.empty() && !is_token_char(part.front())) return "The request line is malformed.";
    for (std::size_t i = 0; i < part.size(); ++i) {
        const auto b = static_cast<std::uint8_t>(part[i]);
        if (b == '\n' && (i == 0 || part[i - 1] != '\r')) return "Lines must end in CR LF.";
        if (b == '\r' && i + 1 < part.size() && part[i + 1] != '\n')
            return "Lines must end in CR LF.";
        if ((b < 0x20 && b != '\t' && b != '\r' && b != '\n') || b == 0x7f) {
            return "The head holds a control character.";
        }
    }
    return nullptr;
}

struct Fields {
    std::size_t hosts = 0;
    std::size_t lengths = 0;
    std::size_t length = 0;
    std::string_view host;
    std::string_view connection;
    std::string_view expect;
};

// Checks one field; a Refusal or nothing.
std::optional<Refusal> take(const Field& f, Fields& seen, const HeadLimits& limits) {
    const auto is = [&](std::string_view n) { return equals_ignoring_case(f.name, n); };
    if (is("host")) {
        ++seen.hosts;
        seen.host = f.value;
    } else if (is("content-length")) {
        if (++seen.lengths > 1) return bad("Content-Length must be sent once.");
        const bool digits =
            !f.value.empty() && std::all_of(f.value.begin(), f.value.end(),
                                            [](char c) { return c >= '0' && c <= '9'; });
        if (!digits) return bad("Content-Length must be digits.");
        for (char c : f.value) {
            seen.length = std::min<std::size_t>(
                seen.length * 10 + static_cast<std::size_t>(c - '0'), limits.body_bytes + 1);
        }
    } else if (is("transfer-encoding")) {
        return bad("Transfer-Encoding is not accepted; send Content-Length.");
    } else if (is("content-encoding")) {
        return Refusal{415, "unsupported_media_type", "Content-Encoding is not accepted.", {}};
    } else if (is("range")) {
        return bad("Range is not accepted.");
    } else if (is("upgrade")) {
        // Optional for the peer (RFC 9110 section 7.8): the request is answered in HTTP/1.1.
    } else if (is("connection")) {
        seen.connection = f.value;
    } else if (is("expect")) {
        if (!equals_ignoring_case(f.value, "100-continue")) {
            return Refusal{417, kMalformed, "This expectation cannot be met.", {}};
        }
        seen.expect = f.value;
    } else if (f.name.find('_') != std::string_view::npos) {
        // Some proxies read "content_length" as the framing header it resembles; then they and we
        // would not agree where this request ends.
        std::string hyphened(f.name);
        std::replace(hyphened.begin(), hyphened.end(), '_', '-');
        for (const std::string_view framing : {"content-length", "transfer-encoding"}) {
            if (equals_ignoring_case(hyphened, framing))
                return bad("Framing headers are written with a hyphen.");
        }
    }
    return std::nullopt;
}

bool lists(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const std::size_t comma = std::min(value.find(','), value.size());
        if (equals_ignoring_case(trim(value.substr(0, comma)), token)) return true;
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return false;
}

}  // namespace

bool holds_credential(std::string_view target) {
    const auto named = [](std::string_view text) {
        if (text.find("tfk_") != std::string_view::npos ||
            text.find("tfw_") != std::string_view::npos) {
            return true;
        }
        const std::size_t q = text.find('?');
        if (q == std::string_view::npos) return false;
        std::string_view query = text.substr(q + 1);
        while (!query.empty()) {
            const std::size_t end = std::min(query.find('&'), query.size());
            const std::string_view pair = query.substr(0, end);
            const std::string key = lowered(pair.substr(0, std::min(pair.find('='), pair.size())));
            static constexpr std::array<std::string_view, 8> kNames = {
                "key",          "token",    "api_key", "apikey",
                "access_token", "password", "secret",  "authorization"};
            if (std::find(kNames.begin(), kNames.end(), key) != kNames.end()) return true;
            query.remove_prefix(std::min(end + 1, query.size()));
        }
        return false;
    };
    if (named(target)) return true;
    if (target.find('%') == std::string_view::npos) return false;
    const auto decoded = percent_decode(target);
    return decoded && named(*decoded);
}

FrameResult frame(std::string_view input, const HeadLimits& limits, const HostCheck& is_ours) {
    const std::size_t end = input.substr(0, limits.head_bytes).find("\r\n\r\n");
    if (end == std::string_view::npos) {
        const std::string_view part = input.substr(0, limits.head_bytes);
        if (const char* why = forbidden_bytes(part)) return bad(why);
        if (input.size() >= limits.head_bytes) {
            return Refusal{431, kMalformed, "The request line and fields exceed 8 KiB.", {}};
        }
        return Incomplete{};
    }
    std::string_view head = input.substr(0, end + 2);
    if (const char* why = forbidden_bytes(head)) return bad(why);

    Framed out;
    out.head_size = end + 4;

    // Request line: method SP target SP version, each once (RFC 9112 section 3).
    const std::size_t eol = head.find("\r\n");
    const std::string_view line = head.substr(0, eol);
    head.remove_prefix(eol + 2);
    const std::size_t s1 = line.find(' ');
    const std::size_t s2 = s1 == std::string_view::npos ? s1 : line.find(' ', s1 + 1);
    if (s2 == std::string_view::npos || line.find(' ', s2 + 1) != std::string_view::npos) {
        return bad("The request line is malformed.");
    }
    const std::string_view version = line.substr(s2 + 1);
    const bool http10 = version == "HTTP/1.0";
    if (!http10 && version != "HTTP/1.1") return bad("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    out.target = line.substr(s1 + 1, s2 - s1 - 1);
    if (out.target.empty() || out.target.front() != '/') return bad("The target must be a path.");
    for (char c : out.target) {
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
            return bad("The target holds a character that is not allowed.");
    }
    if (has_encoded_break(out.target)) return bad("The target holds an encoded line break or NUL.");
    const std::string_view token = line.substr(0, s1);
    if (!is_token(token)) return bad("The request line is malformed.");
    const auto method = parse_method(token);

    Fields seen;
    while (!head.empty()) {
        const std::size_t stop = head.find("\r\n");
        const std::string_view text = head.substr(0, stop);
        head.remove_prefix(stop + 2);
        // A line that starts with white space continues the one before it: obs-fold, refused
        // (RFC 9112 section 5.2).
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) {
            return bad("A header field is malformed.");
        }
        const Field f{text.substr(0, colon), trim(text.substr(colon + 1))};
        if (f.value.find("%0d%0a") != std::string_view::npos ||
            f.value.find("%0D%0A") != std::string_view::npos ||
            f.value.find("%0d%0A") != std::string_view::npos ||
            f.value.find("%0D%0a") != std::string_view::npos) {
            return bad("A header field holds an encoded line break.");
        }
        if (out.headers.size() == limits.fields) {
            return Refusal{431, kMalformed, "Too many header fields.", {}};
        }
        if (auto refused = take(f, seen, limits)) return *refused;
        out.headers.push_back(f);
    }
    if (seen.hosts != 1) return bad("Host must be sent exactly once.");
    if (!is_ours(lowered(seen.host))) {
        return Refusal{421, "misdirected_host", "This host name is not served here.", {}};
    }
    if (!method)
        return Refusal{405, "method_not_allowed", "This method is not known here.", kAllMethods};
    out.method = *method;
    const bool bodiless =
        out.method == Method::get || out.method == Method::head || out.method == Method::options;
    if (bodiless && seen.length > 0) return bad("This method takes no body.");
    if (seen.length > limits.body_bytes) {
        return Refusal{413, "payload_too_large", "The body exceeds 64 KiB.", {}};
    }
    if (holds_credential(out.target)) {
        return Refusal{
            400,
            "credential_in_url",
            "Never put a key or token in a URL: it ends up in logs. Revoke it and send it in "
            "the Authorization header.",
            {}};
    }

    out.size = out.head_size + seen.length;
    if (input.size() < out.size) return Incomplete{true, !seen.expect.empty(), out.size};
    out.keep_alive =
        http10 ? lists(seen.connection, "keep-alive") : !lists(seen.connection, "close");
    return out;
}

}  // namespace twofold::http
