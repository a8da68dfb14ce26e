// ports.hpp - what the domain needs from outside: time, random bytes, cryptography and a store.
// Each is one narrow interface, passed to constructors. Implementations: platform/ and storage/.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "server/domain/problem.hpp"
#include "server/domain/rows.hpp"
#include "shared/secret.hpp"

namespace twofold::domain {

class Clock {
 public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;          // wall clock, UTC
    virtual std::int64_t now_ms() const = 0;  // the same in milliseconds
};

// The operating system's generator. Thread-safe; ends the program rather than return weak bytes.
class Random {
 public:
    virtual ~Random() = default;
    virtual void fill(std::span<std::uint8_t> out) = 0;
};

// What a sealed value belongs to: all of it is authenticated (AAD), so a value moved to another
// row, column or user does not open (security 76).
struct SealedPlace {
    std::string_view table;
    std::string_view column;
    std::string_view row;
    std::string_view application;
    std::string_view user;
    std::string_view extra = {};  // TOTP parameters of a secret
};

// AES-256-GCM under the key ring, and keyed hashes under keys derived from it. Thread-safe.
class Sealer {
 public:
    virtual ~Sealer() = default;
    // The text starts with the id of the ring's key and a dot ("<key id>.…", ids without dots), so
    // that Tx::rows_sealed_under can find what still needs a key.
    virtual Sealed seal(const SealedPlace& place, ByteView plain) = 0;
    // Nothing when the text was changed, moved, or its key is not in the ring.
    virtual std::optional<Secret> open(const SealedPlace& place, const Sealed& sealed) = 0;
    // The same under a key of the caller's (a user's audit key, an Idempotency-Key), 32 bytes.
    virtual Sealed seal_under(ByteView key, const SealedPlace& place, ByteView plain) = 0;
    virtual std::optional<Secret> open_under(ByteView key, const SealedPlace& place,
                                             const Sealed& sealed) = 0;
    // HMAC-SHA-256, hex (64 characters). `purpose` separates the uses: "session", "api_key",
    // "link", "csrf", "email_index", "audit"…; equal input gives equal output on every node.
    virtual std::string keyed_hash(std::string_view purpose, std::string_view input) = 0;
    // Ids of the keys this process has loaded, sorted, comma-separated (rule 12).
    virtual std::string key_ids() const = 0;
};

// Telephone numbers (ITU-T E.164). Pure and thread-safe.
struct PhoneNumber {
    std::string e164;    // "+34612345678"
    std::string region;        // ISO 3166-1, "ES"; "001" for numbers of no country
    std::string calling_code;  // "34"
};
struct PhoneRegion {
    std::string region;        // "ES"
    std::string calling_code;  // "34"
    std::string example;       // a mobile number in the national format
};
class Phones {
 public:
    virtual ~Phones() = default;
    // What a person typed, in the national format of `region` (may be empty: then it starts with +).
    // Nothing when it is no number that can be dialled or one that cannot be a mobile.
    virtual std::optional<PhoneNumber> parse(std::string_view text, std::string_view region) = 0;
    virtual std::vector<PhoneRegion> regions() = 0;  // sorted by region
};

// Argon2id in a bounded pool, so that load cannot exhaust memory. Blocking; thread-safe.
class PasswordHasher {
 public:
    virtual ~PasswordHasher() = default;
    virtual std::string hash(std::string_view password) = 0;                   // PHC string
    virtual bool verify(std::string_view phc, std::string_view password) = 0;  // constant work
    // 32 raw bytes over a salt of the caller's: backup codes.
    virtual Secret derive(std::string_view text, ByteView salt) = 0;
};

// JWS compact serialisation with one fixed algorithm (ES256). Thread-safe.
class Signer {
 public:
    virtual ~Signer() = default;
    virtual std::string sign(std::string_view payload_json) = 0;  // header.payload.signature
    // The payload when the signature is right under a published key.
    virtual std::optional<std::string> verify(std::string_view jws) = 0;
    virtual std::string jwks_json() = 0;
    virtual std::string key_id() = 0;
    virtual std::string sign_bytes(ByteView message) = 0;  // base64url, for checkpoints
    virtual bool verify_bytes(std::string_view key_id, ByteView message,
                              std::string_view signature) = 0;
};

// One read-write transaction. Methods throw storage exceptions, which pass through the use case and
// become Problem{unavailable} in Store::write's guard; a use case never catches them.
// "lock" reads take the row for change (FOR UPDATE; on SQLite the whole database is ours).
// update_* are guarded by version and throw a conflict (the transaction repeats) when it moved.
// insert_* that return bool give false on a duplicate key and leave the transaction usable; those
// that return nothing throw a conflict on one. After an update the row's version is the new one.
// A change inside Store::read is a bug and throws std::logic_error.
class Tx {
 public:
    virtual ~Tx() = default;

