// serve.cpp - the running server: the rooms put together, the background work, and a quiet end.
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <iostream>

#include "server/commands.hpp"
#include "server/delivery_wiring.hpp"
#include "server/delivery/html.hpp"
#include "server/delivery/mailbox.hpp"
#include "server/domain/accounts.hpp"
#include "server/domain/agents.hpp"
#include "server/domain/audit_log.hpp"
#include "server/domain/channels.hpp"
#include "server/domain/delivery_reports.hpp"
#include "server/domain/digest.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/http/app.hpp"
#include "server/platform/encoding.hpp"
#include "server/platform/log.hpp"
#include "server/platform/node.hpp"
#include "server/platform/ticker.hpp"
#include "server/runtime.hpp"

namespace twofold {

using platform::Config;
using platform::Level;
using platform::Log;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* kDemoEmail = "demo@example.com";
constexpr const char* kDemoAgent = "agent@example.com";
constexpr const char* kDemoSupervisor = "supervisor@example.com";
// Known to everybody who reads this line: the demo listens on this machine only.
constexpr const char* kDemoPassword = "try twofold now";
constexpr milliseconds kDrain{9500};  // of the 10 s that security 89 allows
// Mails under way: less, since libcurl looks once a second whether it is to stop.
constexpr milliseconds kSendsEnd{7500};

// SIGTERM, SIGINT and SIGHUP come to sigwait() below and to nowhere else; threads inherit the mask.
sigset_t handled_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

// A crash leaves no keys or codes on a disk (security 83). One byte: too little for a core file, and
// the limit at which the kernel does not start a program that collects cores either (core(5)).
void leave_no_core() {
    const rlimit one{1, 1};
    setrlimit(RLIMIT_CORE, &one);
}

// Notices that the key ring's file has changed, whoever changed it and however.
class RingWatch {
 public:
    RingWatch(std::string path, platform::RingSealer& sealer, Log& log)
        : path_(std::move(path)), sealer_(sealer), log_(log), seen_(stamp()) {}

    void look() {
        const Stamp now = stamp();
        if (now == seen_) return;
        seen_ = now;
        auto ring = platform::KeyRing::load(path_);
        if (!ring) {
            log_.write(Level::error, "key_ring_not_taken_up", {{"what", ring.error().what}});
        } else if (!sealer_.replace(*ring)) {
            log_.write(Level::error, "key_ring_not_taken_up",
                       {{"what", "it is another ring, not this one changed"}});
        } else {
            const std::string keys =
                platform::node_keys(sealer_.key_ids(), sealer_.active_key_id());
            log_.write(Level::info, "key_ring_taken_up", {{"keys", keys}});
        }
    }

