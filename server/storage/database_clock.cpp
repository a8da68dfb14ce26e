#include "server/storage/database_clock.hpp"

#include <memory>

#include "server/storage/connection.hpp"
#include "server/storage/dialect.hpp"
#include "server/storage/trouble.hpp"
#include "server/storage/url.hpp"

namespace twofold::storage {
namespace {

struct Line {
    explicit Line(const DatabaseUrl& url)
        : dialect(make_dialect(url, std::chrono::seconds{2})), connection(session, dialect) {}
    const Dialect dialect;
    soci::session session;
    Connection connection;
    bool open = false;
};

}  // namespace

std::function<std::optional<std::int64_t>()> database_clock(std::string_view url) {
    const DatabaseUrl parsed = parse_url(url);
    if (parsed.engine == Engine::sqlite) return nullptr;
    auto line = std::make_shared<Line>(parsed);
    return [line]() -> std::optional<std::int64_t> {
        try {
            if (!line->open) line->connection.open();
            line->open = true;
            if (const auto now =
                    line->connection.number(Sql("SELECT CAST(UNIX_TIMESTAMP() AS SIGNED)")))
                return *now;
        } catch (const DatabaseTrouble&) {
            line->open = false;
            line->connection.close();
        }
        return std::nullopt;
    };
}

}  // namespace twofold::storage
