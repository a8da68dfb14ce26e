#include "server/domain/api_keys.hpp"

#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

TEST_CASE("security 58: a key is shown once, kept as a keyed hash, and revoked within a second") {
    World w;
    const auto made = w.api_keys.create(w.operator_caller(), "Shop", {Scope::verify}, "web");
    REQUIRE(made);
    CHECK(made->key.size() == 47);
    CHECK(made->key.find("tfk_") == 0);
    for (const auto& [id, row] : w.store.snapshot().api_keys) {
        CHECK(row.hash.find(made->key.substr(4)) == std::string::npos);
        CHECK(row.hash.size() == 64);
    }
    const auto asks = [&](ApiKeys& at) {
        return bool(at.authenticate(made->key, {}, w.request_id()));
    };
    Core other(w.store, w.clock, w.random, w.sealer, w.hasher, w.signer, w.phones, test_settings());
    ApiKeys elsewhere(other);
    CHECK(asks(w.api_keys));
    CHECK(asks(elsewhere));
    REQUIRE(w.api_keys.revoke(w.operator_caller(), made->id));
    CHECK_FALSE(asks(w.api_keys));
    w.clock.advance_ms(999);
    CHECK_FALSE(asks(elsewhere));
    CHECK(code_of(w.api_keys.revoke(w.operator_caller(), ApiKeyId{"key_x"})) == Code::not_found);
}

TEST_CASE("a key is looked up at most about once a second") {
    World w;
    const std::string key = w.key_for("Shop");
    REQUIRE(w.api_keys.authenticate(key, {}, w.request_id()));
    w.store.fail_next(1000);
    CHECK(w.api_keys.authenticate(key, {}, w.request_id()));
    w.clock.advance_ms(1000);
    CHECK(code_of(w.api_keys.authenticate(key, {}, w.request_id())) == Code::unavailable);
}

TEST_CASE("anything but the exact key is unauthenticated") {
    World w;
    std::string key = w.key_for("Shop");
    for (std::string wrong : {std::string(), key.substr(1), key + "x", std::string("tfk_"),
                              "TFK_" + key.substr(4), std::string(47, 'x')})
        CHECK(code_of(w.api_keys.authenticate(wrong, {}, w.request_id())) == Code::unauthenticated);
    for (std::size_t i = 4; i < key.size(); ++i) {
        std::string flipped = key;
        flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
        CHECK(code_of(w.api_keys.authenticate(flipped, {}, w.request_id())) ==
              Code::unauthenticated);
    }
}

TEST_CASE("a new key's scopes are a subset of its creator's, in the same application") {
    World w;
    const std::string creator = w.key_for("Shop", {Scope::keys, Scope::verify});
    w.key_for("Other");
    CHECK(w.api_keys.create(w.by_key(creator), "Shop", {Scope::verify}, "web"));
    CHECK(code_of(w.api_keys.create(w.by_key(creator), "Shop", {Scope::users}, "web")) ==
          Code::forbidden);
    CHECK(code_of(w.api_keys.create(w.by_key(creator), "Other", {Scope::verify}, "web")) ==
          Code::not_found);
    CHECK(code_of(w.api_keys.create(w.by_key(creator), "New", {Scope::verify}, "web")) ==
          Code::not_found);
    const std::string plain = w.key_for("Shop", {Scope::verify});
    CHECK(code_of(w.api_keys.create(w.by_key(plain), "Shop", {Scope::verify}, "web")) ==
          Code::forbidden);
    CHECK(code_of(w.api_keys.create(w.nobody(), "Shop", {Scope::verify}, "web")) ==
          Code::unauthenticated);
    CHECK(code_of(w.api_keys.create(w.operator_caller(), "Shop", {}, "web")) ==
          Code::validation_failed);
    CHECK(code_of(w.api_keys.create(w.operator_caller(), "a\nb", {Scope::verify}, "")) ==
          Code::validation_failed);
    const auto other = w.api_keys.create(w.operator_caller(), "Other", {Scope::verify}, "web");
    CHECK(code_of(w.api_keys.revoke(w.by_key(creator), other->id)) == Code::not_found);
}

}  // namespace
}  // namespace twofold::domain
