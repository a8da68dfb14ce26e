// api_keys.hpp - integrators' keys: shown once, kept as keyed hashes, revoked everywhere within 1
// s.
#pragma once
#include <string>
#include <vector>

#include "server/domain/ports.hpp"

namespace twofold::domain {

class Core;

class ApiKeys {
 public:
    explicit ApiKeys(Core& core) : core_(core) {}
    struct Made {
        ApiKeyId id;
        std::string key;  // "tfk_" + 43 characters base64url (256 bits)
        ApplicationId application;
    };
    // Makes the application when there is none of that name (command line).
    Outcome<Made> create(const Caller&, std::string_view application_name, const Scopes&,
                         std::string_view name);
    Outcome<Done> revoke(const Caller&, const ApiKeyId&);
    // The caller behind a key; unauthenticated when unknown or revoked. Looks at the database at
    // most once a second for each key.
    Outcome<Caller> authenticate(std::string_view key, const ClientInfo&, std::string request_id);
    // Whether authenticate() will not need the database for this key.
    bool known(std::string_view key);

 private:
    Core& core_;
};

}  // namespace twofold::domain
