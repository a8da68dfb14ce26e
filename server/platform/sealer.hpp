// sealer.hpp - AES-256-GCM under the key ring, and keyed hashes (rule 11; security 76, 78).
// Formats:
//   seal        <key id>.<base64url of nonce(12) || ciphertext || tag(16)>
//   seal_under  u.<the same>
//   AAD         each of "twofold-seal-1", key id, table, column, row, application, user, extra,
//               in front of it its length as 4 bytes, most significant first: no two places share
//               it
//   keys        HKDF-SHA-256 (RFC 5869) of the ring's key, info "twofold/seal"; of the index key,
//               info "twofold/hash/<purpose>", one for each purpose of keyed_hash
// A nonce is 96 random bits (SP 800-38D section 8.2.2): fine for 2^32 values a key, by far more
// than a ring's key seals between rotations.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "server/domain/ports.hpp"
#include "server/platform/key_ring.hpp"

namespace twofold::platform {

class RingSealer final : public domain::Sealer {
 public:
    explicit RingSealer(const KeyRing& ring);
    ~RingSealer() override;

    // Another state of the same ring file (keys added, activated or retired). Calls that run finish
    // under the old one. False, and nothing changes, when the index key is another: not the same
    // ring.
    bool replace(const KeyRing& ring);

    domain::Sealed seal(const domain::SealedPlace& place, ByteView plain) override;
    std::optional<Secret> open(const domain::SealedPlace& place,
                               const domain::Sealed& sealed) override;
    domain::Sealed seal_under(ByteView key, const domain::SealedPlace& place,
                              ByteView plain) override;
    std::optional<Secret> open_under(ByteView key, const domain::SealedPlace& place,
                                     const domain::Sealed& sealed) override;
    std::string keyed_hash(std::string_view purpose, std::string_view input) override;
    std::string key_ids() const override;
    // Of the key that seals now.
    std::string active_key_id() const;

    struct Material;  // derived keys; immutable

 private:
    std::shared_ptr<const Material> material() const;
    mutable std::mutex mutex_;
    std::shared_ptr<const Material> material_;
    std::atomic<std::uint64_t> generation_{0};  // of material_; never the same for two materials
    friend struct ThreadContexts;
};

}  // namespace twofold::platform