    virtual std::optional<ApplicationRow> application(const ApplicationId&) = 0;
    virtual std::optional<ApplicationRow> application_named(std::string_view name) = 0;
    virtual bool insert_application(const ApplicationRow&) = 0;
    virtual void set_application_methods_off(const ApplicationId&, std::string_view names) = 0;
    virtual void set_application_remember(const ApplicationId&, bool on) = 0;

    virtual bool insert_user(const UserRow&) = 0;
    virtual std::optional<UserRow> user(const UserId&) = 0;
    virtual std::optional<UserRow> lock_user(const UserId&) = 0;
    virtual std::optional<UserRow> user_by_external_id(const ApplicationId&, std::string_view) = 0;
    virtual void update_user(UserRow&) = 0;
    virtual void erase_user(
        const UserId&) = 0;  // the user and all that hangs on it but the audit rows
    virtual std::optional<TombstoneRow> tombstone(std::string_view id) = 0;
    virtual void put_tombstone(const TombstoneRow&) = 0;

    virtual bool insert_account(const AccountRow&) = 0;
    virtual std::optional<AccountRow> account(const UserId&) = 0;
    virtual std::optional<AccountRow> account_by_email(const ApplicationId&,
                                                       std::string_view email_index) = 0;
    virtual void update_account(AccountRow&) = 0;

    virtual void insert_factor(const FactorRow&) = 0;
    virtual std::optional<FactorRow> lock_factor(const FactorId&) = 0;
    virtual std::vector<FactorRow> lock_factors(
        const UserId&) = 0;                                     // pending and active, oldest first
    virtual std::vector<FactorRow> factors(const UserId&) = 0;  // the same without locks
    virtual void update_factor(FactorRow&) = 0;
    virtual bool insert_step_use(const FactorId&, std::int64_t step, Instant at) = 0;

    virtual std::optional<BudgetRow> lock_budget(std::string_view id) = 0;
    virtual std::vector<BudgetRow> budgets(const UserId&) = 0;
    virtual void put_budget(BudgetRow&) = 0;  // insert (version 0) or guarded update
    virtual void delete_budget(std::string_view id) = 0;

    virtual std::optional<BackupSetRow> backup_set(
        const UserId&) = 0;  // the live one, codes in order
    virtual void replace_backup_set(const UserId&, const BackupSetRow*) = 0;  // null: none any more
    // false when it was used before or the set is no longer the live one.
    virtual bool use_backup_code(const BackupSetId&, int position, Instant at) = 0;

    virtual void insert_challenge(const ChallengeRow&) = 0;
    virtual std::optional<ChallengeRow> challenge(const ChallengeId&) = 0;
    virtual std::optional<ChallengeRow> lock_challenge(const ChallengeId&) = 0;
    virtual void update_challenge(ChallengeRow&) = 0;
    virtual void close_challenges(const UserId&) = 0;  // every pending or approved one -> closed

    virtual void insert_delivery(const DeliveryRow&) = 0;
    virtual std::optional<DeliveryRow> lock_delivery(const DeliveryId&) = 0;
    // Newest first. With a challenge: its own, of that factor (empty: of any). Without: those that
    // confirm that pending factor.
    virtual std::vector<DeliveryRow> deliveries(const ChallengeId&, const FactorId&, int limit) = 0;
    virtual void update_delivery(DeliveryRow&) = 0;
    // Of the newest `limit` codes to a destination that were made in [from, to).
    virtual DeliveryShare delivery_share(std::string_view destination, Instant from, Instant to,
                                         int limit) = 0;
    // Where codes went in [from, to), each once.
    virtual std::vector<std::string> delivery_destinations(Instant from, Instant to) = 0;

    // Users are those given and those of the challenges. Unknown ids are simply absent from the
    // answer; so are budgets without failures (add one with version 0). Every user found has a
    // chain, of length 0 when it is new. Active factors and their budgets only. Locks what it loads,
    // in the order of the challenges; two that meet in a circle are a conflict.
    virtual VerifyRows load_for_verify(std::span<const ChallengeId>, std::span<const UserId>) = 0;
    // Writes dirty rows, steps and events in few statements, guarded; a guard or unique key that
    // fails throws a conflict (the whole set repeats). A chain that got events is dirty, with the
    // length after them. Afterwards nothing is dirty, versions are the new ones, steps and events
    // are empty.
    virtual void save_verified(VerifyRows&) = 0;

