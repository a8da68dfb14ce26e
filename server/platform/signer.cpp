#include "server/platform/signer.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

#include "server/platform/encoding.hpp"

namespace twofold::platform {

using domain::SigningKeyRow;

namespace {

constexpr std::size_t kCoordinate = 32;  // P-256
using Digest = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 2 * kCoordinate>;

[[noreturn]] void broken(const char* what) {
    std::fprintf(stderr, "twofold: OpenSSL failed at %s; stopping\n", what);
    std::abort();
}
void must(bool ok, const char* what) {
    if (!ok) broken(what);
}

struct PkeyDelete {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyDelete>;
struct PkeyContextDelete {
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
};
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, PkeyContextDelete>;
struct MdContextDelete {
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

Digest sha256(std::initializer_list<ByteView> parts) {
    static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    thread_local const std::unique_ptr<EVP_MD_CTX, MdContextDelete> c(EVP_MD_CTX_new());
    must(md != nullptr && c && EVP_DigestInit_ex(c.get(), md, nullptr) == 1, "SHA-256");
    for (const ByteView p : parts)
        must(EVP_DigestUpdate(c.get(), p.data(), p.size()) == 1, "SHA-256");
    Digest out;
    unsigned n = 0;
    must(EVP_DigestFinal_ex(c.get(), out.data(), &n) == 1 && n == out.size(), "SHA-256");
    return out;
}

// "x" and "y" of RFC 7518 section 6.2.1, and the thumbprint of RFC 7638 as the key's id.
struct PublicParts {
    std::string x;
    std::string y;
    std::string thumbprint() const {
        const std::string canonical =
            R"({"crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + "\"}";
        return base64url(sha256({as_bytes(canonical)}));
    }
    std::string jwk() const {
        return R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y +
               R"(","use":"sig","alg":"ES256","kid":")" + thumbprint() + "\"}";
    }
};

std::string coordinate(EVP_PKEY* key, const char* name) {
    BIGNUM* n = nullptr;
    must(EVP_PKEY_get_bn_param(key, name, &n) == 1, "reading a public key");
    std::array<std::uint8_t, kCoordinate> b;
    const int size = BN_bn2binpad(n, b.data(), static_cast<int>(b.size()));
    BN_free(n);
    must(size == static_cast<int>(b.size()), "reading a public key");
    return base64url(b);
}

PublicParts public_parts(EVP_PKEY* key) {
    return {coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X), coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y)};
}

bool is_p256(EVP_PKEY* key) {
    std::array<char, 64> group{};
    std::size_t n = 0;
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                          group.size(), &n) == 1 &&
           std::string_view(group.data(), n) == "prime256v1";
}

// PKCS#8, so that the file of any other tool could read it.
Secret private_bytes(EVP_PKEY* key) {
    PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
    must(info != nullptr, "writing a private key");
    std::uint8_t* der = nullptr;
    const int n = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
    PKCS8_PRIV_KEY_INFO_free(info);
    must(n > 0, "writing a private key");
    Secret out(ByteView(der, static_cast<std::size_t>(n)));
    OPENSSL_clear_free(der, static_cast<std::size_t>(n));
    return out;
}

Pkey private_key(const Secret& bytes) {
    const std::uint8_t* p = bytes.expose().data();
    Pkey key(d2i_AutoPrivateKey(nullptr, &p, static_cast<long>(bytes.size())));
    if (key && !is_p256(key.get())) key.reset();
    return key;
}

// RFC 7518 section 3.4: R and S as 32 bytes each, not DER.
Signature raw_signature(ByteView der) {
    const std::uint8_t* p = der.data();
    ECDSA_SIG* sig = d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size()));
    must(sig != nullptr, "signing");
    Signature out;
    const bool ok =
        BN_bn2binpad(ECDSA_SIG_get0_r(sig), out.data(), kCoordinate) == kCoordinate &&
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), out.data() + kCoordinate, kCoordinate) == kCoordinate;
    ECDSA_SIG_free(sig);
    must(ok, "signing");
    return out;
}

std::vector<std::uint8_t> der_signature(const Signature& raw) {
    ECDSA_SIG* sig = ECDSA_SIG_new();
    must(sig != nullptr, "verifying");
    BIGNUM* r = BN_bin2bn(raw.data(), kCoordinate, nullptr);
    BIGNUM* s = BN_bin2bn(raw.data() + kCoordinate, kCoordinate, nullptr);
    must(r != nullptr && s != nullptr && ECDSA_SIG_set0(sig, r, s) == 1, "verifying");
    std::uint8_t* der = nullptr;
    const int n = i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);
    must(n > 0, "verifying");
    std::vector<std::uint8_t> out(der, der + n);
    OPENSSL_free(der);
    return out;
}

