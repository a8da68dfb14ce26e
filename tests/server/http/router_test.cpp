#include "server/http/router.hpp"

#include "tests/support/catch.hpp"

using namespace twofold::http;

namespace {

Router make() {
    Router r;
    const Handler none = [](const Request&) { return Response{}; };
    r.add({Method::get, "/healthz", Auth::none, "", Lane::direct, none});
    r.add({Method::get, "/v1/users/{user}", Auth::key, "users", Lane::pool, none});
    r.add({Method::put, "/v1/users/{user}", Auth::key, "users", Lane::pool, none});
    r.add(
        {Method::get, "/v1/users/{user}/enrollments/{id}", Auth::key, "enroll", Lane::pool, none});
    r.add({Method::get, "/v1/users/me/devices", Auth::session, "", Lane::pool, none});
    r.add({Method::post, "/v1/users/{user}/challenges", Auth::key, "verify", Lane::pool, none});
    return r;
}

}  // namespace

TEST_CASE("a template matches by segment and decodes its parameters") {
    const Router r = make();
    const auto m = r.match(Method::get, "/v1/users/alice%40example.com/enrollments/enr_1");
    const auto* f = std::get_if<Router::Found>(&m);
    REQUIRE(f != nullptr);
    CHECK(f->params.at(0).second == "alice@example.com");
    CHECK(f->params.at(1).first == "id");
    CHECK(f->params.at(1).second == "enr_1");
}

TEST_CASE("a literal wins over a parameter, and the other branch is still found") {
    const Router r = make();
    auto m = r.match(Method::get, "/v1/users/me/devices");
    CHECK(std::get<Router::Found>(m).route->path == "/v1/users/me/devices");
    m = r.match(Method::post, "/v1/users/me/challenges");
    CHECK(std::get<Router::Found>(m).params.at(0).second == "me");
}

TEST_CASE("an encoded slash stays inside its segment") {
    const Router r = make();
    const auto m = r.match(Method::get, "/v1/users/a%2Fenrollments%2Fb");
    CHECK(std::get<Router::Found>(m).params.at(0).second == "a/enrollments/b");
}

TEST_CASE("security 69: a known path with another method names the methods") {
    const Router r = make();
    auto m = r.match(Method::del, "/v1/users/x");
    CHECK(std::get<Router::WrongMethod>(m).allow == "GET, HEAD, PUT, OPTIONS");
    m = r.match(Method::head, "/healthz");
    CHECK(std::holds_alternative<Router::Found>(m));
}

TEST_CASE("paths that match nothing") {
    const Router r = make();
    for (const char* path :
         {"/", "/v1", "/healthz/", "//healthz", "/v1/users/", "/v1/users/%00", "/v1/users/%ff",
          "/v1/users/%4", "/v1/users/a/b/c/d/e/f/g/h/i/j/k/l/m/n"}) {
        INFO(path);
        CHECK(std::holds_alternative<Router::Missing>(r.match(Method::get, path)));
    }
}
