// fakes.hpp - the domain's ports for tests: time that stands until it is moved, random bytes that
// can be repeated, sealing that checks its place, and hashes that cost nothing. Not secure;
// thread-safe.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include "server/domain/ids.hpp"
#include "server/domain/ports.hpp"
#include "shared/hmac.hpp"

namespace twofold::testing {

class FakeClock final : public domain::Clock {
 public:
    domain::Instant now() const override {
        return domain::Instant{domain::Seconds(ms_.load() / 1000)};
    }
    std::int64_t now_ms() const override { return ms_.load(); }
    void set(std::int64_t seconds) { ms_ = seconds * 1000; }
    void advance(std::int64_t seconds) { ms_ += seconds * 1000; }
    void advance_ms(std::int64_t ms) { ms_ += ms; }
    std::int64_t seconds() const { return ms_.load() / 1000; }

 private:
    std::atomic<std::int64_t> ms_{1'800'000'000'000};  // a multiple of every period's step of 30
};

class FakeRandom final : public domain::Random {
 public:
    void fill(std::span<std::uint8_t> out) override {
        const std::lock_guard lock(mutex_);
        for (std::uint8_t& b : out) b = static_cast<std::uint8_t>(engine_());
    }

 private:
    std::mutex mutex_;
    std::mt19937_64 engine_{20261124};
};

inline std::string fake_mac(std::string_view key, std::string_view message) {
    std::array<std::uint8_t, kMaxDigestSize> out{};
    const std::size_t n = hmac(HashAlgorithm::sha256, as_bytes(key), as_bytes(message), out);
    std::string hex;
    for (std::size_t i = 0; i < n; ++i) {
        hex += "0123456789abcdef"[out[i] >> 4];
        hex += "0123456789abcdef"[out[i] & 15];
    }
    return hex;
}

// Sealed text is "kfake0001.<mac of key, place and content>.<content turned by a key stream>".
class FakeSealer final : public domain::Sealer {
 public:
    domain::Sealed seal(const domain::SealedPlace& place, ByteView plain) override {
        return seal_with("ring", place, plain);
    }
    std::optional<Secret> open(const domain::SealedPlace& place,
                               const domain::Sealed& sealed) override {
        return broken ? std::nullopt : open_with("ring", place, sealed);
    }
    domain::Sealed seal_under(ByteView key, const domain::SealedPlace& place,
                              ByteView plain) override {
        return seal_with(text(key), place, plain);
    }
    std::optional<Secret> open_under(ByteView key, const domain::SealedPlace& place,
                                     const domain::Sealed& sealed) override {
        return open_with(text(key), place, sealed);
    }
    std::string keyed_hash(std::string_view purpose, std::string_view input) override {
        return fake_mac("hash:" + std::string(purpose), input);
    }
    std::string key_ids() const override { return "kfake0001"; }

    std::atomic<bool> broken{false};  // as if the key were not in the ring

 private:
    static std::string text(ByteView bytes) { return std::string(bytes.begin(), bytes.end()); }
    static std::string bound(const domain::SealedPlace& p) {
        std::string out;
        for (std::string_view part : {p.table, p.column, p.row, p.application, p.user, p.extra})
            out += std::to_string(part.size()) + ":" + std::string(part);
        return out;
    }
    static std::vector<std::uint8_t> turned(const std::string& key, ByteView bytes) {
        std::vector<std::uint8_t> out(bytes.begin(), bytes.end());
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::uint8_t>(out[i] ^ (0x5A + i) ^ key.size());
        return out;
    }
    static domain::Sealed seal_with(const std::string& key, const domain::SealedPlace& place,
                                    ByteView plain) {
        const std::string content = domain::base64url(turned(key, plain));
        return {"kfake0001." + fake_mac(key, bound(place) + content) + "." + content};
    }
    static std::optional<Secret> open_with(const std::string& key, const domain::SealedPlace& place,
                                           const domain::Sealed& sealed) {
        const std::size_t first = sealed.text.find('.');
        const std::size_t second = sealed.text.find('.', first + 1);
        if (first == std::string::npos || second == std::string::npos) return std::nullopt;
        const std::string mac = sealed.text.substr(first + 1, second - first - 1);
        const std::string content = sealed.text.substr(second + 1);
        if (mac != fake_mac(key, bound(place) + content)) return std::nullopt;
        const auto bytes = domain::base64url_decode(content);
        if (!bytes) return std::nullopt;
        return Secret(turned(key, *bytes));
    }
};

// Counts its work, so that a test can compare two paths.
class FakeHasher final : public domain::PasswordHasher {
 public:
    std::string hash(std::string_view password) override {
        ++hashes;
        return "fake$" + fake_mac("password", password);
    }
    bool verify(std::string_view phc, std::string_view password) override {
        ++verifies;
        return phc == "fake$" + fake_mac("password", password);
    }
    Secret derive(std::string_view text, ByteView salt) override {
        ++derives;
        if (slow_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(slow_ms));
        return Secret(as_bytes(fake_mac(std::string(salt.begin(), salt.end()), text)).first(32));
    }
    std::atomic<int> hashes{0};
    std::atomic<int> verifies{0};
    std::atomic<int> derives{0};
    std::atomic<int> slow_ms{0};
};

// Numbers of a few countries, by their calling codes alone.
class FakePhones final : public domain::Phones {
 public:
    std::optional<domain::PhoneNumber> parse(std::string_view text,
                                             std::string_view region) override {
        std::string digits;
        for (const char c : text) {
            if (c >= '0' && c <= '9')
                digits += c;
            else if (c != '+' && c != ' ' && c != '-')
                return std::nullopt;
        }
        for (const domain::PhoneRegion& known : regions()) {
            const bool national = known.region == region && !text.starts_with('+');
            if (national) digits = known.calling_code + digits;
            if ((text.starts_with('+') || national) && digits.starts_with(known.calling_code) &&
                digits.size() >= 9 && digits.size() <= 15)
                return domain::PhoneNumber{"+" + digits, known.region, known.calling_code};
        }
        return std::nullopt;
    }
    std::vector<domain::PhoneRegion> regions() override {
        return {{"DE", "49", "01512 3456789"}, {"ES", "34", "612 34 56 78"}, {"NG", "234", "0802"}};
    }
};

class FakeSigner final : public domain::Signer {
 public:
    std::string sign(std::string_view payload) override {
        const std::string body = domain::base64url(as_bytes(payload));
        return "e30." + body + "." + fake_mac("sign", body);
    }
    std::optional<std::string> verify(std::string_view jws) override {
        const std::size_t first = jws.find('.');
        const std::size_t second = jws.rfind('.');
        if (first == std::string_view::npos || first == second) return std::nullopt;
        const std::string body(jws.substr(first + 1, second - first - 1));
        if (jws.substr(second + 1) != fake_mac("sign", body)) return std::nullopt;
        const auto bytes = domain::base64url_decode(body);
        if (!bytes) return std::nullopt;
        return std::string(bytes->begin(), bytes->end());
    }
    std::string jwks_json() override { return "{\"keys\":[]}"; }
    std::string key_id() override { return "fake"; }
    std::string sign_bytes(ByteView message) override {
        return fake_mac("bytes", std::string(message.begin(), message.end()));
    }
    bool verify_bytes(std::string_view id, ByteView message, std::string_view signature) override {
        return id == "fake" && signature == sign_bytes(message);
    }
};

}  // namespace twofold::testing
