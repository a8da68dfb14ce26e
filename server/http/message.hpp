// message.hpp - what a handler sees and what it gives back. Nothing of the HTTP library shows here.
//   A Request owns its bytes; the views in it live as long as the Request does.
//   A Response is plain data: the front adds Date, X-Request-Id, Content-Length and the security
//   headers (no-store unless the handler set Cache-Control, nosniff, CSP, HSTS on TLS).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twofold::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
inline constexpr int kMethodCount = 7;

// The token of RFC 9110 section 9, "DELETE" for del.
std::string_view name(Method m);
// Case-sensitive (RFC 9110 section 9.1); nothing for a method this server does not know.
std::optional<Method> parse_method(std::string_view token);

struct Field {
    std::string_view name;
    std::string_view value;
};

struct Request {
    Method method = Method::get;
    std::string_view target;     // as sent: path and query, not decoded
    std::string_view path;       // as sent, without the query
    std::string_view body;       // whole, at most the front's body limit
    std::vector<Field> headers;  // in order, values trimmed, names as sent
    std::vector<std::pair<std::string, std::string>> query;        // decoded, in order
    std::vector<std::pair<std::string_view, std::string>> params;  // of the path template, decoded
    std::string remote_addr;  // the client: the peer, or what a trusted proxy says
    std::string request_id;   // "req_…", also sent as X-Request-Id
    std::string_view route;   // the path template that matched, or empty
    bool secure = false;      // TLS ended in this process
    std::string raw;          // owner of the views above

    Request() = default;
    Request(Request&&) = default;
    Request& operator=(Request&&) = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    // The first field of that name (case-insensitive), or nothing.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view field_name) const;
    // How often the field occurs.
    [[nodiscard]] std::size_t count(std::string_view field_name) const;
    // A path parameter; empty if the template has none of that name.
    [[nodiscard]] std::string_view param(std::string_view param_name) const;
    // The first query parameter of that name, or nothing.
    [[nodiscard]] std::optional<std::string_view> query_param(std::string_view param_name) const;
};

struct Response;
using Reply = std::function<void(Response)>;

struct Response {
    int status = 200;
    std::string content_type;  // empty: no body
    std::string body;
    std::shared_ptr<const std::string> shared_body;  // instead of body: bytes many answers share
    std::vector<std::pair<std::string, std::string>> headers;
    std::string_view code;  // the problem code, for the access log; a string literal

    // When set, this is no answer yet: the front calls it once, and it calls the Reply once, from
    // any thread, with the answer. No thread waits meanwhile. The Request lives until then.
    std::function<void(Reply)> later;
    bool later_waits = false;  // `later` itself takes long: never call it on an I/O worker
    // In what the Reply is given, instead of an answer: makes it, on the I/O worker that sends it.
    std::function<Response()> make;

    Response& set(std::string field_name, std::string value) {
        headers.emplace_back(std::move(field_name), std::move(value));
        return *this;
    }
};

using Handler = std::function<Response(const Request&)>;

// ASCII only, as field names are (RFC 9110 section 5.1).
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace twofold::http
