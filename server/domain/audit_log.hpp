// audit_log.hpp - hash-chained events (rule 13): one chain a user, one an application, one the
// system.
//   mac = HMAC(audit key of the ring, all fields of the event || previous mac); details are sealed
//   under a key of that user, which erasure destroys, so the chain outlives what it says.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/ports.hpp"

namespace twofold::domain {

class Core;

struct AuditView {
    EventId id;
    std::int64_t sequence = 0;  // in its chain
    Instant at{};
    std::string actor;
    std::string action;
    std::string method;
    std::string result;
    std::string object;
    std::string label;
    std::string ip;
    std::string user_agent;
    std::string request_id;
    std::string user;  // external id
};
struct AuditPage {
    std::vector<AuditView> items;
    std::string next_cursor;  // empty: no more
};

// Where the record and the chain part.
struct AuditFault {
    std::string chain;
    std::int64_t sequence = 0;
    std::string what;  // "edited", "missing", "cut", "checkpoint"
};

class Audit {
 public:
    explicit Audit(Core& core) : core_(core) {}
    Outcome<AuditPage> of_user(const Caller&, std::string_view user, std::string_view cursor,
                               int limit);
    Outcome<AuditPage> of_application(const Caller&, std::string_view user, std::string_view cursor,
                                      int limit);
    // Signs the heads and lengths that moved since the last checkpoint; at least every 60 s.
    Outcome<Done> checkpoint();
    // Walks every chain and checkpoint; what it finds wrong, located.
    struct Report {
        std::int64_t chains = 0;
        std::int64_t events = 0;
        std::int64_t checkpoints = 0;
        std::vector<AuditFault> faults;
    };
    Outcome<Report> verify();

 private:
    Core& core_;
};

}  // namespace twofold::domain
