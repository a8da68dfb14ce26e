#include "server/storage/url.hpp"

#include <charconv>

#include "server/storage/store.hpp"

namespace twofold::storage {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            throw StorageError("database URL: a % that is not followed by two hexadecimal digits");
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

void set_option(DatabaseUrl& out, std::string_view name, std::string value) {
    if (name == "socket")
        out.socket = std::move(value);
    else if (name == "ssl_ca")
        out.ssl_ca = std::move(value);
    else if (name == "ssl_cert")
        out.ssl_cert = std::move(value);
    else if (name == "ssl_key")
        out.ssl_key = std::move(value);
    else
        throw StorageError("database URL: options are socket, ssl_ca, ssl_cert and ssl_key");
}

DatabaseUrl parse_mysql(std::string_view rest) {
    DatabaseUrl out;
    out.engine = Engine::mysql;

    if (const auto question = rest.find('?'); question != std::string_view::npos) {
        std::string_view options = rest.substr(question + 1);
        rest = rest.substr(0, question);
        while (!options.empty()) {
            const auto end = options.find('&');
            const std::string_view option = options.substr(0, end);
            options = end == std::string_view::npos ? "" : options.substr(end + 1);
            const auto equals = option.find('=');
            if (equals == std::string_view::npos)
                throw StorageError("database URL: an option without a value");
            set_option(out, option.substr(0, equals), percent_decode(option.substr(equals + 1)));
        }
    }

    const auto slash = rest.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == rest.size())
        throw StorageError("database URL: mysql://user:password@host:port/database");
    out.database = percent_decode(rest.substr(slash + 1));
    rest = rest.substr(0, slash);

    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view who = rest.substr(0, at);
        rest = rest.substr(at + 1);
        const auto colon = who.find(':');
        out.user = percent_decode(who.substr(0, colon));
        if (colon != std::string_view::npos) out.password = percent_decode(who.substr(colon + 1));
    }
    if (out.user.empty()) throw StorageError("database URL: no user");

    std::string_view port;
    if (rest.starts_with('[')) {  // an IPv6 address
        const auto close = rest.find(']');
        if (close == std::string_view::npos) throw StorageError("database URL: [ without ]");
        out.host = rest.substr(1, close - 1);
        if (close + 1 < rest.size() && rest[close + 1] == ':')
            port = rest.substr(close + 2);
        else if (close + 1 != rest.size())
            throw StorageError("database URL: text after ]");
    } else {
        const auto colon = rest.find(':');
        out.host = rest.substr(0, colon);
        if (colon != std::string_view::npos) port = rest.substr(colon + 1);
    }
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (error != std::errc{} || end != port.data() + port.size() || out.port < 1 ||
            out.port > 65535)
            throw StorageError("database URL: the port is 1..65535");
    }
    if (out.host.empty() && out.socket.empty())
        throw StorageError("database URL: neither a host nor a socket");
    // The client library takes this name to mean its default socket; the URL says host and port.
    if (out.socket.empty() && out.host == "localhost") out.host = "127.0.0.1";
    return out;
}

}  // namespace

DatabaseUrl parse_url(std::string_view url) {
    if (url.find('\0') != std::string_view::npos) throw StorageError("database URL: a NUL in it");
    if (url.starts_with("sqlite:")) {
        DatabaseUrl out;
        out.engine = Engine::sqlite;
        out.path = url.substr(7);
        // SOCI's connect string has no way to write a quote; a memory database would be one per
        // connection.
        if (out.path.empty() || out.path == ":memory:" || out.path.find('"') != std::string::npos)
            throw StorageError(
                "database URL: sqlite:PATH needs the path of a file, without quotes");
        return out;
    }
    if (url.starts_with("mysql://")) return parse_mysql(url.substr(8));
    throw StorageError("database URL: sqlite:PATH or mysql://user:password@host:port/database");
}

}  // namespace twofold::storage
