#include "server/platform/config.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace twofold::platform {
namespace {

using domain::Scope;
using domain::Seconds;

constexpr std::array<std::pair<std::string_view, Scope>, 11> kScopes{{
    {"users", Scope::users},
    {"enroll", Scope::enroll},
    {"verify", Scope::verify},
    {"manage", Scope::manage},
    {"support", Scope::support},
    {"audit", Scope::audit},
    {"webhooks", Scope::webhooks},
    {"import", Scope::import},
    {"erase", Scope::erase},
    {"keys", Scope::keys},
    {"applications", Scope::applications},
}};

struct UsageError {
    std::string what;
};

std::string env_name(std::string_view flag) {
    std::string out = "TWOFOLD_";
    for (const char c : flag)
        out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return out;
}

// The settings, as options of the program itself: they may stand before or after the command.
class Options {
 public:
    Options(CLI::App& app, Config& c) : app_(app), c_(c) {
        auto& s = c.settings;
        text("listen", c.listen, "Address and port to serve on (127.0.0.1:8080)");
        text("database", c.database, "sqlite:PATH or mysql://user:password@host:port/database");
        number("database-connections", c.database_connections, 1, 64,
               "Connections kept to the database");
        text("keys", c.keys, "The key-ring file (mode 0600)");
        text("public-url", s.public_url,
             "Where people reach this server; links and cookies come from it alone");
        text("issuer", s.issuer, "The company's name, shown in authenticator apps and mails")
            ->check([](const std::string& v) {
                return v.empty() || v.size() > 64 ? std::string("must be 1 to 64 characters")
                                                  : std::string();
            });
        text("tls-cert", c.tls_cert, "PEM file of the certificate chain, to serve https itself");
        text("tls-key", c.tls_key, "PEM file of its private key");
        list("trusted-proxies", c.trusted_proxies,
             "Addresses or ranges whose X-Forwarded-For counts");
        list("hosts", c.hosts, "Further Host values to answer to, beside the public URL's");
        text("web-root", c.web_root, "Folder of the built Client Area");
        text("data-dir", c.data_dir, "Where --demo keeps its database and keys");
        option("log-level", app.add_option_function<std::string>(
                                "--log-level",
                                [&c](const std::string& v) {
                                    c.log_level = v == "debug"     ? Level::debug
                                                  : v == "warning" ? Level::warning
                                                  : v == "error"   ? Level::error
                                                                   : Level::info;
                                },
                                "debug, info, warning or error"))
            ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
        boolean("client-area", s.client_area, "Serve the built-in Client Area");
        boolean("registration", s.registration, "Let people register in the Client Area");
        number("window", s.window, 0, 1, "Time steps accepted on either side of now");
        seconds("enrollment-life", s.enrolment_life, 60, 3600, "An enrolment not confirmed yet");
        seconds("challenge-life", s.challenge_life, 60, 1800, "A challenge");
        seconds("proof-life", s.proof_life, 60, 300,
                "How long a password step or manage challenge stays fresh");
        seconds("recover-life", s.recover_life, 60, 900,
                "The grant after signing in by a backup code");
        number("tries-before-lock", s.tries_before_lock, 3, 10,
               "Wrong codes in a row before a factor is locked");
        number("failures-that-end", s.failures_that_end, 20, 100,
               "Failures in a row that end a factor");
        number("factors-a-user", s.factors_a_user, 1, 10, "Authenticators a person may have");
        seconds("session-idle", s.session_idle, 300, 86400, "A session that is not used");
        seconds("session-life", s.session_life, 3600, 30 * 86400, "A session, at most");
        number("remember-days", s.remember_days, 0, 90,
               "For how many days a browser may be remembered; 0: none is");
        seconds("link-life", s.link_life, 300, 86400, "A link sent by mail");
        number("sign-ins-per-account", s.sign_ins_per_account, 3, 100,
               "Password tries in 15 min and account");
        number("sign-ins-per-ip", s.sign_ins_per_ip, 3, 100000,
               "Password tries in 15 min and address");
        number("mails-per-address", s.mails_per_address, 1, 100,
               "Account mails an hour and address");
        number("registers-per-ip", s.registers_per_ip, 1, 100000,
               "Registrations an hour and address");
        mail_options(c);
        seconds("support-wait", s.support_wait, 1, 14 * 86400,
                "Between the approval of a support case and its link; from 3600, in the demo from 1");
        seconds("support-wait-strong", s.support_wait_strong, 1, 14 * 86400,
                "The same with strong evidence");
        seconds("support-link-life", s.support_link_life, 600, 86400, "A re-enrol link");
        seconds("support-case-life", s.support_case_life, 86400, 90 * 86400,
                "A support case on which nobody works");
        number("support-cases-per-user", s.support_cases_per_user, 1, 20,
               "Support cases a day and person");
        list("support-channels", s.support_channels,
             "How to reach support, shown to the locked-out: email:…, phone:…, url:https://…");
        number("verify-writers", s.verify_writers, 1, 8,
               "Threads that share commits among verifies");
        number("verify-batch", s.verify_batch, 1, 128, "Verifies that may share a commit");
        number("verify-waiting", s.verify_waiting, 1, 100000,
               "Verifies that may wait before `overloaded`");
        app.add_flag("--demo", c.demo,
                     "Try it out: loopback only, SQLite, mails on a page, a ready account")
            ->envname("TWOFOLD_DEMO");
        app.add_option("--config", file_, "Config file (TOML or INI)")->envname("TWOFOLD_CONFIG");
    }

