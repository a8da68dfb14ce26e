// rows.hpp - what the store keeps, one struct a table, as the domain sees it.
// `version` starts at 1; an update is guarded by it (WHERE id = ? AND version = ?) and adds 1.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/domain/support_types.hpp"
#include "server/domain/types.hpp"
#include "shared/totp.hpp"

namespace twofold::domain {

struct ApplicationRow {
    ApplicationId id;
    std::string name;    // unique, 1..64 characters; shown to people
    std::string issuer;  // in otpauth URIs
    Instant created_at{};
    std::string methods_off;  // names of methods it does not offer, by spaces (never totp)
    bool remember_devices = true;  // its people may have their browsers remembered
};

struct UserRow {
    UserId id;
    ApplicationId application;
    std::string external_id;  // the integrator's own id, unique in the application, byte-compared
    Sealed email;             // contact address; empty when unknown
    std::string email_index;  // keyed blind index; empty when unknown
    Sealed phone;
    std::string phone_index;
    Sealed previous_email;  // told of changes until previous_email_until
    Instant previous_email_until{};
    Sealed display_name;
    std::string locale;  // "en", "ar", "es", "fr", "de"
    Sealed audit_key;    // this user's key of audit details; erasure destroys it
    FactorId preferred_factor;  // what the person chose to be asked for first; empty: none
    Instant phone_changed_at{};  // the contact number, after it was first known; 0: never
    bool high_value = false;     // a reset needs two approvals
    CaseId open_case;            // the support case that is not over; empty: none
    Instant created_at{};
    Instant updated_at{};
    std::int64_t version = 1;
};

// A password account of the built-in Client Area.
struct AccountRow {
    UserId user;
    ApplicationId application;
    std::string email_index;    // unique in the application
    std::string password_hash;  // PHC string, Argon2id
    Instant password_changed_at{};
    Instant created_at{};
    std::int64_t version = 1;
};

struct FactorRow {
    FactorId id;
    ApplicationId application;
    UserId user;
    Method method{};
    FactorStatus status{};
    std::string label;
    Sealed secret;  // totp; empty once ended
    Sealed address;  // email, whatsapp: where codes go; empty once ended
    std::string address_index;  // keyed blind index of it; empty once ended
    std::string region;         // whatsapp: ISO 3166 of the number, "ES"
    FactorTrouble trouble{};
    TotpParameters totp;
    std::int64_t last_step = -1;          // highest step ever accepted; every step <= it is refused
    std::optional<Instant> last_step_at;  // when it was accepted
    std::string last_step_session;        // SessionId or key id that used it (phishing warning)
    OpenedWith opened_with{};
    FactorId replaces;    // ends when this one is confirmed; empty: none
    SessionId opened_by;  // session whose recover grant it reserves; empty: none
    Instant created_at{};
    Instant expires_at{};  // pending only
    std::optional<Instant> activated_at;
    std::optional<Instant> last_used_at;
    std::optional<Instant> ended_at;
    std::int64_t version = 1;
};

// Consecutive failures of one guessable thing. id: the factor's id, or "<user>:backup", or
// "<user>:pending:totp". The lock's length follows from `failures` (budget.hpp).
struct BudgetRow {
    std::string id;
    UserId user;
    int failures = 0;
    Instant locked_until{};
    std::int64_t version = 1;
};

struct BackupCode {
    int position{};  // 0..9
    Sealed hash;     // Argon2id output, sealed
    std::optional<Instant> used_at;
};
struct BackupSetRow {
    BackupSetId id;
    ApplicationId application;
    UserId user;
    std::string salt;  // base64url of 16 random bytes
    Instant created_at{};
    std::vector<BackupCode> codes;
};

struct ChallengeRow {
    ChallengeId id;
    ApplicationId application;
    UserId user;
    Purpose purpose{};
    Action action{};
    std::string action_name;  // step_up: the integrator's own name of the action
    Sealed action_text;
    std::string object;  // what `action` is about: an enrolment id, or empty
    FactorId factor;     // the only one allowed; empty: any
    std::string nonce;   // the integrator's, copied into the assertion
    ChallengeStatus status{};
    SessionId session;    // the session it is bound to; empty: made by a key
    std::string made_by;  // key id or session id
    ClientInfo client;
    int deliveries = 0;  // codes sent for it so far
    Instant created_at{};
    Instant expires_at{};
    std::optional<Instant> approved_at;
    Method approved_method{};
    FactorId approved_factor;
    std::int64_t version = 1;
};

// One code on its way to a person (delivered_codes.hpp). The code is derived from this row and a key.
struct DeliveryRow {
    DeliveryId id;  // also the id of its message
    ApplicationId application;
    UserId user;
    FactorId factor;
    ChallengeId challenge;    // empty: confirms the pending enrolment `factor`
    Method method{};          // email, whatsapp
    std::string purpose;      // "enroll", "sign_in", "step_up:<name>", "manage:<action>"
    int digits = 6;           // 6..8
    std::string destination;  // what limits and the pumping breaker count by: "whatsapp:ES", "email"
    Instant created_at{};
    Instant expires_at{};
    int failures = 0;                 // wrong codes against this one
    std::optional<Instant> ended_at;  // used, replaced by a newer one, or tried too often
    std::optional<Instant> used_at;
    std::int64_t version = 1;
};

struct SessionRow {
    SessionId id;  // keyed hash of the token
    ApplicationId application;
    UserId user;
    SessionState state{};
    ChallengeId challenge;
    Instant created_at{};
    Instant last_seen_at{};
    Instant expires_at{};  // hard limit (7 days)
    Instant password_at{};
    std::optional<Instant> second_step_at;
    std::optional<Instant> recover_until;  // cleared when the grant is used
    CaseId support_case;                   // recovery: the case whose link it came by
    ClientInfo client;
    std::int64_t version = 1;
    DeviceId device = {};  // the remembered browser it runs in; empty: none
};

// A browser that was remembered (devices.hpp). The tokens themselves are never stored.
struct DeviceRow {
    DeviceId id;
    ApplicationId application;
    UserId user;
    std::string series_hash;            // unique; stays for the life of the record
    std::string token_hash;             // of the one that counts
    std::string previous_hash;          // of the one before it; empty: never used yet
    std::optional<Instant> rotated_at;  // when the token was replaced
    ClientInfo client;                  // of the last use
    Instant created_at{};
    Instant last_used_at{};
    Instant expires_at{};
    std::int64_t version = 1;
};

struct ApiKeyRow {
    ApiKeyId id;
    ApplicationId application;
    std::string name;
    std::string hash;  // keyed hash of the token, unique
    Scopes scopes;
    Instant created_at{};
    std::optional<Instant> revoked_at;
    std::optional<Instant> last_used_at;
};

struct ChainHead {
    std::string chain;        // "user:<usr_…>", "application:<app_…>", "system"
    std::int64_t length = 0;  // events so far
    std::string mac;          // hex of the last event; empty at length 0
    Instant updated_at{};
};

struct AuditRow {
    EventId id;
    std::string chain;
    std::int64_t sequence = 0;  // 1.. in its chain
    ApplicationId application;  // empty: system
    UserId user;                // empty: none
    Instant at{};
    std::string actor;   // "user", "key:key_…", "operator", "anonymous"
    std::string action;  // "factor.enabled", "challenge.approved", … (audit_log.hpp)
    std::string method;  // "totp"… or empty
    std::string result;  // "ok" or a problem code
    std::string object;  // an id or empty
    std::string request_id;
    Sealed details;  // ip, user agent, label…: JSON-free key=value text, under the user's key
    std::string previous_mac;
    std::string mac;  // HMAC over all of the above
};

struct CheckpointRow {
    std::int64_t number = 0;  // 1..
    Instant at{};
    std::string previous_hash;
    std::string
        entries_hash;  // over (chain, length, mac) of every chain that moved since the last one
    std::string key_id;
    std::string signature;
    std::vector<ChainHead> entries;
};

struct CheckpointMark {
    std::int64_t number = 0;
    std::int64_t length = 0;  // of the chain, at that checkpoint
};

struct ThrottleRow {
    std::string key;          // keyed hash: "sign_in:ip:…"
    std::int64_t tat_ms = 0;  // GCRA theoretical arrival time, ms since the epoch
};

struct IdempotencyRow {
    std::string id;           // keyed hash of caller + route + key
    std::string fingerprint;  // keyed hash of method, path and body
    std::string request_id;   // of the first request
    bool done = false;
    int status = 0;
    Sealed body;
    bool secret = false;  // the answer held a secret: kept 10 min only
    Instant created_at{};
    Instant expires_at{};  // of the answer
};

// A one-time link sent by mail; the token itself is never stored.
// notice: "this was not me", which can only freeze; recover: to enrol anew (recovery_links.hpp).
enum class LinkPurpose { confirm_email, reset_password, notice, recover };
struct LinkRow {
    std::string id;  // keyed hash of the token
    LinkPurpose purpose{};
    ApplicationId application;
    UserId user;  // empty for confirm_email
    std::string email_index;  // of the address it was sent to; recover: the case's id
    Sealed payload;  // confirm_email: address, password hash, name, locale
    Instant created_at{};
    Instant expires_at{};
    std::optional<Instant> used_at;
    std::int64_t version = 1;
};

enum class Channel { email, whatsapp };
// queued -> sent -> delivered -> read, never back (WhatsApp tells the last two); failed and dropped are
// final. `sent`: the other side accepted it.
enum class MessageStatus { queued, sent, delivered, read, failed, dropped };
// Why a message did not or will not arrive, as far as people can act on it.
enum class Failure {
    none,
    address_refused,      // SMTP 5xx: no such mailbox
    not_reachable,        // 131026: not on WhatsApp, or too old a client
    withheld,             // 131048, 131049: the other side holds messages back
    country_unavailable,  // 130497
    identity_changed,     // 137000
    too_many,             // 131056, 4, 80007, 130429: too fast
    channel_down,         // token, account, template or server trouble: nobody gets any
    rejected,             // refused for good, for no reason of the person's
    expired,              // it could not be sent in its time
    unclear,              // the other side's answer was lost
};
// A message to a person, queued in the transaction that needs it (rule 14).
struct MessageRow {
    MessageId id;
    ApplicationId application;
    UserId user;  // empty: nobody of ours yet
    Channel channel{};
    std::string kind;  // "confirm_email", "factor_enabled", … (notices.hpp)
    std::string locale;
    Sealed to;
    Sealed parameters;  // what the text needs, sealed; a link's token lives only here
    int priority = 0;   // lower is sooner
    MessageStatus status{};
    int attempts = 0;
    Instant created_at{};
    Instant not_before{};
    Instant not_after{};  // never sent later
    std::optional<Instant> leased_until;
    std::optional<Instant> sent_at;
    FactorId factor;          // whose code it carries; empty: a notice or a link
    std::string region;       // whatsapp: of the number
    std::string provider_id;  // whatsapp: wamid
    Failure failure{};        // of the last try, or why it ended
};

// What became of one leased message.
struct MessageResult {
    MessageId id;
    int attempts = 0;  // as leased: a worker whose lease ran out changes nothing any more
    MessageStatus status{};
    Failure failure{};
    Instant at{};
    Instant not_before{};  // queued again
    std::string provider_id;
};

// "email", "whatsapp" or "whatsapp:<region>", closed for everybody until then.
struct ChannelRow {
    std::string id;
    Instant closed_until{};
    Failure failure{};
    Instant updated_at{};
};

// How many of the newest codes to one destination were entered (message pumping).
struct DeliveryShare {
    int sent = 0;
    int entered = 0;
};

// A person of the desk; their name is the user's.
struct AgentRow {
    UserId user;
    AgentRole role{};
    Instant created_at{};
    std::optional<Instant> ended_at;
    std::int64_t version = 1;
};

struct CaseRow {
    CaseId id;
    ApplicationId application;
    UserId user;
    CaseState state{};
    CaseReason reason{};
    CaseChannel channel{};
    Sealed contact;         // how to reach the owner, as they say
    std::string stolen;     // ids of the factors named, comma-separated
    std::string opened_by;  // as an audit actor: "user", "agent:usr_…", "key:…", "operator"
    Instant opened_at{};
    Instant updated_at{};
    CaseState paused_from{};
    PauseReason pause_reason{};
    int approvals_needed = 1;
    LinkTo deliver{};
    int steps = 0;
    std::optional<Instant> due_at;  // when the state ends by itself; none once it is over
    std::int64_t version = 1;
};
struct EvidenceRow {
    EvidenceId id;
    CaseId support_case;
    EvidenceKind kind{};
    std::string refused;  // why it counts for nothing ("address_changed"); empty: it counts
    Sealed note;
    UserId recorded_by;
    Instant recorded_at{};
};
struct CaseStepRow {
    std::string id;  // the case's and the number
    CaseId support_case;
    int sequence = 0;  // 1..
    std::string action;
    std::string actor;
    Sealed detail;
    Instant at{};
};

struct SigningKeyRow {
    std::string id;  // kid
    Sealed private_key;
    std::string public_jwk;
    bool active = false;
    Instant created_at{};
};

// A server process that is running, and the key-ring ids it has loaded.
struct NodeRow {
    std::string id;
    Instant seen_at{};
    std::string key_ids;  // comma-separated, sorted
};

// What an erased user leaves: failure counts, so that erasing never refills a budget.
struct TombstoneRow {
    std::string id;  // keyed hash of application + external id
    int failures = 0;
    Instant locked_until{};
    Instant expires_at{};
};

// A row loaded for change; only those edited are written back.
template <class Row>
struct Tracked {
    Row row;
    bool dirty = false;
    std::shared_ptr<const Row> before = {};  // as it was before the first edit()
    Row& edit() {
        if (!before) before = std::make_shared<const Row>(row);
        dirty = true;
        return row;
    }
};

// Everything a set of verifies needs, loaded and locked together, written back together: many
// verifies share one transaction and one commit.
struct VerifyRows {
    std::map<ChallengeId, Tracked<ChallengeRow>> challenges;
    std::map<UserId, Tracked<UserRow>> users;
    std::map<FactorId, Tracked<FactorRow>> factors;     // active ones of those users
    std::map<std::string, Tracked<BudgetRow>> budgets;  // of those factors
    std::map<std::string, Tracked<ChainHead>> chains;   // "user:<id>" of those users
    std::map<DeliveryId, Tracked<DeliveryRow>> deliveries;  // of those challenges, not ended
    struct StepUse {
        FactorId factor;  // or a delivery's id, with step 0
        std::int64_t step{};
        Instant at{};
    };
    std::vector<StepUse> steps;    // to insert: the unique key is the arbiter of "at most once"
    std::vector<AuditRow> events;  // to insert
};

}  // namespace twofold::domain
