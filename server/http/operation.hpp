// operation.hpp - one call of the API: the entry of the route table that the gate, the OpenAPI
// document and the tests all read.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/types.hpp"
#include "server/http/json.hpp"
#include "server/http/router.hpp"

namespace twofold::http {

// What an operation is called with, once the gate has let it pass.
struct Call {
    const Request& req;
    domain::Caller caller;
    Json body;                       // an object; empty when the call takes none
    std::string session_token;       // of the cookie, or empty
    std::vector<FieldError> errors;  // gathered while reading the body
    int limit = 50;                  // ?limit=, 1..100
    std::string cursor;              // ?cursor=
    bool may_defer = false;          // the answer may be a Response::later
};

using Run = std::function<Response(Call&)>;

// How the body is sent.
enum class Body : std::uint8_t {
    none,
    optional,
    required,
    raw,  // read by the call itself from req.body: a signature covers its bytes
};

struct Operation {
    Method method = Method::get;
    std::string path{};
    Auth auth = Auth::none;
    std::string scope{};  // an API key needs it; empty where no key may call
    std::string id{};     // operationId
    std::string tag{};
    std::string summary{};      // one line
    std::string description{};  // may be empty
    Body body = Body::none;
    std::string request{};  // name of the schema of the body
    int success = 200;
    std::string response{};             // name of the schema of the answer, or empty
    std::vector<std::string> text{};    // instead: the media types of an answer that is no JSON
    std::vector<std::string> errors{};  // beside those every call of its kind can give
    std::vector<std::string> query{};   // names of query parameters it knows
    bool idempotent = false;            // takes Idempotency-Key
    bool secret = false;                // its answer holds a secret: kept 10 min only
    Lane lane = Lane::pool;
    bool recovery = false;  // a session that came by a re-enrol link may call it
    bool defers = false;  // answers by Response::later, so that nothing waits for the database
    Run run{};
};

}  // namespace twofold::http