    void mail_options(Config& c) {
        auto& s = c.settings;
        text("smtp", c.smtp, "Mail server: smtp[s]://user:password@host:port");
        text("smtp-ca", c.smtp_ca, "PEM file of the authority of the mail server's certificate");
        text("mail-from", c.mail_from, "Who mails come from: \"Name <address>\" or an address");
        text("whatsapp-url", c.whatsapp_url, "Base of Meta's Graph API");
        text("whatsapp-version", c.whatsapp_version, "Its version (v21.0)");
        text("whatsapp-phone-id", c.whatsapp_phone_id, "Id of the sending phone number");
        text("whatsapp-account-id", c.whatsapp_account_id,
             "Id of the WhatsApp Business account (WABA), for `whatsapp template`");
        text("whatsapp-token", c.whatsapp_token, "Access token");
        text("whatsapp-template", c.whatsapp_template, "Name of the authentication template");
        text("whatsapp-language", c.whatsapp_language,
             "Language of the template where a person's own has none (en)");
        text("whatsapp-app-secret", c.whatsapp_app_secret, "App secret that signs the webhook");
        text("whatsapp-verify-token", c.whatsapp_verify_token,
             "Token that registers the webhook");
        number("email-workers", c.email_workers, 1, 32, "Mails sent at once");
        number("whatsapp-workers", c.whatsapp_workers, 1, 32, "WhatsApp messages sent at once");
        text("phone-region", s.phone_region,
             "Country (ISO 3166) that national phone numbers are read by, such as ES")
            ->check([](const std::string& v) {
                const bool ok = v.size() == 2 && v[0] >= 'A' && v[0] <= 'Z' && v[1] >= 'A' &&
                                v[1] <= 'Z';
                return ok || v.empty() ? std::string() : std::string("must be two capital letters");
            });
        number("code-digits", s.code_digits, 6, 8, "Digits of codes that are sent");
        seconds("code-life", s.code_life, 60, 600, "A code that was sent");
        number("code-tries", s.code_tries, 3, 10, "Wrong codes that end one that was sent");
        number("codes-per-address", s.codes_per_address, 1, 100, "Codes an hour and address");
        number("codes-per-user", s.codes_per_user, 1, 200, "Codes an hour and person");
        number("codes-per-ip", s.codes_per_ip, 1, 100000, "Codes an hour and network");
        number("codes-per-application", s.codes_per_application, 1, 10000000,
               "Codes an hour and application");
        number("codes-per-region", s.codes_per_region, 1, 1000000,
               "WhatsApp codes an hour and country");
        number("pumping-min", s.pumping_min, 5, 1000,
               "WhatsApp codes to a country before the share that is entered counts");
        number("pumping-share", s.pumping_share, 0, 90,
               "Percent entered below which a country is closed for an hour");
    }

    // Newer CLI11 (Debian 13) passes over a variable whose value it does not accept, as if it were not
    // set: a bound that nobody is told of. Here that is an error, as it is for a flag.
    void check_environment() const {
        for (const auto& [flag, option] : options_) {
            const char* value = std::getenv(env_name(flag).c_str());
            if (value == nullptr || *value == '\0' || option->count() != 0) continue;
            // Without the value: a setting may hold a password.
            throw UsageError{env_name(flag) + " has a value outside its bounds; see `twofold --help`"};
        }
    }

