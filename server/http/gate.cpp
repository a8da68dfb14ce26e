#include "server/http/gate.hpp"

#include <algorithm>
#include <charconv>

#include "server/domain/accounts.hpp"
#include "server/domain/api_keys.hpp"
#include "server/domain/idempotency.hpp"
#include "server/http/dto.hpp"
#include "shared/secret.hpp"

namespace twofold::http {
namespace {

using domain::SessionState;

std::string_view trim(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

// application/json, with no parameter but charset=utf-8 (RFC 8259 section 11 defines none).
bool is_json(std::string_view type) {
    const std::size_t semi = type.find(';');
    if (!equals_ignoring_case(trim(type.substr(0, semi)), "application/json")) return false;
    if (semi == std::string_view::npos) return true;
    const std::string_view parameter = trim(type.substr(semi + 1));
    return parameter.empty() || equals_ignoring_case(parameter, "charset=utf-8") ||
           equals_ignoring_case(parameter, "charset=\"utf-8\"");
}

// The cookie's value when it was sent exactly once; two of one name are somebody's trick.
std::string_view cookie_value(const Request& req, std::string_view name) {
    std::string_view found;
    int times = 0;
    for (const Field& f : req.headers) {
        if (!equals_ignoring_case(f.name, "cookie")) continue;
        std::string_view rest = f.value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = trim(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
                pair[name.size()] == '=') {
                found = pair.substr(name.size() + 1);
                ++times;
            }
        }
    }
    return times == 1 ? found : std::string_view{};
}

bool safe(Method m) { return m == Method::get || m == Method::head || m == Method::options; }

std::size_t longest_query(std::string_view name) { return name == "query" ? 254 : 128; }

Response invalid_query(const Request& req, std::string_view name, std::string_view rule) {
    return problem("validation_failed", req.request_id, {},
                   {{"/" + std::string(name), std::string(rule), std::string(rule_text(rule))}});
}

// limit, cursor and user are the query parameters there are; each operation says which it knows.
std::optional<Response> read_query(const Operation& op, const Request& req, Call& call) {
    std::vector<std::string_view> seen;
    for (const auto& [name, value] : req.query) {
        const bool known = std::find(op.query.begin(), op.query.end(), name) != op.query.end();
        const bool again = std::find(seen.begin(), seen.end(), name) != seen.end();
        if (!known || again) return invalid_query(req, name, known ? "conflict" : "unknown");
        seen.push_back(name);
        if (name == "limit") {
            const auto [end, ec] =
                std::from_chars(value.data(), value.data() + value.size(), call.limit);
            if (ec != std::errc() || end != value.data() + value.size() || call.limit < 1 ||
                call.limit > 100) {
                return invalid_query(req, name, "range");
            }
        } else if (name == "cursor") {
            if (value.empty() || value.size() > 64) return invalid_query(req, name, "format");
            call.cursor = value;
        } else if (value.empty() || value.size() > longest_query(name)) {
            return invalid_query(req, name, "format");
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_https(std::string_view url) { return url.substr(0, 8) == "https://"; }

std::string origin_of(std::string_view url) {
    const bool https = is_https(url);
    if (!https && url.substr(0, 7) != "http://") return {};
    const std::string_view scheme = url.substr(0, https ? 8 : 7);
    std::string_view host = url.substr(scheme.size());
    host = host.substr(0, host.find_first_of("/?#"));
    if (host.empty()) return {};
    std::string out(scheme);
    for (char c : host) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    const std::string_view port = https ? ":443" : ":80";
    if (out.size() > port.size() && out.compare(out.size() - port.size(), port.size(), port) == 0) {
        out.resize(out.size() - port.size());
    }
    return out;
}

Gate::Gate(domain::Core& core)
    : core_(core),
      https_(is_https(core.settings.public_url)),
      origin_(origin_of(core.settings.public_url)),
      // The prefix binds the cookie to this host, to Secure and to Path=/ (RFC 6265bis 4.1.3.2); a
      // browser refuses it without https, so plain http (loopback only) has a plain name.
      cookie_name_(https_ ? "__Host-twofold_session" : "twofold_session"),
      device_cookie_name_(https_ ? "__Host-twofold_device" : "twofold_device") {}

std::string Gate::cookie(std::string_view token) const {
    std::string out =
        cookie_name_ + "=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Strict";
    if (https_) out += "; Secure";
    if (token.empty()) out += "; Max-Age=0";
    return out;
}

std::string Gate::device_cookie(const domain::DeviceCookie& cookie) const {
    std::string out =
        device_cookie_name_ + "=" + cookie.token + "; Path=/; HttpOnly; SameSite=Strict";
    if (https_) out += "; Secure";
    return out + "; Max-Age=" + std::to_string(cookie.token.empty() ? 0 : cookie.life.count());
}

std::string_view Gate::device_cookie_of(const Request& req) const {
    return cookie_value(req, device_cookie_name_);
}

// Without an Origin it is no browser, or a browser's own same-origin GET.
bool Gate::origin_allowed(const Request& req) const {
    if (req.count("origin") == 0) return true;
    if (req.count("origin") > 1) return false;
    const std::string_view sent = *req.header("origin");
    if (sent == origin_) return true;
    // The demo is reached as localhost or as 127.0.0.1; its Host has been checked by the front.
    const std::string_view host = req.header("host").value_or("");
    return core_.settings.demo && sent == "http://" + std::string(host);
}

std::optional<Response> Gate::identify(const Operation& op, const Request& req, Call& call) const {
    const domain::ClientInfo client{req.remote_addr,
                                    std::string(req.header("user-agent").value_or(""))};
    call.caller = domain::Caller{domain::NoCaller{}, client, req.request_id};
    const auto refuse = [&](const char* code) { return problem(code, req.request_id); };
    if (op.auth == Auth::none) return std::nullopt;

    if (req.count("authorization") != 0) {
        // A header that was sent decides, right or wrong: never fall back to a cookie.
        const std::string_view value = *req.header("authorization");
        if (req.count("authorization") != 1 || value.size() < 7 ||
            !equals_ignoring_case(value.substr(0, 7), "bearer ")) {
            return refuse("unauthenticated");
        }
        domain::Outcome<domain::Caller> caller =
            domain::ApiKeys(core_).authenticate(trim(value.substr(7)), client, req.request_id);
        if (!caller) return problem_response(caller.error(), req.request_id);
        call.caller = std::move(*caller);
    } else if (const std::string_view token = cookie_value(req, cookie_name_); !token.empty()) {
        domain::Outcome<domain::Caller> caller =
            domain::Accounts(core_).authenticate(token, client, req.request_id);
        if (!caller) return problem_response(caller.error(), req.request_id);
        call.caller = std::move(*caller);
        call.session_token = token;
    }

    const domain::SessionCaller* session = call.caller.session();
    const bool key = call.caller.key() != nullptr;
    switch (op.auth) {
        case Auth::none:
        case Auth::optional_session:
            break;
        case Auth::session:
        case Auth::partial_session:
            if (key) return refuse("forbidden");
            if (session == nullptr) return refuse("unauthenticated");
            break;
        case Auth::key:
            if (session != nullptr) return refuse("forbidden");
            if (!key) return refuse("unauthenticated");
            break;
        case Auth::key_or_session:
        case Auth::key_or_partial:
            if (!key && session == nullptr) return refuse("unauthenticated");
            break;
    }
    // Rule 7: between password and second step a session has no rights but the second step.
    const bool partial_may = op.auth == Auth::partial_session || op.auth == Auth::key_or_partial ||
                             op.auth == Auth::optional_session;
    if (session != nullptr && session->state == SessionState::second_step && !partial_may) {
        return refuse("second_factor_required");
    }
    if (session != nullptr && session->state == domain::SessionState::recovery && !op.recovery &&
        op.auth != Auth::optional_session) {
        return refuse("second_factor_required");
    }
    if (session != nullptr && !safe(req.method)) {
        const std::string want = domain::Accounts(core_).csrf_token(call.session_token);
        const std::string_view sent = req.header("x-csrf-token").value_or("");
        if (req.count("x-csrf-token") != 1 ||
            !constant_time_equal(as_bytes(sent), as_bytes(want))) {
            return refuse("csrf_required");
        }
    }
    return std::nullopt;
}

Response Gate::serve(const Operation& op, const Request& req) const {
    const auto refuse = [&](const char* code, std::string_view detail = {}) {
        return problem(code, req.request_id, detail);
    };
    // Public documents may be read from anywhere; all else only from our own pages.
    const bool open_document = op.auth == Auth::none && safe(op.method);
    if (!open_document && !origin_allowed(req)) return refuse("origin_refused");

    const bool sent_body = !req.body.empty();
    if (op.body == Body::none) {
        if (sent_body) return refuse("malformed_request", "This call takes no body.");
    } else if (op.body != Body::optional || sent_body) {
        if (req.count("content-type") != 1 || !is_json(*req.header("content-type"))) {
            return refuse("unsupported_media_type", "Send application/json in UTF-8.");
        }
    }
    Call call{req, {}, Json::object(), {}, {}, 50, {}};
    if (auto refused = identify(op, req, call)) return std::move(*refused);
    if (auto refused = read_query(op, req, call)) return std::move(*refused);
    if (op.body != Body::raw && (op.body == Body::required || sent_body)) {
        JsonText json = parse_json(req.body);
        if (!json.value) return refuse("malformed_json", json.why);
        call.body = std::move(*json.value);
    }
    return run(op, call);
}

bool Gate::at_once(const Request& req) const {
    if (req.count("idempotency-key") != 0 || req.count("authorization") != 1) return false;
    const std::string_view value = *req.header("authorization");
    return value.size() > 7 && domain::ApiKeys(core_).known(trim(value.substr(7)));
}

Response Gate::run(const Operation& op, Call& call) const {
    const Request& req = call.req;
    if (!op.idempotent || req.count("idempotency-key") == 0) {
        call.may_defer = true;
        return op.run(call);
    }
    const std::string_view key = *req.header("idempotency-key");
    if (req.count("idempotency-key") > 1) return invalid_query(req, "idempotency-key", "conflict");

    domain::Idempotency kept(core_);
    const std::string scope = call.caller.key() != nullptr
                                  ? "key:" + call.caller.key()->id.value
                                  : "session:" + call.caller.session()->user.value;
    const auto ticket = kept.begin(call.caller, scope, key, name(req.method), req.path, req.body);
    if (!ticket) return problem_response(ticket.error(), req.request_id);
    if (ticket->answer) {
        Response res;
        res.status = ticket->answer->status;
        res.body = ticket->answer->body;
        if (!res.body.empty()) {
            res.content_type = res.status < 400 ? "application/json; charset=utf-8"
                                                : "application/problem+json; charset=utf-8";
        }
        return res.set("Idempotency-Replayed", "true");
    }
    // Whatever happens, the key is not left "in flight": a failure is not kept (status 500).
    struct Closing {
        domain::Idempotency& kept;
        const domain::Idempotency::Ticket& ticket;
        std::string_view key;
        Response* res = nullptr;
        bool secret = false;
        ~Closing() {
            kept.finish(ticket, key, res == nullptr ? 500 : res->status,
                        res == nullptr ? "" : res->body, secret);
        }
    };
    Response res;
    {
        Closing closing{kept, *ticket, key, nullptr, op.secret};
        res = op.run(call);
        closing.res = &res;
    }
    return res;
}

}  // namespace twofold::http
