// idempotency.hpp - Idempotency-Key: same key and body, same answer and one effect (security 73).
#pragma once
#include <optional>
#include <string>

#include "server/domain/ports.hpp"

namespace twofold::domain {

class Core;

class Idempotency {
 public:
    explicit Idempotency(Core& core) : core_(core) {}
    struct Kept {
        int status = 0;
        std::string body;
    };
    struct Ticket {
        std::string id;
        std::optional<Kept> answer;  // engaged: give this and do nothing
    };
    // `caller_scope` separates callers ("key:key_…", "session:usr_…"); `key` 1..128 visible ASCII.
    // idempotency_mismatch (other body), idempotency_in_flight, idempotency_expired.
    Outcome<Ticket> begin(const Caller&, std::string_view caller_scope, std::string_view key,
                          std::string_view method, std::string_view path, std::string_view body);
    // Keeps the answer; 5xx and 429 are not kept. A secret answer: 10 min, sealed under the key
    // itself.
    void finish(const Ticket&, std::string_view key, int status, std::string_view body,
                bool secret);

 private:
    Core& core_;
};

}  // namespace twofold::domain