    // What neither a flag nor the environment set.
    void read_file() {
        if (file_.empty()) return;
        std::ifstream in(file_);
        if (!in) throw UsageError{"the config file " + file_ + " cannot be read"};
        for (const CLI::ConfigItem& item : CLI::ConfigBase().from_config(in)) {
            // "++" and "--" mark where CLI11 opens and closes a section; settings have none.
            if (item.name == "++" || item.name == "--") continue;
            std::string name = item.name;
            std::replace(name.begin(), name.end(), '_', '-');
            CLI::Option* o = nullptr;
            for (const auto& [flag, candidate] : options_) {
                if (flag == name && item.parents.empty()) o = candidate;
            }
            if (o == nullptr) {
                throw UsageError{"the config file " + file_ +
                                 " has a setting that does not exist: " + item.fullname()};
            }
            if (o->count() != 0) continue;
            for (const std::string& v : item.inputs) o->add_result(v);
            o->run_callback();
        }
    }
    bool given(std::string_view flag) const {
        return std::any_of(options_.begin(), options_.end(), [flag](const auto& o) {
            return o.first == flag && o.second->count() != 0;
        });
    }

 private:
    CLI::Option* option(const std::string& flag, CLI::Option* o) {
        options_.emplace_back(flag, o);
        return o->envname(env_name(flag))->group("Settings");
    }
    CLI::Option* text(const std::string& flag, std::string& to, const std::string& help) {
        return option(flag, app_.add_option("--" + flag, to, help));
    }
    void list(const std::string& flag, std::vector<std::string>& to, const std::string& help) {
        option(flag, app_.add_option("--" + flag, to, help + ", separated by commas"))
            ->delimiter(',');
    }
    void number(const std::string& flag, int& to, int low, int high, const std::string& help) {
        option(flag, app_.add_option("--" + flag, to, help + " (" + std::to_string(to) + ")"))
            ->check(CLI::Range(low, high));
    }
    void seconds(const std::string& flag, Seconds& to, int low, int high, const std::string& help) {
        option(flag, app_.add_option_function<int>(
                         "--" + flag, [&to](const int& v) { to = Seconds{v}; },
                         help + ", in seconds (" + std::to_string(to.count()) + ")"))
            ->check(CLI::Range(low, high));
    }
    void boolean(const std::string& flag, bool& to, const std::string& help) {
        option(flag, app_.add_option("--" + flag, to, help + ": true or false"));
    }

    CLI::App& app_;
    Config& c_;
    std::string file_;
    std::vector<std::pair<std::string, CLI::Option*>> options_;
};

struct Url {
    std::string scheme;
    std::string host;
};
std::optional<Url> parse_url(std::string_view url) {
    Url u;
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (url.starts_with(scheme)) {
            u.scheme = scheme.substr(0, scheme.size() - 3);
            url.remove_prefix(scheme.size());
            break;
        }
    }
    if (u.scheme.empty() || url.empty()) return std::nullopt;
    // Origin only: no path, user, query or fragment.
    for (const char c : url) {
        const bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' || c == '[' ||
                        c == ']';
        if (!ok) return std::nullopt;
    }
    if (url.front() == '[') {
        u.host = url.substr(1, url.find(']') - 1);
    } else {
        u.host = url.substr(0, url.find(':'));
    }
    if (u.host.empty()) return std::nullopt;
    return u;
}

std::string demo_folder() {
    if (const char* xdg = std::getenv("XDG_DATA_HOME"); xdg != nullptr && *xdg == '/') {
        return std::string(xdg) + "/twofold-demo";
    }
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
        return std::string(home) + "/.local/share/twofold-demo";
    }
    return "twofold-demo";
}

std::string beside_program(const char* relative) {
    std::error_code ec;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ec);
    if (ec) return {};
    const auto folder = std::filesystem::weakly_canonical(self.parent_path() / relative, ec);
    return ec || !std::filesystem::is_directory(folder) ? std::string() : folder.string();
}

bool lies_in(const std::string& folder, const std::string& file) {
    std::error_code ec;
    const auto real = [&ec](const std::string& path) {
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ec), ec);
    };
    const auto inner = real(file).lexically_relative(real(folder + "/"));
    return !ec && !inner.empty() && *inner.begin() != "..";
}