 private:
    using Stamp = std::array<std::int64_t, 4>;
    Stamp stamp() const {
        struct stat st {};
        if (stat(path_.c_str(), &st) != 0) return seen_;  // gone: keep what is loaded
        return {static_cast<std::int64_t>(st.st_ino), st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                st.st_size};
    }
    const std::string path_;
    platform::RingSealer& sealer_;
    Log& log_;
    Stamp seen_{};
};

// The regular work. Tickers stop when it goes.
class Background {
 public:
    Background(Runtime& r, const Config& config, Log& log, delivery::DemoMailbox& mailbox)
        : node_("node_" + domain::random_id_text(r.random)), watch_(config.keys, r.sealer, log) {
        const auto every = [this, &log](milliseconds period, const char* name,
                                        std::function<void()> work) {
            tickers_.push_back(std::make_unique<platform::Ticker>(
                period, std::move(work), [&log, name](const char*) {
                    log.write(Level::error, "background_failed", {{"work", name}});
                }));
        };
        every(platform::kNodeBeats, "heartbeat", [this, &r] {
            watch_.look();
            const domain::NodeRow row{
                node_, r.clock.now(),
                platform::node_keys(r.sealer.key_ids(), r.sealer.active_key_id())};
            (void)r.store.write("req_heartbeat", [&row](domain::Tx& tx) {
                tx.put_node(row);
                return true;
            });
        });
        every(seconds{60}, "signing_keys", [&r] { (void)r.signer->refresh(); });
        every(seconds{60}, "sweep", [&r] {
            constexpr int kLimit = 500;
            // A few short transactions rather than one that holds many rows.
            for (int round = 0; round < 20; ++round) {
                int removed = 0;
                const auto done = r.store.write("req_sweep", [&](domain::Tx& tx) {
                    removed = tx.sweep(r.clock.now(), kLimit);
                    return true;
                });
                if (!done || removed < kLimit) break;
            }
        });
        // Waiting times that are over. Every server looks; a case is moved once.
        every(config.demo ? seconds{1} : seconds{10}, "support_cases",
              [&r] { (void)domain::move_due_cases(*r.core); });
        // Twice in the 60 s that rule 13 allows.
        every(seconds{30}, "checkpoint", [&r, &log] {
            if (!domain::Audit(*r.core).checkpoint()) {
                log.write(Level::warning, "checkpoint_late",
                          {{"what", "the database did not answer"}});
            }
        });
        if (config.settings.whatsapp && !config.demo) {
            every(seconds{60}, "pumping", [&r, &log] {
                const auto closed = domain::close_pumped_regions(*r.core);
                if (!closed) return;
                for (const std::string& id : *closed)
                    log.write(Level::error, "ALARM_codes_not_entered", {{"channel", id}});
            });
        }
        if (config.demo) {
            every(seconds{1}, "demo_reports", [&r, &mailbox] {
                const auto reports = mailbox.reports(r.clock.now());
                if (!reports.empty()) (void)domain::take_reports(*r.core, "req_demo", reports);
            });
        }
        every(seconds{2}, "clock", [this, &r, &log] {
            const bool ok = r.guard.check();
            if (ok == clock_ok_) return;
            clock_ok_ = ok;
            if (ok) {
                log.write(Level::warning, "clocks_agree_again", {});
            } else {
                const std::string what = r.guard.what();
                log.write(Level::error, "ALARM_clock_jumped", {{"what", what}});
            }
        });
    }

 private:
    const std::string node_;
    RingWatch watch_;
    bool clock_ok_ = true;
    std::vector<std::unique_ptr<platform::Ticker>> tickers_;
};

http::AppSettings app_settings(const Config& c, Runtime& r, Log& log,
                               const delivery::DemoMailbox& mailbox, Delivery& sender) {
    http::AppSettings s;
    s.listen_host = c.listen_host;
    s.listen_port = c.listen_port;
    s.hosts = c.hosts;
    s.trusted_proxies = c.trusted_proxies;
    s.tls_cert = c.tls_cert;
    s.tls_key = c.tls_key;
    s.web_root = c.web_root;
    s.version = platform::version();
    if (c.demo) {
        s.demo_accounts.push_back({kDemoEmail, kDemoPassword, "user"});
        s.demo_accounts.push_back({kDemoAgent, kDemoPassword, "agent"});
        s.demo_accounts.push_back({kDemoSupervisor, kDemoPassword, "supervisor"});
        s.mailbox_json = [&mailbox] { return mailbox.json(); };
        // The mailbox page frames mails, and a frame made of srcdoc is under the policy of its page:
        // the one sheet that mails have is let in by its hash (CSP3 section 2.3.1).
        const auto digest = domain::sha256(as_bytes(delivery::html_style()));
        s.style_source = "'sha256-" + platform::base64(digest) + "'";
    }
    s.not_ready = [&r] {
        std::vector<std::string> out;
        if (!r.guard.ok()) out.emplace_back("clock");
        return out;
    };
    s.warnings = [&sender] { return sender.warnings(); };
    sender.hook(s);
    s.on_access = [&log](const http::AccessRecord& a) {
        log.write(a.status >= 500 ? Level::error : Level::info, "request",
                  {{"request_id", a.request_id},
                   {"method", a.method},
                   {"route", a.route},
                   {"remote", a.remote_addr},
                   {"status", std::int64_t{a.status}},
                   {"code", a.code},
                   {"us", static_cast<std::int64_t>(a.micros)},
                   {"bytes", static_cast<std::int64_t>(a.bytes)}});
    };
    // The front gives the exception's type; its text may hold values.
    s.on_exception = [&log](std::string_view what, std::string_view request_id) {
        log.write(Level::error, "exception", {{"request_id", request_id}, {"what", what}});
    };
    return s;
}

}  // namespace

