// sql_tx.hpp - domain::Tx over one connection, for every dialect. Throws DatabaseTrouble; the store
// (sql_store.cpp) turns it into a repetition or a problem.
#pragma once
#include <span>
#include <optional>
#include <vector>

#include "server/domain/ports.hpp"
#include "server/storage/connection.hpp"
#include "server/storage/mapping.hpp"

namespace twofold::storage {

class SqlTx final : public domain::Tx {
 public:
    SqlTx(Connection& connection, bool writable) : c_(connection), writable_(writable) {}

    std::optional<domain::ApplicationRow> application(const domain::ApplicationId&) override;
    std::optional<domain::ApplicationRow> application_named(std::string_view name) override;
    bool insert_application(const domain::ApplicationRow&) override;
    void set_application_methods_off(const domain::ApplicationId&, std::string_view) override;
    void set_application_remember(const domain::ApplicationId&, bool on) override;

    bool insert_user(const domain::UserRow&) override;
    std::optional<domain::UserRow> user(const domain::UserId&) override;
    std::optional<domain::UserRow> lock_user(const domain::UserId&) override;
    std::optional<domain::UserRow> user_by_external_id(const domain::ApplicationId&,
                                                       std::string_view) override;
    void update_user(domain::UserRow&) override;
    void erase_user(const domain::UserId&) override;
    std::optional<domain::TombstoneRow> tombstone(std::string_view id) override;
    void put_tombstone(const domain::TombstoneRow&) override;

    bool insert_account(const domain::AccountRow&) override;
    std::optional<domain::AccountRow> account(const domain::UserId&) override;
    std::optional<domain::AccountRow> account_by_email(const domain::ApplicationId&,
                                                       std::string_view email_index) override;
    void update_account(domain::AccountRow&) override;

    void insert_factor(const domain::FactorRow&) override;
    std::optional<domain::FactorRow> lock_factor(const domain::FactorId&) override;
    std::vector<domain::FactorRow> lock_factors(const domain::UserId&) override;
    std::vector<domain::FactorRow> factors(const domain::UserId&) override;
    void update_factor(domain::FactorRow&) override;
    bool insert_step_use(const domain::FactorId&, std::int64_t step, domain::Instant at) override;

    std::optional<domain::BudgetRow> lock_budget(std::string_view id) override;
    std::vector<domain::BudgetRow> budgets(const domain::UserId&) override;
    void put_budget(domain::BudgetRow&) override;
    void delete_budget(std::string_view id) override;

    std::optional<domain::BackupSetRow> backup_set(const domain::UserId&) override;
    void replace_backup_set(const domain::UserId&, const domain::BackupSetRow*) override;
    bool use_backup_code(const domain::BackupSetId&, int position, domain::Instant at) override;

    void insert_challenge(const domain::ChallengeRow&) override;
    std::optional<domain::ChallengeRow> challenge(const domain::ChallengeId&) override;
    std::optional<domain::ChallengeRow> lock_challenge(const domain::ChallengeId&) override;
    void update_challenge(domain::ChallengeRow&) override;
    void close_challenges(const domain::UserId&) override;

    void insert_delivery(const domain::DeliveryRow&) override;
    std::optional<domain::DeliveryRow> lock_delivery(const domain::DeliveryId&) override;
    std::vector<domain::DeliveryRow> deliveries(const domain::ChallengeId&, const domain::FactorId&,
                                                int limit) override;
    void update_delivery(domain::DeliveryRow&) override;
    domain::DeliveryShare delivery_share(std::string_view destination, domain::Instant from,
                                         domain::Instant to, int limit) override;
    std::vector<std::string> delivery_destinations(domain::Instant from,
                                                   domain::Instant to) override;

    domain::VerifyRows load_for_verify(std::span<const domain::ChallengeId>,
                                       std::span<const domain::UserId>) override;
    void save_verified(domain::VerifyRows&) override;