// Everything in the page's folder is served to anybody. Reading a SQLite file there would, besides,
// drop this process's locks on it (POSIX drops them when any descriptor of the file is closed), and
// the next process to leave would take the log of committed changes with it.
void keep_secrets_out_of_page(const Config& c) {
    if (c.web_root.empty()) return;
    const bool sqlite = c.database.starts_with("sqlite:");
    if (lies_in(c.web_root, c.keys) ||
        (sqlite && lies_in(c.web_root, c.database.substr(sizeof "sqlite:" - 1)))) {
        throw UsageError{
            "--web-root is served to everybody: the database and the key ring must lie outside it"};
    }
}

void settle_delivery(Config& c) {
    if (!c.smtp.empty() && c.mail_from.empty())
        throw UsageError{
            "set TWOFOLD_MAIL_FROM (or --mail-from) to the address that mails come from"};
    if (!c.whatsapp_token.empty()) {
        if (c.whatsapp_phone_id.empty() || c.whatsapp_template.empty())
            throw UsageError{
                "WhatsApp needs TWOFOLD_WHATSAPP_PHONE_ID and TWOFOLD_WHATSAPP_TEMPLATE beside its "
                "token"};
        const auto url = parse_url(c.whatsapp_url);
        if (!url || (url->scheme == "http" && !is_loopback(url->host)))
            throw UsageError{"--whatsapp-url must start with https:// and name a host"};
    }
    c.settings.email = c.demo || !c.smtp.empty();
    c.settings.whatsapp = c.demo || !c.whatsapp_token.empty();
}

void settle(Config& c, const Options& options, Command command) {
    const auto listen = parse_listen(c.listen);
    if (!listen) throw UsageError{"--listen must be an address and a port, such as 127.0.0.1:8080"};
    c.listen_host = listen->first;
    c.listen_port = listen->second;
    c.settings.demo = c.demo;
    settle_delivery(c);

    if (c.demo) {
        if (!is_loopback(c.listen_host)) {
            throw UsageError{
                "--demo is open to anyone who reaches it, so it listens on this machine only: use "
                "--listen 127.0.0.1:8080, or run without --demo"};
        }
        if (c.data_dir.empty()) c.data_dir = demo_folder();
        if (c.database.empty()) c.database = "sqlite:" + c.data_dir + "/twofold.db";
        if (c.keys.empty()) c.keys = c.data_dir + "/keys";
        // Nobody who tries it out waits a day.
        if (!options.given("support-wait")) c.settings.support_wait = Seconds{30};
        if (!options.given("support-wait-strong"))
            c.settings.support_wait_strong = std::min(c.settings.support_wait, Seconds{15});
        if (c.settings.support_channels.empty())
            c.settings.support_channels = {"email:support@example.com", "phone:+44 20 7946 0000"};
        if (!c.database.starts_with("sqlite:")) {
            throw UsageError{
                "--demo uses the embedded SQLite only; run without --demo to use another database"};
        }
    }
    const bool only_keys = command == Command::keys_init || command == Command::keys_add ||
                           command == Command::keys_list;
    if (c.database.empty() && !only_keys) {
        throw UsageError{
            "no database is named: set TWOFOLD_DATABASE (or --database) to sqlite:PATH or "
            "mysql://user:password@host:port/database, or try `twofold serve --demo`"};
    }
    if (!c.database.empty() && !c.database.starts_with("sqlite:") &&
        !c.database.starts_with("mysql://")) {
        // Not repeated: it may hold a password.
        throw UsageError{
            "--database must be sqlite:PATH or mysql://user:password@host:port/database"};
    }
    if (c.keys.empty() && command != Command::migrate) {
        throw UsageError{
            "no key ring is named: set TWOFOLD_KEYS (or --keys) to its file; `twofold keys init` "
            "makes "
            "one"};
    }
    if (c.tls_cert.empty() != c.tls_key.empty()) {
        throw UsageError{"--tls-cert and --tls-key belong together: give both or neither"};
    }
    if (!options.given("public-url")) {
        const bool tls = !c.tls_cert.empty();
        if (!is_loopback(c.listen_host) && command == Command::serve) {
            throw UsageError{
                "set TWOFOLD_PUBLIC_URL (or --public-url) to the address people will use, such as "
                "https://login.example.com"};
        }
        c.settings.public_url =
            (tls ? "https://localhost:" : "http://localhost:") + std::to_string(c.listen_port);
    }
    while (c.settings.public_url.ends_with('/')) c.settings.public_url.pop_back();
    const auto url = parse_url(c.settings.public_url);
    if (!url) {
        throw UsageError{
            "--public-url must be a scheme, a host and perhaps a port, such as "
            "https://login.example.com"};
    }
    // Without https a cookie can be read on the way; only this machine's own loopback is exempt.
    if (url->scheme == "http" && !is_loopback(url->host)) {
        throw UsageError{"--public-url must start with https:// (http:// is for localhost only)"};
    }
    for (const char* place : {"../web", "../share/twofold/web"}) {
        if (c.web_root.empty()) c.web_root = beside_program(place);
    }
    if (command == Command::serve) keep_secrets_out_of_page(c);
    for (const std::string& channel : c.settings.support_channels) {
        const std::string kind = channel.substr(0, channel.find(':'));
        const bool known = kind == "email" || kind == "phone" || kind == "text" ||
                           (kind == "url" && channel.starts_with("url:https://"));
        if (!known || channel.size() == kind.size() || channel.size() > 200)
            throw UsageError{
                "--support-channels takes email:ADDRESS, phone:NUMBER, url:https://… and text:…, "
                "separated by commas"};
    }
    // A shorter usual waiting time shortens the one of strong evidence, too.
    if (!options.given("support-wait-strong"))
        c.settings.support_wait_strong =
            std::min(c.settings.support_wait_strong, c.settings.support_wait);
    if (!c.settings.valid())
        throw UsageError{"the settings contradict each other or are out of bounds"};
}

}  // namespace

