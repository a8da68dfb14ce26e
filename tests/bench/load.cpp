// load - posts codes over keep-alive connections and prints what it saw as one line of JSON.
//   bench_load PORT FILE FROM COUNT CONNECTIONS [HEADER: VALUE]
// FILE holds lines "path<TAB>secret in hexadecimal digits"; lines FROM .. FROM + COUNT - 1 are sent
// once each, in random order, as POST path {"code":"NNNNNN"}, the code of the current step. One
// thread, epoll; every connection has one request under way. Ends after COUNT answers or 60
// seconds.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "shared/totp.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int fd = -1;
    std::string in;
    Clock::time_point sent;
    bool busy = false;
};

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_load: %s\n", what.c_str());
    std::exit(1);
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(
            static_cast<std::uint8_t>(std::strtol(text.substr(i, 2).c_str(), nullptr, 16)));
    return bytes;
}

// Length of a whole response at the start of `in`, or 0; its status.
std::size_t complete(const std::string& in, int& status) {
    const std::size_t head = in.find("\r\n\r\n");
    if (head == std::string::npos) return 0;
    status = std::atoi(in.c_str() + 9);
    std::size_t body = 0;
    for (std::size_t at = in.find("\r\n"); at < head; at = in.find("\r\n", at + 2)) {
        static const char kName[] = "content-length:";
        if (strncasecmp(in.c_str() + at + 2, kName, sizeof kName - 1) == 0)
            body = static_cast<std::size_t>(std::atol(in.c_str() + at + 2 + sizeof kName - 1));
    }
    return in.size() >= head + 4 + body ? head + 4 + body : 0;
}

int connect_to(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
        fail("cannot connect");
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 6) fail("usage: bench_load PORT FILE FROM COUNT CONNECTIONS [HEADER: VALUE]");
    const int port = std::atoi(argv[1]);
    const long from = std::atol(argv[3]), count = std::atol(argv[4]);
    const auto connections = static_cast<std::size_t>(std::atol(argv[5]));
    const std::string header = argc > 6 ? std::string(argv[6]) + "\r\n" : "";

    std::vector<std::string> requests;
    {
        std::ifstream file(argv[2]);
        std::string line;
        const std::int64_t step = std::time(nullptr) / 30;
        for (long n = 0; n < from + count && std::getline(file, line); ++n) {
            if (n < from) continue;
            const std::size_t tab = line.find('\t');
            if (tab == std::string::npos) fail("a line without a tab");
            const auto code = twofold::totp_at({}, from_hex(line.substr(tab + 1)), step);
            if (!code) fail("no code");
            const std::string body = "{\"code\":\"" + std::string(code->text()) + "\"}";
            requests.push_back("POST " + line.substr(0, tab) + " HTTP/1.1\r\nHost: localhost:" +
                               std::to_string(port) + "\r\nContent-Type: application/json\r\n" +
                               header + "Content-Length: " + std::to_string(body.size()) +
                               "\r\n\r\n" + body);
        }
    }
    if (requests.size() != static_cast<std::size_t>(count)) fail("the file is too short");
    std::shuffle(requests.begin(), requests.end(), std::mt19937(static_cast<unsigned>(from) + 1));

    const int poll = ::epoll_create1(0);
    std::vector<Connection> all(connections);
    std::size_t next = 0, answered = 0;
    std::vector<double> milliseconds;
    std::map<int, long> statuses;
    std::string sample;  // the first answer that is not 200
    const auto send_next = [&](Connection& c) {
        c.busy = next < requests.size();
        if (!c.busy) return;
        const std::string& r = requests[next++];
        c.sent = Clock::now();
        if (::send(c.fd, r.data(), r.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(r.size()))
            fail("cannot send");
    };
    for (std::size_t i = 0; i < connections; ++i) {
        all[i].fd = connect_to(port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = i;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    const auto begin = Clock::now();
    for (Connection& c : all) send_next(c);
    std::vector<epoll_event> events(connections);
    while (answered < requests.size()) {
        if (Clock::now() - begin > std::chrono::seconds(60)) break;
        const int n = ::epoll_wait(poll, events.data(), static_cast<int>(connections), 1000);
        for (int i = 0; i < n; ++i) {
            const auto index =
                static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
            Connection& c = all[index];
            char buffer[16384];
            const ssize_t got = ::recv(c.fd, buffer, sizeof buffer, MSG_DONTWAIT);
            if (got <= 0) {
                // The server closed: an answer that is still owed is lost.
                if (c.busy) {
                    ++statuses[0];
                    ++answered;
                }
                ::close(c.fd);
                c.fd = connect_to(port);
                c.in.clear();
                epoll_event event{};
                event.events = EPOLLIN;
                event.data.u64 = index;
                ::epoll_ctl(poll, EPOLL_CTL_ADD, c.fd, &event);
                send_next(c);
                continue;
            }
            c.in.append(buffer, static_cast<std::size_t>(got));
            int status = 0;
            const std::size_t length = complete(c.in, status);
            if (length == 0) continue;
            milliseconds.push_back(
                std::chrono::duration<double, std::milli>(Clock::now() - c.sent).count());
            if (status != 200 && sample.empty()) sample = c.in.substr(0, length);
            c.in.erase(0, length);
            ++statuses[status];
            ++answered;
            send_next(c);
        }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::sort(milliseconds.begin(), milliseconds.end());
    const auto at = [&](double share) {
        if (milliseconds.empty()) return 0.0;
        return milliseconds[std::min(
            milliseconds.size() - 1,
            static_cast<std::size_t>(share * static_cast<double>(milliseconds.size())))];
    };
    std::printf(
        "{\"ok\": %ld, \"seconds\": %.3f, \"per_second\": %.1f, \"p50\": %.3f, \"p95\": %.3f, "
        "\"p99\": %.3f, "
        "\"max\": %.3f, \"statuses\": {",
        statuses[200], seconds, static_cast<double>(statuses[200]) / seconds, at(0.5), at(0.95),
        at(0.99), at(1));
    bool comma = false;
    for (const auto& [status, n] : statuses) {
        if (n == 0) continue;
        std::printf("%s\"%d\": %ld", comma ? ", " : "", status, n);
        comma = true;
    }
    std::printf("}}\n");
    if (!sample.empty()) std::fprintf(stderr, "bench_load: not 200:\n%s\n", sample.c_str());
}
