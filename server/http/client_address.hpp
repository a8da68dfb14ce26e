// client_address.hpp - who is calling. The peer's address, or the right-most address in
// X-Forwarded-For that is not a listed proxy - and only when the peer itself is a listed proxy, so
// that a forged header never moves a limiter's key.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::http {

class TrustedProxies {
 public:
    // "10.0.0.0/8", "127.0.0.1", "fd00::/8". False when it is no address or range.
    bool add(std::string_view range);
    [[nodiscard]] bool contains(std::string_view address) const;
    // forwarded_for: all X-Forwarded-For values joined by commas, or empty.
    // An entry that is not an address ends the walk: the last good one counts.
    [[nodiscard]] std::string client(const std::string& peer, std::string_view forwarded_for) const;

 private:
    struct Range {
        std::array<std::uint8_t, 16> bytes{};
        int bits = 128;
    };
    std::vector<Range> ranges_;
};

}  // namespace twofold::http
