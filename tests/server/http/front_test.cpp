// The front over real sockets (security 67-72, 89 and the faults table). It is also the loud test
// of what the front leans on in cpp-httplib: if an update changes process_request(), the
// pre-routing handler, the header writer or process_and_close_socket(), these fail.
#include "server/http/front.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "server/http/problem.hpp"
#include "tests/server/http/wire.hpp"
#include "tests/support/catch.hpp"

using namespace twofold::http;
using twofold::test::Answer;
using twofold::test::Wire;
using namespace std::chrono_literals;

namespace {

Response text(std::string body) {
    Response res;
    res.content_type = "text/plain; charset=utf-8";
    res.body = std::move(body);
    return res;
}

constexpr std::size_t kBig = 16U << 20;  // more than any socket buffer takes

struct Gate {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
    void wait() {
        std::unique_lock lock(mutex);
        opened.wait(lock, [&] { return open; });
    }
    void release() {
        std::lock_guard lock(mutex);
        open = true;
        opened.notify_all();
    }
};

struct Served {
    std::atomic<int> smuggled{0};
    Gate gate;
    std::mutex mutex;
    std::vector<std::string> exceptions;
    std::vector<int> logged;
    std::unique_ptr<Front> front;

    explicit Served(void (*change)(FrontSettings&) = nullptr, StaticFiles files = StaticFiles()) {
        Router r;
        r.add({Method::get, "/hello", Auth::none, "", Lane::direct,
               [](const Request&) { return text("hello"); }});
        r.add({Method::get, "/smuggled", Auth::none, "", Lane::direct, [this](const Request&) {
                   ++smuggled;
                   return text("smuggled");
               }});
        r.add({Method::post, "/echo", Auth::none, "", Lane::direct,
               [](const Request& req) { return text(std::string(req.body)); }});
        r.add({Method::post, "/blocking-echo", Auth::none, "", Lane::pool,
               [](const Request& req) { return text(std::string(req.body)); }});
        r.add({Method::get, "/throw", Auth::none, "", Lane::direct,
               [](const Request&) -> Response { throw std::runtime_error("SELECT secret"); }});
        r.add({Method::get, "/throw-int", Auth::none, "", Lane::pool,
               [](const Request&) -> Response { throw 7; }});
        r.add({Method::get, "/wait", Auth::none, "", Lane::pool, [this](const Request&) {
                   gate.wait();
                   return text("waited");
               }});
        r.add({Method::get, "/big", Auth::none, "", Lane::direct, [](const Request&) {
                   static const auto body = std::make_shared<const std::string>(kBig, 'b');
                   Response res = text("");
                   res.shared_body = body;
                   return res;
               }});
        r.add({Method::get, "/hash", Auth::none, "", Lane::hashing, [this](const Request&) {
                   gate.wait();
                   return text("hashed");
               }});
        r.add({Method::get, "/sleep", Auth::none, "", Lane::pool, [](const Request&) {
                   std::this_thread::sleep_for(300ms);
                   return text("slept");
               }});
        r.add({Method::get, "/who", Auth::none, "", Lane::direct,
               [](const Request& req) { return text(req.remote_addr); }});
        r.add({Method::get, "/inject", Auth::none, "", Lane::direct, [](const Request&) {
                   Response res = text("x");
                   res.set("X-Bad", "a\r\nSet-Cookie: b=c");
                   return res;
               }});
        r.add({Method::del, "/nothing", Auth::none, "", Lane::direct, [](const Request&) {
                   Response res;
                   res.status = 204;
                   return res;
               }});
        r.add({Method::get, "/refused", Auth::none, "", Lane::direct,
               [](const Request& req) { return problem("code_invalid", req.request_id); }});
        FrontSettings s;
        s.port = 0;
        s.hosts = {"127.0.0.1:{port}", "a"};
        s.on_access = [this](const AccessRecord& record) {
            std::lock_guard lock(mutex);
            logged.push_back(record.status);
        };
        s.on_exception = [this](std::string_view what, std::string_view) {
            std::lock_guard lock(mutex);
            exceptions.emplace_back(what);
        };
        if (change != nullptr) change(s);
        front = std::make_unique<Front>(std::move(s), std::move(r), std::move(files));
        REQUIRE(front->start());
    }
    ~Served() { gate.release(); }
    int port() const { return front->port(); }
    Wire wire() const { return Wire(front->port()); }
};

std::string get(const std::string& path, const std::string& fields = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
    return "POST " + path +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           fields + "\r\n" + body;
}

std::size_t rss_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.compare(0, 6, "VmRSS:") == 0) return std::stoul(line.substr(6));
    }
    return 0;
}

}  // namespace

