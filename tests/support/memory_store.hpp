// memory_store.hpp - the store of domain/ports.hpp kept in memory: for unit tests of the use cases.
//
// It obeys the same contract as the SQL stores (tests/contract/ runs one suite on all three):
// unique keys, byte comparison, guards by version, rollback, repetition after a conflict. One mutex
// makes every transaction serial; a transaction works on a copy that replaces the data when it
// commits. Thread-safe. Not for large data: each write copies everything.
//
// Beyond the contract, a test can make it fail:
//   fail_next(n)         the next n transactions give Problem{unavailable, retry_after 1 s}, fn not
//   run conflict_next(n)     the next n attempts of writes run fn, then are rolled back and
//   repeated, as after a
//                        deadlock; at most 4 in a row, for the fifth attempt's failure is
//                        `unavailable`
//   lose_commit_next(d)  the next write runs fn and loses the answer of its COMMIT; d says whether
//   the
//                        data got there. As the real ones it then looks for the transaction's
//                        audit row.
#pragma once
#include <mutex>
#include <set>
#include <utility>

#include "server/domain/ports.hpp"

namespace twofold::testing {

struct MemoryData {
    std::map<domain::ApplicationId, domain::ApplicationRow> applications;
    std::map<domain::UserId, domain::UserRow> users;
    std::map<domain::UserId, domain::AccountRow> accounts;
    std::map<domain::FactorId, domain::FactorRow> factors;
    std::map<std::pair<domain::FactorId, std::int64_t>, domain::Instant> step_uses;
    std::map<std::string, domain::BudgetRow, std::less<>> budgets;
    std::map<domain::UserId, domain::BackupSetRow> backup_sets;
    std::map<domain::ChallengeId, domain::ChallengeRow> challenges;
    std::map<domain::SessionId, domain::SessionRow> sessions;
    std::map<domain::DeviceId, domain::DeviceRow> devices;
    std::map<domain::ApiKeyId, domain::ApiKeyRow> api_keys;
    std::map<std::string, domain::ChainHead, std::less<>> chains;
    std::map<domain::EventId, domain::AuditRow> audit;
    std::map<std::int64_t, domain::CheckpointRow> checkpoints;
    std::map<std::string, domain::ThrottleRow, std::less<>> throttles;
    std::map<std::string, domain::IdempotencyRow, std::less<>> idempotency;
    std::map<std::string, domain::LinkRow, std::less<>> links;
    std::map<domain::MessageId, domain::MessageRow> messages;
    std::map<domain::DeliveryId, domain::DeliveryRow> deliveries;
    std::map<std::string, domain::ChannelRow, std::less<>> channels;
    std::map<std::string, domain::Instant, std::less<>> assertion_uses;  // expires_at
    std::map<std::string, domain::SigningKeyRow> signing_keys;
    std::map<std::string, domain::NodeRow> nodes;
    std::map<std::string, domain::TombstoneRow, std::less<>> tombstones;
    std::map<domain::UserId, domain::AgentRow> agents;
    std::map<domain::CaseId, domain::CaseRow> cases;
    std::vector<domain::CaseStepRow> case_steps;
    std::vector<domain::EvidenceRow> evidence;
};

class MemoryStore final : public domain::Store {
 public:
    domain::Outcome<Done> write(std::string_view request_id,
                                const std::function<bool(domain::Tx&)>& fn) override;
    domain::Outcome<Done> read(const std::function<void(domain::Tx&)>& fn) override;
    bool ready() override;

    void fail_next(int transactions);
    void conflict_next(int attempts);
    void lose_commit_next(bool data_arrived);

    // What has been committed; for assertions that no use case can make.
    MemoryData snapshot();
    // Somebody with access to the database changes it behind the domain's back.
    template <class Change>
    void tamper(Change change) {
        const std::lock_guard lock(mutex_);
        change(data_);
    }

 private:
    std::mutex mutex_;
    MemoryData data_;
    int fail_ = 0;
    int conflict_ = 0;
    std::optional<bool> lost_commit_;
};

}  // namespace twofold::testing
