// router.hpp - the one route table. Templates are matched by segment, without regular expressions;
// a literal segment wins over a parameter.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/http/message.hpp"

namespace twofold::http {

// Who may call. The wrapper that enforces it lives with the handlers; the table only records it, so
// that the OpenAPI document and the tests read the same facts.
enum class Auth : std::uint8_t {
    none,              // anyone
    optional_session,  // anyone; a person's session is read when there is one
    session,           // a signed-in person
    partial_session,   // a person whose second step may still be open
    key,               // an API key of an application
    key_or_session,    // {user} with a key, `me` with a session
    key_or_partial,    // as above, or the rights-less session bound to that challenge
};

// Where a handler runs. What hashes passwords has threads of its own, so that a flood of sign-ins
// cannot hold those that verify codes.
enum class Lane : std::uint8_t {
    direct,   // on the I/O worker: never waits
    pool,     // may wait for the database
    hashing,  // computes Argon2id
};

struct Route {
    Method method = Method::get;
    std::string path;  // "/v1/users/{user}/enrollments/{id}"
    Auth auth = Auth::none;
    std::string scope;  // of an API key, or empty
    Lane lane = Lane::direct;
    Handler handler;
    // On a lane other than `direct`: whether this request can be handled without waiting for
    // anything, and so on the I/O worker after all. May be empty.
    std::function<bool(const Request&)> at_once{};
};

class Router {
 public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    // Ends the program on a template used twice with one method: a bug found at start.
    void add(Route route);

    struct Found {
        const Route* route = nullptr;
        std::vector<std::pair<std::string_view, std::string>> params;  // decoded
    };
    struct WrongMethod {
        std::string allow;  // "GET, HEAD, OPTIONS"
    };
    struct Missing {};
    using Match = std::variant<Missing, WrongMethod, Found>;

    // path: as sent, without the query. HEAD is answered by the GET route. A segment that does not
    // decode to UTF-8 without control characters matches nothing.
    [[nodiscard]] Match match(Method method, std::string_view path) const;
    // The methods of a path, for 405 and OPTIONS; empty when there is no such path.
    [[nodiscard]] std::string allow(std::string_view path) const;

    [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
    struct Node;
    std::unique_ptr<Node> root_;
    std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace twofold::http
