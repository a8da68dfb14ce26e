// front.hpp - the HTTP server: cpp-httplib behind an event loop of our own.
// The library gives each connection a thread, which 100 slow peers exhaust. Here connections are
// parked in epoll, a request is framed and judged by head.hpp before the library sees it, and only
// complete requests reach its process_request(), through an in-memory stream and with a head this
// server wrote itself (docs/adr/0003-http-front.md).
//   I/O workers    one per core; they frame, route, run handlers that cannot wait, and send
//   two pools      handlers that wait, and apart from them those that hash passwords; when the
//   queue
//                  of one is full: 503 `overloaded`
//   caps           HeadLimits; 10 s for a head, 10 s for a body, 10 s without an answer moving on,
//                  30 s idle; connections below the descriptor limit, the longest idle leave first
// Thread-safe: stats(), drain() and stop() may be called from any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http/client_address.hpp"
#include "server/http/head.hpp"
#include "server/http/message.hpp"
#include "server/http/router.hpp"
#include "server/http/static_files.hpp"
#include "server/http/worker_pool.hpp"

namespace twofold::http {

// One line of the access log. Views are valid during the call only. No query, no body, no
// credential is in it: the route is the template, not the path.
struct AccessRecord {
    std::string_view request_id;
    std::string_view method;
    std::string_view route;  // template, or empty when none matched
    std::string_view remote_addr;
    std::string_view code;  // problem code, or empty
    int status = 0;
    std::uint64_t micros = 0;  // from the complete request to the complete answer
    std::size_t bytes = 0;
};

struct FrontSettings {
    std::string host = "127.0.0.1";
    int port = 8080;  // 0: any free one; see Front::port()
    // Host values that are ours, lower case, with the port where it is not the scheme's own. With
    // port 0, "{port}" in them stands for the port that was found.
    std::vector<std::string> hosts;
    TrustedProxies trusted_proxies;
    std::string tls_certificate_file;  // both or neither
    std::string tls_key_file;
    bool https_public_url = false;  // HSTS also when a proxy ends TLS
    HeadLimits limits;
    WorkerPool::Options pool;
    // A try costs some 20 to 80 ms of a core: what waits longer than stale_after is refused
    // instead.
    WorkerPool::Options hashing{.threads = 16, .queue = 64};
    unsigned io_workers = 0;          // 0: one per core
    std::size_t max_connections = 0;  // 0: what the descriptor limit leaves
    std::chrono::milliseconds head_timeout{10000};
    std::chrono::milliseconds body_timeout{10000};
    std::chrono::milliseconds write_timeout{10000};
    std::chrono::milliseconds idle_timeout{30000};
    std::chrono::milliseconds idle_grace{1500};  // idle connections live on this long in a drain
    std::function<void(const AccessRecord&)> on_access;
    std::function<void(std::string_view what, std::string_view request_id)> on_exception;
};

struct FrontStats {
    std::size_t connections = 0;
    std::size_t pool_queued = 0;
    std::size_t pool_running = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  // by the edge guard
    std::uint64_t overloaded = 0;
    std::uint64_t timed_out = 0;  // connections dropped by a cap
    std::uint64_t evicted = 0;    // idle ones closed to make room
};

class Front {
 public:
    // The router and the files are kept. preflight, when set, answers OPTIONS on a known path.
    Front(FrontSettings settings, Router router, StaticFiles files, Handler preflight = nullptr);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    // Binds and serves on threads of its own. False, with the reason in error(), when the address
    // cannot be bound or the certificate cannot be used.
    bool start();
    [[nodiscard]] int port() const;
    [[nodiscard]] const std::string& error() const;
    [[nodiscard]] FrontStats stats() const;

    // Stops taking connections, answers every request that has begun with Connection: close, closes
    // idle connections after a grace, and returns when none is left or after `at_most`. True: none
    // was cut off.
    bool drain(std::chrono::milliseconds at_most);
    // Ends at once whatever is left. Called by the destructor.
    void stop();

    struct Impl;

 private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace twofold::http
