// signer.hpp - JWS by ES256 (RFC 7515, RFC 7518 section 3.4), one algorithm and no other.
// Signing keys live in the database, sealed under the key ring, and every node uses the same ones
// (rule 12). They double as the canary of security 79: a ring that does not open them is not the
// ring of this database, and open() says so before anything is served. Thread-safe. A signature
// costs about 25 us: contexts are kept a thread.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "server/domain/ports.hpp"
#include "server/platform/sealer.hpp"
#include "server/platform/trouble.hpp"

namespace twofold::platform {

class StoredSigner final : public domain::Signer {
 public:
    // Loads the keys; makes the first one when there is none. Trouble: the database does not
    // answer, or the ring is not the one these keys were sealed under.
    static Result<std::unique_ptr<StoredSigner>, Trouble> open(domain::Store& store,
                                                               domain::Sealer& sealer,
                                                               const domain::Clock& clock);
    ~StoredSigner() override;

    // Takes up keys that other nodes made. False when the database did not answer or a key does not
    // open; the keys held before stay.
    bool refresh();

    std::string sign(std::string_view payload_json) override;
    // Nothing for any header but {"alg":"ES256","kid":…,"typ":"JWT"} of a key of ours.
    std::optional<std::string> verify(std::string_view jws) override;
    std::string jwks_json() override;
    std::string key_id() override;
    std::string sign_bytes(ByteView message) override;
    bool verify_bytes(std::string_view key_id, ByteView message,
                      std::string_view signature) override;

    struct Keys;

 private:
    StoredSigner(domain::Store& store, domain::Sealer& sealer) : store_(store), sealer_(sealer) {}
    std::shared_ptr<const Keys> keys() const;
    void set(std::shared_ptr<const Keys> keys);

    domain::Store& store_;
    domain::Sealer& sealer_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Keys> keys_;
    std::atomic<std::uint64_t> generation_{0};
    friend struct SignerContexts;
};

// The private key's place in the database. `extra` binds the index key of the ring too, so that a
// ring put together from two does not pass for the right one.
std::string signing_key_extra(domain::Sealer& sealer);

}  // namespace twofold::platform
