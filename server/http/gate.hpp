// gate.hpp - what every call passes before its handler: Origin, content type, who is calling, CSRF,
// JSON, query, Idempotency-Key. A handler then sees a caller it may serve and a body that is an
// object; the rules of the domain come after that.
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"
#include "server/domain/devices.hpp"
#include "server/http/operation.hpp"

namespace twofold::http {

// "https://host:port" as a browser writes it in Origin: lower case, without a default port.
// Empty when the URL is none of http and https.
std::string origin_of(std::string_view url);
bool is_https(std::string_view url);

class Gate {
 public:
    explicit Gate(domain::Core& core);

    [[nodiscard]] Response serve(const Operation& op, const Request& req) const;
    // Whether serve() will find everything it needs in memory: an API key that was seen a moment
    // ago, and no Idempotency-Key.
    [[nodiscard]] bool at_once(const Request& req) const;

    // Set-Cookie for a new session token; an empty token clears the cookie.
    [[nodiscard]] std::string cookie(std::string_view token) const;
    // The same for the cookie of a remembered browser, which outlives the browser's session.
    [[nodiscard]] std::string device_cookie(const domain::DeviceCookie& cookie) const;
    // The remembered browser's cookie as it was sent; empty: none, or more than one.
    [[nodiscard]] std::string_view device_cookie_of(const Request& req) const;

 private:
    [[nodiscard]] bool origin_allowed(const Request& req) const;
    // The caller, or the answer that refuses them. session_token is set when a cookie was used.
    std::optional<Response> identify(const Operation& op, const Request& req, Call& call) const;
    Response run(const Operation& op, Call& call) const;

    domain::Core& core_;
    const bool https_;
    const std::string origin_;
    const std::string cookie_name_;
    const std::string device_cookie_name_;
};

}  // namespace twofold::http
