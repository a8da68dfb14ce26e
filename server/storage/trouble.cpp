#include "server/storage/trouble.hpp"

#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace twofold::storage {
namespace {

// Numbers of the server (mysqld_error.h) and of the client library (errmsg.h). Written as numbers:
// MariaDB and MySQL name some of them differently, and neither header has all of both.
Trouble of_mysql(unsigned code) {
    switch (code) {
        case 1062:  // ER_DUP_ENTRY
        case 1586:  // ER_DUP_ENTRY_WITH_KEY_NAME
            return Trouble::duplicate;

        case 1020:  // ER_CHECKREAD: the row changed under innodb_snapshot_isolation
        case 1205:  // ER_LOCK_WAIT_TIMEOUT
        case 1213:  // ER_LOCK_DEADLOCK, also a Galera certification failure
        case 1451:  // ER_ROW_IS_REFERENCED_2
        case 1452:  // ER_NO_REFERENCED_ROW_2: the parent was erased meanwhile
        case 3572:  // ER_LOCK_NOWAIT
            return Trouble::conflict;

        case 1053:  // ER_SERVER_SHUTDOWN
        case 1152:  // ER_ABORTING_CONNECTION
        case 1158:  // ER_NET_READ_ERROR
        case 1159:  // ER_NET_READ_INTERRUPTED
        case 1160:  // ER_NET_ERROR_ON_WRITE
        case 1161:  // ER_NET_WRITE_INTERRUPTED
        case 1184:  // ER_NEW_ABORTING_CONNECTION
        case 1927:  // ER_CONNECTION_KILLED
        case 2006:  // CR_SERVER_GONE_ERROR
        case 2013:  // CR_SERVER_LOST
        case 2014:  // CR_COMMANDS_OUT_OF_SYNC
        case 2027:  // CR_MALFORMED_PACKET
        case 2055:  // CR_SERVER_LOST_EXTENDED
        case 4031:  // ER_CLIENT_INTERACTION_TIMEOUT
            return Trouble::gone;

        case 1050:  // ER_TABLE_EXISTS_ERROR
        case 1060:  // ER_DUP_FIELDNAME
        case 1061:  // ER_DUP_KEYNAME
            return Trouble::exists;

        case 1054:  // ER_BAD_FIELD_ERROR
        case 1064:  // ER_PARSE_ERROR
        case 1048:  // ER_BAD_NULL_ERROR
        case 1136:  // ER_WRONG_VALUE_COUNT_ON_ROW
        case 1264:  // ER_WARN_DATA_OUT_OF_RANGE
        case 1366:  // ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: also text that is not UTF-8
        case 1406:  // ER_DATA_TOO_LONG
            return Trouble::internal;

        // Everything else is the server's state, not the request's: refused connections (1040,
        // 1044, 1045, 1049, 1129, 1130, 1203, 2002, 2003, 2005, 2026), read-only (1290, 1792,
        // 1836), full (3, 28, 1021, 1026, 1114), not in the primary component (1047), interrupted
        // (1317, 1969, 3024), no schema yet (1146).
        default:
            return Trouble::unavailable;
    }
}

Trouble of_sqlite(int code) {
    switch (code) {
        case 2067:  // SQLITE_CONSTRAINT_UNIQUE
        case 1555:  // SQLITE_CONSTRAINT_PRIMARYKEY
        case 2579:  // SQLITE_CONSTRAINT_ROWID
            return Trouble::duplicate;
        case 787:  // SQLITE_CONSTRAINT_FOREIGNKEY
            return Trouble::conflict;
        default:
            break;
    }
    switch (code & 0xff) {  // the primary code
        case 5:             // SQLITE_BUSY
        case 6:             // SQLITE_LOCKED
        case 15:            // SQLITE_PROTOCOL
            return Trouble::conflict;
        case 4:   // SQLITE_ABORT: rolled back under the statement
        case 10:  // SQLITE_IOERR
        case 14:  // SQLITE_CANTOPEN
            return Trouble::gone;
        case 1:   // SQLITE_ERROR: wrong SQL, or a table that is missing
        case 18:  // SQLITE_TOOBIG
        case 19:  // SQLITE_CONSTRAINT: the other kinds
        case 20:  // SQLITE_MISMATCH
        case 21:  // SQLITE_MISUSE
        case 25:  // SQLITE_RANGE
            return Trouble::internal;
        default:  // PERM 3, NOMEM 7, READONLY 8, INTERRUPT 9, CORRUPT 11, FULL 13, NOTADB 26…
            return Trouble::unavailable;
    }
}

}  // namespace

DatabaseTrouble mysql_trouble(unsigned code) { return {of_mysql(code), static_cast<int>(code)}; }
DatabaseTrouble sqlite_trouble(int extended_code) {
    return {of_sqlite(extended_code), extended_code};
}

DatabaseTrouble classify(soci::session& session, const soci::soci_error& error) {
    if (const auto* e = dynamic_cast<const soci::mysql_soci_error*>(&error))
        return mysql_trouble(e->err_num_);
    if (const auto* e = dynamic_cast<const soci::sqlite3_soci_error*>(&error)) {
        int code = e->result();
        // The connection knows the extended code; SOCI 4.0 keeps the primary one.
        // (static_cast: its type information is not exported; the exception says which backend it
        // is.)
        if (auto* backend = static_cast<soci::sqlite3_session_backend*>(session.get_backend());
            backend != nullptr && backend->conn_ != nullptr) {
            const int extended = sqlite_api::sqlite3_extended_errcode(backend->conn_);
            if ((extended & 0xff) == (code & 0xff)) code = extended;
        }
        return sqlite_trouble(code);
    }
    // SOCI's own: a session without a connection, or a conversion that failed.
    return {session.get_backend() == nullptr ? Trouble::gone : Trouble::internal, 0};
}

}  // namespace twofold::storage
