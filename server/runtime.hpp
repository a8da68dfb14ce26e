// runtime.hpp - the ports' implementations put together, in the order they need each other. What
// the server and every command over the database start from.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "server/domain/core.hpp"
#include "server/platform/clock.hpp"
#include "server/platform/config.hpp"
#include "server/platform/guarded_store.hpp"
#include "server/platform/key_ring.hpp"
#include "server/platform/os_random.hpp"
#include "server/platform/password_hasher.hpp"
#include "server/platform/phones.hpp"
#include "server/platform/sealer.hpp"
#include "server/platform/signer.hpp"
#include "server/platform/trouble.hpp"

namespace twofold {

using StoreTrouble = std::function<void(std::string_view what, int native_code)>;

class Runtime {
 public:
    // Reads the key ring, opens the database (migrating SQLite), checks that the two belong
    // together (security 79) and makes the core. --demo makes folder and key ring when there are
    // none.
    static Result<std::unique_ptr<Runtime>, platform::Trouble> open(const platform::Config& config,
                                                                    StoreTrouble on_trouble);
    ~Runtime();

    platform::SystemClock clock;
    platform::OsRandom random;
    platform::RingSealer sealer;
    std::unique_ptr<domain::Store> database;
    platform::ClockGuard guard;
    platform::GuardedStore store;  // over `database`; what everything but start-up uses
    platform::Argon2Hasher passwords;
    platform::LibPhones phones;
    std::unique_ptr<platform::StoredSigner> signer;
    std::unique_ptr<domain::Core> core;

 private:
    Runtime(const platform::KeyRing& ring, std::unique_ptr<domain::Store> opened,
            const std::string& database_url);
};

// The store alone, its schema checked. `may_migrate`: bring SQLite to this version first.
Result<std::unique_ptr<domain::Store>, platform::Trouble> open_database(
    const platform::Config& config, bool may_migrate, StoreTrouble on_trouble);
// The command line itself, for audit rows: who the operator is stays with the operating system.
domain::Caller operator_caller(domain::Random& random);

}  // namespace twofold
