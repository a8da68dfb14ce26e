#include "server/storage/dialect.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "server/storage/store.hpp"

namespace twofold::storage {
namespace {

// A value of SOCI's MySQL connect string.
std::string quoted(const std::string& value) {
    std::string out = "'";
    for (char c : value) {
        if (c == '\'' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "'";
}

Dialect sqlite_dialect(const DatabaseUrl& url, std::chrono::milliseconds deadline) {
    Dialect d;
    d.engine = Engine::sqlite;
    d.connect_string = "db=\"" + url.path + "\"";
    d.on_connect = {
        // First, for the next ones may have to wait for another process.
        "PRAGMA busy_timeout = " + std::to_string(deadline.count()),
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA cache_size = -16384",
        // What does not fit there is read from the kernel's own pages, without a copy: a verify
        // touches some fifteen pages of a large database. 2 GiB is the most SQLite maps.
        "PRAGMA mmap_size = 2147418112",
        // Deleted secrets do not stay readable in free pages.
        "PRAGMA secure_delete = FAST",
    };
    // A deferred transaction that reads and then writes fails with SQLITE_BUSY_SNAPSHOT; this one
    // waits.
    d.begin_write = "BEGIN IMMEDIATE";
    d.begin_read = "BEGIN";
    d.table_options = " WITHOUT ROWID";
    d.straight_join = " CROSS JOIN ";
    d.one_writer = true;
    return d;
}

Dialect mysql_dialect(const DatabaseUrl& url, std::chrono::milliseconds deadline) {
    Dialect d;
    d.engine = Engine::mysql;
    const std::string seconds = std::to_string((deadline.count() + 999) / 1000);
    std::string& c = d.connect_string;
    c = "db=" + quoted(url.database) + " user=" + quoted(url.user);
    if (!url.password.empty()) c += " password=" + quoted(url.password);
    if (url.socket.empty())
        c += " host=" + quoted(url.host) + " port=" + std::to_string(url.port);
    else
        c += " unix_socket=" + quoted(url.socket);
    if (!url.ssl_ca.empty()) c += " sslca=" + quoted(url.ssl_ca);
    if (!url.ssl_cert.empty()) c += " sslcert=" + quoted(url.ssl_cert);
    if (!url.ssl_key.empty()) c += " sslkey=" + quoted(url.ssl_key);
    // SOCI writes values into the statement itself, escaped: both sides must agree on the character
    // set. Never "reconnect": it can lose a transaction unseen.
    c += " charset=utf8mb4 connect_timeout=" + seconds + " read_timeout=" + seconds +
         " write_timeout=" + seconds;
    d.on_connect = {
        // NO_BACKSLASH_ESCAPES must be off for the escaping; strict, so that no value is cut
        // silently.
        "SET SESSION sql_mode = "
        "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        // No look into the index for every value of an IN list only to guess at rows: the lists
        // are of unique keys, or the index is forced.
        "SET SESSION eq_range_index_dive_limit = 1",
        "SET SESSION autocommit = 1, innodb_lock_wait_timeout = " + seconds +
            ", lock_wait_timeout = " + seconds + " /*M!100101 , max_statement_time = " + seconds +
            " */ /*!50708 , max_execution_time = " + std::to_string(deadline.count()) + " */",
    };
    d.begin_write = "START TRANSACTION";
    d.for_update = " FOR UPDATE";
    d.skip_locked = " FOR UPDATE SKIP LOCKED";
    d.rows_a_statement = 64;
    d.straight_join = " STRAIGHT_JOIN ";
    // Compared byte by byte and without padding: 'Abc', 'abc' and 'abc ' are three values. The
    // comments are run by MariaDB and by MySQL only; the names differ.
    d.table_options =
        " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 /*M!100202 COLLATE=utf8mb4_nopad_bin */"
        " /*!80017 COLLATE=utf8mb4_0900_bin */";
    d.ddl_commits = true;
    return d;
}

}  // namespace

std::string Dialect::force_index(const char* index) const {
    if (engine != Engine::mysql) return " ";
    return std::string(" FORCE INDEX (") + index + ") ";
}

std::string Dialect::prefixed(const char* prefix, const char* column) const {
    if (engine == Engine::mysql) return std::string("CONCAT('") + prefix + "', " + column + ")";
    return std::string("('") + prefix + "' || " + column + ")";
}

Dialect make_dialect(const DatabaseUrl& url, std::chrono::milliseconds deadline) {
    return url.engine == Engine::sqlite ? sqlite_dialect(url, deadline)
                                        : mysql_dialect(url, deadline);
}

void create_private_file(const DatabaseUrl& url) {
    if (url.engine != Engine::sqlite) return;
    // O_EXCL: closing a second descriptor of a file that is in use would drop this process's locks
    // on it. A directory that is read-only is found out when it is used, as a problem of its own.
    const int fd = ::open(url.path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) ::close(fd);
}

}  // namespace twofold::storage