TEST_CASE("security 72: an answer carries the headers every answer has") {
    Served s;
    Wire w = s.wire();
    w.send(get("/hello"));
    const Answer a = w.answer();
    CHECK(a.status == 200);
    CHECK(a.body == "hello");
    CHECK(a.field("Cache-Control") == "no-store");
    CHECK(a.field("X-Content-Type-Options") == "nosniff");
    CHECK(a.field("Content-Type") == "text/plain; charset=utf-8");
    CHECK(a.field("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'");
    CHECK(a.field("X-Request-Id").substr(0, 4) == "req_");
    CHECK(a.field("Date").size() == 29);
    CHECK(a.field("Connection").empty());
    CHECK(a.field("Strict-Transport-Security").empty());
}

TEST_CASE("HSTS is sent when the public URL is https") {
    Served s([](FrontSettings& f) { f.https_public_url = true; });
    Wire w = s.wire();
    w.send(get("/hello"));
    CHECK(w.answer().field("Strict-Transport-Security") == "max-age=31536000; includeSubDomains");
}

TEST_CASE("one connection serves many requests, pipelined ones in order, errors among them") {
    Served s;
    Wire w = s.wire();
    w.send(get("/hello") + post("/blocking-echo", "one") + get("/missing") + post("/echo", "two") +
           get("/refused") + get("/sleep") + get("/hello"));
    CHECK(w.answer().body == "hello");
    CHECK(w.answer().body == "one");
    const Answer missing = w.answer();
    CHECK(missing.status == 404);
    CHECK(missing.field("Connection").empty());
    CHECK(w.answer().body == "two");
    CHECK(w.answer().status == 422);
    CHECK(w.answer().body == "slept");
    CHECK(w.answer().body == "hello");
}

TEST_CASE("a request may come byte by byte") {
    Served s;
    Wire w = s.wire();
    for (char c : post("/blocking-echo", "slowly") + get("/hello")) w.send(std::string(1, c));
    CHECK(w.answer().body == "slowly");
    CHECK(w.answer().body == "hello");
}

TEST_CASE(
    "security 67 and 71: a refused request gets one answer, and what follows is never served") {
    Served s;
    const std::string after = get("/smuggled");
    for (const std::string bad : {
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
             "4\r\n\r\n0\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 0\r\n\r\nabcd",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
             "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
             "GET /hello HTTP/1.1\r\nHost: evil\r\n\r\n",
             "GET /hello HTTP/1.1\r\n\r\n",
             "GET /hello HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\n\r\n",
             "TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
             "GET /hello?key=1 HTTP/1.1\r\nHost: a\r\n\r\n",
             "GET /hello?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n",
             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
         }) {
        INFO(bad);
        Wire w = s.wire();
        w.send(bad + after);
        const Answer a = w.answer();
        CHECK(a.status >= 400);
        CHECK(a.status < 500);
        CHECK(a.field("Connection") == "close");
        CHECK(a.field("Content-Type") == "application/problem+json; charset=utf-8");
        CHECK(a.body.find("\"code\":\"") != std::string::npos);
        CHECK(a.body.find("\"request_id\":\"req_") != std::string::npos);
        bool closed = false;
        CHECK(w.rest(4000, closed).empty());
        CHECK(closed);
    }
    CHECK(s.smuggled == 0);
    Wire w = s.wire();
    w.send(get("/hello"));
    CHECK(w.answer().status == 200);
}

TEST_CASE("security 70: a body that is too large is answered while the peer still sends") {
    Served s;
    const std::size_t before = rss_kib();
    Wire w = s.wire();
    w.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
    std::thread sender([&] { w.send(std::string(4 << 20, 'x')); });
    const Answer a = w.answer();
    CHECK(a.status == 413);
    ::shutdown(w.fd(), SHUT_RDWR);
    sender.join();
    CHECK(rss_kib() < before + 16 * 1024);
}

TEST_CASE("security 67: a handler's exception is answered without its text") {
    Served s;
    for (const char* path : {"/throw", "/throw-int"}) {
        Wire w = s.wire();
        w.send(get(path) + get("/hello"));
        const Answer a = w.answer();
        CHECK(a.status == 500);
        CHECK(a.body.find("\"internal\"") != std::string::npos);
        CHECK((a.head + a.body).find("SELECT") == std::string::npos);
        CHECK(w.answer().body == "hello");
    }
    std::lock_guard lock(s.mutex);
    REQUIRE(s.exceptions.size() == 2);
    CHECK(s.exceptions[0].find("SELECT") == std::string::npos);
}

TEST_CASE("a handler cannot start a header field of its own") {
    Served s;
    Wire w = s.wire();
    w.send(get("/inject"));
    const Answer a = w.answer();
    CHECK(a.status == 200);
    CHECK(a.field("Set-Cookie").empty());
}

TEST_CASE("HEAD, 204 and OPTIONS") {
    Served s;
    Wire w = s.wire();
    w.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer head = w.answer(5000, true);
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == "5");
    w.send("DELETE /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer none = w.answer();
    CHECK(none.status == 204);
    CHECK(none.head.find("Content-Length") == std::string::npos);
    w.send("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer options = w.answer();
    CHECK(options.status == 204);
    CHECK(options.field("Allow") == "GET, HEAD, OPTIONS");
    w.send("PUT /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    const Answer wrong = w.answer();
    CHECK(wrong.status == 405);
    CHECK(wrong.field("Allow") == "GET, HEAD, OPTIONS");
    w.send(get("/hello"));
    CHECK(w.answer().body == "hello");
}

TEST_CASE("Expect: 100-continue is met once the head is judged") {
    Served s;
    Wire w = s.wire();
    w.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(w.answer().status == 100);
    w.send("abc");
    CHECK(w.answer().body == "abc");
    w.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\nExpect: "
        "100-continue\r\n\r\n");
    CHECK(w.answer().status == 413);
}

TEST_CASE("Connection: close and HTTP/1.0 close after the answer; a half-closed peer is answered") {
    Served s;
    for (const std::string& request : {get("/hello", "Connection: close\r\n"),
                                       std::string("GET /hello HTTP/1.0\r\nHost: a\r\n\r\n")}) {
        Wire w = s.wire();
        w.send(request);
        const Answer a = w.answer();
        CHECK(a.body == "hello");
        CHECK(a.field("Connection") == "close");
        bool closed = false;
        w.rest(4000, closed);
        CHECK(closed);
    }
    Wire w = s.wire();
    w.send(get("/sleep"));
    w.end_of_input();
    CHECK(w.answer().body == "slept");
}

TEST_CASE("slow heads and bodies are told 408, idle connections are closed") {
    Served s([](FrontSettings& f) {
        f.head_timeout = 400ms;
        f.body_timeout = 400ms;
        f.idle_timeout = 800ms;
    });
    bool closed = false;
    Wire head = s.wire();
    head.send("GET /hello HTTP/1.1\r\nHost:");
    Wire body = s.wire();
    body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
    Wire silent = s.wire();
    Wire idle = s.wire();
    idle.send(get("/hello"));
    CHECK(idle.answer().status == 200);
    CHECK(head.answer(3000).status == 408);
    CHECK(body.answer(3000).status == 408);
    CHECK(silent.rest(3000, closed).empty());
    CHECK(closed);
    CHECK(idle.rest(3000, closed).empty());
    CHECK(closed);
}

TEST_CASE("a full pool answers 503 and leaves the rest alive") {
    Served s([](FrontSettings& f) {
        f.pool.threads = 2;
        f.pool.queue = 3;
        f.pool.stale_after = 60s;
    });
    std::vector<Wire> waiting;
    for (int i = 0; i < 5; ++i) {
        waiting.push_back(s.wire());
        waiting.back().send(get("/wait"));
        const std::size_t want_running = i < 2 ? static_cast<std::size_t>(i + 1) : 2;
        const std::size_t want_queued = i < 2 ? 0 : static_cast<std::size_t>(i - 1);
        for (int k = 0; k < 400; ++k) {
            const FrontStats stats = s.front->stats();
            if (stats.pool_running == want_running && stats.pool_queued == want_queued) break;
            std::this_thread::sleep_for(5ms);
        }
    }
    Wire w = s.wire();
    w.send(get("/wait") + get("/hello"));
    const Answer a = w.answer();
    CHECK(a.status == 503);
    CHECK(a.field("Retry-After") == "1");
    CHECK(a.body.find("\"overloaded\"") != std::string::npos);
    CHECK(w.answer().body == "hello");
    s.gate.release();
    for (Wire& each : waiting) CHECK(each.answer().body == "waited");
    CHECK(s.front->stats().overloaded == 1);
}

TEST_CASE("a flood of password hashes leaves the other handlers their threads") {
    Served s([](FrontSettings& f) {
        f.hashing.threads = 2;
        f.hashing.queue = 2;
        f.hashing.stale_after = 60s;
    });
    std::vector<Wire> flood;
    for (int i = 0; i < 20; ++i) {
        flood.push_back(s.wire());
        flood.back().send(get("/hash"));
    }
    Wire w = s.wire();
    w.send(post("/blocking-echo", "served"));
    CHECK(w.answer().body == "served");
    for (int k = 0; k < 400 && s.front->stats().overloaded < 16; ++k)
        std::this_thread::sleep_for(5ms);
    s.gate.release();
    int served = 0;
    for (Wire& each : flood) served += each.answer().status == 200 ? 1 : 0;
    CHECK(served >= 2);
    CHECK(served <= 5);
}

TEST_CASE("what waited too long in the queue is answered 503, not run") {
    Served s([](FrontSettings& f) {
        f.pool.threads = 1;
        f.pool.stale_after = 100ms;
    });
    Wire first = s.wire();
    first.send(get("/sleep"));
    std::this_thread::sleep_for(50ms);
    Wire second = s.wire();
    second.send(get("/sleep"));
    CHECK(first.answer().body == "slept");
    CHECK(second.answer().status == 503);
}

TEST_CASE("security 44: X-Forwarded-For counts only from a listed proxy") {
    Served plain;
    Wire a = plain.wire();
    a.send(get("/who",
               "X-Forwarded-For: 198.51.100.7\r\nREMOTE_ADDR: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\n"));
    CHECK(a.answer().body == "127.0.0.1");
    Served proxied([](FrontSettings& f) { f.trusted_proxies.add("127.0.0.0/8"); });
    Wire b = proxied.wire();
    b.send(get("/who", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.7\r\n"));
    CHECK(b.answer().body == "198.51.100.7");
}

TEST_CASE("at the connection cap the longest idle one leaves") {
    Served s([](FrontSettings& f) {
        f.max_connections = 20;
        f.io_workers = 1;
    });
    std::vector<Wire> idle;
    for (int i = 0; i < 20; ++i) {
        idle.push_back(s.wire());
        idle.back().send(get("/hello"));
        REQUIRE(idle.back().answer().status == 200);
    }
    std::vector<Wire> newcomers;
    for (int i = 0; i < 5; ++i) {
        newcomers.push_back(s.wire());
        newcomers.back().send(get("/hello"));
        CHECK(newcomers.back().answer().status == 200);
        bool closed = false;
        idle[static_cast<std::size_t>(i)].rest(2000, closed);
        CHECK(closed);
    }
    CHECK(s.front->stats().evicted >= 5);
}

TEST_CASE("the built page is served from memory") {
    char folder[] = "/tmp/twofold-static-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string root = folder;
    REQUIRE(std::system(("mkdir -p " + root + "/assets " + root + "/desk && mkdir " + root +
                         "/.hidden")
                            .c_str()) ==
            0);
    const std::string big(3 << 20, 'b');
    std::ofstream(root + "/index.html") << "<!doctype html><title>t</title>";
    std::ofstream(root + "/desk/index.html") << "<!doctype html><title>desk</title>";
    std::ofstream(root + "/assets/app-Ab12Cd34.js") << big;
    std::ofstream(root + "/assets/app-Ab12Cd34.js.br") << "brotli";
    std::ofstream(root + "/core.wasm") << "wasm";
    std::ofstream(root + "/.env") << "hidden";
    std::ofstream(root + "/keys") << "hidden";
    std::ofstream(root + "/twofold.db") << "hidden";
    std::ofstream(root + "/.hidden/x") << "hidden";
    StaticFiles files(root);
    files.set_page_header("Content-Security-Policy", "default-src 'self'");
    Served s(nullptr, std::move(files));

    Wire w = s.wire();
    w.send(get("/"));
    const Answer page = w.answer();
    CHECK(page.body == "<!doctype html><title>t</title>");
    CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.field("Content-Security-Policy") == "default-src 'self'");
    CHECK(page.field("Cache-Control") == "no-cache");
    w.send(get("/index.html", "If-None-Match: " + page.field("ETag") + "\r\n"));
    const Answer same = w.answer();
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    for (const char* path : {"/desk/", "/desk", "/desk/index.html"}) {
        w.send(get(path));
        const Answer desk = w.answer();
        CHECK(desk.body == "<!doctype html><title>desk</title>");
        CHECK(desk.field("Content-Security-Policy") == "default-src 'self'");
    }
    w.send(get("/core.wasm"));
    CHECK(w.answer().field("Content-Type") == "application/wasm");
    w.send("HEAD /assets/app-Ab12Cd34.js HTTP/1.1\r\nHost: a\r\n\r\n");
    const Answer head = w.answer(5000, true);
    CHECK(head.field("Content-Length") == std::to_string(big.size()));
    CHECK(head.field("Cache-Control") == "public, max-age=31536000, immutable");
    w.send(get("/assets/app-Ab12Cd34.js", "Accept-Encoding: gzip, br\r\n"));
    const Answer small = w.answer();
    CHECK(small.field("Content-Encoding") == "br");
    CHECK(small.body == "brotli");
    w.send(get("/assets/app-Ab12Cd34.js") + get("/hello"));
    std::this_thread::sleep_for(100ms);  // let the socket fill, so that the rest goes out by events
    CHECK(w.answer().body == big);
    CHECK(w.answer().body == "hello");
    for (const char* path : {"/../etc/passwd", "/assets/../../etc/passwd", "/%2e%2e/etc/passwd",
                             "//etc/passwd", "/.env", "/.hidden/x", "/keys", "/twofold.db",
                             "/assets/app-Ab12Cd34.js.br", "/assets", "/assets/"}) {
        INFO(path);
        w.send(get(path));
        CHECK(w.answer().status == 404);
    }
    w.send(post("/", ""));
    CHECK(w.answer().status == 405);

    // Peers that do not read cost no copy of the body.
    const std::size_t before = rss_kib();
    std::vector<Wire> lazy;
    for (int i = 0; i < 60; ++i) {
        lazy.push_back(s.wire());
        lazy.back().send(get("/assets/app-Ab12Cd34.js"));
    }
    Wire after = s.wire();
    after.send(get("/hello"));
    CHECK(after.answer().status == 200);
    CHECK(rss_kib() < before + 16 * 1024);
    CHECK(std::system(("rm -rf " + root).c_str()) == 0);
}

TEST_CASE("a slow reader is served as long as it reads, and dropped when it stops") {
    Served s([](FrontSettings& f) { f.write_timeout = 500ms; });
    const auto big = [&](Wire& w) {
        const int small = 64 * 1024;
        setsockopt(w.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        w.send(get("/big"));
    };
    Wire stuck = s.wire();
    big(stuck);
    Wire slow = s.wire();
    big(slow);
    std::size_t got = 0;
    std::vector<char> block(256 * 1024);
    for (int i = 0; got < kBig; ++i) {
        REQUIRE(i < 100000);
        const ssize_t n = ::recv(slow.fd(), block.data(), block.size(), 0);
        REQUIRE(n > 0);
        got += static_cast<std::size_t>(n);
        if (i < 20) std::this_thread::sleep_for(60ms);
    }
    CHECK(got > kBig);
    for (int k = 0; k < 600 && s.front->stats().timed_out == 0; ++k)
        std::this_thread::sleep_for(5ms);
    CHECK(s.front->stats().timed_out == 1);
}

TEST_CASE("security 89: a drain breaks no request") {
    Served s;
    const int port = s.port();
    std::atomic<bool> down{false};
    std::atomic<int> good{0}, broken{0};
    std::vector<std::thread> clients;
    for (int k = 0; k < 8; ++k) {
        clients.emplace_back([&, k] {
            const bool keep = k % 2 == 0;
            const std::string request = k % 4 < 2 ? get("/hello") : post("/blocking-echo", "hello");
            while (!down) {
                Wire w(port);
                if (!w.open()) return;  // refused: the port is closed, which breaks nothing
                for (bool again = true; again;) {
                    if (!w.send(request)) {
                        ++broken;
                        break;
                    }
                    const Answer a = w.answer();
                    if (a.status == 200 && a.body == "hello") {
                        ++good;
                    } else {
                        ++broken;
                        break;
                    }
                    again = keep && a.field("Connection").empty();
                }
            }
        });
    }
    Wire slow = s.wire();
    slow.send(get("/sleep"));
    Wire half = s.wire();
    half.send("GET /hello HTTP/1.1\r\nHo");
    std::this_thread::sleep_for(200ms);
    std::thread finisher([&] {
        std::this_thread::sleep_for(400ms);
        half.send("st: a\r\n\r\n");
    });
    CHECK(s.front->drain(10s));
    down = true;
    finisher.join();
    for (auto& c : clients) c.join();
    CHECK(good > 100);
    CHECK(broken == 0);
    CHECK(slow.answer().body == "slept");
    const Answer a = half.answer();
    CHECK(a.body == "hello");
    CHECK(a.field("Connection") == "close");
    CHECK_FALSE(Wire(port).open());
}

TEST_CASE("500 idle and 500 slow connections disturb nobody") {
    Served s;
    const std::size_t before = rss_kib();
    std::vector<Wire> bad;
    for (int i = 0; i < 1000; ++i) {
        bad.push_back(s.wire());
        REQUIRE(bad.back().open());
        if (i % 2 == 0) bad.back().send("GET /hello HTTP/1.1\r\nX");
    }
    std::vector<double> took;
    for (int i = 0; i < 300; ++i) {
        const auto start = std::chrono::steady_clock::now();
        for (int k = 0; k < 4; ++k) bad[static_cast<std::size_t>((i * 8 + k * 2) % 1000)].send(":");
        Wire w = s.wire();
        w.send(get("/hello"));
        REQUIRE(w.answer().status == 200);
        took.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
    }
    std::sort(took.begin(), took.end());
    CHECK(took[took.size() * 99 / 100] < 50.0);
    CHECK(rss_kib() < before + 32 * 1024);
}

TEST_CASE("request ids are unique and every answer is logged once") {
    Served s;
    Wire w = s.wire();
    std::set<std::string> ids;
    for (int i = 0; i < 200; ++i) {
        w.send(get(i % 2 == 0 ? "/hello" : "/missing"));
        ids.insert(w.answer().field("X-Request-Id"));
    }
    CHECK(ids.size() == 200);
    std::lock_guard lock(s.mutex);
    CHECK(s.logged.size() == 200);
}

TEST_CASE("a port that is taken is an error, not a share of the traffic") {
    Served s;
    FrontSettings settings;
    settings.port = s.port();
    Front second(std::move(settings), Router(), StaticFiles());
    CHECK_FALSE(second.start());
    CHECK_FALSE(second.error().empty());
}
