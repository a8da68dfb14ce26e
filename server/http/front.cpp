// The one file that sees cpp-httplib. It leans on protected members of httplib::Server
// (process_request, svr_sock_, the virtual process_and_close_socket);
// tests/server/http/front_test.cpp fails loudly when an update of the library changes what they do.
#define CPPHTTPLIB_LISTEN_BACKLOG 1024
#define CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND 100000
#define CPPHTTPLIB_REQUEST_URI_MAX_LENGTH 8192
#define CPPHTTPLIB_FORM_URL_ENCODED_PAYLOAD_MAX_LENGTH 0
#include "server/http/front.hpp"

#include <arpa/inet.h>
#include <httplib.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <ctime>
#include <limits>
#include <mutex>
#include <random>
#include <thread>
#include <typeinfo>

#include "server/http/problem.hpp"
#include "server/http/text.hpp"
#include "server/http/tls.hpp"

namespace twofold::http {
namespace {

using Clock = std::chrono::steady_clock;

// Descriptors kept free for the database, log and mail beside the connections.
constexpr std::size_t kReservedDescriptors = 256;
constexpr std::size_t kMostConnections = 60000;
constexpr std::size_t kReceiveBlock = std::size_t{32} * 1024;
constexpr std::size_t kKeptBuffer =
    std::size_t{2} * 1024;  // an idle connection holds no more than this
constexpr std::chrono::milliseconds kScanEvery{250};
constexpr std::chrono::milliseconds kLinger{2000};
constexpr std::chrono::minutes kLongestWrite{5};

// One request and its answer. Owned by its connection; touched by one thread at a time.
struct Exchange {
    Request req;
    const Route* route = nullptr;
    Response res;  // set before run() when the answer is known without a handler
    bool answered = false;
    bool method_known = true;
    bool keep_alive = true;
    bool head_only = false;
    bool sized = false;  // the answer has no Content-Length, or `fields` has it
    Clock::time_point started;

    std::string fields;                         // header fields of the answer, each with its CR LF
    std::string out;                            // head and own body, ready to send
    std::shared_ptr<const std::string> shared;  // body that follows out

    void reset() {
        req = Request();
        route = nullptr;
        res = Response();
        answered = false;
        method_known = true;
        keep_alive = true;
        head_only = false;
        sized = false;
        fields.clear();
        out.clear();
        shared.reset();
    }
};

// What the library's handler is working on: its pre-routing handler runs on this thread, inside
// process_request().
thread_local Exchange* current = nullptr;

void append_field(std::string& block, std::string_view field, std::string_view value) {
    // A value a handler took from a request must never start a field of its own.
    const auto unsafe = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    if (std::any_of(value.begin(), value.end(), unsafe)) return;
    block.append(field).append(": ").append(value).append("\r\n");
}

// Gives process_request() the head this server wrote and takes the answer.
class MemoryStream final : public httplib::Stream {
 public:
    MemoryStream(std::string_view in, std::string& out) : in_(in), out_(out) {}
    [[nodiscard]] bool is_readable() const override { return !in_.empty(); }
    [[nodiscard]] bool wait_readable() const override { return true; }
    [[nodiscard]] bool wait_writable() const override { return true; }
    ssize_t read(char* p, size_t n) override {
        n = std::min(n, in_.size());
        std::memcpy(p, in_.data(), n);
        in_.remove_prefix(n);
        return static_cast<ssize_t>(n);
    }
    ssize_t write(const char* p, size_t n) override {
        out_.append(p, n);
        return static_cast<ssize_t>(n);
    }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    [[nodiscard]] socket_t socket() const override { return INVALID_SOCKET; }
    [[nodiscard]] time_t duration() const override { return 0; }

 private:
    std::string_view in_;
    std::string& out_;
};

// Accepted sockets are handed over on the accepting thread; no thread per connection.
class InlineQueue final : public httplib::TaskQueue {
 public:
    bool enqueue(std::function<void()> fn) override {
        fn();
        return true;
    }
    void shutdown() override {}
};

// "req_", 48 bits of time in milliseconds, 80 random bits, in Crockford's alphabet: unique across
// processes, sorts by time (so that an index over them grows at its end), not a secret.
std::string make_request_id() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device os;
        std::seed_seq seed{os(), os(), os(), os(), os(), os(), os(), os()};
        return std::mt19937_64(seed);
    }();
    static constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    using std::chrono::milliseconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms =
        static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
    std::string id = "req_";
    id.reserve(30);
    for (int shift = 45; shift >= 0; shift -= 5) id.push_back(kAlphabet[(ms >> shift) & 31U]);
    for (int half = 0; half < 2; ++half) {
        std::uint64_t bits = engine();
        for (int i = 0; i < 8; ++i, bits >>= 5) id.push_back(kAlphabet[bits & 31U]);
    }
    return id;
}

