// seed - users with an active authenticator and an open sign-in challenge each, straight through
// the server's own rooms (sealed secrets and all), for benches that need more of them than the
// API's ten Argon2id hashes a user allow in reasonable time.
//   bench_seed DATABASE KEYS APPLICATION KEY_ID USERS FILE
// The database is migrated, APPLICATION and its key KEY_ID are there (`twofold api-key create`).
// Writes FILE for bench_load: "/v1/challenges/{id}/verify<TAB>secret in hexadecimal digits".
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/runtime.hpp"

using namespace twofold;
using namespace twofold::domain;

namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_seed: %s\n", what.c_str());
    std::exit(1);
}

std::string hex(ByteView bytes) {
    std::string text;
    for (const std::uint8_t b : bytes) {
        text += "0123456789abcdef"[b >> 4];
        text += "0123456789abcdef"[b & 15];
    }
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) fail("usage: bench_seed DATABASE KEYS APPLICATION KEY_ID USERS FILE");
    platform::Config config;
    config.database = argv[1];
    config.keys = argv[2];
    auto opened = Runtime::open(config, nullptr);
    if (!opened) fail(opened.error().what);
    Core& core = *(*opened)->core;
    const long users = std::atol(argv[5]);
    std::ofstream file(argv[6]);
    std::optional<ApplicationRow> application;
    const auto found =
        core.store.read([&](Tx& tx) { application = tx.application_named(argv[3]); });
    if (!found || !application) fail("no such application");
    const Instant now = core.clock.now();
    for (long from = 0; from < users; from += 500) {
        std::string lines;
        const auto done = core.store.write("req_" + random_id_text(core.random), [&](Tx& tx) {
            lines.clear();
            for (long i = from; i < std::min(users, from + 500); ++i) {
                const UserRow user =
                    new_user(core, application->id, "bench-" + std::to_string(i), "en", now);
                if (!tx.insert_user(user)) return false;
                FactorRow factor;
                factor.id = new_id<FactorId>(core.random, "enr_");
                factor.application = application->id;
                factor.user = user.id;
                factor.method = Method::totp;
                factor.status = FactorStatus::active;
                factor.label = "Authenticator app";
                factor.created_at = factor.expires_at = now;
                factor.activated_at = now;
                const Secret secret = random_bytes(core.random, 20);
                seal_secret(core, factor, secret.expose());
                tx.insert_factor(factor);
                ChallengeRow challenge;
                challenge.id = new_id<ChallengeId>(core.random, "chl_");
                challenge.application = application->id;
                challenge.user = user.id;
                challenge.purpose = Purpose::sign_in;
                challenge.status = ChallengeStatus::pending;
                challenge.made_by = argv[4];
                challenge.created_at = now;
                challenge.expires_at = now + Seconds(1800);
                tx.insert_challenge(challenge);
                lines += "/v1/challenges/" + challenge.id.value + "/verify\t" +
                         hex(secret.expose()) + "\n";
            }
            return true;
        });
        if (!done) fail("the database refused");
        file << lines;
    }
}
