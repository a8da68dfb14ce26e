// head.hpp - the edge guard: frames one request out of received bytes and refuses what two servers
// could read in two ways (RFC 9112 section 11.2) or what this server never needs.
//   Refused, then the connection closes: any Transfer-Encoding or Content-Encoding, Range, a
//   repeated or non-digit Content-Length, a body on GET, HEAD or OPTIONS, Host other than once or
//   not ours (421), obs-fold, bare CR or LF, NUL, white space before a colon, an encoded line break
//   in the target or a field, absolute-form targets, unknown methods, credentials in the target.
// Pure; thread-safe.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "server/http/message.hpp"

namespace twofold::http {

struct HeadLimits {
    std::size_t head_bytes = std::size_t{8} * 1024;  // request line and fields, CRLF CRLF included
    std::size_t body_bytes = std::size_t{64} * 1024;
    std::size_t fields = 64;
};

// More bytes are needed. head_complete: the head is fine and only the body is missing.
struct Incomplete {
    bool head_complete = false;
    bool expects_continue = false;  // RFC 9110 section 10.1.1
    std::size_t total = 0;          // bytes of the whole request, once the head is complete
};

// One answer, then close.
struct Refusal {
    int status = 400;
    std::string_view code;    // problem code
    std::string_view detail;  // for the reader of the answer; a literal
    std::string_view allow;   // the Allow field of a 405, else empty
};

// The whole request is there; `size` bytes of the input belong to it. Views point into the input.
struct Framed {
    std::size_t size = 0;
    std::size_t head_size = 0;
    Method method = Method::get;
    std::string_view target;
    std::vector<Field> headers;
    bool keep_alive = true;
};

using FrameResult = std::variant<Incomplete, Refusal, Framed>;
// Whether a Host value (lower case, port included when sent) names this server.
using HostCheck = std::function<bool(std::string_view)>;

FrameResult frame(std::string_view input, const HeadLimits& limits, const HostCheck& is_ours);

// True when the target holds a key or a token: tfk_ or tfw_ anywhere, or a parameter named like
// one.
bool holds_credential(std::string_view target);

}  // namespace twofold::http
