// secret.hpp - bytes that must not outlive their use: a TOTP key, a derived key, a token.
// Move-only, wiped on destruction, no ==, no <<. Every read goes through expose(), so that a grep
// for it lists every place that sees a secret. Compare with constant_time_equal().
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace twofold {

using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view s) {
    return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

// Overwrites n bytes in a way the compiler may not remove: the empty statement claims to read them.
// (A volatile loop would do the same one byte at a time, a third of a whole TOTP check.)
inline void wipe(void* p, std::size_t n) {
    if (n != 0) std::memset(p, 0, n);
    __asm__ __volatile__("" : : "r"(p) : "memory");
}

// Equal length and equal bytes; the time depends on the length alone, which is not secret.
inline bool constant_time_equal(ByteView a, ByteView b) {
    if (a.size() != b.size()) return false;
    std::uint8_t diff = 0;
    for (std::size_t i = 0; i < a.size(); ++i) diff = static_cast<std::uint8_t>(diff | (a[i] ^ b[i]));
    return diff == 0;
}

class Secret {
   public:
    Secret() = default;
    explicit Secret(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
    explicit Secret(std::vector<std::uint8_t>&& bytes) : bytes_(std::move(bytes)) {}
    Secret(Secret&& o) noexcept : bytes_(std::move(o.bytes_)) { o.bytes_.clear(); }
    Secret& operator=(Secret&& o) noexcept {
        if (this != &o) {
            wipe(bytes_.data(), bytes_.size());
            bytes_ = std::move(o.bytes_);
            o.bytes_.clear();
        }
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(bytes_.data(), bytes_.size()); }

    bool empty() const { return bytes_.empty(); }
    std::size_t size() const { return bytes_.size(); }
    ByteView expose() const { return bytes_; }

   private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace twofold
