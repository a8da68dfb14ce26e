// os_random.hpp - the operating system's generator (getrandom(2)). Thread-safe. Ends the program
// rather than return weak bytes: every secret, token and nonce starts here.
#pragma once
#include "server/domain/ports.hpp"

namespace twofold::platform {

class OsRandom final : public domain::Random {
 public:
    void fill(std::span<std::uint8_t> out) override;
};

// The same as a free function, for nonces and key material inside this room.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace twofold::platform
