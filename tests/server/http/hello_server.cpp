// hello_server - one route on the front; its peer is plain_pool_server.cpp.
//   hello_server PORT
// Prints "ready PORT" when it serves; ends on SIGTERM, the front by draining.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "server/http/front.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const int port = std::atoi(argv[1]);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    using namespace twofold::http;
    Router router;
    const auto hello = [](const Request&) {
        Response res;
        res.content_type = "application/json; charset=utf-8";
        res.body = "{\"status\":\"ok\"}";
        return res;
    };
    router.add({Method::get, "/healthz", Auth::none, "", Lane::direct, hello});
    router.add({Method::get, "/blocking", Auth::none, "", Lane::pool, hello});
    FrontSettings settings;
    settings.port = port;
    settings.hosts = {"127.0.0.1:{port}", "localhost:{port}"};
    Front front(std::move(settings), std::move(router), StaticFiles());
    if (!front.start()) {
        std::fprintf(stderr, "%s\n", front.error().c_str());
        return 1;
    }
    std::printf("ready %d\n", front.port());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&set, &signal);
    return front.drain(std::chrono::seconds(10)) ? 0 : 1;
}
