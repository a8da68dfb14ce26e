// The program as an operator runs it: each case starts build/…/twofold in a folder of its own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/server/platform/temporary_folder.hpp"
#include "tests/support/catch.hpp"

using nlohmann::json;
using twofold::testing::TemporaryFolder;

namespace {

std::string slurp(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}
bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// One run of the program; its output goes to files. Ends with the test.
class Program {
 public:
    Program(const TemporaryFolder& folder, const std::vector<std::string>& words,
            const std::vector<std::string>& environment = {})
        : out_path_(folder.file("out")), err_path_(folder.file("err")) {
        std::vector<std::string> args{TWOFOLD_BINARY};
        args.insert(args.end(), words.begin(), words.end());
        std::vector<std::string> env{"PATH=/usr/bin:/bin", "HOME=" + folder.file("home")};
        env.insert(env.end(), environment.begin(), environment.end());
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&files, 1, out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        posix_spawn_file_actions_addopen(&files, 2, err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
        const int rc = posix_spawn(&pid_, TWOFOLD_BINARY, &files, nullptr, pointers(args).data(),
                                   pointers(env).data());
        posix_spawn_file_actions_destroy(&files);
        REQUIRE(rc == 0);
    }
    ~Program() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // The exit code; -1 when it was ended by a signal or does not end in time.
    int wait(std::chrono::seconds at_most = std::chrono::seconds{60}) {
        const auto until = std::chrono::steady_clock::now() + at_most;
        int status = 0;
        while (waitpid(pid_, &status, WNOHANG) == 0) {
            if (std::chrono::steady_clock::now() > until) return -1;
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    bool says(const std::string& text) const {
        for (int i = 0; i < 4000; ++i) {
            if (contains(out(), text) || contains(err(), text)) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
        }
        return false;
    }
    void terminate() const { kill(pid_, SIGTERM); }
    std::string out() const { return slurp(out_path_); }
    std::string err() const { return slurp(err_path_); }

 private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> out;
        for (std::string& t : texts) out.push_back(t.data());
        out.push_back(nullptr);
        return out;
    }
    std::string out_path_;
    std::string err_path_;
    pid_t pid_ = -1;
};

struct Run {
    int code;
    std::string out;
    std::string err;
};
Run run(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) {
    const TemporaryFolder output;
    Program p(output, words, environment);
    const int code = p.wait();
    return {code, p.out(), p.err()};
}

// A port that was free a moment ago.
int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0);
    socklen_t n = sizeof a;
    getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n);
    close(fd);
    return ntohs(a.sin_port);
}

std::string get(int port, const std::string& path) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(static_cast<std::uint16_t>(port));
    std::string answer;
    if (connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0) {
        const std::string request = "GET " + path +
                                    " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) +
                                    "\r\nConnection: close\r\n\r\n";
        (void)!write(fd, request.data(), request.size());
        char buffer[4096];
        for (ssize_t got = 0; (got = read(fd, buffer, sizeof buffer)) > 0;) {
            answer.append(buffer, static_cast<std::size_t>(got));
        }
    }
    close(fd);
    return answer;
}
json body(const std::string& answer) {
    return json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
}

std::vector<std::string> demo(const TemporaryFolder& folder, std::vector<std::string> words,
                              int port = 0) {
    words.insert(words.end(), {"--demo", "--data-dir", folder.file("data")});
    if (port != 0) words.insert(words.end(), {"--listen", "127.0.0.1:" + std::to_string(port)});
    return words;
}

}  // namespace

TEST_CASE("exit codes: 0 ok, 1 failed, 2 usage") {
    const TemporaryFolder folder;
    CHECK(run({"--version"}).code == 0);
    CHECK(contains(run({"--version"}).out, "twofold 0."));
    CHECK(run({"--help"}).code == 0);
    CHECK(run({}).code == 2);
    CHECK(run({"serve", "--listen", "nowhere"}).code == 2);
    CHECK(run({"audit", "verify", "--keys", folder.file("none"), "--database",
               "sqlite:" + folder.file("x.db")})
              .code == 1);
}

