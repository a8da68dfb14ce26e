// trouble.hpp - what a failed statement means. The one place that knows the databases' error
// numbers: SOCI's own categories do not tell a duplicate from a deadlock.
#pragma once
#include <soci/soci.h>

#include <cstdint>

namespace twofold::storage {

enum class Trouble : std::uint8_t {
    duplicate,  // a unique or primary key: the transaction is still usable
    conflict,   // deadlock, lock time-out, busy, guard or foreign key: repeat the whole transaction
    gone,       // the connection is lost: connect again; what was uncommitted is rolled back
    unavailable,  // read-only, full, refusing, too slow: answer 503
    exists,       // DDL: the table, column or index is there already
    internal,     // a mistake of ours: wrong SQL, a value too long for its column
};

// Carries no text: SOCI's holds the statement with its bound values.
struct DatabaseTrouble {
    Trouble trouble{};
    int native_code = 0;
};

DatabaseTrouble mysql_trouble(unsigned code);
DatabaseTrouble sqlite_trouble(int extended_code);
DatabaseTrouble classify(soci::session& session, const soci::soci_error& error);

}  // namespace twofold::storage
