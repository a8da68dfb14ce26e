#include "server/platform/sealer.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "server/platform/encoding.hpp"
#include "server/platform/os_random.hpp"

namespace twofold::platform {

using domain::Sealed;
using domain::SealedPlace;

namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kKey = 32;
constexpr std::string_view kUnder = "u";

using Key = std::array<std::uint8_t, kKey>;

// Only memory exhaustion or a broken OpenSSL get here; sealing nothing or hashing nothing instead
// would be worse than stopping.
[[noreturn]] void broken(const char* what) {
    std::fprintf(stderr, "twofold: OpenSSL failed at %s; stopping\n", what);
    std::abort();
}
void must(bool ok, const char* what) {
    if (!ok) broken(what);
}

struct CipherDelete {
    void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDelete>;
struct MacDelete {
    void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};
using Mac = std::unique_ptr<EVP_MAC_CTX, MacDelete>;

// Fetched once: OpenSSL 3 looks an algorithm up by name at every use otherwise.
const EVP_CIPHER* aes_gcm() {
    static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    must(cipher != nullptr, "fetching AES-256-GCM");
    return cipher;
}
EVP_MAC* hmac_algorithm() {
    static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    must(mac != nullptr, "fetching HMAC");
    return mac;
}

void hkdf(ByteView key, std::string_view info, Key& out) {
    static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    must(kdf != nullptr, "fetching HKDF");
    EVP_KDF_CTX* ctx = EVP_KDF_CTX_new(kdf);
    must(ctx != nullptr, "HKDF");
    char digest[] = "SHA256";
    std::string info_copy(info);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(key.data()),
                                          key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info_copy.data(), info_copy.size()),
        OSSL_PARAM_construct_end()};
    const int ok = EVP_KDF_derive(ctx, out.data(), out.size(), params);
    EVP_KDF_CTX_free(ctx);
    must(ok == 1, "HKDF");
}

Cipher cipher_with(const Key& key, bool encrypt) {
    Cipher c(EVP_CIPHER_CTX_new());
    must(c != nullptr, "AES-256-GCM");
    must(EVP_CipherInit_ex(c.get(), aes_gcm(), nullptr, key.data(), nullptr, encrypt ? 1 : 0) == 1,
         "AES-256-GCM");
    return c;
}

// The associated data, on the stack for all but absurdly long places.
class Associated {
 public:
    Associated(std::string_view key_id, const SealedPlace& p) {
        constexpr std::string_view kVersion = "twofold-seal-1";
        for (const std::string_view part :
             {kVersion, key_id, p.table, p.column, p.row, p.application, p.user, p.extra}) {
            const auto n = static_cast<std::uint32_t>(part.size());
            const std::array<char, 4> length{static_cast<char>(n >> 24), static_cast<char>(n >> 16),
                                             static_cast<char>(n >> 8), static_cast<char>(n)};
            put({length.data(), length.size()});
            put(part);
        }
    }
    const std::uint8_t* data() const {
        return reinterpret_cast<const std::uint8_t*>(spilled_.empty() ? small_.data()
                                                                      : spilled_.data());
    }
    int size() const { return static_cast<int>(spilled_.empty() ? size_ : spilled_.size()); }

 private:
    void put(std::string_view s) {
        if (spilled_.empty() && size_ + s.size() <= small_.size()) {
            std::memcpy(small_.data() + size_, s.data(), s.size());
            size_ += s.size();
            return;
        }
        if (spilled_.empty()) spilled_.assign(small_.data(), size_);
        spilled_.append(s);
    }
    std::array<char, 512> small_;
    std::size_t size_ = 0;
    std::string spilled_;
};