    void insert_session(const domain::SessionRow&) override;
    std::optional<domain::SessionRow> session(const domain::SessionId&) override;
    std::optional<domain::SessionRow> lock_session(const domain::SessionId&) override;
    void update_session(domain::SessionRow&) override;
    void delete_session(const domain::SessionId&) override;
    void delete_sessions(const domain::UserId&, const domain::SessionId& except) override;
    void delete_full_sessions(const domain::UserId&) override;
    void delete_device_sessions(const domain::UserId&, const domain::DeviceId&,
                                const domain::SessionId& except) override;

    void insert_device(const domain::DeviceRow&) override;
    std::optional<domain::DeviceRow> device(const domain::DeviceId&) override;
    std::optional<domain::DeviceRow> lock_device_by_series(std::string_view) override;
    std::vector<domain::DeviceRow> devices(const domain::UserId&) override;
    void update_device(domain::DeviceRow&) override;
    void delete_device(const domain::DeviceId&) override;

    void insert_api_key(const domain::ApiKeyRow&) override;
    std::optional<domain::ApiKeyRow> api_key_by_hash(std::string_view) override;
    std::vector<domain::ApiKeyRow> api_keys(const domain::ApplicationId&) override;
    bool revoke_api_key(const domain::ApiKeyId&, domain::Instant) override;
    void touch_api_key(const domain::ApiKeyId&, domain::Instant) override;

    domain::ChainHead lock_chain(std::string_view chain) override;
    void append_audit(const domain::AuditRow&, const domain::ChainHead& new_head) override;
    std::vector<domain::AuditRow> audit(const domain::ApplicationId&, const domain::UserId&,
                                        const domain::EventId& before, int limit) override;
    std::vector<domain::AuditRow> audit_chain(std::string_view chain, std::int64_t after_sequence,
                                              int limit) override;
    std::vector<domain::ChainHead> chains(std::string_view after_chain, int limit) override;
    std::vector<domain::ChainHead> chains_moved_since(domain::Instant, int limit) override;
    std::optional<domain::ChainHead> chain(std::string_view name) override;
    std::vector<domain::CheckpointMark> checkpoint_marks(std::string_view chain,
                                                         int limit) override;
    std::optional<domain::CheckpointRow> last_checkpoint() override;
    std::optional<domain::CheckpointRow> checkpoint(std::int64_t number) override;
    bool insert_checkpoint(const domain::CheckpointRow&) override;

    std::optional<domain::ThrottleRow> lock_throttle(std::string_view key) override;
    void put_throttle(const domain::ThrottleRow&) override;

    bool insert_idempotency(const domain::IdempotencyRow&) override;
    std::optional<domain::IdempotencyRow> lock_idempotency(std::string_view id) override;
    void put_idempotency(const domain::IdempotencyRow&) override;
    void delete_idempotency(std::string_view id) override;
    bool request_committed(std::string_view request_id) override;

    void insert_link(const domain::LinkRow&) override;
    std::optional<domain::LinkRow> lock_link(std::string_view id) override;
    void update_link(domain::LinkRow&) override;
    void void_links(domain::LinkPurpose, const domain::ApplicationId&,
                    std::string_view email_index) override;

    void insert_message(const domain::MessageRow&) override;
    std::vector<domain::MessageRow> lease_messages(domain::Channel, domain::Instant now,
                                                   domain::Instant until, int limit) override;
    void finish_messages(std::span<const domain::MessageResult>) override;
    std::optional<domain::MessageRow> message(const domain::MessageId&) override;
    std::vector<domain::MessageRow> messages(std::span<const domain::MessageId>) override;
    void withdraw_message(const domain::MessageId&) override;
    std::optional<domain::MessageRow> lock_message_by_provider(std::string_view) override;
    void set_message_status(const domain::MessageId&, domain::MessageStatus,
                            domain::Failure) override;
    std::vector<domain::ChannelRow> channels() override;
    void put_channel(const domain::ChannelRow&) override;
    std::vector<domain::MessageRow> recent_messages(int limit) override;

