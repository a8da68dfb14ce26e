// mariadb.hpp - a private MariaDB for one test program (tests/support/mariadb.sh). Started once, on
// first use; it and its files are gone when the program is. Needs the packages mariadb-server and
// mariadb-client; a machine without them fails the test, it does not skip it.
#pragma once
#include <string>

namespace twofold::testing {

class MariaDb {
 public:
    static MariaDb& instance();

    // An empty database of its own for each caller.
    std::string new_database();
    std::string url(const std::string& database) const;      // by the socket
    std::string tcp_url(const std::string& database) const;  // by 127.0.0.1
    void sql(const std::string& statements);                 // as root
    double cpu_seconds() const;                              // the server's own, so far
    void kill();                                             // as a crash
    void start();                                            // again, after kill()

    MariaDb(const MariaDb&) = delete;
    MariaDb& operator=(const MariaDb&) = delete;

 private:
    MariaDb();
    ~MariaDb();
    int script(const std::string& command, const std::string& arguments) const;
    std::string directory_;
    int port_ = 0;
    int databases_ = 0;
};

}  // namespace twofold::testing