// IMF-fixdate of RFC 9110 section 5.6.7, made once a second per thread.
const std::string& http_date() {
    thread_local std::time_t at = 0;
    thread_local std::string text;
    const std::time_t now = std::time(nullptr);
    if (now != at) {
        static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm t{};
        gmtime_r(&now, &t);
        std::array<char, 64> buffer{};
        (void)std::snprintf(buffer.data(), buffer.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                            kDays[t.tm_wday], t.tm_mday, kMonths[t.tm_mon], t.tm_year + 1900,
                            t.tm_hour, t.tm_min, t.tm_sec);
        text = buffer.data();
        at = now;
    }
    return text;
}

std::string peer_address(int fd) {
    sockaddr_storage a{};
    socklen_t n = sizeof a;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&a), &n) != 0) return {};
    if (a.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(a).sin_addr, text.data(), text.size());
    } else if (a.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6&>(a).sin6_addr, text.data(),
                  text.size());
    }
    std::string_view out(text.data());
    if (out.substr(0, 7) == "::ffff:" && out.find('.') != std::string_view::npos)
        out.remove_prefix(7);
    return std::string(out);
}

class Server;
struct Worker;

struct Connection {
    enum class Phase : std::uint8_t { fresh, idle, head, body, lent, writing, lingering };

    int fd = -1;
    std::size_t index = 0;  // in its worker's list
    std::string peer;
    std::unique_ptr<TlsSession> tls;

    // Written by the worker even while the connection is lent.
    bool readable = false;  // an edge has said so since the last empty read
    bool hung_up = false;

    // Touched by the owner: the worker, or the pool thread it is lent to.
    Phase phase = Phase::fresh;
    Clock::time_point deadline;
    std::string in;           // received, decrypted, not yet framed
    std::size_t need = 0;     // bytes of the request whose head is complete
    bool continued = false;   // 100 Continue has been sent
    bool responding = false;  // what is being sent ends an exchange
    bool close_after = false;
    int unsent = 0;               // bytes in the socket's own queue when last looked at
    Clock::time_point write_end;  // by then the answer must have been taken, however slow the line
    std::string out;              // for the wire
    std::size_t out_at = 0;
    std::shared_ptr<const std::string> body;  // follows out, in clear
    std::size_t body_at = 0;
    Exchange ex;

    [[nodiscard]] bool has_output() const { return out_at < out.size() || body != nullptr; }
    void send_clear(std::string_view bytes) {
        if (tls) {
            tls->encrypt(bytes, out);
        } else {
            out.append(bytes);
        }
    }
};

enum class Sent : std::uint8_t { all, blocked, failed };

// Sends as much as the socket takes. Called by the connection's owner.
Sent flush(Connection& c) {
    for (;;) {
        if (c.out_at == c.out.size()) {
            c.out.clear();
            c.out_at = 0;
            if (c.tls && c.body) {
                const std::string_view rest = std::string_view(*c.body).substr(c.body_at, 16384);
                if (rest.empty() || !c.tls->encrypt(rest, c.out)) {
                    const bool done = rest.empty();
                    c.body.reset();
                    if (!done) return Sent::failed;
                    continue;
                }
                c.body_at += rest.size();
            }
        }
        std::array<iovec, 2> parts{};
        std::size_t n = 0;
        if (c.out_at < c.out.size())
            parts[n++] = {c.out.data() + c.out_at, c.out.size() - c.out_at};
        if (c.body && !c.tls) {
            parts[n++] = {const_cast<char*>(c.body->data()) + c.body_at,
                          c.body->size() - c.body_at};
        }
        if (n == 0) return Sent::all;
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = n;
        const ssize_t sent = sendmsg(c.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::blocked : Sent::failed;
        }
        const auto took = static_cast<std::size_t>(sent);
        const std::size_t of_out = std::min(took, c.out.size() - c.out_at);
        c.out_at += of_out;
        if (c.body && !c.tls) {
            c.body_at += took - of_out;
            if (c.body_at == c.body->size()) c.body.reset();
        }
    }
}

}  // namespace

struct Front::Impl {
    FrontSettings settings;
    Router router;
    StaticFiles files;
    Handler preflight;
    std::string error;
    std::shared_ptr<TlsContext> tls;
    std::unique_ptr<WorkerPool> pool;
    std::unique_ptr<WorkerPool> hashing;
    std::unique_ptr<Server> server;
    std::vector<std::unique_ptr<Worker>> workers;
    std::thread accepting;
    int port = 0;
    bool started = false;
    std::size_t cap = 0;
    std::atomic<std::size_t> next_worker{0};
    std::atomic<std::size_t> connections{0};
    std::atomic<bool> draining{false};
    std::atomic<bool> stopping{false};
    std::atomic<std::size_t> deferred{0};  // answers that handlers give later
    std::atomic<std::uint64_t> requests{0}, refused{0}, overloaded{0}, timed_out{0}, evicted{0};

