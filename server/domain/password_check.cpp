#include "server/domain/password_check.hpp"

#include <array>

#include "server/domain/common_passwords.hpp"
#include "server/domain/events.hpp"
#include "server/domain/text_rules.hpp"
#include "shared/plain_text.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kSignInPeriod{900};
constexpr std::size_t kMostBytes = 1024;

struct Bucket {
    std::string key;
    Rate rate;
    bool anywhere = false;  // counts the tries of every network
};

// For so long a network that knew the password is the owner's: strangers elsewhere who use up the
// tries of the account do not shut it out. Its own allowance holds there as everywhere.
constexpr std::int64_t kKnownForMs = 30LL * 86400 * 1000;

std::string known_key(Core& core, const std::string& account, const std::string& network) {
    return throttle_key(core.sealer, "sign_in:known", account + "\n" + network);
}

std::array<Bucket, 3> buckets(Core& core, const Caller& caller, const std::string& account) {
    const std::string network = network_of(caller.client.ip);
    const Rate near{core.settings.sign_ins_per_account, kSignInPeriod};
    const Rate anywhere{5 * core.settings.sign_ins_per_account, kSignInPeriod};
    const Rate address{core.settings.sign_ins_per_ip, kSignInPeriod};
    return {{{throttle_key(core.sealer, "sign_in:near", account + "\n" + network), near},
             {throttle_key(core.sealer, "sign_in:account", account), anywhere, true},
             {throttle_key(core.sealer, "sign_in:ip", network), address}}};
}

}  // namespace

std::optional<std::string> password_fault(std::string_view password, std::string_view email) {
    if (password.size() > kMostBytes || password.find('\0') != std::string_view::npos)
        return "length";
    const std::size_t length = utf8_length(password);
    if (length < 8 || length > 256) return "length";
    if (is_common_password(password)) return "common_password";
    if (!email.empty() && lower(password) == lower(email)) return "email";
    return std::nullopt;
}

Outcome<AccountRow> try_password(Core& core, const Caller& caller, const ApplicationId& application,
                                 const std::string& email_index, std::string_view password) {
    const std::array<Bucket, 3> charged = buckets(core, caller, email_index);
    const std::string known = known_key(core, email_index, network_of(caller.client.ip));
    bool at_home = false;  // the account's own allowance is not asked
    std::optional<Seconds> wait;
    std::optional<AccountRow> account;
    const auto take = [&](Tx& tx) {
        wait.reset();
        const std::int64_t now = core.clock.now_ms();
        const std::optional<ThrottleRow> mark = tx.lock_throttle(known);
        at_home = mark && mark->tat_ms > now;
        for (const Bucket& bucket : charged) {
            if (at_home && bucket.anywhere) continue;
            wait = throttle_take(tx, bucket.key, bucket.rate, now);
            if (wait) return false;
        }
        account = tx.account_by_email(application, email_index);
        return true;
    };
    const Outcome<Done> taken = core.store.write(caller.request_id, take);
    if (!taken) return taken.error();
    if (wait) return Problem{Code::rate_limited, wait, {}, {}};

    const std::string hash = account ? account->password_hash : core.decoy_password_hash();
    const std::string_view tried = password.size() <= kMostBytes ? password : std::string_view();
    const bool right = core.passwords.verify(hash, tried) && account.has_value();

    const auto settle = [&](Tx& tx) {
        if (right) {
            tx.put_throttle({known, core.clock.now_ms() + kKnownForMs});
            for (const Bucket& bucket : charged)
                if (!at_home || !bucket.anywhere) throttle_refund(tx, bucket.key, bucket.rate);
            return true;
        }
        const Event failed{.action = "sign_in.password", .result = "credentials_invalid"};
        const std::optional<UserRow> user =
            account ? tx.user(account->user) : std::optional<UserRow>();
        if (user) {
            record(tx, core, caller, *user, failed);
        } else {
            record(tx, core, caller, application, failed);
        }
        return true;
    };
    const Outcome<Done> settled = core.store.write(caller.request_id, settle);
    if (!settled) return settled.error();
    if (!right) return problem(Code::credentials_invalid);
    return *account;
}

Outcome<AccountRow> try_password(Core& core, const Caller& caller, const UserId& user,
                                 std::string_view password) {
    std::optional<AccountRow> account;
    const Outcome<Done> done = core.store.read([&](Tx& tx) { account = tx.account(user); });
    if (!done) return done.error();
    if (!account) return problem(Code::forbidden);  // an integrator's user has no password here
    return try_password(core, caller, account->application, account->email_index, password);
}

}  // namespace twofold::domain
