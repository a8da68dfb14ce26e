#include "server/domain/assertions.hpp"

#include <charconv>

#include "server/domain/access.hpp"
#include "server/domain/assertion_claims.hpp"
#include "server/domain/digest.hpp"
#include "server/domain/events.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/json_text.hpp"
#include "server/domain/names.hpp"

namespace twofold::domain {
namespace {

class Payload {
 public:
    void text(std::string_view name, std::string_view value) {
        if (value.empty()) return;
        raw(name, json_string(value));
    }
    void number(std::string_view name, std::int64_t value) { raw(name, std::to_string(value)); }
    void raw(std::string_view name, std::string_view json) {
        out_ += out_.empty() ? "{" : ",";
        out_ += json_string(name);
        out_ += ':';
        out_ += json;
    }
    std::string done() { return out_ + "}"; }

 private:
    std::string out_;
};

std::string action_claim(const ChallengeRow& challenge) {
    if (challenge.purpose == Purpose::manage) return std::string(name_of(challenge.action));
    return challenge.action_name;
}

Problem refused(std::string rule) { return invalid("/assertion", std::move(rule)); }

}  // namespace

std::string assertion_for(Core& core, const Approved& approved) {
    const ChallengeRow& challenge = approved.challenge;
    const std::int64_t now = core.clock.now().time_since_epoch().count();
    Payload payload;
    payload.text("iss", core.settings.public_url);
    payload.text("aud", challenge.application.value);
    payload.text("sub", approved.user.external_id);
    payload.text("jti", "ast_" + random_id_text(core.random));
    payload.number("iat", now);
    payload.number("exp", now + kAssertionLife.count());
    payload.text("purpose", name_of(challenge.purpose));
    payload.text("action", action_claim(challenge));
    const std::string shown =
        open_text(core, places::challenge_action_text(challenge), challenge.action_text);
    if (!shown.empty()) payload.text("action_text", base64url(sha256(as_bytes(shown))));
    payload.text("method", name_of(approved.method));
    payload.raw("amr", "[\"otp\"]");
    payload.text("challenge", challenge.id.value);
    payload.text("object", challenge.object);
    payload.text("nonce", challenge.nonce);
    return core.signer.sign(payload.done());
}

Outcome<Done> Assertions::verify(const Caller& caller, std::string_view jws,
                                 const AssertionExpected& expected) {
    if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
        return allowed.error();
    const KeyCaller* key = caller.key();
    if (key == nullptr) return problem(Code::forbidden);
    const std::optional<std::string> json = core_.signer.verify(jws);
    if (!json) return refused("signature");
    std::optional<std::map<std::string, std::string>> claims = json_flat_read(*json);
    if (!claims) return refused("signature");

    std::int64_t expires = 0;
    const std::string& exp = (*claims)["exp"];
    std::from_chars(exp.data(), exp.data() + exp.size(), expires);
    const std::int64_t now = core_.clock.now().time_since_epoch().count();
    if (now >= expires) return refused("expired");
    if ((*claims)["aud"] != key->application.value || (*claims)["iss"] != core_.settings.public_url)
        return refused("audience");
    if ((*claims)["sub"] != expected.user) return invalid("/user", "mismatch");
    if ((*claims)["purpose"] != name_of(expected.purpose)) return invalid("/purpose", "mismatch");
    // An action is always compared: leaving it out never matches one that was asked for.
    if ((*claims)["action"] != expected.action) return invalid("/action", "mismatch");
    if (!expected.challenge.empty() && (*claims)["challenge"] != expected.challenge.value)
        return invalid("/challenge_id", "mismatch");

    bool first = false;
    const Instant swept{Seconds(expires + 3600)};
    const Outcome<Done> done = core_.store.write(caller.request_id, [&](Tx& tx) {
        first = tx.insert_assertion_use((*claims)["jti"], swept);
        if (!first) {
            // After a COMMIT whose answer was lost the row found may be our own.
            first = tx.request_committed(caller.request_id);
            return false;
        }
        record(tx, core_, caller, key->application,
               {.action = "assertion.redeemed",
                .method = (*claims)["method"],
                .object = (*claims)["challenge"]});
        return true;
    });
    if (!done) return done.error();
    if (!first) return problem(Code::code_already_used);
    return Done{};
}

std::string Assertions::jwks_json() { return core_.signer.jwks_json(); }

}  // namespace twofold::domain