TEST_CASE(
    "serve --demo: makes what it needs, answers, says where to look, ends quietly on SIGTERM") {
    const TemporaryFolder folder;
    const int port = free_port();
    Program server(folder, demo(folder, {"serve"}, port));
    REQUIRE(server.says("Twofold demo: http://localhost:" + std::to_string(port)));
    CHECK(contains(get(port, "/healthz"), "HTTP/1.1 200"));
    CHECK(contains(get(port, "/readyz"), "HTTP/1.1 200"));
    CHECK(body(get(port, "/demo/mailbox.json")).at("items").is_array());
    const json config = body(get(port, "/client/config"));
    CHECK(config.at("demo") == true);
    REQUIRE(config.at("demo_accounts").size() == 3);
    CHECK(config.at("demo_accounts")[0].at("email") == "demo@example.com");
    CHECK(config.at("demo_accounts")[1].at("role") == "agent");
    CHECK(config.at("demo_accounts")[2].at("role") == "supervisor");
    for (const char* name : {"data/keys", "data/twofold.db"}) {
        struct stat st {};
        REQUIRE(stat(folder.file(name).c_str(), &st) == 0);
        CHECK((st.st_mode & 077) == 0);
    }
    const auto start = std::chrono::steady_clock::now();
    server.terminate();
    CHECK(server.wait(std::chrono::seconds{10}) == 0);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{10});

    // 83: the log holds neither the password nor the keys; every line is JSON.
    const std::string log = server.err();
    CHECK_FALSE(contains(log, config.at("demo_accounts")[0].at("password").get<std::string>()));
    std::istringstream keys(slurp(folder.file("data/keys")));
    for (std::string word; keys >> word;) {
        if (word.size() == 43) CHECK_FALSE(contains(log, word));
    }
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);)
        CHECK_FALSE(json::parse(line, nullptr, false).is_discarded());
}

TEST_CASE("a port in use is one plain sentence and exit 1") {
    const TemporaryFolder folder;
    const int port = free_port();
    Program server(folder, demo(folder, {"serve"}, port));
    REQUIRE(server.says("Twofold demo:"));
    const TemporaryFolder other;
    const Run second = run(demo(other, {"serve"}, port));
    CHECK(second.code == 1);
    CHECK(contains(second.err, std::to_string(port)));
    CHECK(contains(second.err, "in use"));
}

TEST_CASE(
    "security 79: a wrong or missing key ring refuses to start and leaves the database alone") {
    const TemporaryFolder folder;
    REQUIRE(run(demo(folder, {"api-key", "create", "--application", "shop", "--scopes", "verify",
                              "--json"}))
                .code == 0);
    const Run missing = run(demo(folder, {"serve", "--keys", folder.file("lost")}));
    CHECK(missing.code == 1);
    CHECK(contains(missing.err, "There is no key ring"));
    REQUIRE(run({"keys", "init", "--keys", folder.file("other")}).code == 0);
    const Run wrong = run(demo(folder, {"serve", "--keys", folder.file("other")}));
    CHECK(wrong.code == 1);
    CHECK(contains(wrong.err, "TWOFOLD_KEYS"));
    chmod(folder.file("data/keys").c_str(), 0644);
    const Run open = run(demo(folder, {"serve"}));
    CHECK(open.code == 1);
    CHECK(contains(open.err, "chmod 600"));
    chmod(folder.file("data/keys").c_str(), 0600);
    CHECK(run(demo(folder, {"audit", "verify"})).code == 0);
}

TEST_CASE("security 58: an API key is made once, listed without its text, and revoked") {
    const TemporaryFolder folder;
    const Run made = run(demo(folder, {"api-key", "create", "--application", "shop", "--scopes",
                                       "users,verify", "--json"}));
    REQUIRE(made.code == 0);
    const json key = json::parse(made.out);
    CHECK(key.at("key").get<std::string>().size() >= 40);
    CHECK(key.at("key").get<std::string>().substr(0, 4) == "tfk_");
    const std::string id = key.at("id");
    const Run listed = run(demo(folder, {"api-key", "list", "--application", "shop", "--json"}));
    REQUIRE(listed.code == 0);
    CHECK(json::parse(listed.out).at("items")[0].at("id") == id);
    CHECK_FALSE(contains(listed.out, key.at("key").get<std::string>()));
    CHECK_FALSE(contains(slurp(folder.file("data/twofold.db")), key.at("key").get<std::string>()));
    CHECK(run(demo(folder, {"api-key", "revoke", id})).code == 0);
    CHECK(run(demo(folder, {"api-key", "revoke", "key_none"})).code == 1);
    CHECK(run(demo(folder, {"api-key", "list", "--application", "other"})).code == 1);
    const Run audited = run(demo(folder, {"audit", "verify", "--json"}));
    CHECK(audited.code == 0);
    CHECK(json::parse(audited.out).at("events") >= 2);
}

