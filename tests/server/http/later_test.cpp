// Answers that a handler gives later (Response::later), while no thread waits.
#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "server/http/front.hpp"
#include "tests/server/http/wire.hpp"
#include "tests/support/catch.hpp"

using namespace twofold::http;
using twofold::test::Wire;
using namespace std::chrono_literals;

namespace {

Response text(std::string body) {
    Response res;
    res.content_type = "text/plain; charset=utf-8";
    res.body = std::move(body);
    return res;
}

struct Served {
    std::mutex mutex;
    std::vector<Reply> owed;
    std::thread::id handled, started;
    std::unique_ptr<Front> front;

    Served() {
        Router r;
        const auto later = [this](bool waits) {
            return [this, waits](const Request&) {
                Response res;
                res.later_waits = waits;
                res.later = [this](Reply reply) {
                    const std::lock_guard lock(mutex);
                    started = std::this_thread::get_id();
                    owed.push_back(std::move(reply));
                };
                const std::lock_guard lock(mutex);
                handled = std::this_thread::get_id();
                return res;
            };
        };
        const auto yes = [](const Request&) { return true; };
        const auto no = [](const Request&) { return false; };
        r.add({Method::get, "/direct", Auth::none, "", Lane::pool, later(false), yes});
        r.add({Method::get, "/slow", Auth::none, "", Lane::pool, later(true), yes});
        r.add({Method::get, "/pool", Auth::none, "", Lane::pool, later(false), no});
        r.add({Method::get, "/now", Auth::none, "", Lane::pool,
               [](const Request&) { return text("now"); }, yes});
        FrontSettings s;
        s.port = 0;
        s.hosts = {"a"};
        s.io_workers = 1;
        s.pool.threads = 1;
        front = std::make_unique<Front>(std::move(s), std::move(r), StaticFiles(), Handler());
        REQUIRE(front->start());
    }
    Wire ask(const std::string& path) const {
        Wire w(front->port());
        w.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        return w;
    }
    void wait_for(std::size_t n) {
        for (int i = 0; i < 5000; ++i) {
            {
                const std::lock_guard lock(mutex);
                if (owed.size() == n) return;
            }
            std::this_thread::sleep_for(1ms);
        }
        FAIL("the handlers did not run");
    }
    void pay() {
        std::vector<Reply> all;
        {
            const std::lock_guard lock(mutex);
            all.swap(owed);
        }
        for (const Reply& reply : all) reply(text("later"));
    }
};

}  // namespace

TEST_CASE("more requests are under way than there are threads, and each gets its answer") {
    Served s;
    std::vector<Wire> wires;
    for (int i = 0; i < 20; ++i) wires.push_back(s.ask(i % 2 == 0 ? "/direct" : "/pool"));
    s.wait_for(20);
    // Neither the I/O worker nor the pool's one thread is held.
    Wire other = s.ask("/now");
    CHECK(other.answer().body == "now");
    s.pay();
    for (Wire& w : wires) {
        CHECK(w.answer().body == "later");
        // The connection goes on.
        w.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(w.answer().body == "now");
    }
}

TEST_CASE("what takes long to begin does not begin on the I/O worker") {
    Served s;
    Wire quick = s.ask("/direct");
    s.wait_for(1);
    CHECK(s.handled == s.started);
    Wire slow = s.ask("/slow");
    s.wait_for(2);
    CHECK(s.handled != s.started);
    s.pay();
    CHECK(quick.answer().status == 200);
    CHECK(slow.answer().status == 200);
}

TEST_CASE("a drain waits for answers that are owed; a peer that left is no trouble") {
    Served s;
    Wire patient = s.ask("/direct");
    { const Wire gone = s.ask("/direct"); }
    s.wait_for(2);
    std::thread later([&] {
        std::this_thread::sleep_for(200ms);
        s.pay();
    });
    CHECK(s.front->drain(5s));
    later.join();
    CHECK(patient.answer().body == "later");
}

TEST_CASE("the last part of an answer is made on the I/O worker; an exception in it is a 500") {
    Served s;
    Wire good = s.ask("/direct");
    s.wait_for(1);
    std::atomic<bool> on_worker{false};
    std::vector<Reply> owed;
    {
        const std::lock_guard lock(s.mutex);
        owed.swap(s.owed);
    }
    Response whole;
    whole.make = [&] {
        on_worker = std::this_thread::get_id() == s.handled;  // "/direct" is handled there
        return text("made");
    };
    owed.front()(std::move(whole));
    CHECK(good.answer().body == "made");
    CHECK(on_worker);

    good.send("GET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
    s.wait_for(1);
    {
        const std::lock_guard lock(s.mutex);
        owed.swap(s.owed);
    }
    Response broken;
    broken.make = []() -> Response { throw std::runtime_error("no"); };
    owed.front()(std::move(broken));
    CHECK(good.answer().status == 500);
    good.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(good.answer().body == "now");
}