    void adopt(int fd);
    [[nodiscard]] bool is_ours(std::string_view host) const;
    void run(Exchange& ex);
    Response answer(Exchange& ex);
    Response guarded(const Exchange& ex, const std::function<Response()>& handler) const;
    void dispatch(Exchange& ex, httplib::Response& res);
    void log(const Exchange& ex, int status, std::string_view code, std::size_t bytes) const;
};

namespace {

class Server final : public httplib::Server {
 public:
    explicit Server(Front::Impl& front);
    bool run(Exchange& ex, std::string_view head) {
        MemoryStream stream(head, ex.out);
        static const std::string kNone;
        bool closed = false;
        return process_request(stream, kNone, 0, kNone, 0, !ex.keep_alive, closed, nullptr);
    }
    int listening_socket() const { return svr_sock_; }

 private:
    bool process_and_close_socket(socket_t fd) override;
    Front::Impl& front_;
};

// An event loop and the connections it owns. A connection lent to the pool comes back through the
// inbox, so no connection ever needs a lock.
struct Worker {
    Front::Impl& front;
    int epoll = -1;
    int wake_fd = -1;
    std::thread thread;
    std::mutex mutex;
    std::vector<Connection*> arrived;  // new ones, and those that come back
    std::size_t evictions = 0;
    std::vector<std::unique_ptr<Connection>> all;
    std::vector<Connection*> batch;
    std::array<char, kReceiveBlock> block;
    bool drain_seen = false;

    explicit Worker(Front::Impl& f) : front(f) {
        epoll = epoll_create1(EPOLL_CLOEXEC);
        wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.ptr = nullptr;
        epoll_ctl(epoll, EPOLL_CTL_ADD, wake_fd, &e);
    }
    ~Worker() {
        for (auto& c : all) ::close(c->fd);
        for (Connection* c : arrived) {
            if (c->phase == Connection::Phase::fresh) {
                ::close(c->fd);
                delete c;
            }
        }
        ::close(wake_fd);
        ::close(epoll);
    }

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t n = ::write(wake_fd, &one, sizeof one);
    }
    void post(Connection* c) {
        bool first = false;
        {
            std::lock_guard lock(mutex);
            first = arrived.empty();
            arrived.push_back(c);
        }
        if (first) wake();
    }

    void loop();
    void take_inbox(Clock::time_point now);
    void scan(Clock::time_point now);
    void evict_one();
    void drive(Connection& c);
    void answer(Connection& c, bool may_wait);
    void make_answer(Connection& c);
    void complete(Connection& c);
    bool receive(Connection& c);
    bool begin(Connection& c);
    void refuse(Connection& c, const Refusal& why);
    void emit(Connection& c) const;
    bool finish(Connection& c);
    void destroy(Connection& c);
};

Server::Server(Front::Impl& front) : front_(front) {
    new_task_queue = [] { return new InlineQueue; };
    set_tcp_nodelay(true);
    // The library's default is SO_REUSEPORT, which lets a second server take half the requests.
    set_socket_options([](socket_t fd) {
        const int on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& res) {
        front_.dispatch(*current, res);
        return HandlerResponse::Handled;
    });
    // Our fields are one ready block; the library's own are its Content-Length and a "Connection:
    // close" on every status >= 400 that it does not act upon, so what is done is said instead.
    set_header_writer([](httplib::Stream& stream, httplib::Headers& headers) {
        std::string& block = current->fields;
        if (const auto length = headers.find("Content-Length");
            length != headers.end() && !current->sized) {
            append_field(block, "Content-Length", length->second);
        }
        if (!current->keep_alive) append_field(block, "Connection", "close");
        block += "\r\n";
        return stream.write(block.data(), block.size());
    });
}

bool Server::process_and_close_socket(socket_t fd) {
    front_.adopt(fd);
    return true;
}

