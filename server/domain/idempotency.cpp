#include "server/domain/idempotency.hpp"

#include <algorithm>

#include "server/domain/core.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/places.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kKept{86400};
constexpr Seconds kSecretKept{600};
constexpr Seconds kInFlight{60};

// A secret answer opens only for who holds the Idempotency-Key, which is stored nowhere.
Secret body_key(Core& core, std::string_view key) {
    return Secret(*hex_decode(core.sealer.keyed_hash("idempotency_body", key)));
}

std::optional<Secret> open_body(Core& core, const IdempotencyRow& row, std::string_view key) {
    const SealedPlace place = places::idempotency_body(row);
    if (!row.secret) return core.sealer.open(place, row.body);
    const Secret own = body_key(core, key);
    return core.sealer.open_under(own.expose(), place, row.body);
}

}  // namespace

Outcome<Idempotency::Ticket> Idempotency::begin(const Caller& caller, std::string_view caller_scope,
                                                std::string_view key, std::string_view method,
                                                std::string_view path, std::string_view body) {
    if (key.empty() || key.size() > 128 ||
        !std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        return invalid("/idempotency-key", "format");
    const auto joined = [](std::initializer_list<std::string_view> parts) {
        std::string out;
        for (std::string_view part : parts)
            out += std::to_string(part.size()) + ":" + std::string(part);
        return out;
    };
    const std::string id =
        core_.sealer.keyed_hash("idempotency", joined({caller_scope, method, path, key}));
    const std::string fingerprint =
        core_.sealer.keyed_hash("idempotency_body_print", joined({method, path, body}));

    Outcome<Ticket> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Instant now = core_.clock.now();
        IdempotencyRow fresh;
        fresh.id = id;
        fresh.fingerprint = fingerprint;
        fresh.request_id = caller.request_id;
        fresh.created_at = now;
        fresh.expires_at = now + kKept;
        std::optional<IdempotencyRow> row = tx.lock_idempotency(id);
        if (!row) {
            if (!tx.insert_idempotency(fresh)) {
                answer = problem(Code::idempotency_in_flight);  // the twin was first by a hair
                return false;
            }
            answer = Ticket{id, std::nullopt};
            return true;
        }
        if (row->request_id == caller.request_id && !row->done) {
            answer = Ticket{id, std::nullopt};  // our own, after a COMMIT whose answer was lost
            return true;
        }
        if (now >= row->created_at + kKept) {
            tx.put_idempotency(fresh);
            answer = Ticket{id, std::nullopt};
            return true;
        }
        if (row->fingerprint != fingerprint) {
            answer = problem(Code::idempotency_mismatch);
            return false;
        }
        if (row->done) {
            std::optional<Secret> text;
            if (now < row->expires_at) text = open_body(core_, *row, key);
            if (!text) {
                answer = problem(Code::idempotency_expired);
                return false;
            }
            const ByteView bytes = text->expose();
            answer = Ticket{id, Kept{row->status, std::string(bytes.begin(), bytes.end())}};
            return false;
        }
        if (now - row->created_at < kInFlight) {
            answer = Problem{Code::idempotency_in_flight, Seconds(1), {}, {}};
            return false;
        }
        // The first request died. Its audit row says whether its effect is there.
        if (tx.request_committed(row->request_id)) {
            answer = problem(Code::idempotency_expired);
            return false;
        }
        tx.put_idempotency(fresh);
        answer = Ticket{id, std::nullopt};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

void Idempotency::finish(const Ticket& ticket, std::string_view key, int status,
                         std::string_view body, bool secret) {
    if (ticket.answer) return;
    const bool kept = status < 500 && status != 429;
    // When this fails the row stays "in flight" and the audit decides later: nothing to tell.
    (void)core_.store.write("idempotency:" + ticket.id, [&](Tx& tx) {
        if (!kept) {
            tx.delete_idempotency(ticket.id);
            return true;
        }
        std::optional<IdempotencyRow> row = tx.lock_idempotency(ticket.id);
        if (!row || row->done) return false;
        row->done = true;
        row->status = status;
        row->secret = secret;
        const SealedPlace place = places::idempotency_body(*row);
        if (secret) {
            const Secret own = body_key(core_, key);
            row->body = core_.sealer.seal_under(own.expose(), place, as_bytes(body));
        } else {
            row->body = core_.sealer.seal(place, as_bytes(body));
        }
        row->expires_at = core_.clock.now() + (secret ? kSecretKept : kKept);
        tx.put_idempotency(*row);
        return true;
    });
}

}  // namespace twofold::domain
