// smtp_sink - an SMTP server that takes every mail at once and throws it away (RFC 5321, no TLS), so
// that what is measured is the sender. One thread, epoll.
//   bench_smtp_sink PORT
// Prints a line for each mail when it is taken, "microseconds since the epoch<TAB>recipient".
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace {

struct Session {
    std::string in;
    std::string to;
    bool data = false;
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "bench_smtp_sink: %s\n", what);
    std::exit(1);
}

using Clock = std::chrono::steady_clock;

struct Reply {
    Clock::time_point due;
    int fd;
    std::string line;
};

std::chrono::milliseconds wait_before{0};
std::deque<Reply> waiting;

void send_now(int fd, std::string_view line) {
    if (::send(fd, line.data(), line.size(), MSG_NOSIGNAL) < 0) ::shutdown(fd, SHUT_RDWR);
}

void say(int fd, std::string_view line) {
    if (wait_before.count() == 0) return send_now(fd, line);
    waiting.push_back({Clock::now() + wait_before, fd, std::string(line)});
}

void send_due() {
    for (; !waiting.empty() && waiting.front().due <= Clock::now(); waiting.pop_front())
        send_now(waiting.front().fd, waiting.front().line);
}

void taken(const Session& s) {
    using namespace std::chrono;
    const auto at = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    std::printf("%lld\t%s\n", static_cast<long long>(at), s.to.c_str());
}

void command(int fd, Session& s, std::string_view line) {
    if (line.starts_with("EHLO")) return say(fd, "250-sink\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n");
    if (line.starts_with("DATA")) {
        s.data = true;
        return say(fd, "354 go on\r\n");
    }
    if (line.starts_with("RCPT TO:<")) s.to = line.substr(9, line.find('>') - 9);
    say(fd, line.starts_with("QUIT") ? "221 bye\r\n" : "250 yes\r\n");
}

void work(int fd, Session& s) {
    for (;;) {
        if (s.data) {
            const std::size_t end = s.in.find("\r\n.\r\n");
            if (end == std::string::npos) return;
            s.in.erase(0, end + 5);
            s.data = false;
            taken(s);
            say(fd, "250 taken\r\n");
        } else {
            const std::size_t end = s.in.find("\r\n");
            if (end == std::string::npos) return;
            const std::string line = s.in.substr(0, end);
            s.in.erase(0, end + 2);
            command(fd, s, line);
        }
    }
}

void watch(int poll, int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

int listen_on(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 128) != 0)
        fail("cannot listen");
    return fd;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) fail("usage: bench_smtp_sink PORT [MILLISECONDS]");
    if (argc > 2) wait_before = std::chrono::milliseconds(std::atoi(argv[2]));
    const int door = listen_on(std::atoi(argv[1]));
    const int poll = ::epoll_create1(0);
    watch(poll, door);
    std::map<int, Session> sessions;
    for (;;) {
        epoll_event events[64];
        const int n = ::epoll_wait(poll, events, 64, waiting.empty() ? 20 : 1);
        send_due();
        if (n == 0 && waiting.empty()) std::fflush(stdout);  // quiet: let the reader see it
        for (int i = 0; i < n; ++i) {
            const int fd = events[i].data.fd;
            if (fd == door) {
                const int guest = ::accept(door, nullptr, nullptr);
                const int on = 1;
                ::setsockopt(guest, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                sessions[guest] = {};
                watch(poll, guest);
                say(guest, "220 sink\r\n");
                continue;
            }
            char buffer[65536];
            const ssize_t got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
            if (got <= 0) {
                ::close(fd);
                sessions.erase(fd);
                continue;
            }
            Session& s = sessions[fd];
            s.in.append(buffer, static_cast<std::size_t>(got));
            work(fd, s);
        }
    }
}
