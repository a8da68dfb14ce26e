// wire.hpp - a raw HTTP/1.1 client for tests: sends exactly the bytes it is given.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace twofold::test {

struct Answer {
    int status = 0;  // 0: the connection ended without an answer
    std::string head;
    std::string body;
    std::string field(std::string_view name) const {
        const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
        if (at == std::string::npos) return {};
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

class Wire {
 public:
    explicit Wire(int port) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in a{};
        a.sin_family = AF_INET;
        a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        a.sin_port = htons(static_cast<std::uint16_t>(port));
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) {
            ::close(fd_);
            fd_ = -1;
        }
    }
    ~Wire() {
        if (fd_ >= 0) ::close(fd_);
    }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    Wire(Wire&& o) noexcept : fd_(o.fd_), in_(std::move(o.in_)) { o.fd_ = -1; }

    bool open() const { return fd_ >= 0; }
    int fd() const { return fd_; }
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    void end_of_input() const { ::shutdown(fd_, SHUT_WR); }

    // The next answer; `bodiless` after HEAD.
    Answer answer(int timeout_ms = 5000, bool bodiless = false) {
        Answer a;
        std::size_t end = 0;
        while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
            if (!more(timeout_ms)) return a;
        }
        a.head = in_.substr(0, end + 2);
        in_.erase(0, end + 4);
        a.status = std::atoi(a.head.c_str() + 9);
        const std::string length = a.field("Content-Length");
        const std::size_t n = bodiless || length.empty() ? 0 : std::stoul(length);
        while (in_.size() < n) {
            if (!more(timeout_ms)) {
                a.status = 0;
                return a;
            }
        }
        a.body = in_.substr(0, n);
        in_.erase(0, n);
        return a;
    }
    // Everything until the peer closes; false in `closed` when it does not in time.
    std::string rest(int timeout_ms, bool& closed) {
        while (more(timeout_ms)) {
        }
        closed = ended_;
        return std::exchange(in_, {});
    }

 private:
    bool more(int timeout_ms) {
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, timeout_ms) <= 0) return false;
        char block[65536];
        const ssize_t n = ::recv(fd_, block, sizeof block, 0);
        if (n <= 0) {
            ended_ = true;
            return false;
        }
        in_.append(block, static_cast<std::size_t>(n));
        return true;
    }
    int fd_ = -1;
    bool ended_ = false;
    std::string in_;
};

}  // namespace twofold::test
