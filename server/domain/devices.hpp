// devices.hpp - remembered browsers: after a second step with "remember this browser" its cookie
// stands in for the second step of later sign-ins by password, for as many days as the setting
// says. It never stands in for a proof, a step-up or a password (rule 8).
//
// The cookie is "<series>.<token>". The series stays for the life of the record; the token is
// replaced at each use, and only keyed hashes of both are stored. The next token follows from the
// one that is given and a key of the server's, so that one whose answer was lost, or a second tab,
// gets the same again for kDeviceGrace. After that a token that was replaced means that two hold
// copies: all remembered browsers and sessions of that person end, and they are told.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

inline constexpr Seconds kDeviceGrace{60};
// One more ends the one used longest ago.
inline constexpr std::size_t kDevicesAUser = 20;

// What to do with the browser's cookie; an empty token clears it.
struct DeviceCookie {
    std::string token;
    Seconds life{};
};

// For how many days browsers are remembered; 0: not at all.
int remember_days(const Core& core, const std::optional<ApplicationRow>& application);
// When a record ends: also sooner than it says, when the setting has become shorter since. Nothing
// when it counts no more.
std::optional<Instant> device_end(const Core& core,
                                  const std::optional<ApplicationRow>& application,
                                  const DeviceRow& device);

// All below work in the caller's transaction, which holds the user's row locked.

// A cookie that came with a right password.
struct PresentedDevice {
    DeviceId device;  // not empty: it passes the second step
    std::optional<DeviceCookie> cookie;
};
PresentedDevice present_device(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                               std::string_view cookie);

// A new record for a browser that has just passed the second step. `old`: the cookie it had; a
// record of the same person behind it ends. Nothing when browsers are not remembered. `secret`:
// two tokens (new_token), made outside the transaction.
struct DeviceSecret {
    std::string series;
    std::string token;
};
DeviceSecret new_device_secret(Core& core);
struct RememberedDevice {
    DeviceId device;
    DeviceCookie cookie;
    Instant until{};
};
std::optional<RememberedDevice> remember_device(Tx& tx, Core& core, const Caller& caller,
                                                const UserRow& user, const DeviceSecret& secret,
                                                std::string_view old);

// Ends every remembered browser of a user; `why` is for the audit: "two_factor", "factor_removed",
// "password", "signed_out", "reused", "frozen"…
void end_devices(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                 std::string_view why);
// One; its budgets go with it.
void end_device(Tx& tx, Core& core, const Caller& caller, const UserRow& user,
                const DeviceRow& device, std::string_view why);

// The remembered browser a session runs in, while its record counts and none of its budgets has
// come to its end; empty: none. Its wrong codes count on budgets of their own, so that a stranger
// with the password cannot lock the owner out there.
DeviceId device_of(Tx& tx, Core& core, const Caller& caller);
DeviceId device_of(Tx& tx, Core& core, const ApplicationId&, const UserId&, const DeviceId&);

struct DeviceView {
    DeviceId id;
    std::string browser;  // "Firefox"; empty: not known
    std::string system;   // "Linux"; empty: not known
    std::string ip;       // where it was used last
    Instant created_at{};
    Instant last_used_at{};
    Instant expires_at{};
    bool current = false;  // the caller's own
};

class Devices {
 public:
    explicit Devices(Core& core) : core_(core) {}
    // Newest use first. Scope manage for keys.
    Outcome<std::vector<DeviceView>> list(const Caller&, std::string_view user);
    // Its sessions end with it, but the caller's own. not_found for another user's.
    struct Forgotten {
        bool current = false;  // the caller's own: its cookie is of no use any more
    };
    Outcome<Forgotten> forget(const Caller&, std::string_view user, const DeviceId&);

 private:
    Core& core_;
};

// For the operator: whether people of the application of that name may have browsers remembered;
// off ends the standing of those that are. not_found. Audited.
Outcome<Done> set_remember(Core& core, const Caller& caller, std::string_view application, bool on);

}  // namespace twofold::domain