    virtual void insert_session(const SessionRow&) = 0;
    virtual std::optional<SessionRow> session(const SessionId&) = 0;
    virtual std::optional<SessionRow> lock_session(const SessionId&) = 0;
    virtual void update_session(SessionRow&) = 0;
    virtual void delete_session(const SessionId&) = 0;
    virtual void delete_sessions(const UserId&,
                                 const SessionId& except) = 0;  // empty: none excepted
    virtual void delete_full_sessions(const UserId&) = 0;  // those with all rights
    // Those that run in a remembered browser.
    virtual void delete_device_sessions(const UserId&, const DeviceId&,
                                        const SessionId& except) = 0;

    virtual void insert_device(const DeviceRow&) = 0;
    virtual std::optional<DeviceRow> device(const DeviceId&) = 0;
    virtual std::optional<DeviceRow> lock_device_by_series(std::string_view series_hash) = 0;
    virtual std::vector<DeviceRow> devices(const UserId&) = 0;  // newest use first
    virtual void update_device(DeviceRow&) = 0;
    virtual void delete_device(const DeviceId&) = 0;

    virtual void insert_api_key(const ApiKeyRow&) = 0;
    virtual std::optional<ApiKeyRow> api_key_by_hash(std::string_view) = 0;
    virtual std::vector<ApiKeyRow> api_keys(const ApplicationId&) = 0;
    virtual bool revoke_api_key(const ApiKeyId&, Instant) = 0;
    virtual void touch_api_key(const ApiKeyId&, Instant) = 0;

    virtual ChainHead lock_chain(std::string_view chain) = 0;  // length 0 when new
    virtual void append_audit(const AuditRow&, const ChainHead& new_head) = 0;
    // Newest first, `before` excluded (empty: from the newest); user empty: the whole application,
    // otherwise the events of that user's chain ("user:<id>").
    virtual std::vector<AuditRow> audit(const ApplicationId&, const UserId&, const EventId& before,
                                        int limit) = 0;
    virtual std::vector<AuditRow> audit_chain(std::string_view chain, std::int64_t after_sequence,
                                              int limit) = 0;
    virtual std::vector<ChainHead> chains(std::string_view after_chain, int limit) = 0;
    // updated_at >= the instant, oldest first.
    virtual std::vector<ChainHead> chains_moved_since(Instant, int limit) = 0;
    // The one of that name, or none.
    virtual std::optional<ChainHead> chain(std::string_view name) = 0;
    // Which checkpoints have an entry for a chain, the newest first.
    virtual std::vector<CheckpointMark> checkpoint_marks(std::string_view chain, int limit) = 0;
    virtual std::optional<CheckpointRow> last_checkpoint() = 0;
    virtual std::optional<CheckpointRow> checkpoint(std::int64_t number) = 0;
    virtual bool insert_checkpoint(const CheckpointRow&) = 0;

    virtual std::optional<ThrottleRow> lock_throttle(std::string_view key) = 0;
    virtual void put_throttle(const ThrottleRow&) = 0;

    virtual bool insert_idempotency(const IdempotencyRow&) = 0;
    virtual std::optional<IdempotencyRow> lock_idempotency(std::string_view id) = 0;
    virtual void put_idempotency(const IdempotencyRow&) = 0;
    virtual void delete_idempotency(std::string_view id) = 0;
    // Any audit row of that request. Cheap at 10,000,000 rows when request ids start with the time
    // (the index then grows at its end); right in any case.
    virtual bool request_committed(std::string_view request_id) = 0;

    virtual void insert_link(const LinkRow&) = 0;
    virtual std::optional<LinkRow> lock_link(std::string_view id) = 0;
    virtual void update_link(LinkRow&) = 0;
    // Removes the unused ones.
    virtual void void_links(LinkPurpose, const ApplicationId&, std::string_view email_index) = 0;

    virtual void insert_message(const MessageRow&) = 0;
    // Leases up to `limit` due messages of a channel to the caller until `until`, the most urgent
    // first; no two callers get one (rule 14).
    virtual std::vector<MessageRow> lease_messages(Channel, Instant now, Instant until,
                                                   int limit) = 0;
    // Counts the attempts and ends the leases; queued: due again at not_before; sent: sent_at = at.
    // One whose lease has passed to another worker (attempts differ), or that is no longer queued,
    // is left alone.
    virtual void finish_messages(std::span<const MessageResult>) = 0;
    virtual std::optional<MessageRow> message(const MessageId&) = 0;
    virtual std::vector<MessageRow> messages(std::span<const MessageId>) = 0;
    // Of a code that was replaced: dropped when it is queued and nobody holds a lease of it.
    virtual void withdraw_message(const MessageId&) = 0;
    virtual std::optional<MessageRow> lock_message_by_provider(std::string_view provider_id) = 0;
    virtual void set_message_status(const MessageId&, MessageStatus, Failure) = 0;

