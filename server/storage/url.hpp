// url.hpp - what TWOFOLD_DATABASE says.
#pragma once
#include <string>
#include <string_view>

namespace twofold::storage {

enum class Engine { sqlite, mysql };  // mysql: MariaDB as well

struct DatabaseUrl {
    Engine engine{};
    std::string path;  // sqlite
    std::string user, password, host, database, socket, ssl_ca, ssl_cert, ssl_key;
    int port = 3306;
};

// Throws StorageError; its text never repeats the URL, which may hold a password.
DatabaseUrl parse_url(std::string_view url);

}  // namespace twofold::storage
