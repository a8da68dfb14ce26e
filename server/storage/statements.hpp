// statements.hpp - kept statements (Sql::keep), prepared once and run again on their connection through
// the database's own client library. SOCI opens the connection and runs everything else; what it
// cannot do is keep a statement whose number of values is known only at run time.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/storage/connection.hpp"

namespace twofold::storage {

// One prepared statement of one connection.
class Prepared {
 public:
    virtual ~Prepared() = default;
    virtual long long run(const Sql& sql) = 0;
    virtual void select(const Sql& sql, std::span<const Kind> kinds,
                        const std::function<void(std::vector<Cell>&)>& row) = 0;
};

// Those of one connection. Not thread-safe. clear() before the connection closes.
class Statements {
 public:
    // Throws DatabaseTrouble, as the statement itself does when it is run.
    Prepared& of(soci::session& session, Engine engine, const Sql& sql);
    void clear() noexcept { kept_.clear(); }

 private:
    std::unordered_map<std::string, std::unique_ptr<Prepared>> kept_;
};

}  // namespace twofold::storage
