#include "server/domain/core.hpp"

#include "server/domain/bell.hpp"
#include "server/domain/events.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/key_cache.hpp"
#include "server/domain/verify_queue.hpp"

namespace twofold::domain {

Core::Core(Store& store_port, Clock& clock_port, Random& random_port, Sealer& sealer_port,
           PasswordHasher& hasher_port, Signer& signer_port, Phones& phones_port, Settings chosen)
    : store(store_port),
      clock(clock_port),
      random(random_port),
      sealer(sealer_port),
      passwords(hasher_port),
      signer(signer_port),
      phones(phones_port),
      settings(std::move(chosen)),
      verify_queue(std::make_unique<VerifyQueue>(*this)),
      key_cache(std::make_unique<KeyCache>()),
      bell(std::make_unique<Bell>()) {}

Core::~Core() = default;

Outcome<ApplicationRow> Core::client_application() {
    const ApplicationId id{"app_client"};
    std::optional<ApplicationRow> row;
    const Caller self{OperatorCaller{}, {}, "req_" + random_id_text(random)};
    const Outcome<Done> done = store.write(self.request_id, [&](Tx& tx) {
        row = tx.application(id);
        if (row) return true;
        row = ApplicationRow{id, "Client Area", settings.issuer, clock.now(), {}};
        if (!tx.insert_application(*row)) {
            row = tx.application(id);  // another process was first
            return row.has_value();
        }
        record(tx, *this, self, id, {.action = "application.created", .object = id.value});
        return true;
    });
    if (!done) return done.error();
    if (!row) return problem(Code::internal);  // its name belongs to another application
    row->issuer = settings.issuer;             // the setting rules, not what it was at first start
    return *row;
}

std::string Core::decoy_password_hash() {
    std::call_once(decoy_once_, [this] {
        const std::string nobody = new_token(random);
        decoy_ = passwords.hash(nobody);
    });
    return decoy_;
}

}  // namespace twofold::domain