TEST_CASE(
    "rule 12, 77: a key is activated when every live node has it, and retired when nothing needs "
    "it") {
    const TemporaryFolder folder;
    const int port = free_port();
    Program server(folder, demo(folder, {"serve"}, port));
    REQUIRE(server.says("Twofold demo:"));
    const auto keys = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "keys");
        return run(demo(folder, words));
    };
    const std::string first = keys({"list"}).out.substr(0, 9);
    const Run added = keys({"add"});
    REQUIRE(added.code == 0);
    const std::string second = added.out.substr(4, 9);

    const Run early = keys({"activate", second});  // the server looks at the file every 5 s
    CHECK(early.code == 1);
    CHECK(contains(early.err, "do not have the key yet"));
    REQUIRE(server.says("key_ring_taken_up"));
    int code = 1;
    for (int i = 0; i < 100 && code != 0; ++i) {
        code = keys({"activate", second}).code;
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    REQUIRE(code == 0);
    CHECK(contains(keys({"list"}).out, second + "  active"));

    const Run active = keys({"retire", second});
    CHECK(active.code == 1);
    CHECK(contains(active.err, "active"));
    const Run needed = keys({"retire", first});  // by the server at first, by rows always
    CHECK(needed.code == 1);
    CHECK(contains(keys({"list"}).out, first + "  ready"));
    CHECK(keys({"retire", "k00000000"}).code == 1);
    CHECK(keys({"activate", "k00000000"}).code == 1);

    // A key that nothing was ever sealed under may go.
    const std::string third = keys({"add"}).out.substr(4, 9);
    CHECK(keys({"retire", third}).code == 0);
    CHECK_FALSE(contains(keys({"list"}).out, third));
    CHECK(contains(get(port, "/readyz"), "HTTP/1.1 200"));
}

TEST_CASE("--demo is refused beyond this machine") {
    const Run r = run({"serve", "--demo", "--listen", "0.0.0.0:8080"});
    CHECK(r.code == 2);
    CHECK(contains(r.err, "this machine only"));
}

TEST_CASE("without --demo and a way to send, the server says loudly that messages wait") {
    const TemporaryFolder folder;
    REQUIRE(run({"keys", "init", "--keys", folder.file("keys")}).code == 0);
    const int port = free_port();
    Program server(
        folder, {"serve", "--keys", folder.file("keys"), "--database",
                 "sqlite:" + folder.file("t.db"), "--listen", "127.0.0.1:" + std::to_string(port)});
    REQUIRE(server.says("Twofold serves"));
    CHECK(contains(server.err(), "MESSAGES_ARE_NOT_SENT"));
    CHECK(body(get(port, "/readyz")).at("warnings")[0] == "email_not_configured");
    CHECK(contains(get(port, "/demo/mailbox.json"), "HTTP/1.1 404"));
    server.terminate();
    CHECK(server.wait(std::chrono::seconds{10}) == 0);
}

TEST_CASE("a database that does not answer is one plain sentence without its password") {
    const TemporaryFolder folder;
    REQUIRE(run({"keys", "init", "--keys", folder.file("keys")}).code == 0);
    const Run r = run({"serve", "--keys", folder.file("keys")},
                      {"TWOFOLD_DATABASE=mysql://twofold:hunter2@127.0.0.1:1/twofold"});
    CHECK(r.code == 1);
    CHECK(contains(r.err, "does not answer"));
    CHECK_FALSE(contains(r.err + r.out, "hunter2"));
}