// A context that has its key already: only the nonce is new.
Sealed seal_with(EVP_CIPHER_CTX* c, std::string_view key_id, const SealedPlace& place,
                 ByteView plain) {
    std::vector<std::uint8_t> raw(kNonce + plain.size() + kTag);
    random_bytes({raw.data(), kNonce});
    const Associated aad(key_id, place);
    int n = 0;
    must(EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, raw.data()) == 1, "sealing");
    must(EVP_EncryptUpdate(c, nullptr, &n, aad.data(), aad.size()) == 1, "sealing");
    if (!plain.empty()) {
        must(EVP_EncryptUpdate(c, raw.data() + kNonce, &n, plain.data(),
                               static_cast<int>(plain.size())) == 1,
             "sealing");
    }
    must(EVP_EncryptFinal_ex(c, raw.data() + kNonce + plain.size(), &n) == 1, "sealing");
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTag),
                             raw.data() + kNonce + plain.size()) == 1,
         "sealing");
    Sealed out;
    out.text.reserve(key_id.size() + 1 + (raw.size() * 4 + 2) / 3);
    out.text.append(key_id);
    out.text.push_back('.');
    append_base64url(out.text, raw);
    return out;
}

std::optional<Secret> open_with(EVP_CIPHER_CTX* c, std::string_view key_id,
                                const SealedPlace& place, std::string_view body) {
    // Big enough for what sits in most columns; a sealed answer of the API is longer.
    std::array<std::uint8_t, 512> small;
    std::vector<std::uint8_t> large;
    std::span<std::uint8_t> raw(small);
    if (body.size() / 4 * 3 + 3 > small.size()) {
        large.resize(body.size() / 4 * 3 + 3);
        raw = large;
    }
    const auto size = from_base64url(body, raw);
    if (!size || *size < kNonce + kTag) return std::nullopt;
    const std::size_t length = *size - kNonce - kTag;
    const Associated aad(key_id, place);
    std::vector<std::uint8_t> plain(length);
    int n = 0;
    bool ok = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, raw.data()) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTag),
                                  raw.data() + kNonce + length) == 1 &&
              EVP_DecryptUpdate(c, nullptr, &n, aad.data(), aad.size()) == 1;
    if (ok && length != 0) {
        ok = EVP_DecryptUpdate(c, plain.data(), &n, raw.data() + kNonce,
                               static_cast<int>(length)) == 1;
    }
    std::uint8_t nothing = 0;
    ok = ok && EVP_DecryptFinal_ex(c, length == 0 ? &nothing : plain.data() + length, &n) == 1;
    Secret out(std::move(plain));  // wiped when it is not authentic
    if (!ok) return std::nullopt;
    return out;
}

// "<id>.<body>", or nothing.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || dot == 0) return std::nullopt;
    return std::pair{text.substr(0, dot), text.substr(dot + 1)};
}

std::atomic<std::uint64_t> next_generation{1};

}  // namespace

struct RingSealer::Material {
    struct Sealing {
        std::string id;
        Key key{};
    };
    std::uint64_t generation = next_generation.fetch_add(1);
    std::vector<Sealing> keys;
    std::size_t active = 0;
    Key index{};
    std::string ids;

    explicit Material(const KeyRing& ring) : ids(ring.ids()) {
        for (const RingKey& k : ring.keys()) {
            Sealing s{k.id, {}};
            hkdf(k.bytes.expose(), "twofold/seal", s.key);
            if (k.active) active = keys.size();
            keys.push_back(std::move(s));
        }
        std::memcpy(index.data(), ring.index().expose().data(), index.size());
    }
    ~Material() {
        for (Sealing& s : keys) OPENSSL_cleanse(s.key.data(), s.key.size());
        OPENSSL_cleanse(index.data(), index.size());
    }
    Material(const Material&) = delete;
    Material& operator=(const Material&) = delete;
};

// OpenSSL contexts with their keys set, one set a thread: setting up a context costs more than the
// work itself. Freed (and so cleansed) when the thread ends or the ring changes.
struct ThreadContexts {
    struct Pair {
        Cipher sealing;
        Cipher opening;
    };
    std::shared_ptr<const RingSealer::Material> material;
    std::vector<Pair> pairs;  // as material->keys
    std::map<std::string, Mac, std::less<>> macs;

