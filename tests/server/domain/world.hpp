// world.hpp - all use cases over the store in memory, with time and chance in the test's hand, and
// the few steps most tests begin with.
#pragma once
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "server/domain/accounts.hpp"
#include "server/domain/api_keys.hpp"
#include "server/domain/assertions.hpp"
#include "server/domain/audit_log.hpp"
#include "server/domain/backup_codes.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/challenges.hpp"
#include "server/domain/core.hpp"
#include "server/domain/enrolments.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/idempotency.hpp"
#include "server/domain/text_map.hpp"
#include "server/domain/users.hpp"
#include "server/domain/verify_queue.hpp"
#include "shared/base32.hpp"
#include "shared/totp.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/memory_store.hpp"

namespace twofold::domain {

inline Settings test_settings() {
    Settings s;
    s.public_url = "https://client.example.com";
    s.verify_deadline = std::chrono::milliseconds(10000);  // a busy machine is not the subject
    return s;
}

struct World {
    explicit World(Settings settings = test_settings())
        : core(store, clock, random, sealer, hasher, signer, phones, std::move(settings)) {
        REQUIRE(core.client_application());
    }

    testing::FakeClock clock;
    testing::FakeRandom random;
    testing::FakeSealer sealer;
    testing::FakeHasher hasher;
    testing::FakeSigner signer;
    testing::FakePhones phones;
    testing::MemoryStore store;
    Core core;
    Accounts accounts{core};
    ApiKeys api_keys{core};
    Assertions assertions{core};
    Audit audit{core};
    BackupCodes backup_codes{core};
    Challenges challenges{core};
    Enrolments enrolments{core};
    Idempotency idempotency{core};
    Users users{core};

    std::atomic<int> requests{0};
    std::string request_id() { return "req_" + std::to_string(++requests); }

    Caller nobody(std::string ip = "192.0.2.1") {
        return Caller{NoCaller{}, {std::move(ip), "Browser/1"}, request_id()};
    }
    Caller operator_caller() { return Caller{OperatorCaller{}, {}, request_id()}; }

    // The caller behind a cookie, as the next request of the browser would be.
    Caller with(const std::string& token, std::string ip = "192.0.2.1") {
        Outcome<Caller> caller =
            accounts.authenticate(token, {std::move(ip), "Browser/1"}, request_id());
        REQUIRE(caller);
        return *caller;
    }

    static Scopes all_scopes() {
        return {Scope::users,   Scope::enroll, Scope::verify,      Scope::manage,
                Scope::support, Scope::audit,  Scope::webhooks,    Scope::import,
                Scope::erase,   Scope::keys,   Scope::applications};
    }
    std::string key_for(const std::string& application, Scopes scopes = all_scopes()) {
        Outcome<ApiKeys::Made> made =
            api_keys.create(operator_caller(), application, scopes, "test");
        REQUIRE(made);
        return made->key;
    }
    Caller by_key(const std::string& key) {
        Outcome<Caller> caller =
            api_keys.authenticate(key, {"198.51.100.7", "Backend/1"}, request_id());
        REQUIRE(caller);
        return *caller;
    }

    static constexpr const char* kEmail = "alice@example.com";
    static constexpr const char* kPassword = "correct horse battery";
    UserId alice;

    void make_alice() {
        Outcome<UserId> id = accounts.create_ready_account(kEmail, kPassword, "Alice");
        REQUIRE(id);
        alice = *id;
    }
    SignedIn sign_in(const std::string& password = kPassword, const std::string& ip = "192.0.2.1") {
        Outcome<SignedIn> in = accounts.sign_in(nobody(ip), kEmail, password);
        REQUIRE(in);
        return *in;
    }

