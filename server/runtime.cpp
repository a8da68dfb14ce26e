#include "server/runtime.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "server/domain/ids.hpp"
#include "server/storage/database_clock.hpp"
#include "server/storage/store.hpp"

namespace twofold {

using platform::Config;
using platform::KeyRing;
using platform::Trouble;

namespace {

// The folder of a SQLite file, for us alone; only made when it is missing.
void make_folder(const std::string& database) {
    const std::filesystem::path folder =
        std::filesystem::path(database.substr(database.find(':') + 1)).parent_path();
    std::error_code ec;
    if (folder.empty() || std::filesystem::exists(folder, ec)) return;
    std::filesystem::create_directories(folder, ec);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ec);
}

Trouble unreachable(const Config& config) {
    if (config.database.starts_with("sqlite:")) {
        return Trouble{
            "The database " + config.database +
            " cannot be opened; check that its folder exists and that this user may write to it."};
    }
    return Trouble{
        "The database does not answer; check that it runs and that TWOFOLD_DATABASE names its "
        "host, port, "
        "user, password and database rightly."};
}

}  // namespace

Result<std::unique_ptr<domain::Store>, Trouble> open_database(const Config& config,
                                                              bool may_migrate,
                                                              StoreTrouble on_trouble) {
    try {
        const bool sqlite = config.database.starts_with("sqlite:");
        // New database files are for us alone, too: they hold the sealed secrets.
        umask(077);
        if (sqlite && may_migrate) make_folder(config.database);
        storage::SchemaState state = storage::schema_state(config.database);
        if (state == storage::SchemaState::behind && sqlite && may_migrate) {
            storage::migrate(config.database);
            state = storage::schema_state(config.database);
        }
        switch (state) {
            case storage::SchemaState::current:
                break;
            case storage::SchemaState::behind:
                return Trouble{
                    "The database has not been prepared for this version of twofold; run `twofold "
                    "migrate`."};
            case storage::SchemaState::foreign:
                return Trouble{
                    "The database belongs to another or newer version of twofold; run that "
                    "version, or name "
                    "another database."};
            case storage::SchemaState::unreachable:
                return unreachable(config);
        }
        storage::StoreOptions options;
        options.connections = static_cast<std::size_t>(config.database_connections);
        options.on_trouble = std::move(on_trouble);
        return storage::open_store(config.database, std::move(options));
    } catch (const storage::StorageError& e) {
        std::string what = e.what();
        if (!what.ends_with('.')) what += '.';
        return Trouble{"Database: " + what};
    }
}

domain::Caller operator_caller(domain::Random& random) {
    return domain::Caller{domain::OperatorCaller{}, {}, "req_" + domain::random_id_text(random)};
}

Runtime::Runtime(const KeyRing& ring, std::unique_ptr<domain::Store> opened,
                 const std::string& database_url)
    : sealer(ring),
      database(std::move(opened)),
      guard([this] { return clock.now_ms(); }, platform::monotonic_ms,
            storage::database_clock(database_url)),
      store(*database, guard) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>, Trouble> Runtime::open(const Config& config,
                                                        StoreTrouble on_trouble) {
    auto database = open_database(config, true, std::move(on_trouble));
    if (!database) return database.error();
    if (config.demo && !std::filesystem::exists(config.keys)) {
        // Only for a database that nothing was sealed in yet: a new ring would not open the rest.
        bool sealed = true;
        const auto done =
            (*database)->read([&sealed](domain::Tx& tx) { sealed = !tx.signing_keys().empty(); });
        if (done && !sealed) {
            auto made = KeyRing::make(platform::SystemClock().now()).save(config.keys, true);
            if (!made) return made.error();
        }
    }
    auto ring = KeyRing::load(config.keys);
    if (!ring) return ring.error();
    std::unique_ptr<Runtime> r(new Runtime(*ring, std::move(*database), config.database));
    auto signer = platform::StoredSigner::open(r->store, r->sealer, r->clock);
    if (!signer) return signer.error();
    r->signer = std::move(*signer);
    domain::Settings settings = config.settings;
    if (config.database.starts_with("sqlite:")) {
        // It has one writer at a time, who then takes what several would have taken.
        settings.verify_batch = std::min(settings.verify_batch * settings.verify_writers, 128);
        settings.verify_writers = 1;
    }
    r->core = std::make_unique<domain::Core>(r->store, r->clock, r->random, r->sealer, r->passwords,
                                             *r->signer, r->phones, std::move(settings));
    return r;
}

}  // namespace twofold
