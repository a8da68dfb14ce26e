#include "tests/support/mariadb.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace twofold::testing {
namespace {

int free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port");
    ::close(fd);
    return ntohs(address.sin_port);
}

}  // namespace

MariaDb& MariaDb::instance() {
    static MariaDb one;
    return one;
}

MariaDb::MariaDb() {
    std::string name = (std::filesystem::temp_directory_path() / "twofold-mariadb-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    start();
}

MariaDb::~MariaDb() {
    script("kill", "");
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

int MariaDb::script(const std::string& command, const std::string& arguments) const {
    const std::string line = std::string(TWOFOLD_SOURCE_DIR) + "/tests/support/mariadb.sh " +
                             command + " " + directory_ + " " + arguments;
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void MariaDb::start() {
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (port_ == 0 || attempt > 0) port_ = free_port();
        const int status =
            script("start", std::to_string(port_) + " " + std::to_string(::getpid()));
        if (status == 0) return;
        if (status != 3) break;  // 3: someone else took the port meanwhile
    }
    throw std::runtime_error("MariaDB did not start; is mariadb-server installed?");
}

void MariaDb::kill() {
    if (script("kill", "") != 0) throw std::runtime_error("MariaDB was not running");
}

double MariaDb::cpu_seconds() const {
    std::string pid;
    std::ifstream(directory_ + "/pid") >> pid;
    // proc(5): fields 14 and 15 of stat, in clock ticks; the name (field 2) has no space in it.
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string field;
    double ticks = 0;
    for (int i = 1; i <= 15 && stat >> field; ++i)
        if (i >= 14) ticks += std::stod(field);
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void MariaDb::sql(const std::string& statements) {
    if (script("sql", "\"" + statements + "\"") != 0)
        throw std::runtime_error("MariaDB: " + statements);
}

std::string MariaDb::new_database() {
    const std::string name = "test_" + std::to_string(++databases_);
    if (script("create", name) != 0) throw std::runtime_error("MariaDB: no database " + name);
    return name;
}

std::string MariaDb::url(const std::string& database) const {
    return "mysql://twofold:test%20password%2F1@localhost/" + database + "?socket=" + directory_ +
           "/sock";
}

std::string MariaDb::tcp_url(const std::string& database) const {
    return "mysql://twofold:test%20password%2F1@127.0.0.1:" + std::to_string(port_) + "/" +
           database;
}

}  // namespace twofold::testing