void Worker::destroy(Connection& c) {
    ::close(c.fd);  // leaves epoll with it: no other descriptor refers to the socket
    const std::size_t i = c.index;
    if (i + 1 != all.size()) {
        std::swap(all[i], all.back());
        all[i]->index = i;
    }
    all.pop_back();
    front.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::loop() {
    std::array<epoll_event, 256> events;
    auto next_scan = Clock::now() + kScanEvery;
    while (!front.stopping.load(std::memory_order_acquire)) {
        const int wait = all.empty() ? -1 : static_cast<int>(kScanEvery.count());
        const int n = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait);
        for (int i = 0; i < n; ++i) {
            const epoll_event& e = events[static_cast<std::size_t>(i)];
            if (e.data.ptr == nullptr) {
                std::uint64_t count = 0;
                [[maybe_unused]] const ssize_t got = ::read(wake_fd, &count, sizeof count);
                continue;
            }
            Connection& c = *static_cast<Connection*>(e.data.ptr);
            if ((e.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) c.readable = true;
            if ((e.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) c.hung_up = true;
            if (c.phase != Connection::Phase::lent) drive(c);
        }
        // After the batch: these may destroy connections that an event above points to.
        const auto now = Clock::now();
        take_inbox(now);
        if (now >= next_scan) {
            scan(now);
            next_scan = now + kScanEvery;
        }
    }
}

void Worker::take_inbox(Clock::time_point now) {
    std::size_t wanted = 0;
    {
        std::lock_guard lock(mutex);
        batch.swap(arrived);
        wanted = std::exchange(evictions, 0);
    }
    for (; wanted > 0; --wanted) evict_one();
    for (Connection* c : batch) {
        if (c->phase == Connection::Phase::fresh) {
            c->index = all.size();
            all.emplace_back(c);
            c->phase = Connection::Phase::head;
            c->deadline = now + front.settings.head_timeout;
            epoll_event e{};
            e.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
            e.data.ptr = c;
            if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) != 0) destroy(*c);
            // The edge for what is there already comes with the next epoll_wait().
            continue;
        }
        if (c->ex.res.make) {
            make_answer(*c);
            front.deferred.fetch_sub(1, std::memory_order_release);
        }
        c->phase = Connection::Phase::writing;
        c->deadline = now + front.settings.write_timeout;
        drive(*c);
    }
    batch.clear();
}

void Worker::scan(Clock::time_point now) {
    using Phase = Connection::Phase;
    const bool draining = front.draining.load(std::memory_order_acquire);
    for (std::size_t i = all.size(); i-- > 0;) {
        Connection& c = *all[i];
        if (c.phase == Phase::lent) continue;
        const bool waiting = c.phase == Phase::idle || (c.phase == Phase::head && c.in.empty());
        if (draining && !drain_seen && waiting) {
            c.deadline = std::min(c.deadline, now + front.settings.idle_grace);
        }
        if (c.phase == Phase::writing) {
            // A slow line is no attack as long as it moves: the peer acknowledges what waits in the
            // socket's queue, which may hold megabytes before we are asked for more.
            int unsent = 0;
            if (ioctl(c.fd, SIOCOUTQ, &unsent) == 0) {
                if (unsent < c.unsent) {
                    c.deadline = std::min(now + front.settings.write_timeout, c.write_end);
                }
                c.unsent = unsent;
            }
        }
        if (now < c.deadline) continue;
        if (c.phase != Phase::idle) front.timed_out.fetch_add(1, std::memory_order_relaxed);
        if ((c.phase == Phase::head && !c.in.empty()) || c.phase == Phase::body) {
            refuse(
                c,
                {408, "request_timeout", "The request took longer than 10 seconds to arrive.", {}});
            drive(c);
        } else {
            destroy(c);
        }
    }
    if (draining) drain_seen = true;
}

// The connection that has waited longest: an idle one, else one with an unfinished head.
void Worker::evict_one() {
    Connection* oldest = nullptr;
    bool oldest_idle = false;
    for (const auto& c : all) {
        const bool idle = c->phase == Connection::Phase::idle;
        if (!idle && c->phase != Connection::Phase::head) continue;
        if (oldest == nullptr || (idle && !oldest_idle) ||
            (idle == oldest_idle && c->deadline < oldest->deadline)) {
            oldest = c.get();
            oldest_idle = idle;
        }
    }
    if (oldest == nullptr) return;
    front.evicted.fetch_add(1, std::memory_order_relaxed);
    destroy(*oldest);
}

// Reads once. False when the connection is over and has been destroyed.
bool Worker::receive(Connection& c) {
    const ssize_t n = recv(c.fd, block.data(), block.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) return true;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        c.readable = false;
        return true;
    }
    if (n <= 0) {
        destroy(c);
        return false;
    }
    // A short read emptied the socket - unless the peer's end of stream is still to be read.
    if (static_cast<std::size_t>(n) < block.size() && !c.hung_up) c.readable = false;
    const std::string_view bytes(block.data(), static_cast<std::size_t>(n));
    if (c.phase == Connection::Phase::lingering)
        return true;  // read so that no RST overtakes the answer
    if (!c.tls) {
        c.in.append(bytes);
    } else if (!c.tls->receive(bytes, c.in, c.out)) {
        flush(c);
        destroy(c);
        return false;
    }
    return true;
}