    std::vector<domain::ApplicationRow> applications() override;
    std::vector<domain::UserRow> users_by_email(const domain::ApplicationId&,
                                                std::string_view email_index, int limit) override;
    std::vector<domain::MessageRow> messages_of(const domain::UserId&, int limit) override;
    bool insert_agent(const domain::AgentRow&) override;
    std::optional<domain::AgentRow> agent(const domain::UserId&) override;
    std::vector<domain::AgentRow> agents() override;
    void update_agent(domain::AgentRow&) override;
    void insert_case(const domain::CaseRow&) override;
    std::optional<domain::CaseRow> support_case(const domain::CaseId&) override;
    std::optional<domain::CaseRow> lock_case(const domain::CaseId&) override;
    void update_case(domain::CaseRow&) override;
    std::vector<domain::CaseRow> cases_of(const domain::UserId&, int limit) override;
    std::vector<domain::CaseRow> cases(std::span<const domain::CaseState>,
                                       const domain::CaseRow* after, int limit) override;
    std::vector<domain::CaseRow> due_cases(domain::Instant now, int limit) override;
    void insert_case_step(const domain::CaseStepRow&) override;
    std::vector<domain::CaseStepRow> case_steps(const domain::CaseId&) override;
    void insert_evidence(const domain::EvidenceRow&) override;
    std::vector<domain::EvidenceRow> evidence(const domain::CaseId&) override;

    bool insert_assertion_use(std::string_view jti, domain::Instant expires_at) override;

    std::vector<domain::SigningKeyRow> signing_keys() override;
    bool insert_signing_key(const domain::SigningKeyRow&) override;

    void put_node(const domain::NodeRow&) override;
    std::vector<domain::NodeRow> nodes(domain::Instant seen_after) override;
    std::int64_t rows_sealed_under(std::string_view key_id) override;

    int sweep(domain::Instant now, int limit) override;

    // The id of an audit row this transaction inserted: it is there exactly when the transaction
    // was committed. Empty: none. (Not the request id: one request may be several transactions.)
    const std::string& witness() const { return witness_; }

 private:
    // A statement that changes something: a bug inside Store::read.
    long long change(const Sql& sql);
    std::string locking() const;

    template <class Row>
    std::vector<Row> all(const Sql& sql);
    template <class Row>
    std::optional<Row> one(const Sql& sql);
    // By the first column, with what follows appended.
    template <class Row>
    std::optional<Row> by_key(std::string_view key, std::string_view suffix = {});

    template <class Row>
    void insert(const Row& row);  // a duplicate is a conflict
    template <class Row>
    bool try_insert(const Row& row);
    bool try_change(const Sql& insertion);  // false on a duplicate
    template <class Row>
    void update(Row& row);  // guarded by version
    template <class Row>
    void put(const Row& row);  // insert or overwrite

    // Users, by their ids or by those of their challenges, with all that hangs on them.
    void load_joined(domain::VerifyRows& rows, std::vector<std::string> ids, bool by_challenge);
    void load_deliveries(domain::VerifyRows& rows);
    template <class Row>
    void insert_many(std::span<const Row* const> rows);
    void insert_steps(std::span<const domain::VerifyRows::StepUse> steps);
    // One UPDATE … CASE for many dirty rows: only the columns that differ from what was loaded.
    template <class Row, class Map>
    void update_many(Map& rows);
    template <class Row>
    void update_some(std::span<domain::Tracked<Row>* const> rows);
    void save_chains(domain::VerifyRows& rows, const std::map<std::string, std::int64_t>& added);
    void move_chains(std::span<const domain::ChainHead* const> heads,
                     std::span<const std::int64_t> lengths_before);
    int sweep_table(const char* table, const char* key, const std::string& condition,
                    const char* order, int limit);
    std::int64_t count_sealed(const char* table, const char* key, const std::string& condition);

    Connection& c_;
    bool writable_;
    std::string witness_;
};

}  // namespace twofold::storage
