#include "server/platform/config.hpp"

#include <stdlib.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "tests/server/platform/temporary_folder.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace twofold::platform;

namespace {

// What the program would do with these words, and what it says on stderr.
struct Read {
    std::variant<CommandLine, int> result = 0;
    std::string said;
    const Config& config() const { return std::get<CommandLine>(result).config; }
    bool runs() const { return std::holds_alternative<CommandLine>(result); }
    int code() const { return std::get<int>(result); }
};

Read read(std::vector<std::string> words) {
    std::vector<const char*> argv{"twofold"};
    for (const std::string& w : words) argv.push_back(w.c_str());
    std::ostringstream err;
    std::ostringstream out;
    auto* old_err = std::cerr.rdbuf(err.rdbuf());
    auto* old_out = std::cout.rdbuf(out.rdbuf());
    Read r;
    r.result = read_command_line(static_cast<int>(argv.size()), argv.data());
    std::cerr.rdbuf(old_err);
    std::cout.rdbuf(old_out);
    r.said = err.str() + out.str();
    return r;
}

class Environment {
 public:
    Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~Environment() { unsetenv(name_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

 private:
    const char* name_;
};

const std::vector<std::string> kServe{"serve", "--database", "sqlite:/tmp/x.db", "--keys",
                                      "/tmp/keys"};
std::vector<std::string> serve(std::vector<std::string> more) {
    std::vector<std::string> words = kServe;
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("a setting is a flag, an environment variable and a key of the file, in this order") {
    const testing::TemporaryFolder folder;
    const std::string file = folder.file("twofold.toml");
    std::ofstream(file)
        << "# ours\nlisten = \"127.0.0.1:9001\"\nchallenge_life = 120\nissuer = \"From file\"\n"
           "trusted-proxies = [\"10.0.0.0/8\", \"127.0.0.1\"]\nregistration = false\n";
    const Environment env("TWOFOLD_CHALLENGE_LIFE", "240");
    const Read r = read(serve({"--config", file, "--issuer", "From flag"}));
    INFO(r.said);
    REQUIRE(r.runs());
    CHECK(r.config().listen_port == 9001);
    CHECK(r.config().settings.challenge_life == domain::Seconds{240});
    CHECK(r.config().settings.issuer == "From flag");
    CHECK(r.config().trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "127.0.0.1"});
    CHECK_FALSE(r.config().settings.registration);
    CHECK(r.config().settings.public_url == "http://localhost:9001");
}

TEST_CASE("a number out of its bounds is a usage error that names the setting") {
    for (const auto& [flag, value] :
         std::vector<std::pair<std::string, std::string>>{{"--window", "2"},
                                                          {"--window", "-1"},
                                                          {"--challenge-life", "59"},
                                                          {"--challenge-life", "1801"},
                                                          {"--failures-that-end", "101"},
                                                          {"--tries-before-lock", "11"},
                                                          {"--proof-life", "301"},
                                                          {"--window", "x"},
                                                          {"--challenge-life", "30.9"},
                                                          {"--challenge-life", "4294967356"},
                                                          {"--database-connections", "0"},
                                                          {"--log-level", "loud"},
                                                          {"--registration", "maybe"}}) {
        const Read r = read(serve({flag, value}));
        INFO(flag << " " << value << ": " << r.said);
        REQUIRE_FALSE(r.runs());
        CHECK(r.code() == 2);
        CHECK(r.said.find(flag) != std::string::npos);
    }
}

TEST_CASE("bounds hold in the file and the environment too") {
    const testing::TemporaryFolder folder;
    const std::string file = folder.file("twofold.toml");
    std::ofstream(file) << "window = 2\n";
    CHECK_FALSE(read(serve({"--config", file})).runs());
    {
        const Environment env("TWOFOLD_WINDOW", "2");
        CHECK_FALSE(read(serve({})).runs());
    }
    std::ofstream(file) << "windov = 1\n";
    const Read r = read(serve({"--config", file}));
    REQUIRE_FALSE(r.runs());
    CHECK(r.said.find("windov") != std::string::npos);
    CHECK_FALSE(read(serve({"--config", folder.file("none")})).runs());
}

TEST_CASE("--demo listens on this machine only and needs nothing else") {
    const Read r = read({"serve", "--demo", "--data-dir", "/tmp/twofold-demo"});
    INFO(r.said);
    REQUIRE(r.runs());
    CHECK(r.config().demo);
    CHECK(r.config().database == "sqlite:/tmp/twofold-demo/twofold.db");
    CHECK(r.config().keys == "/tmp/twofold-demo/keys");
    CHECK(read({"--demo", "serve", "--listen", "[::1]:8080"}).runs());
    for (const char* listen : {"0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080", "example.com:80"}) {
        const Read refused = read({"serve", "--demo", "--listen", listen});
        REQUIRE_FALSE(refused.runs());
        CHECK(refused.code() == 2);
        CHECK(refused.said.find("this machine only") != std::string::npos);
    }
    CHECK_FALSE(read({"serve", "--demo", "--database", "mysql://u:p@h/d"}).runs());
}

TEST_CASE(
    "security 53: the public URL is https but on loopback, and is needed when others can reach "
    "us") {
    CHECK_FALSE(read(serve({"--public-url", "http://login.example.com"})).runs());
    CHECK(
        read(serve({"--public-url", "https://login.example.com/"})).config().settings.public_url ==
        "https://login.example.com");
    CHECK(read(serve({"--public-url", "http://localhost:8080"})).runs());
    for (const char* url : {"login.example.com", "ftp://x", "https://", "https://a/b",
                            "https://u@h", "https://h?x", "https://h\r\nx"}) {
        CHECK_FALSE(read(serve({"--public-url", url})).runs());
    }
    const Read r = read(serve({"--listen", "0.0.0.0:8080"}));
    REQUIRE_FALSE(r.runs());
    CHECK(r.said.find("TWOFOLD_PUBLIC_URL") != std::string::npos);
    CHECK(read(serve({"--listen", "0.0.0.0:8080", "--public-url", "https://login.example.com"}))
              .runs());
}

TEST_CASE("security 83: a wrong database setting is never repeated, for it may hold a password") {
    const Read r =
        read({"serve", "--keys", "/tmp/keys", "--database", "postgres://user:hunter2@host/db"});
    REQUIRE_FALSE(r.runs());
    CHECK(r.said.find("hunter2") == std::string::npos);
    CHECK(r.said.find("mysql://") != std::string::npos);
}

TEST_CASE(
    "security 83: the folder of the page, which everybody may read, holds no database and no "
    "keys") {
    const auto with = [](const char* root, const char* database, const char* keys) {
        return read({"serve", "--web-root", root, "--database", database, "--keys", keys});
    };
    for (const Read& r : {with("/tmp/w", "sqlite:/tmp/w/twofold.db", "/tmp/keys"),
                          with("/tmp/w/", "sqlite:/tmp/w/deep/../deep/t.db", "/tmp/keys"),
                          with("/tmp/w", "mysql://u:p@h:1/d", "/tmp/w/keys")}) {
        CHECK(r.code() == 2);
        CHECK(r.said.find("--web-root") != std::string::npos);
    }
    CHECK(with("/tmp/w", "sqlite:/tmp/web/twofold.db", "/tmp/keys").runs());
    CHECK(with("/tmp/data/w", "sqlite:/tmp/data/twofold.db", "/tmp/data/keys").runs());
}

TEST_CASE("what is missing is said with what to do") {
    CHECK(read({"serve"}).said.find("TWOFOLD_DATABASE") != std::string::npos);
    CHECK(read({"serve", "--database", "sqlite:/tmp/x"}).said.find("TWOFOLD_KEYS") !=
          std::string::npos);
    CHECK(read(serve({"--tls-cert", "/tmp/c.pem"})).said.find("--tls-key") != std::string::npos);
    CHECK(read({}).code() == 2);
    CHECK(read({"sreve"}).code() == 2);
    CHECK(read({"api-key", "create", "--demo", "--scopes", "verify"}).code() == 2);
    CHECK(read({"api-key", "create", "--demo", "--application", "a", "--scopes", "verfy"})
              .said.find("verfy") != std::string::npos);
    CHECK(read({"--help"}).code() == 0);
    const Read version = read({"--version"});
    CHECK(version.code() == 0);
    CHECK(version.said.find("twofold ") != std::string::npos);
}

TEST_CASE("an API key's command reads its scopes") {
    const Read r = read({"api-key", "create", "--demo", "--application", "shop", "--scopes",
                         "users,enroll,verify", "--json"});
    INFO(r.said);
    REQUIRE(r.runs());
    const CommandLine& line = std::get<CommandLine>(r.result);
    CHECK(line.command == Command::api_key_create);
    CHECK(line.application == "shop");
    CHECK(line.json);
    CHECK(line.scopes ==
          domain::Scopes{domain::Scope::users, domain::Scope::enroll, domain::Scope::verify});
}

TEST_CASE("listen addresses") {
    CHECK(parse_listen("127.0.0.1:8080") == std::pair{std::string("127.0.0.1"), 8080});
    CHECK(parse_listen("[::1]:1") == std::pair{std::string("::1"), 1});
    for (const char* bad :
         {"", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
          "127.0.0.1:80x", "::1:80", "[::1]80", "127.0.0.1:-1"}) {
        CHECK_FALSE(parse_listen(bad).has_value());
    }
    CHECK(is_loopback("127.8.9.1"));
    CHECK(is_loopback("::1"));
    CHECK_FALSE(is_loopback("127.evil.example"));
    CHECK_FALSE(is_loopback("0.0.0.0"));
    CHECK_FALSE(is_loopback("localhost.example"));
}