// Moves the connection on as far as it goes without waiting.
void Worker::drive(Connection& c) {
    using Phase = Connection::Phase;
    for (;;) {
        if (c.has_output()) {
            const Sent sent = flush(c);
            if (sent == Sent::failed) return destroy(c);
            if (sent == Sent::blocked) return;
        }
        if (c.responding) {
            if (!finish(c)) return;
            continue;
        }
        if (c.phase != Phase::lingering && begin(c)) {
            if (c.phase == Phase::lent) return;
            continue;
        }
        if (!c.readable) return;
        if (!receive(c)) return;
    }
}

// Frames the next request out of c.in and answers it or lends it. False: more bytes are needed.
bool Worker::begin(Connection& c) {
    using Phase = Connection::Phase;
    if (c.in.empty() || c.in.size() < c.need) return false;
    const auto now = Clock::now();
    if (c.phase == Phase::idle) {
        c.phase = Phase::head;
        c.deadline = now + front.settings.head_timeout;
    }
    const auto ours = [this](std::string_view host) { return front.is_ours(host); };
    FrameResult result = frame(c.in, front.settings.limits, ours);
    if (const auto* part = std::get_if<Incomplete>(&result)) {
        if (part->head_complete && c.phase != Phase::body) {
            c.phase = Phase::body;
            c.deadline = now + front.settings.body_timeout;
            c.need = part->total;
            if (part->expects_continue && !c.continued) {
                c.continued = true;
                c.send_clear("HTTP/1.1 100 Continue\r\n\r\n");
                return true;
            }
        }
        return false;
    }
    if (const auto* why = std::get_if<Refusal>(&result)) {
        refuse(c, *why);
        return true;
    }

    auto& framed = std::get<Framed>(result);
    c.need = 0;
    c.continued = false;
    Exchange& ex = c.ex;
    ex.reset();
    ex.started = now;
    Request& req = ex.req;
    if (c.in.size() == framed.size) {
        req.raw.swap(c.in);  // the bytes stay where they are, and so do the views
    } else {
        req.raw.assign(c.in, 0, framed.size);
        c.in.erase(0, framed.size);
        framed = std::get<Framed>(frame(req.raw, front.settings.limits, ours));
    }
    req.method = framed.method;
    req.headers = std::move(framed.headers);
    req.target = framed.target;
    req.body = std::string_view(req.raw).substr(framed.head_size);
    req.request_id = make_request_id();
    req.secure = c.tls != nullptr;
    ex.keep_alive = framed.keep_alive;
    ex.head_only = req.method == Method::head;
    std::string forwarded;
    for (const Field& f : req.headers) {
        if (!equals_ignoring_case(f.name, "x-forwarded-for")) continue;
        if (!forwarded.empty()) forwarded += ',';
        forwarded += f.value;
    }
    req.remote_addr = front.settings.trusted_proxies.client(c.peer, forwarded);

    const std::size_t mark = req.target.find('?');
    req.path = req.target.substr(0, mark);
    front.requests.fetch_add(1, std::memory_order_relaxed);
    if (mark != std::string_view::npos) {
        auto query = parse_query(req.target.substr(mark + 1));
        if (!query) {
            refuse(c, {400, "malformed_request", "The query does not decode to UTF-8 text.", {}});
            return true;
        }
        req.query = std::move(*query);
    }

    Router::Match match = front.router.match(req.method, req.path);
    if (auto* found = std::get_if<Router::Found>(&match)) {
        ex.route = found->route;
        req.route = found->route->path;
        req.params = std::move(found->params);
    } else if (auto* wrong = std::get_if<Router::WrongMethod>(&match)) {
        ex.answered = true;
        if (req.method == Method::options && front.preflight) {
            ex.res = front.preflight(req);
        } else if (req.method == Method::options) {
            ex.res.status = 204;
        } else {
            ex.res = problem("method_not_allowed", req.request_id);
        }
        ex.res.set("Allow", std::move(wrong->allow));
    }

    if (ex.route != nullptr && ex.route->at_once && ex.route->at_once(req)) {
        c.phase = Phase::lent;
        answer(c, false);
        return true;
    }
    if (ex.route != nullptr && ex.route->lane != Lane::direct) {
        c.phase = Phase::lent;
        WorkerPool& pool = ex.route->lane == Lane::hashing ? *front.hashing : *front.pool;
        const bool taken = pool.submit([this, conn = &c](bool stale) {
            Exchange& e = conn->ex;
            if (stale) {
                front.overloaded.fetch_add(1, std::memory_order_relaxed);
                e.answered = true;
                e.res = problem("overloaded", e.req.request_id);
            }
            answer(*conn, true);
        });
        if (taken) return true;
        front.overloaded.fetch_add(1, std::memory_order_relaxed);
        ex.answered = true;
        ex.res = problem("overloaded", req.request_id);
    }
    front.run(ex);
    emit(c);
    c.phase = Phase::writing;
    c.deadline = now + front.settings.write_timeout;
    return true;
}

