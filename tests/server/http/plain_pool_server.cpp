// plain_pool_server - the peer of the front's figures: cpp-httplib as it comes, one thread per
// connection from a pool.
//   plain_pool_server PORT [THREADS]
#include <httplib.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    httplib::Server server;
    if (argc > 2) {
        const auto n = static_cast<std::size_t>(std::atoi(argv[2]));
        server.new_task_queue = [n] { return new httplib::ThreadPool(n); };
    }
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(100000000);
    server.Get("/healthz", [](const httplib::Request&, httplib::Response& res) {
        res.set_content("{\"status\":\"ok\"}", "application/json");
    });
    if (!server.bind_to_port("127.0.0.1", std::atoi(argv[1]))) return 1;
    std::printf("ready %s\n", argv[1]);
    std::fflush(stdout);
    return server.listen_after_bind() ? 0 : 1;
}
