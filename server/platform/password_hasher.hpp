// password_hasher.hpp - Argon2id (RFC 9106) for passwords and backup codes, two at a time.
// Each of the two places has its own 19 MiB block, made once and used again, so that load can
// neither exhaust memory nor pay for fresh pages at every call (OWASP: m = 19 MiB, t = 2, p = 1).
// Blocking; thread-safe.
//   errors   std::system_error(resource_unavailable_try_again) when more callers wait than the
//   bound
//            allows: the server answers 503 `overloaded`
//   timing   verify() does the same work for a hash that is malformed, empty or foreign
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "server/domain/ports.hpp"

namespace twofold::platform {

struct Argon2Cost {
    std::uint32_t memory_kib = 19 * 1024;
    std::uint32_t passes = 2;
    std::uint32_t lanes = 1;
};

class Argon2Hasher final : public domain::PasswordHasher {
 public:
    explicit Argon2Hasher(Argon2Cost cost = {}, int places = 2, int may_wait = 64);
    ~Argon2Hasher() override;

    // "$argon2id$v=19$m=…,t=…,p=…$salt$hash"
    std::string hash(std::string_view password) override;
    // Hashes made with a smaller or equal memory cost still verify after the cost was raised.
    bool verify(std::string_view phc, std::string_view password) override;
    Secret derive(std::string_view text, ByteView salt) override;

 private:
    class Place;
    Secret run(const Argon2Cost& cost, std::string_view text, ByteView salt, std::size_t length);

    const Argon2Cost cost_;
    const int may_wait_;
    std::mutex mutex_;
    std::condition_variable freed_;
    int waiting_ = 0;
    std::vector<std::unique_ptr<std::uint8_t[]>> free_;
};

}  // namespace twofold::platform
