// The edge guard (security 59, 67-71): every odd head gets its class of answer, and the request
// that follows it is never served.
#include "server/http/head.hpp"

#include "tests/support/catch.hpp"

using namespace twofold::http;
using namespace std::string_literals;

namespace {

bool ours(std::string_view host) { return host == "a:1" || host == "localhost"; }

FrameResult run(const std::string& text) { return frame(text, HeadLimits{}, ours); }

int refused(const std::string& text) {
    const FrameResult r = run(text);
    const auto* why = std::get_if<Refusal>(&r);
    return why == nullptr ? 0 : why->status;
}

std::string with(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: a:1\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields) {
    return "POST / HTTP/1.1\r\nHost: a:1\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("a plain request is framed") {
    const std::string text =
        "POST /v1/x?a=b HTTP/1.1\r\nHost: a:1\r\nContent-Type:  application/json "
        "\r\nContent-Length: "
        "2\r\n\r\n{}GET ";
    const FrameResult r = run(text);
    const auto* f = std::get_if<Framed>(&r);
    REQUIRE(f != nullptr);
    CHECK(f->method == Method::post);
    CHECK(f->target == "/v1/x?a=b");
    CHECK(f->size == text.size() - 4);
    CHECK(f->headers.at(1).value == "application/json");
    CHECK(f->keep_alive);
}

TEST_CASE("every prefix of a good request waits for more") {
    const std::string text = post("Content-Length: 5\r\n") + "hello";
    for (std::size_t n = 1; n < text.size(); ++n) {
        INFO(n);
        const FrameResult r = run(text.substr(0, n));
        CHECK(std::holds_alternative<Incomplete>(r));
    }
    CHECK(std::holds_alternative<Framed>(run(text)));
}

TEST_CASE("security 71: what two servers could read in two ways") {
    CHECK(refused(post("Transfer-Encoding: chunked\r\n")) == 400);
    CHECK(refused(post("Content_Length: 3\r\nContent-Length: 3\r\n")) == 400);
    CHECK(refused(post("transfer_encoding: chunked\r\nContent-Length: 3\r\n")) == 400);
    CHECK(refused(post("X_Request_Note: fine\r\nContent-Length: 3\r\n")) == 0);
    CHECK(refused(post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n")) == 400);
    CHECK(refused(post("transfer-encoding:\tchunked\r\n")) == 400);
    CHECK(refused(post("Content-Length: 3\r\nContent-Length: 3\r\n")) == 400);
    CHECK(refused(post("Content-Length: 3, 3\r\n")) == 400);
    for (const char* odd : {"+3", "-3", "0x3", "3 ", "3.0", "", "\xd9\xa3"}) {
        INFO(odd);
        const int status = refused(post("Content-Length: " + std::string(odd) + "\r\n") + "abc");
        CHECK((status == 400 || std::string(odd) == "3 "));  // outer blanks are not part of a value
    }
    CHECK(refused(with("Content-Length: 3\r\n") + "abc") == 400);
    CHECK(refused("HEAD / HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\nx") == 400);
    CHECK(refused(with("Content-Length: 0\r\n")) == 0);
    CHECK(refused(post("Content-Encoding: gzip\r\n")) == 415);
    CHECK(refused(with("Range: bytes=0-1\r\n")) == 400);
    CHECK(refused(post("Expect: 200-ok\r\n")) == 417);
}

TEST_CASE("security 70: too large") {
    CHECK(refused(post("Content-Length: 65536\r\n")) == 0);
    CHECK(refused(post("Content-Length: 65537\r\n")) == 413);
    CHECK(refused(post("Content-Length: 99999999999999999999999999\r\n")) == 413);
    CHECK(refused(with("X: " + std::string(9000, 'a') + "\r\n")) == 431);
    CHECK(refused("GET /" + std::string(9000, 'a')) == 431);
    std::string many;
    for (int i = 0; i < 70; ++i) many += "A: b\r\n";
    CHECK(refused(with(many)) == 431);
}

TEST_CASE("Host exactly once, and ours") {
    CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(refused("GET / HTTP/1.1\r\nHost: a:1\r\nHost: a:1\r\n\r\n") == 400);
    CHECK(refused("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n") == 421);
    CHECK(refused("GET / HTTP/1.1\r\nHost: a:1@evil\r\n\r\n") == 421);
    CHECK(refused("GET / HTTP/1.1\r\nHost:\r\n\r\n") == 421);
    CHECK(refused("GET / HTTP/1.1\r\nHost: LOCALHOST\r\n\r\n") == 0);
}

TEST_CASE("malformed heads") {
    for (const std::string& text : {
             std::string("GET  / HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET / HTTP/1.1 x\r\nHost: a:1\r\n\r\n"),
             std::string("GET / HTTP/2.0\r\nHost: a:1\r\n\r\n"),
             std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
             std::string("GET /\r\nHost: a:1\r\n\r\n"),
             std::string("GET http://a:1/ HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("OPTIONS * HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET /\x01 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET /\xc3\xa9 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET /#x HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET /a%0d%0ab HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET /a%00 HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             "GET /\0 HTTP/1.1\r\nHost: a:1\r\n\r\n"s,
             std::string("\r\nGET / HTTP/1.1\r\nHost: a:1\r\n\r\n"),
             std::string("GET / HTTP/1.1\nHost: a:1\n\n"),
             std::string("GET / HTTP/1.1\r\nHost: a:1\nX: y\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: a:1\r\nX: a\rb\r\n\r\n"),
             with("X: a\r\n b\r\n"),
             with(" X: a\r\n"),
             with("X : a\r\n"),
             with(": a\r\n"),
             with("no colon\r\n"),
             with("X\xc3\xa9: a\r\n"),
             with("X: a%0d%0aSet-Cookie: b\r\n"),
             with(std::string("X: a\0b\r\n", 8)),
             std::string("\x16\x03\x01\x02\x00\x01\x00", 7),
         }) {
        INFO(text);
        CHECK(refused(text) == 400);
    }
}

TEST_CASE("security 69: methods nobody serves") {
    for (const char* m : {"TRACE", "CONNECT", "get", "PROPFIND", "G"}) {
        INFO(m);
        const FrameResult r = run(std::string(m) + " / HTTP/1.1\r\nHost: a:1\r\n\r\n");
        const auto* why = std::get_if<Refusal>(&r);
        REQUIRE(why != nullptr);
        CHECK(why->status == 405);
        CHECK_FALSE(why->allow.empty());
    }
}

TEST_CASE("security 59: a key or token in the URL") {
    for (const char* target : {"/?key=1", "/x?a=b&token=c", "/x?TOKEN=c", "/tfk_abc",
                               "/x?a=tfw_abc", "/%74fk_abc", "/x?%74oken=1", "/x?access_token=1"}) {
        INFO(target);
        const FrameResult r = run("GET " + std::string(target) + " HTTP/1.1\r\nHost: a:1\r\n\r\n");
        const auto* why = std::get_if<Refusal>(&r);
        REQUIRE(why != nullptr);
        CHECK(why->code == "credential_in_url");
    }
    CHECK(refused("GET /x?monkey=1&cursor=2 HTTP/1.1\r\nHost: a:1\r\n\r\n") == 0);
}

TEST_CASE("keep-alive by version and Connection") {
    const auto keeps = [](const std::string& text) {
        const FrameResult r = frame(text, HeadLimits{}, ours);
        return std::get<Framed>(r).keep_alive;
    };
    CHECK(keeps(with("")));
    CHECK_FALSE(keeps(with("Connection: foo, Close\r\n")));
    CHECK_FALSE(keeps("GET / HTTP/1.0\r\nHost: a:1\r\n\r\n"));
    CHECK(keeps("GET / HTTP/1.0\r\nHost: a:1\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("any bytes are framed, refused or waited for") {
    // A small generator: the fuzzer proper is tests/fuzz.
    std::uint64_t state = 88172645463325252ULL;
    const std::string alphabet = "GET / HTTP/1.1\r\n:aHost Content-Length 0123%\t\x00\xff";
    const std::string base = post("Content-Length: 2\r\nX: y\r\n") + "{}";
    for (int i = 0; i < 20000; ++i) {
        std::string text = base;
        for (int k = 0; k < 3; ++k) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            text[state % text.size()] = alphabet[(state >> 20) % alphabet.size()];
        }
        const FrameResult r = run(text);
        if (const auto* f = std::get_if<Framed>(&r)) CHECK(f->size <= text.size());
        if (const auto* why = std::get_if<Refusal>(&r)) {
            CHECK((why->status >= 400 && why->status < 500));
        }
    }
}