std::string version() { return TWOFOLD_VERSION; }

std::optional<std::pair<std::string, int>> parse_listen(std::string_view text) {
    std::string_view host;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find("]:");
        if (end == std::string_view::npos) return std::nullopt;
        host = text.substr(1, end - 1);
        port = text.substr(end + 2);
    } else {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
            return std::nullopt;
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    int number = 0;
    const auto [p, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (host.empty() || ec != std::errc{} || p != port.data() + port.size() || number < 1 ||
        number > 65535) {
        return std::nullopt;
    }
    return std::pair{std::string(host), number};
}

bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    const std::string h(host);
    in_addr v4{};
    if (inet_pton(AF_INET, h.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
    in6_addr v6{};
    return inet_pton(AF_INET6, h.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

std::optional<Scope> parse_scope(std::string_view name) {
    for (const auto& [text, scope] : kScopes) {
        if (text == name) return scope;
    }
    return std::nullopt;
}

std::string_view name_of(Scope scope) {
    for (const auto& [text, value] : kScopes) {
        if (value == scope) return text;
    }
    return {};
}

std::variant<CommandLine, int> read_command_line(int argc, const char* const* argv) {
    CommandLine line;
    CLI::App app{
        "Twofold: two-factor authentication beside an account system that asks for a password"};
    app.name("twofold");
    app.set_version_flag("--version", std::string("twofold " TWOFOLD_VERSION));
    app.fallthrough();
    app.require_subcommand(1, 1);
    Options options(app, line.config);

    const auto command = [&line](CLI::App& parent, const char* name, const char* help,
                                 Command which) {
        CLI::App* sub = parent.add_subcommand(name, help);
        sub->fallthrough();
        sub->callback([&line, which] { line.command = which; });
        return sub;
    };
    const auto group = [&app](const char* name, const char* help) {
        CLI::App* sub = app.add_subcommand(name, help);
        sub->fallthrough();
        sub->require_subcommand(1, 1);
        return sub;
    };
    command(app, "serve", "Run the server", Command::serve);
    command(app, "migrate", "Bring the database to this version's shape", Command::migrate);
    command(app, "check-config", "Read all settings, say what is wrong, start nothing",
            Command::check_config);

    std::vector<std::string> scopes;
    CLI::App* api_key = group("api-key", "Keys of the applications that call the API");
    CLI::App* create =
        command(*api_key, "create", "Make a key; it is shown once", Command::api_key_create);
    create
        ->add_option("--application", line.application,
                     "The application it belongs to; made if there is none")
        ->required();
    create
        ->add_option(
            "--scopes", scopes,
            "users,enroll,verify,manage,support,audit,webhooks,import,erase,keys,applications")
        ->required()
        ->delimiter(',');
    create->add_option("--name", line.name, "What the key is for");
    create->add_flag("--json", line.json, "Print JSON");
    CLI::App* list = command(*api_key, "list", "List an application's keys", Command::api_key_list);
    list->add_option("--application", line.application, "The application")->required();
    list->add_flag("--json", line.json, "Print JSON");
    CLI::App* revoke = command(*api_key, "revoke", "End a key", Command::api_key_revoke);
    revoke->add_option("id", line.id, "The key's id (key_…)")->required();

    CLI::App* application = group("application", "The applications that have users here");
    CLI::App* set = command(*application, "set", "Choose which methods it offers, and whether browsers are remembered",
                            Command::application_set);
    set->add_option("--application", line.application, "The application")->required();
    set->add_option("--methods", line.methods,
                    "Of totp,email,whatsapp; totp always is (email is the weakest)")
        ->delimiter(',')
        ->check(CLI::IsMember({"totp", "email", "whatsapp"}));
    set->add_option("--remember", line.remember, "Whether browsers may be remembered: on or off")
        ->check(CLI::IsMember({"on", "off"}));
    set->require_option(2, 0);  // the application, and something to set

    CLI::App* whatsapp = group("whatsapp", "Codes by WhatsApp");
    CLI::App* tmpl = whatsapp->add_subcommand("template", "The message template at Meta");
    tmpl->fallthrough();
    tmpl->require_subcommand(1, 1);
    for (CLI::App* sub : {command(*tmpl, "create", "Make it, once a language",
                                  Command::whatsapp_template_create),
                          command(*tmpl, "check", "See that it is there and approved",
                                  Command::whatsapp_template_check)})
        sub->add_option("--language", line.language, "Its language, such as en or es");

    CLI::App* agent = group("agent", "The people of the support desk");
    CLI::App* add = command(*agent, "add",
                            "Add a person, or change their role; prints a link to choose a password",
                            Command::agent_add);
    add->add_option_function<std::string>(
           "--role", [&line](const std::string& role) { line.supervisor = role == "supervisor"; },
           "agent (records evidence) or supervisor (approves)")
        ->required()
        ->check(CLI::IsMember({"agent", "supervisor"}));
    add->add_option("--email", line.email, "Their address, to sign in with")->required();
    add->add_option("--name", line.name, "Their name, shown in cases");
    add->add_flag("--password-stdin", line.password_stdin,
                  "Take the first password from standard input instead of making a link");
    add->add_flag("--json", line.json, "Print JSON");
    command(*agent, "list", "List them", Command::agent_list)
        ->add_flag("--json", line.json, "Print JSON");
    command(*agent, "end", "Take the desk from a person; their sessions end", Command::agent_end)
        ->add_option("--email", line.email, "Their address")
        ->required();

    CLI::App* audit = group("audit", "The record of every change");
    CLI::App* verify =
        command(*audit, "verify", "Check every chain and checkpoint; exit 1 when one is broken",
                Command::audit_verify);
    verify->add_flag("--json", line.json, "Print JSON");
    CLI::App* history =
        command(*audit, "export",
                "Print the histories of an application and its users, or of one user",
                Command::audit_export);
    history->add_option("--application", line.application, "The application")->required();
    history->add_option("--user", line.user,
                        "Only this user: the integrator's id, or ours (usr_...), also when erased");
    history
        ->add_option("--format", line.format,
                     "jsonl (can be checked by itself) or csv (for a spreadsheet)")
        ->check(CLI::IsMember({"jsonl", "csv"}));

    CLI::App* keys = group("keys", "The key ring that everything at rest is sealed under");
    command(*keys, "init", "Make a new key ring", Command::keys_init);
    command(*keys, "add", "Add a key; give the file to every node, then activate it",
            Command::keys_add);
    command(*keys, "activate", "Seal new values under this key from now on", Command::keys_activate)
        ->add_option("id", line.id, "The key's id")
        ->required();
    command(*keys, "retire", "Remove a key that nothing is sealed under any more",
            Command::keys_retire)
        ->add_option("id", line.id, "The key's id")
        ->required();
    command(*keys, "list", "List the keys' ids", Command::keys_list);

    try {
        app.parse(argc, argv);
        options.check_environment();
        options.read_file();
        for (const std::string& s : scopes) {
            const auto scope = parse_scope(s);
            if (!scope) throw UsageError{"there is no scope \"" + s + "\""};
            line.scopes.insert(*scope);
        }
        settle(line.config, options, line.command);
    } catch (const CLI::Success& done) {  // --help, --version
        return app.exit(done, std::cout, std::cerr);
    } catch (const CLI::Error& e) {
        std::cerr << "twofold: " << e.what() << "\nTry `twofold --help`.\n";
        return 2;
    } catch (const UsageError& e) {
        std::cerr << "twofold: " << e.what << ".\n";
        return 2;
    }
    return line;
}

}  // namespace twofold::platform