    virtual std::vector<ChannelRow> channels() = 0;  // every row there is: a few
    virtual void put_channel(const ChannelRow&) = 0;
    virtual std::vector<MessageRow> recent_messages(
        int limit) = 0;  // newest first; the demo's mailbox

    virtual std::vector<ApplicationRow> applications() = 0;  // all of them, by name
    // Of one application, newest first: addresses are not unique among an integrator's users.
    virtual std::vector<UserRow> users_by_email(const ApplicationId&, std::string_view email_index,
                                                int limit) = 0;
    virtual std::vector<MessageRow> messages_of(const UserId&, int limit) = 0;  // newest first

    virtual bool insert_agent(const AgentRow&) = 0;
    virtual std::optional<AgentRow> agent(const UserId&) = 0;
    virtual std::vector<AgentRow> agents() = 0;  // oldest first
    virtual void update_agent(AgentRow&) = 0;

    virtual void insert_case(const CaseRow&) = 0;
    virtual std::optional<CaseRow> support_case(const CaseId&) = 0;
    // The user's row is locked before a case of theirs.
    virtual std::optional<CaseRow> lock_case(const CaseId&) = 0;
    virtual void update_case(CaseRow&) = 0;
    virtual std::vector<CaseRow> cases_of(const UserId&, int limit) = 0;  // newest first
    // In any of those states, oldest first, after (opened_at, id) of `after`; empty: from the oldest.
    virtual std::vector<CaseRow> cases(std::span<const CaseState>, const CaseRow* after,
                                       int limit) = 0;
    virtual std::vector<CaseRow> due_cases(Instant now, int limit) = 0;
    virtual void insert_case_step(const CaseStepRow&) = 0;
    virtual std::vector<CaseStepRow> case_steps(const CaseId&) = 0;  // in order
    virtual void insert_evidence(const EvidenceRow&) = 0;
    virtual std::vector<EvidenceRow> evidence(const CaseId&) = 0;  // oldest first

    // false when that assertion was redeemed before. Swept after expires_at.
    virtual bool insert_assertion_use(std::string_view jti, Instant expires_at) = 0;

    virtual std::vector<SigningKeyRow> signing_keys() = 0;
    virtual bool insert_signing_key(const SigningKeyRow&) = 0;

    virtual void put_node(const NodeRow&) = 0;
    virtual std::vector<NodeRow> nodes(Instant seen_after) = 0;
    // How many rows of any table hold a value sealed under that key (for `keys retire`); reads
    // every table from end to end, in short statements.
    virtual std::int64_t rows_sealed_under(std::string_view key_id) = 0;

    // Removes what has expired, at most `limit` rows a table, and returns how many: sessions,
    // remembered browsers, links, pending enrolments, throttles, assertion uses and tombstones at once; challenges after
    // 1 h and idempotency rows, messages and deliveries after 24 h more (late callers are still told why); step
    // uses older than 10 minutes.
    virtual int sweep(Instant now, int limit) = 0;
};

// One database. Thread-safe; transactions come from a bounded pool.
class Store {
 public:
    virtual ~Store() = default;
    // Runs fn in one transaction and commits when it returns true, rolls back when false.
    // fn may run again (deadlock, conflict, a commit whose answer was lost): it starts by resetting
    // what it captured. When the connection dies at COMMIT the store looks for an audit row that
    // this transaction inserted, to learn what happened; one that inserted none is repeated, so its
    // guards and unique keys must bear that. `request_id` names the caller; it decides nothing, for
    // one request may be several transactions. Gives unavailable when the database did not answer
    // in its deadline.
    virtual Outcome<Done> write(std::string_view request_id,
                                const std::function<bool(Tx&)>& fn) = 0;
    // fn runs again only when it had seen nothing yet. On MariaDB each of its statements sees what
    // is committed at that moment; on SQLite all of them see one moment.
    virtual Outcome<Done> read(const std::function<void(Tx&)>& fn) = 0;
    // One cheap round trip; for /readyz.
    virtual bool ready() = 0;
};

}  // namespace twofold::domain
