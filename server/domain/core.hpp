// core.hpp - what every use case shares: the ports, the settings and the verify queue.
#pragma once
#include <memory>

#include "server/domain/ports.hpp"
#include "server/domain/settings.hpp"

namespace twofold::domain {

class VerifyQueue;

// Thread-safe; outlives the use cases made over it.
class Core {
   public:
    Core(Store&, Clock&, Random&, Sealer&, PasswordHasher&, Signer&, Settings);
    ~Core();
    Store& store;
    Clock& clock;
    Random& random;
    Sealer& sealer;
    PasswordHasher& passwords;
    Signer& signer;
    const Settings settings;
    std::unique_ptr<VerifyQueue> verify_queue;

    // The built-in application of the Client Area ("app_client"); made at start.
    Outcome<ApplicationRow> client_application();
};

}  // namespace twofold::domain
