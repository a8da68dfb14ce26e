#include "tests/server/storage/proxy.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace twofold::testing {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

bool send_all(int fd, std::string_view data) {
    while (!data.empty()) {
        const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

Proxy::Proxy(int target) : target_(target) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("the proxy does not listen");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

Proxy::~Proxy() {
    stop_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
}

void Proxy::accept_loop() {
    while (!stop_) {
        pollfd p{listener_, POLLIN, 0};
        if (::poll(&p, 1, 20) <= 0) continue;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        ++connections_;
        const std::scoped_lock lock(mutex_);
        threads_.emplace_back([this, client] { serve(client); });
    }
}

void Proxy::serve(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    bool silent = false;
    std::array<char, 65536> buffer{};
    while (open && !stop_) {
        pollfd p[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
        if (::poll(p, 2, 20) <= 0) continue;
        if (p[0].revents != 0) {
            const ssize_t n = ::recv(client, buffer.data(), buffer.size(), 0);
            if (n <= 0) break;
            const std::string_view data(buffer.data(), static_cast<std::size_t>(n));
            // A COM_QUERY is its own packet and the client waits for its answer: it arrives whole.
            Mode mode = Mode::pass;
            if (data.size() < 64 && data.find("COMMIT") != std::string_view::npos)
                mode = mode_.exchange(Mode::pass);
            if (mode == Mode::lose_commit) break;
            if (!send_all(server, data)) break;
            if (mode == Mode::lose_answer) {
                // Until the server has answered: it has committed by then.
                [[maybe_unused]] const ssize_t ignored =
                    ::recv(server, buffer.data(), buffer.size(), 0);
                break;
            }
            if (mode == Mode::hold_answer) silent = true;
        }
        if (p[1].revents != 0) {
            const ssize_t n = ::recv(server, buffer.data(), buffer.size(), 0);
            if (n <= 0) break;
            if (!silent) open = send_all(client, {buffer.data(), static_cast<std::size_t>(n)});
        }
    }
    ::close(server);
    ::close(client);
}

}  // namespace twofold::testing