    // An authenticator app.
    struct App {
        FactorId id;
        Secret key;
        TotpParameters parameters;
        App(FactorId i, std::string_view base32, TotpParameters p)
            : id(std::move(i)), key(std::move(*base32_decode(base32))), parameters(p) {}
        std::string at(std::int64_t seconds) const {
            const auto code =
                totp_at(parameters, key.expose(), *time_step(seconds, parameters.period));
            return std::string(code->text());
        }
    };
    std::string now_code(const App& app) { return app.at(clock.seconds()); }
    // Six digits that are no code of any step near.
    std::string wrong_code(const App& app) {
        for (int n = 0;; ++n) {
            std::string code = std::to_string(1000000 + (n * 7919) % 1000000).substr(1);
            bool used = false;
            for (int s = -12; s <= 12; ++s)
                used = used || app.at(clock.seconds() + s * app.parameters.period) == code;
            if (!used) return code;
        }
    }
    // To the middle of a step nobody has used yet.
    void next_step() { clock.set((clock.seconds() / 30 + 1) * 30 + 10); }

    struct Enrolled {
        App app;
        std::vector<std::string> backup_codes;
    };
    Outcome<EnrolmentStarted> start(const Caller& caller, const std::string& user = "me",
                                    ProofGiven proof = {}, FactorId replaces = {}) {
        EnrolmentRequest request;
        request.label = "Phone";
        request.proof = std::move(proof);
        request.replaces = std::move(replaces);
        return enrolments.start(caller, user, request);
    }
    Enrolled enrol(const std::function<Caller()>& caller, const std::string& user = "me",
                   ProofGiven proof = {}) {
        Outcome<EnrolmentStarted> started = start(caller(), user, std::move(proof));
        REQUIRE(started);
        App app(started->view.id, started->secret_base32, started->view.totp);
        next_step();
        Outcome<EnrolmentConfirmed> confirmed =
            enrolments.confirm(caller(), user, app.id, now_code(app));
        REQUIRE(confirmed);
        next_step();
        return {std::move(app), confirmed->backup_codes};
    }

    ProofGiven code_proof(const App& app) {
        ProofGiven proof;
        proof.code = now_code(app);
        return proof;
    }

    // An integrator's user with one authenticator, and a sign-in challenge for them.
    Enrolled integrator_user(const std::string& key, const std::string& user,
                             const std::string& email = "bob@example.org") {
        UserChange change;
        change.email = email;
        REQUIRE(users.put(by_key(key), user, change));
        return enrol([&] { return by_key(key); }, user);
    }
    ChallengeId challenge(const std::string& key, const std::string& user,
                          Purpose purpose = Purpose::sign_in) {
        ChallengeRequest request;
        request.purpose = purpose;
        if (purpose == Purpose::step_up) {
            request.action_name = "transfer";
            request.action_text = "Transfer 10 EUR";
        }
        Outcome<ChallengeView> made = challenges.create(by_key(key), user, request);
        REQUIRE(made);
        return made->id;
    }
    Outcome<Verified> verify(const std::string& key, const ChallengeId& id, const std::string& code,
                             FactorId enrolment = {}) {
        return challenges.verify(by_key(key), id, {code, std::nullopt, std::move(enrolment)});
    }

    int messages(const std::string& kind) {
        int n = 0;
        for (const auto& [id, m] : store.snapshot().messages)
            n += m.kind == kind && m.status == MessageStatus::queued;
        return n;
    }
    TextMap last_message(const std::string& kind) {
        const MessageRow* last = nullptr;
        const testing::MemoryData data = store.snapshot();
        for (const auto& [id, m] : data.messages)
            if (m.kind == kind && (last == nullptr || m.created_at >= last->created_at)) last = &m;
        REQUIRE(last != nullptr);
        return text_map_read(open_text(core, places::message_parameters(*last), last->parameters));
    }
    std::string token_of_last(const std::string& kind) {
        const std::string link = text_map_get(last_message(kind), "link");
        return link.substr(link.find("token=") + 6);
    }
};

template <class T>
Code code_of(const Outcome<T>& outcome) {
    REQUIRE_FALSE(outcome);
    return outcome.error().code;
}

// Runs n copies at once and gives how many said true.
inline int parallel(int n, const std::function<bool(int)>& one) {
    std::atomic<int> yes{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i)
        threads.emplace_back([&, i] {
            if (one(i)) ++yes;
        });
    for (std::thread& t : threads) t.join();
    return yes;
}

}  // namespace twofold::domain

namespace Catch {
template <>
struct StringMaker<twofold::domain::Code> {
    static std::string convert(twofold::domain::Code code) {
        return "code " + std::to_string(static_cast<int>(code));
    }
};
}  // namespace Catch
