// post.hpp - a person of the Client Area who is sent codes, and the messages that would reach them.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/domain/delivered_codes.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {

inline Settings with_channels() {
    Settings s = test_settings();
    s.email = true;
    s.whatsapp = true;
    s.phone_region = "ES";
    return s;
}

struct Post : World {
    explicit Post(Settings settings = with_channels()) : World(std::move(settings)) {
        make_alice();
        token = sign_in().session.token;
    }
    std::string token;
    Caller me() { return with(token); }
    void reauthenticate() {
        const auto again = accounts.reauthenticate(me(), kPassword);
        REQUIRE(again);
        token = again->token;
    }

    std::vector<MessageRow> messages() {
        std::vector<MessageRow> out;
        for (auto& [id, row] : store.snapshot().messages) out.push_back(row);
        std::stable_sort(out.begin(), out.end(), [](const MessageRow& a, const MessageRow& b) {
            return a.created_at < b.created_at;
        });
        return out;
    }
    // The code in a message, as a worker derives it.
    std::string code_in(const MessageRow& row) {
        const TextMap parameters = text_map_read(
            open_text(core, places::message_parameters(row), row.parameters));
        const auto binding = read_delivery_binding(row.id, parameters);
        REQUIRE(binding);
        return code_of(sealer, *binding);
    }
    MessageRow newest_code() {
        const std::vector<MessageRow> all = messages();
        for (auto row = all.rbegin(); row != all.rend(); ++row)
            if (row->kind.ends_with("_code") && row->status == MessageStatus::queued) return *row;
        FAIL("no code waits");
        return {};
    }
    std::size_t count(const std::string& kind) {
        std::size_t n = 0;
        for (const MessageRow& row : messages())
            if (row.kind == kind) ++n;
        return n;
    }
    void arrive(const MessageId& id) {
        const MessageResult sent{id, 0, MessageStatus::sent, {}, clock.now(), {}, "wamid." + id.value};
        REQUIRE(core.store.write(request_id(), [&](Tx& tx) {
            tx.finish_messages({&sent, 1});
            return true;
        }));
    }
    std::string other(const std::string& code) { return code == "000000" ? "000001" : "000000"; }

    EnrolmentStarted begin(Method method, const std::string& address, ProofGiven proof = {},
                           const FactorId& replaces = {}) {
        EnrolmentRequest request;
        request.method = method;
        request.address = address;
        request.proof = std::move(proof);
        request.replaces = replaces;
        Outcome<EnrolmentStarted> started = enrolments.start(me(), "me", request);
        REQUIRE(started);
        REQUIRE(started->view.delivery);
        return *started;
    }
    // An email or WhatsApp factor of somebody without any.
    struct Mailbox {
        FactorId id;
        std::vector<std::string> backup_codes;
    };
    Mailbox enable(Method method, const std::string& address) {
        const EnrolmentStarted started = begin(method, address);
        const std::string code = code_in(newest_code());
        Outcome<EnrolmentConfirmed> done =
            enrolments.confirm(me(), "me", started.view.id, code);
        REQUIRE(done);
        return {started.view.id, done->backup_codes};
    }
};

inline Outcome<ChallengeView> ask(Post& w, Action action, const std::string& object,
                                  const FactorId& factor) {
    ChallengeRequest request;
    request.purpose = Purpose::manage;
    request.action = action;
    request.object = object;
    request.enrollment = factor;
    return w.challenges.create(w.me(), "me", request);
}

}  // namespace twofold::domain
