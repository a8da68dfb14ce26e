// config.hpp - settings and the command line. Each setting is a flag (--listen), an environment
// variable (TWOFOLD_LISTEN) and a key of the config file (listen = "…"); the flag wins over the
// environment, the environment over the file. Bounds are checked here, once, before anything
// starts.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/domain/settings.hpp"
#include "server/platform/log.hpp"

namespace twofold::platform {

enum class Command {
    serve,
    migrate,
    check_config,
    api_key_create,
    api_key_list,
    api_key_revoke,
    agent_add,
    agent_list,
    agent_end,
    audit_verify,
    audit_export,
    keys_init,
    keys_add,
    keys_activate,
    keys_retire,
    keys_list,
    application_set,
    whatsapp_template_create,
    whatsapp_template_check,
};

struct Config {
    std::string listen = "127.0.0.1:8080";
    std::string listen_host = "127.0.0.1";  // of `listen`, without brackets
    int listen_port = 8080;
    std::string database;          // sqlite:PATH or mysql://user:pass@host:port/db
    int database_connections = 8;  // 1..64
    std::string keys;              // the key ring's file
    std::string tls_cert;          // both or neither
    std::string tls_key;
    std::vector<std::string> trusted_proxies;
    std::vector<std::string> hosts;  // further Host values that are ours
    std::string web_root;            // the built Client Area; empty: beside the program
    Level log_level = Level::info;
    bool demo = false;
    std::string data_dir;         // --demo keeps its database and keys here
    std::string smtp;             // smtp[s]://user:password@host:port; empty: no email
    std::string smtp_ca;          // PEM file; empty: the system's authorities
    std::string mail_from;        // "Name <address>" or an address
    std::string whatsapp_url = "https://graph.facebook.com";
    std::string whatsapp_version = "v21.0";
    std::string whatsapp_phone_id;
    std::string whatsapp_account_id;
    std::string whatsapp_token;  // empty: no WhatsApp
    std::string whatsapp_template;
    std::string whatsapp_language = "en";
    std::string whatsapp_app_secret;
    std::string whatsapp_verify_token;
    int email_workers = 4;     // 1..32
    int whatsapp_workers = 2;  // 1..32
    domain::Settings settings;
};

struct CommandLine {
    Command command = Command::serve;
    Config config;
    std::string application;  // api-key create, list
    domain::Scopes scopes;
    std::string name;
    std::string id;  // api-key revoke, keys activate and retire
    std::vector<std::string> methods;  // application set
    std::string remember;              // application set: "on", "off"; empty: as it is
    std::string language;              // whatsapp template
    std::string user;                  // audit export
    std::string format = "jsonl";      // audit export
    std::string email;                 // agent add and end
    bool supervisor = false;           // agent add
    bool password_stdin = false;       // agent add
    bool json = false;
};

// What to run, or the exit code of what is done already: 0 after --help and --version, 2 after a
// usage error, which has been explained on stderr.
std::variant<CommandLine, int> read_command_line(int argc, const char* const* argv);

// Of this program, "0.1.0".
std::string version();

// "host:port" or "[v6]:port", port 1..65535. Nothing when it is neither.
std::optional<std::pair<std::string, int>> parse_listen(std::string_view text);
// Reachable from this machine only: 127/8, ::1, localhost.
bool is_loopback(std::string_view host);
// "users" … "applications"; nothing for any other word.
std::optional<domain::Scope> parse_scope(std::string_view name);
std::string_view name_of(domain::Scope scope);

}  // namespace twofold::platform