int serve(const platform::CommandLine& line) {
    const Config& config = line.config;
    const sigset_t signals = handled_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    leave_no_core();

    if (!config.smtp.empty())
        if (const auto smtp = smtp_settings(config); !smtp) return failed(smtp.error().what);

    Log log(config.log_level);
    auto opened = Runtime::open(config, [&log](std::string_view what, int code) {
        log.write(Level::warning, "database_trouble",
                  {{"what", what}, {"code", std::int64_t{code}}});
    });
    if (!opened) return failed(opened.error().what);
    Runtime& r = **opened;
    if (!r.core->client_application())
        return failed("The database does not answer; try again when it runs.");

    delivery::DemoMailbox mailbox;
    Delivery sender(r, config, mailbox, log);
    if (config.demo) {
        domain::Accounts accounts(*r.core);
        if (!accounts.create_ready_account(kDemoEmail, kDemoPassword, "Demo")) {
            return failed("The demo's account cannot be made: the database does not answer.");
        }
        domain::Agents agents(*r.core);
        const domain::Caller self = operator_caller(r.random);
        if (!agents.add(self, kDemoAgent, "Ada Agent", domain::AgentRole::agent, kDemoPassword) ||
            !agents.add(operator_caller(r.random), kDemoSupervisor, "Sam Supervisor",
                        domain::AgentRole::supervisor, kDemoPassword))
            return failed("The demo's desk cannot be made: the database does not answer.");
    } else if (!config.settings.email) {
        log.write(
            Level::warning, "MESSAGES_ARE_NOT_SENT",
            {{"what", "no mail server is set up (TWOFOLD_SMTP)"},
             {"means",
              "mails (confirm address, reset password, notices) stay queued in the database until "
              "they expire; try --demo to see them on a page"}});
        std::cerr << "twofold: warning: no mail server is set up (TWOFOLD_SMTP); mails stay queued "
                     "and nobody gets them (see /readyz).\n";
    }
    Background background(r, config, log, mailbox);

    http::App app(*r.core, app_settings(config, r, log, mailbox, sender));
    if (!app.start()) return failed(app.error());
    if (config.demo) {
        std::cout << "Twofold demo: " << config.settings.public_url << "\n  ready account  "
                  << kDemoEmail << "  password  " << kDemoPassword << "\n  mails          "
                  << config.settings.public_url << "/demo/mailbox\n  support desk   "
                  << config.settings.public_url << "/desk/  as agent@example.com or "
                  << kDemoSupervisor << "\n  data           "
                  << config.data_dir << "\nStop it with Ctrl-C." << std::endl;
    } else {
        std::cout << "Twofold serves " << config.settings.public_url << " on " << config.listen
                  << std::endl;
    }
    const std::string version = platform::version();
    log.write(Level::info, "started", {{"version", version}, {"listen", config.listen}});

    for (;;) {
        int signal = 0;
        sigwait(&signals, &signal);
        if (signal != SIGHUP) break;
    }
    log.write(Level::info, "stopping", {});
    const auto told = std::chrono::steady_clock::now();
    const bool whole = app.drain(kDrain);
    sender.finish(told + kSendsEnd);
    log.write(whole ? Level::info : Level::warning, "stopped",
              {{"requests_cut_off", whole ? "no" : "yes"}});
    return 0;
}

}  // namespace twofold
