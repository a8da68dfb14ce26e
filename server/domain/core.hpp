// core.hpp - what every use case shares: the ports, the settings and the verify queue.
#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "server/domain/ports.hpp"
#include "server/domain/settings.hpp"

namespace twofold::domain {

class VerifyQueue;
class KeyCache;
class Bell;

// Thread-safe; outlives the use cases made over it.
class Core {
 public:
    Core(Store&, Clock&, Random&, Sealer&, PasswordHasher&, Signer&, Phones&, Settings);
    ~Core();
    Store& store;
    Clock& clock;
    Random& random;
    Sealer& sealer;
    PasswordHasher& passwords;
    Signer& signer;
    Phones& phones;
    const Settings settings;
    std::unique_ptr<VerifyQueue> verify_queue;
    std::unique_ptr<KeyCache> key_cache;
    std::unique_ptr<Bell> bell;  // rings when a message is queued

    // The built-in application of the Client Area ("app_client"); made at start.
    Outcome<ApplicationRow> client_application();
    // A hash of no password at all, for work equal to a real comparison (rule 10).
    std::string decoy_password_hash();

 private:
    std::once_flag decoy_once_;
    std::string decoy_;
};

}  // namespace twofold::domain