std::atomic<std::uint64_t> next_generation{1};

}  // namespace

struct StoredSigner::Keys {
    struct One {
        std::string id;
        Pkey key;
        std::string header;  // base64url of the JWS header that names this key
    };
    std::uint64_t generation = next_generation.fetch_add(1);
    std::map<std::string, One, std::less<>> by_id;
    const One* active = nullptr;
    std::string jwks;

    const One* find(std::string_view id) const {
        const auto i = by_id.find(id);
        return i == by_id.end() ? nullptr : &i->second;
    }
};

struct SignerContexts {
    struct Pair {
        PkeyContext signing;
        PkeyContext verifying;
    };
    std::shared_ptr<const StoredSigner::Keys> keys;
    std::map<const StoredSigner::Keys::One*, Pair> pairs;

    static SignerContexts& of(const StoredSigner& signer) {
        thread_local SignerContexts mine;
        if (!mine.keys ||
            mine.keys->generation != signer.generation_.load(std::memory_order_acquire)) {
            mine.pairs.clear();
            mine.keys = signer.keys();
        }
        return mine;
    }
    Signature sign(const Digest& digest) {
        PkeyContext& c = pairs[keys->active].signing;
        if (!c) {
            c.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, keys->active->key.get(), nullptr));
            must(c && EVP_PKEY_sign_init(c.get()) == 1, "signing");
        }
        std::array<std::uint8_t, 80> der;  // a P-256 signature is 72 bytes of DER at most
        std::size_t n = der.size();
        must(EVP_PKEY_sign(c.get(), der.data(), &n, digest.data(), digest.size()) == 1, "signing");
        return raw_signature(ByteView(der.data(), n));
    }
    bool verify(const StoredSigner::Keys::One& key, const Digest& digest,
                const Signature& signature) {
        PkeyContext& c = pairs[&key].verifying;
        if (!c) {
            c.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, key.key.get(), nullptr));
            must(c && EVP_PKEY_verify_init(c.get()) == 1, "verifying");
        }
        const auto der = der_signature(signature);
        return EVP_PKEY_verify(c.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
    }
};

std::string signing_key_extra(domain::Sealer& sealer) {
    return sealer.keyed_hash("ring", "canary").substr(0, 16);
}

namespace {

domain::SealedPlace place_of(const std::string& id, const std::string& extra) {
    return {.table = "signing_key",
            .column = "private_key",
            .row = id,
            .application = {},
            .user = {},
            .extra = extra};
}

// Newest active key first; the id decides between two of one second, alike on every node.
Result<std::shared_ptr<const StoredSigner::Keys>, Trouble> assemble(
    const std::vector<SigningKeyRow>& rows, domain::Sealer& sealer) {
    auto keys = std::make_shared<StoredSigner::Keys>();
    const std::string extra = signing_key_extra(sealer);
    const SigningKeyRow* newest = nullptr;
    std::vector<const SigningKeyRow*> order;
    for (const SigningKeyRow& row : rows) order.push_back(&row);
    std::sort(order.begin(), order.end(), [](const SigningKeyRow* a, const SigningKeyRow* b) {
        return std::tie(b->created_at, b->id) < std::tie(a->created_at, a->id);
    });
    keys->jwks = R"({"keys":[)";
    for (const SigningKeyRow* row : order) {
        const std::string under = row->private_key.text.substr(0, row->private_key.text.find('.'));
        const auto bytes = sealer.open(place_of(row->id, extra), row->private_key);
        Pkey key = bytes ? private_key(*bytes) : nullptr;
        if (!key || public_parts(key.get()).thumbprint() != row->id) {
            return Trouble{
                "This key ring is not the one of this database: it does not open what was sealed "
                "under key " +
                under + " (the ring holds " + sealer.key_ids() +
                "). Point TWOFOLD_KEYS at the key ring this database was made with, or put it back "
                "from "
                "your backup; nothing has been changed."};
        }
        const PublicParts parts = public_parts(key.get());
        if (!keys->by_id.empty()) keys->jwks += ",";
        keys->jwks += parts.jwk();
        const std::string header = R"({"alg":"ES256","kid":")" + row->id + R"(","typ":"JWT"})";
        keys->by_id.emplace(
            row->id, StoredSigner::Keys::One{row->id, std::move(key), base64url(as_bytes(header))});
        if (newest == nullptr && row->active) newest = row;
    }
    keys->jwks += "]}";
    if (newest != nullptr) keys->active = keys->find(newest->id);
    return std::shared_ptr<const StoredSigner::Keys>(std::move(keys));
}

}  // namespace