// Runs the handler of a lent connection; the answer follows at once or later.
void Worker::answer(Connection& c, bool may_wait) {
    Exchange& ex = c.ex;
    ex.res = front.answer(ex);
    ex.answered = true;
    if (!ex.res.later) return complete(c);
    // The number of those under way, for stop(): changed last, when nothing of ours is used again.
    front.deferred.fetch_add(1, std::memory_order_relaxed);
    const bool waits = ex.res.later_waits;
    auto start = [this, conn = &c, later = std::move(ex.res.later)] {
        later([this, conn](Response res) {
            Front::Impl& owner = front;
            conn->ex.res = std::move(res);
            if (conn->ex.res.make) return post(conn);
            complete(*conn);
            owner.deferred.fetch_sub(1, std::memory_order_release);
        });
    };
    if (may_wait || !waits) return start();
    if (front.pool->submit([start](bool) { start(); })) return;
    front.overloaded.fetch_add(1, std::memory_order_relaxed);
    ex.res = problem("overloaded", ex.req.request_id);
    complete(c);
    front.deferred.fetch_sub(1, std::memory_order_release);
}

// On the worker: the last part of an answer that came later.
void Worker::make_answer(Connection& c) {
    const std::function<Response()> make = std::move(c.ex.res.make);
    c.ex.res = front.guarded(c.ex, make);
    front.run(c.ex);
    emit(c);
}

// Sends the answer of a lent connection from whatever thread has it, and gives the connection back.
void Worker::complete(Connection& c) {
    front.run(c.ex);
    emit(c);
    flush(c);  // a failure shows again when the worker takes over
    post(&c);
}

// One answer, then close.
void Worker::refuse(Connection& c, const Refusal& why) {
    front.refused.fetch_add(1, std::memory_order_relaxed);
    Exchange& ex = c.ex;
    const bool known = !c.ex.req.request_id.empty() && c.phase != Connection::Phase::lent;
    std::string id = known ? c.ex.req.request_id : make_request_id();
    ex.reset();
    ex.started = Clock::now();
    ex.req.request_id = std::move(id);
    ex.req.remote_addr = c.peer;
    ex.method_known = false;
    ex.keep_alive = false;
    ex.answered = true;
    ex.res = problem(why.code, ex.req.request_id, why.detail, {}, why.status);
    if (!why.allow.empty()) ex.res.set("Allow", std::string(why.allow));
    c.in.clear();
    c.in.shrink_to_fit();
    c.need = 0;
    front.run(ex);
    emit(c);
    c.phase = Connection::Phase::writing;
    c.deadline = ex.started + front.settings.write_timeout;
}

// Moves the answer to the wire. By the connection's owner.
void Worker::emit(Connection& c) const {
    Exchange& ex = c.ex;
    if (!c.tls && c.out.empty()) {
        c.out.swap(ex.out);
        c.out_at = 0;
    } else {
        c.send_clear(ex.out);
    }
    c.body = std::move(ex.shared);
    c.body_at = 0;
    if (c.body && c.body->empty()) c.body.reset();
    c.responding = true;
    c.unsent = std::numeric_limits<int>::max();
    c.write_end = Clock::now() + kLongestWrite;
    c.close_after = !ex.keep_alive;
}

// The answer has left. False: nothing more can be done with the connection now.
bool Worker::finish(Connection& c) {
    c.responding = false;
    c.ex.reset();
    if (c.out.capacity() > kKeptBuffer) c.out.shrink_to_fit();
    const auto now = Clock::now();
    if (!c.close_after) {
        c.phase = Connection::Phase::idle;
        const bool draining = front.draining.load(std::memory_order_relaxed);
        c.deadline = now + (draining ? front.settings.idle_grace : front.settings.idle_timeout);
        if (c.in.empty() && c.in.capacity() > kKeptBuffer) c.in.shrink_to_fit();
        return true;
    }
    // Half-close and read on for a while: closing with bytes unread sends an RST that can destroy
    // the answer before the peer reads it (RFC 9112 section 9.6).
    if (c.tls) {
        c.tls->close(c.out);
        flush(c);
        c.out.clear();
        c.out_at = 0;
    }
    if (c.hung_up || ::shutdown(c.fd, SHUT_WR) != 0) {
        destroy(c);
        return false;
    }
    c.phase = Connection::Phase::lingering;
    c.deadline = now + kLinger;
    c.readable = true;
    return true;
}

}  // namespace

bool Front::Impl::is_ours(std::string_view host) const {
    return std::find(settings.hosts.begin(), settings.hosts.end(), host) != settings.hosts.end();
}

