// types.hpp - the domain's vocabulary: ids, instants, methods, purposes, and who is calling.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>

namespace twofold::domain {

// UTC, whole seconds since the Unix epoch.
using Instant = std::chrono::sys_seconds;
using Seconds = std::chrono::seconds;

// Prefixed opaque text ("usr_…"), compared byte for byte. Two kinds of id never mix.
template <class Tag>
struct Id {
    std::string value;
    friend bool operator==(const Id&, const Id&) = default;
    friend auto operator<=>(const Id&, const Id&) = default;
    bool empty() const { return value.empty(); }
};
using ApplicationId = Id<struct ApplicationTag>;  // app_
using UserId = Id<struct UserTag>;            // usr_ (ours; the integrator's own is external_id)
using FactorId = Id<struct FactorTag>;        // enr_ (an enrolment becomes the factor)
using ChallengeId = Id<struct ChallengeTag>;  // chl_
using SessionId = Id<struct SessionTag>;      // keyed hash of the cookie's token
using ApiKeyId = Id<struct ApiKeyTag>;        // key_
using BackupSetId = Id<struct BackupSetTag>;  // bcs_
using MessageId = Id<struct MessageTag>;      // msg_, or its delivery's
using DeliveryId = Id<struct DeliveryTag>;    // dlv_ (a code on its way)
using DeviceId = Id<struct DeviceTag>;        // dev_ (a remembered browser)
using EventId = Id<struct EventTag>;          // evt_, sorts by time

// The authentication tag, nonce and key id are inside; base64url text, safe in any column.
struct Sealed {
    std::string text;
    bool empty() const { return text.empty(); }
    friend bool operator==(const Sealed&, const Sealed&) = default;
};

enum class Method { totp, email, whatsapp, backup_code };
enum class FactorStatus { pending, active, ended };
enum class Purpose { sign_in, manage, step_up };
enum class Action { none, add_factor, remove_factor, disable, regenerate, change_address };
enum class ChallengeStatus { pending, approved, consumed, closed };
// What is known against a factor's address. `identity_changed` (WhatsApp 137000: the number may have a
// new owner) and `stolen` (a support case says so) suspend the factor; the others only warn, and go with the next code that is entered.
enum class FactorTrouble { none, bounced, unreachable, identity_changed, stolen };
// How a pending enrolment was opened; `none` is void as soon as any factor is active (rule 6).
// `link`: by a re-enrol link at the end of a support case.
enum class OpenedWith { none, proof, recover, link };

enum class Scope {
    users,
    enroll,
    verify,
    manage,
    support,
    audit,
    webhooks,
    import,
    erase,
    keys,
    applications
};
using Scopes = std::set<Scope>;

// As seen by us (a session) or as told by an integrator (a key): feeds limits, notices and audit.
struct ClientInfo {
    std::string ip;
    std::string user_agent;
};

struct NoCaller {};

struct KeyCaller {
    ApiKeyId id;
    ApplicationId application;
    Scopes scopes;
};

// A person's cookie. `second_step` has no rights but the second step itself (rule 7); `recovery` came
// by a re-enrol link and can do nothing but enrol.
enum class SessionState { second_step, full, recovery };
struct SessionCaller {
    SessionId id;
    ApplicationId application;
    UserId user;
    SessionState state{};
    ChallengeId challenge;                 // the one it is bound to while second_step
    Instant password_at{};                 // last password step
    std::optional<Instant> recover_until;  // unused recover grant (rule 8)
    Id<struct CaseTag> support_case = {};  // recovery: whose link it came by
    DeviceId device = {};                  // the remembered browser it runs in; empty: none
};

// The command line on the server itself.
struct OperatorCaller {};

struct Caller {
    std::variant<NoCaller, KeyCaller, SessionCaller, OperatorCaller> who;
    ClientInfo client;
    std::string request_id;  // "req_…", unique; also proves a lost COMMIT (see ports.hpp)

    const KeyCaller* key() const { return std::get_if<KeyCaller>(&who); }
    const SessionCaller* session() const { return std::get_if<SessionCaller>(&who); }
};

}  // namespace twofold::domain
