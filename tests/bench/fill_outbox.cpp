// fill_outbox - sign-in codes in the outbox, straight through the server's own rooms.
//   bench_fill_outbox DATABASE KEYS APPLICATION COUNT STATE
// STATE: due (to be sent now), later (a try has failed; due again in ten minutes), dead (failed for good).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "server/domain/delivered_codes.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/notices.hpp"
#include "server/runtime.hpp"

using namespace twofold;
using namespace twofold::domain;

namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_fill_outbox: %s\n", what.c_str());
    std::exit(1);
}

DeliveryRow delivery_of(Core& core, const ApplicationRow& application, const UserRow& user) {
    DeliveryRow d;
    d.id = new_id<DeliveryId>(core.random, "dlv_");
    d.application = application.id;
    d.user = user.id;
    d.factor = new_id<FactorId>(core.random, "enr_");
    d.challenge = new_id<ChallengeId>(core.random, "chl_");
    d.method = Method::email;
    d.purpose = "sign_in";
    d.destination = "email";
    d.created_at = core.clock.now();
    d.expires_at = d.created_at + Seconds(3600);
    return d;
}

void put_message(Tx& tx, Core& core, const ApplicationRow& application, const UserRow& user, long i,
                 const std::string& state) {
    const DeliveryRow d = delivery_of(core, application, user);
    tx.insert_delivery(d);
    Letter letter;
    letter.kind = "sign_in_code";
    letter.to = "bench-" + std::to_string(i) + "@mail.example";
    letter.locale = "en";
    letter.parameters = delivery_binding(d);
    letter.parameters["at"] = std::to_string(d.created_at.time_since_epoch().count());
    letter.parameters["minutes"] = "10";
    letter.parameters["ip"] = "203.0.113.7";
    letter.parameters["user_agent"] = "Firefox on Linux";
    letter.not_after = d.expires_at;
    letter.id = MessageId{d.id.value};
    letter.factor = d.factor;
    post(tx, core, application, user.id, letter);
    if (state == "due") return;
    MessageResult result{letter.id, 0, MessageStatus::failed, Failure::too_many, d.created_at, {}, {}};
    if (state == "later") {
        result.status = MessageStatus::queued;
        result.not_before = d.created_at + Seconds(600);
    }
    tx.finish_messages({&result, 1});
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 6) fail("usage: bench_fill_outbox DATABASE KEYS APPLICATION COUNT STATE");
    platform::Config config;
    config.database = argv[1];
    config.keys = argv[2];
    const long count = std::atol(argv[4]);
    const std::string state = argv[5];
    auto opened = Runtime::open(config, nullptr);
    if (!opened) fail(opened.error().what);
    Core& core = *(*opened)->core;
    std::optional<ApplicationRow> application;
    const auto found =
        core.store.read([&](Tx& tx) { application = tx.application_named(argv[3]); });
    if (!found || !application) fail("no such application");
    const UserRow user = new_user(core, application->id,
                                  "outbox-" + random_id_text(core.random), "en", core.clock.now());
    for (long from = 0; from < count; from += 500) {
        const auto done = core.store.write("req_" + random_id_text(core.random), [&](Tx& tx) {
            if (from == 0 && !tx.insert_user(user)) return false;
            for (long i = from; i < std::min(count, from + 500); ++i)
                put_message(tx, core, *application, user, i, state);
            return true;
        });
        if (!done) fail("the database refused");
    }
}
