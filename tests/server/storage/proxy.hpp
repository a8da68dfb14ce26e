// proxy.hpp - stands between the store and MariaDB and breaks the connection at a chosen moment.
#pragma once
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace twofold::testing {

class Proxy {
 public:
    enum class Mode {
        pass,         // forwards everything
        lose_answer,  // forwards the next COMMIT, but its answer never arrives
        lose_commit,  // the next COMMIT does not arrive either
        hold_answer,  // forwards the next COMMIT and says nothing more; the connection stays open
    };
    // Forwards to 127.0.0.1:target. Listens on port().
    explicit Proxy(int target);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    int port() const { return port_; }
    // For the next COMMIT; back to `pass` after it.
    void at_next_commit(Mode mode) { mode_ = mode; }
    // How many connections it has taken.
    int connections() const { return connections_; }

 private:
    void accept_loop();
    void serve(int client);

    int target_;
    int port_ = 0;
    int listener_ = -1;
    std::atomic<Mode> mode_{Mode::pass};
    std::atomic<bool> stop_{false};
    std::atomic<int> connections_{0};
    std::mutex mutex_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace twofold::testing