    static ThreadContexts& of(const RingSealer& sealer) {
        thread_local ThreadContexts mine;
        if (!mine.material ||
            mine.material->generation != sealer.generation_.load(std::memory_order_acquire)) {
            mine.material = sealer.material();
            mine.pairs.clear();
            mine.pairs.resize(mine.material->keys.size());
            mine.macs.clear();
        }
        return mine;
    }
    EVP_CIPHER_CTX* cipher(std::size_t i, bool encrypt) {
        Cipher& c = encrypt ? pairs[i].sealing : pairs[i].opening;
        if (!c) c = cipher_with(material->keys[i].key, encrypt);
        return c.get();
    }
    EVP_MAC_CTX* mac(std::string_view purpose) {
        const auto found = macs.find(purpose);
        if (found != macs.end()) {
            must(EVP_MAC_init(found->second.get(), nullptr, 0, nullptr) == 1, "HMAC");
            return found->second.get();
        }
        Key key;
        hkdf(material->index, "twofold/hash/" + std::string(purpose), key);
        Mac m(EVP_MAC_CTX_new(hmac_algorithm()));
        must(m != nullptr, "HMAC");
        char digest[] = "SHA256";
        const OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_end()};
        must(EVP_MAC_init(m.get(), key.data(), key.size(), params) == 1, "HMAC");
        OPENSSL_cleanse(key.data(), key.size());
        return macs.emplace(purpose, std::move(m)).first->second.get();
    }
};

RingSealer::RingSealer(const KeyRing& ring)
    : material_(std::make_shared<Material>(ring)), generation_(material_->generation) {}
RingSealer::~RingSealer() = default;

bool RingSealer::replace(const KeyRing& ring) {
    auto next = std::make_shared<const Material>(ring);
    const std::lock_guard lock(mutex_);
    if (CRYPTO_memcmp(next->index.data(), material_->index.data(), kKey) != 0) return false;
    material_ = std::move(next);
    generation_.store(material_->generation, std::memory_order_release);
    return true;
}

std::shared_ptr<const RingSealer::Material> RingSealer::material() const {
    const std::lock_guard lock(mutex_);
    return material_;
}

Sealed RingSealer::seal(const SealedPlace& place, ByteView plain) {
    ThreadContexts& t = ThreadContexts::of(*this);
    const std::size_t i = t.material->active;
    return seal_with(t.cipher(i, true), t.material->keys[i].id, place, plain);
}

std::optional<Secret> RingSealer::open(const SealedPlace& place, const Sealed& sealed) {
    const auto parts = split(sealed.text);
    if (!parts) return std::nullopt;
    ThreadContexts& t = ThreadContexts::of(*this);
    for (std::size_t i = 0; i < t.material->keys.size(); ++i) {
        if (t.material->keys[i].id != parts->first) continue;
        return open_with(t.cipher(i, false), parts->first, place, parts->second);
    }
    return std::nullopt;
}

Sealed RingSealer::seal_under(ByteView key, const SealedPlace& place, ByteView plain) {
    must(key.size() == kKey, "seal_under: the key is not 32 bytes");
    Key k;
    std::memcpy(k.data(), key.data(), kKey);
    const Cipher c = cipher_with(k, true);
    OPENSSL_cleanse(k.data(), k.size());
    return seal_with(c.get(), kUnder, place, plain);
}

std::optional<Secret> RingSealer::open_under(ByteView key, const SealedPlace& place,
                                             const Sealed& sealed) {
    const auto parts = split(sealed.text);
    if (key.size() != kKey || !parts || parts->first != kUnder) return std::nullopt;
    Key k;
    std::memcpy(k.data(), key.data(), kKey);
    const Cipher c = cipher_with(k, false);
    OPENSSL_cleanse(k.data(), k.size());
    return open_with(c.get(), kUnder, place, parts->second);
}

std::string RingSealer::keyed_hash(std::string_view purpose, std::string_view input) {
    EVP_MAC_CTX* m = ThreadContexts::of(*this).mac(purpose);
    std::array<std::uint8_t, 32> out;
    std::size_t n = 0;
    must(
        EVP_MAC_update(m, reinterpret_cast<const std::uint8_t*>(input.data()), input.size()) == 1 &&
            EVP_MAC_final(m, out.data(), &n, out.size()) == 1 && n == out.size(),
        "HMAC");
    return hex(out);
}

std::string RingSealer::key_ids() const { return material()->ids; }

std::string RingSealer::active_key_id() const {
    const auto m = material();
    return m->keys[m->active].id;
}

}  // namespace twofold::platform
