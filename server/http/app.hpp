// app.hpp - the server over HTTP: every route of the contract on the front, put together.
// Give it the core and where to listen; start() serves until drain().
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/http/front.hpp"

namespace twofold::domain {
class Core;
}

namespace twofold::http {

struct DemoAccount {
    std::string email;
    std::string password;
    std::string role;  // "user", "agent", "supervisor"
};

struct AppSettings {
    std::string listen_host = "127.0.0.1";
    int listen_port = 8080;                    // 0: any free one (tests)
    std::vector<std::string> hosts;            // further Host values that are ours
    std::vector<std::string> trusted_proxies;  // addresses and ranges whose X-Forwarded-For counts
    std::string tls_cert;                      // both or neither
    std::string tls_key;
    std::string web_root;                       // the built page; empty: none is served
    std::string version = "0";                  // of the build and of the core, for /healthz
    std::vector<DemoAccount> demo_accounts;     // --demo: named on the sign-in page
    std::function<std::string()> mailbox_json;  // --demo: the messages, as /demo/mailbox.json
    std::string style_source;  // --demo: one more CSP style-src, for mails in the mailbox page
    // Meta's webhook: the bare challenge for a right verify token; the status to answer a report
    // with (200, 400, 401, 503). Unset: there is no such route.
    std::function<std::optional<std::string>(std::string_view mode, std::string_view challenge,
                                             std::string_view token)>
        whatsapp_hello;
    std::function<int(std::string_view raw_body, std::string_view signature,
                      const std::string& request_id)>
        whatsapp_report;
    // What keeps the server from answering well, as short words ("clock"); empty when nothing does.
    // Asked by /readyz beside the database.
    std::function<std::vector<std::string>()> not_ready;
    // What works less well than it should, yet serves ("messages_not_sent"); told by /readyz.
    std::function<std::vector<std::string>()> warnings;
    std::function<void(const AccessRecord&)> on_access;
    std::function<void(std::string_view what, std::string_view request_id)> on_exception;
    WorkerPool::Options pool;
};

class App {
 public:
    // The core outlives the app.
    App(domain::Core& core, AppSettings settings);
    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    // False, with the reason in error(), when it cannot listen or a setting is wrong.
    bool start();
    [[nodiscard]] const std::string& error() const;
    [[nodiscard]] int port() const;
    [[nodiscard]] FrontStats stats() const;
    // Front::drain().
    bool drain(std::chrono::milliseconds at_most);

 private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace twofold::http