void Front::Impl::adopt(int fd) {
    const std::size_t count = connections.fetch_add(1, std::memory_order_relaxed) + 1;
    if (count > cap + 64 || stopping.load(std::memory_order_relaxed)) {
        connections.fetch_sub(1, std::memory_order_relaxed);
        ::close(fd);
        return;
    }
    auto c = std::make_unique<Connection>();
    c->fd = fd;
    c->peer = peer_address(fd);
    if (tls) {
        c->tls = tls->accept();
        if (!c->tls) {
            connections.fetch_sub(1, std::memory_order_relaxed);
            ::close(fd);
            return;
        }
    }
    Worker& w = *workers[next_worker.fetch_add(1, std::memory_order_relaxed) % workers.size()];
    if (count > cap) {
        std::lock_guard lock(w.mutex);
        ++w.evictions;
    }
    w.post(c.release());
}

Response Front::Impl::answer(Exchange& ex) {
    if (ex.answered) return std::move(ex.res);
    if (ex.route == nullptr) {
        const bool reads = ex.req.method == Method::get || ex.req.method == Method::head;
        if (auto file = files.answer(ex.req)) {
            if (reads) return std::move(*file);
            Response res = problem("method_not_allowed", ex.req.request_id);
            res.set("Allow", "GET, HEAD");
            return res;
        }
        return problem("not_found", ex.req.request_id);
    }
    return guarded(ex, [&ex] { return ex.route->handler(ex.req); });
}

// A handler's exception is a bug or an adapter's leak. Its text may hold bound values, so only its
// type is reported, and nothing of it is answered.
Response Front::Impl::guarded(const Exchange& ex, const std::function<Response()>& handler) const {
    try {
        return handler();
    } catch (const std::exception& e) {
        if (settings.on_exception) settings.on_exception(typeid(e).name(), ex.req.request_id);
    } catch (...) {
        if (settings.on_exception) settings.on_exception("unknown", ex.req.request_id);
    }
    return problem("internal", ex.req.request_id);
}

// Runs inside the library's process_request(): our answer becomes the library's.
void Front::Impl::dispatch(Exchange& ex, httplib::Response& out) {
    Response res = answer(ex);
    const auto has = [&](std::string_view field) {
        return std::any_of(res.headers.begin(), res.headers.end(),
                           [&](const auto& h) { return equals_ignoring_case(h.first, field); });
    };
    std::string& block = ex.fields;
    block.reserve(512);
    if (!has("Cache-Control")) block += "Cache-Control: no-store\r\n";
    if (!has("Content-Security-Policy")) {
        block += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
    }
    if (!has("Referrer-Policy")) block += "Referrer-Policy: no-referrer\r\n";
    block += "X-Content-Type-Options: nosniff\r\n";
    if (tls || settings.https_public_url) {
        block += "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
    }
    append_field(block, "X-Request-Id", ex.req.request_id);
    append_field(block, "Date", http_date());
    if (draining.load(std::memory_order_relaxed)) ex.keep_alive = false;

    out.status = res.status;
    // RFC 9110 section 8.6: no Content-Length on 204, and on 304 only that of the 200.
    const bool has_body = res.status != 204 && res.status != 304;
    const std::size_t size = res.shared_body ? res.shared_body->size() : res.body.size();
    if (has_body && !res.content_type.empty())
        append_field(block, "Content-Type", res.content_type);
    for (const auto& [field, value] : res.headers) append_field(block, field, value);
    ex.sized = !has_body;
    if (has_body && (res.shared_body || ex.head_only)) {
        append_field(block, "Content-Length", std::to_string(size));
        ex.sized = true;
        if (!ex.head_only) ex.shared = std::move(res.shared_body);
    } else if (has_body) {
        out.body = std::move(res.body);
    }
    log(ex, res.status, res.code, size);
}

void Front::Impl::log(const Exchange& ex, int status, std::string_view code,
                      std::size_t bytes) const {
    if (!settings.on_access) return;
    const auto micros =
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - ex.started).count();
    settings.on_access({ex.req.request_id, ex.method_known ? name(ex.req.method) : "-",
                        ex.req.route, ex.req.remote_addr, code, status,
                        static_cast<std::uint64_t>(micros), bytes});
}

void Front::Impl::run(Exchange& ex) {
    // Only what the library needs to choose a status line: the head it reads is ours, so nothing a
    // peer sent is parsed twice.
    std::string head;
    if (ex.method_known) {
        head.append(name(ex.req.method))
            .append(" ")
            .append(ex.req.path)
            .append(" HTTP/1.1\r\n\r\n");
    } else {
        head = "GET / HTTP/1.1\r\n\r\n";
    }
    current = &ex;
    server->run(ex, head);
    current = nullptr;
    if (ex.out.empty()) {
        // The library wrote nothing: never leave the peer without an answer.
        ex.keep_alive = false;
        ex.shared.reset();
        ex.out =
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }
}

