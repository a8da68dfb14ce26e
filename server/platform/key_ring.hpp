// key_ring.hpp - the keys that everything at rest is sealed under (rules 11 and 12), in one file of
// the operator's: mode 0600, the same on every node, backed up apart from the database.
//
//   twofold-key-ring 1
//   index <base64url of 32 bytes>                        keyed hashes and blind indexes; never
//   changes key <id> active|ready <base64url of 32 bytes> <created, seconds since the epoch>
//
// Exactly one key is active: new values are sealed under it. The others still open what they
// sealed. A loaded ring is immutable and may be shared between threads.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/types.hpp"
#include "server/platform/trouble.hpp"
#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold::platform {

struct RingKey {
    std::string id;  // "k" and 8 lowercase hex digits; stored in front of every sealed value
    bool active = false;
    Secret bytes;  // 32
    domain::Instant created_at{};
};

class KeyRing {
 public:
    // A new ring with one active key. Random bytes from the OS.
    static KeyRing make(domain::Instant now);
    // Reads and checks the file: it must be a regular file of ours (or root's) that nobody else may
    // read. Trouble says what is wrong and what to do.
    static Result<KeyRing, Trouble> load(const std::string& path);
    static Result<KeyRing, Trouble> parse(std::string_view text);

    // Writes through a temporary file and rename, so that a crash leaves the old ring or the new
    // one. `fresh` refuses to replace a file that exists: a lost ring is lost data.
    Result<Done, Trouble> save(const std::string& path, bool fresh) const;
    Secret text() const;

    const std::vector<RingKey>& keys() const { return keys_; }
    const RingKey& active() const;
    const RingKey* find(std::string_view id) const;
    const Secret& index() const { return index_; }
    std::string ids() const;  // sorted, comma-separated

    // Adds a key that is not active yet; its id.
    std::string add(domain::Instant now);
    // False when there is no such key.
    bool activate(std::string_view id);
    // False when there is no such key or it is the active one.
    bool retire(std::string_view id);

 private:
    std::vector<RingKey> keys_;
    Secret index_;
};

}  // namespace twofold::platform