Result<std::unique_ptr<StoredSigner>, Trouble> StoredSigner::open(domain::Store& store,
                                                                  domain::Sealer& sealer,
                                                                  const domain::Clock& clock) {
    std::vector<SigningKeyRow> rows;
    const std::string extra = signing_key_extra(sealer);
    const auto done = store.write("req_start", [&](domain::Tx& tx) {
        rows = tx.signing_keys();
        if (std::any_of(rows.begin(), rows.end(), [](const SigningKeyRow& r) { return r.active; }))
            return true;
        Pkey fresh(EVP_EC_gen("P-256"));
        must(fresh != nullptr, "making a signing key");
        const PublicParts parts = public_parts(fresh.get());
        SigningKeyRow row;
        row.id = parts.thumbprint();
        row.private_key = sealer.seal(place_of(row.id, extra), private_bytes(fresh.get()).expose());
        row.public_jwk = parts.jwk();
        row.active = true;
        row.created_at = clock.now();
        if (tx.insert_signing_key(row)) rows.push_back(row);
        return true;
    });
    if (!done)
        return Trouble{"The database does not answer, so the signing keys cannot be loaded."};
    auto keys = assemble(rows, sealer);
    if (!keys) return keys.error();
    if ((*keys)->active == nullptr)
        return Trouble{"The database has no active signing key and takes no new one."};
    std::unique_ptr<StoredSigner> signer(new StoredSigner(store, sealer));
    signer->set(std::move(*keys));
    return signer;
}

StoredSigner::~StoredSigner() = default;

void StoredSigner::set(std::shared_ptr<const Keys> keys) {
    const std::lock_guard lock(mutex_);
    keys_ = std::move(keys);
    generation_.store(keys_->generation, std::memory_order_release);
}

std::shared_ptr<const StoredSigner::Keys> StoredSigner::keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
}

bool StoredSigner::refresh() {
    std::vector<SigningKeyRow> rows;
    const auto done = store_.read([&rows](domain::Tx& tx) { rows = tx.signing_keys(); });
    if (!done) return false;
    const auto held = keys();
    const bool same =
        rows.size() == held->by_id.size() &&
        std::all_of(rows.begin(), rows.end(), [&held](const SigningKeyRow& r) {
            return held->find(r.id) != nullptr && (r.active || held->active->id != r.id);
        });
    if (same) return true;
    auto next = assemble(rows, sealer_);
    if (!next || (*next)->active == nullptr) return false;
    set(std::move(*next));
    return true;
}

std::string StoredSigner::sign(std::string_view payload_json) {
    SignerContexts& t = SignerContexts::of(*this);
    std::string out = t.keys->active->header;
    out.reserve(out.size() + 2 + payload_json.size() * 4 / 3 + 90);
    out.push_back('.');
    append_base64url(out, as_bytes(payload_json));
    const Signature s = t.sign(sha256({as_bytes(out)}));
    out.push_back('.');
    append_base64url(out, s);
    return out;
}

std::optional<std::string> StoredSigner::verify(std::string_view jws) {
    const std::size_t first = jws.find('.');
    const std::size_t last = jws.rfind('.');
    if (first == std::string_view::npos || last == first || jws.find('.', first + 1) != last)
        return std::nullopt;
    SignerContexts& t = SignerContexts::of(*this);
    // The header is compared as text with the ones this server writes: no algorithm is ever read
    // from the token (RFC 8725 section 3.1).
    const StoredSigner::Keys::One* key = nullptr;
    for (const auto& [id, one] : t.keys->by_id) {
        if (one.header == jws.substr(0, first)) key = &one;
    }
    if (key == nullptr) return std::nullopt;
    Signature s;
    const auto n = from_base64url(jws.substr(last + 1), s);
    if (!n || *n != s.size()) return std::nullopt;
    if (!t.verify(*key, sha256({as_bytes(jws.substr(0, last))}), s)) return std::nullopt;
    const auto payload = from_base64url(jws.substr(first + 1, last - first - 1));
    if (!payload) return std::nullopt;
    return std::string(payload->begin(), payload->end());
}

std::string StoredSigner::jwks_json() { return keys()->jwks; }
std::string StoredSigner::key_id() { return keys()->active->id; }

std::string StoredSigner::sign_bytes(ByteView message) {
    // Prefixed, so that no checkpoint can ever pass for a JWS or the other way round.
    return base64url(
        SignerContexts::of(*this).sign(sha256({as_bytes("twofold-bytes-1\n"), message})));
}

bool StoredSigner::verify_bytes(std::string_view key_id, ByteView message,
                                std::string_view signature) {
    SignerContexts& t = SignerContexts::of(*this);
    const StoredSigner::Keys::One* key = t.keys->find(key_id);
    Signature s;
    const auto n = from_base64url(signature, s);
    if (key == nullptr || !n || *n != s.size()) return false;
    return t.verify(*key, sha256({as_bytes("twofold-bytes-1\n"), message}), s);
}

}  // namespace twofold::platform