Front::Front(FrontSettings settings, Router router, StaticFiles files, Handler preflight)
    : impl_(std::make_unique<Impl>()) {
    impl_->settings = std::move(settings);
    impl_->router = std::move(router);
    impl_->files = std::move(files);
    impl_->preflight = std::move(preflight);
}

Front::~Front() { stop(); }

bool Front::start() {
    Impl& i = *impl_;
    FrontSettings& s = i.settings;
    if (s.tls_certificate_file.empty() != s.tls_key_file.empty()) {
        i.error = "a TLS certificate needs its key, and a key its certificate";
        return false;
    }
    if (!s.tls_certificate_file.empty()) {
        i.tls = TlsContext::load(s.tls_certificate_file, s.tls_key_file, i.error);
        if (!i.tls) return false;
    }
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
    i.cap = descriptors > 2 * kReservedDescriptors ? descriptors - kReservedDescriptors
                                                   : descriptors / 2;
    i.cap = std::min(i.cap, kMostConnections);
    if (s.max_connections != 0) i.cap = std::min(i.cap, s.max_connections);

    i.server = std::make_unique<Server>(i);
    i.port = s.port == 0 ? i.server->bind_to_any_port(s.host)
                         : (i.server->bind_to_port(s.host, s.port) ? s.port : -1);
    if (i.port <= 0) {
        i.error = "cannot listen on " + s.host + ":" + std::to_string(s.port) + ": " +
                  std::strerror(errno);
        return false;
    }
    for (std::string& host : s.hosts) {
        if (const std::size_t at = host.find("{port}"); at != std::string::npos) {
            host.replace(at, 6, std::to_string(i.port));
        }
    }
    i.pool = std::make_unique<WorkerPool>(s.pool);
    i.hashing = std::make_unique<WorkerPool>(s.hashing);
    unsigned n = s.io_workers != 0 ? s.io_workers : std::thread::hardware_concurrency();
    n = std::clamp(n, 1U, 16U);
    for (unsigned k = 0; k < n; ++k) i.workers.push_back(std::make_unique<Worker>(i));
    for (auto& w : i.workers) w->thread = std::thread([worker = w.get()] { worker->loop(); });
    i.accepting = std::thread([&i] { i.server->listen_after_bind(); });
    i.server->wait_until_ready();
    i.started = true;
    return true;
}

int Front::port() const { return impl_->port; }
const std::string& Front::error() const { return impl_->error; }

FrontStats Front::stats() const {
    const Impl& i = *impl_;
    FrontStats s;
    s.connections = i.connections.load();
    s.pool_queued = i.pool ? i.pool->queued() + i.hashing->queued() : 0;
    s.pool_running = i.pool ? i.pool->running() + i.hashing->running() : 0;
    s.requests = i.requests.load();
    s.refused = i.refused.load();
    s.overloaded = i.overloaded.load();
    s.timed_out = i.timed_out.load();
    s.evicted = i.evicted.load();
    return s;
}

namespace {

// Closing a listening socket resets connections that wait in its queue, or whose handshake is half
// done. So no new one may begin (a filter that drops every SYN; the peer tries again and finds the
// port closed), those begun come to their end, the queue is emptied, and only then the socket closes.
void close_listener(Server& server) {
    const int fd = server.listening_socket();
    if (fd < 0) return;
    constexpr unsigned kFlags = 13;  // of a TCP header (RFC 9293 section 3.1)
    constexpr unsigned kSyn = 0x02;
    sock_filter no_syn[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kSyn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    const sock_fprog program{4, no_syn};
    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    // Quiet for 20 ms: longer than a handshake under way takes on a busy machine.
    int quiet = 0;
    for (int tries = 0; tries < 300 && quiet < 20; ++tries) {
        pollfd p{fd, POLLIN, 0};
        quiet = ::poll(&p, 1, 0) <= 0 ? quiet + 1 : 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    server.stop();
}

}  // namespace

bool Front::drain(std::chrono::milliseconds at_most) {
    Impl& i = *impl_;
    if (!i.started) return true;
    const auto end = Clock::now() + at_most;
    i.draining.store(true, std::memory_order_release);
    close_listener(*i.server);
    if (i.accepting.joinable()) i.accepting.join();
    for (auto& w : i.workers) w->wake();
    while (i.connections.load() != 0 && Clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const bool whole = i.connections.load() == 0;
    stop();
    return whole;
}

void Front::stop() {
    Impl& i = *impl_;
    if (!i.started) return;
    i.started = false;
    i.server->stop();
    if (i.accepting.joinable()) i.accepting.join();
    i.pool->stop();
    i.hashing->stop();
    while (i.deferred.load(std::memory_order_acquire) != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    i.stopping.store(true, std::memory_order_release);
    for (auto& w : i.workers) w->wake();
    for (auto& w : i.workers) w->thread.join();
    i.workers.clear();
    i.connections.store(0);
}

}  // namespace twofold::http
