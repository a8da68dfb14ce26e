#include "server/domain/notices.hpp"

#include <algorithm>

#include "server/domain/bell.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/throttle.hpp"

namespace twofold::domain {
namespace {

constexpr Rate kNoticeRate{3, Seconds(3600)};
constexpr Seconds kNoticeLife{3 * 86400};
constexpr int kFewCodes = 3;

// What somebody else may have done in the reader's name.
bool can_be_denied(std::string_view kind) {
    return kind != "account_erased" && kind != "factor_suspended" && kind != "factor_ended";
}

bool throttled(std::string_view kind) { return kind == "factor_locked" || kind == "code_reused"; }

}  // namespace

void post(Tx& tx, Core& core, const ApplicationRow& application, const UserId& user,
          const Letter& letter) {
    MessageRow message;
    message.id = letter.id.empty() ? new_id<MessageId>(core.random, "msg_") : letter.id;
    message.application = application.id;
    message.user = user;
    message.channel = letter.channel;
    message.factor = letter.factor;
    message.region = letter.region;
    message.kind = letter.kind;
    message.locale = letter.locale;
    TextMap parameters = letter.parameters;
    parameters["issuer"] = application.issuer;
    message.to = seal_text(core, places::message_to(message), letter.to);
    message.parameters =
        seal_text(core, places::message_parameters(message), text_map_write(parameters));
    message.priority = letter.priority;
    message.status = letter.status;
    message.created_at = core.clock.now();
    message.not_before = message.created_at;
    message.not_after = letter.not_after;
    tx.insert_message(message);
    if (letter.status == MessageStatus::queued) core.bell->ring();
}

void notify(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const Notice& notice) {
    const Instant now = core.clock.now();
    const std::string email = open_text(core, places::user_email(user), user.email);
    std::vector<std::string> addresses{email};
    if (now < user.previous_email_until)
        addresses.push_back(
            open_text(core, places::user_previous_email(user), user.previous_email));
    for (const FactorRow& factor : tx.factors(user.id))
        if (factor.method == Method::email && factor.status == FactorStatus::active)
            addresses.push_back(open_text(core, places::factor_address(factor), factor.address));
    addresses.insert(addresses.end(), notice.also.begin(), notice.also.end());
    // Each mailbox once, whatever the spelling.
    std::vector<std::string> known;
    std::erase_if(addresses, [&](const std::string& address) {
        if (address.empty() || std::find(known.begin(), known.end(), lower(address)) != known.end())
            return true;
        known.push_back(lower(address));
        return false;
    });
    if (addresses.empty()) return;
    if (throttled(notice.kind) &&
        throttle_take(tx, throttle_key(core.sealer, "notice:" + notice.kind, user.id.value),
                      kNoticeRate, core.clock.now_ms()))
        return;
    const std::optional<ApplicationRow> application = tx.application(user.application);
    if (!application) return;

    Letter letter;
    letter.kind = notice.kind;
    letter.locale = user.locale;
    letter.not_after = now + kNoticeLife;
    letter.priority = 5;
    letter.parameters["at"] = std::to_string(now.time_since_epoch().count());
    letter.parameters["name"] = open_text(core, places::user_display_name(user), user.display_name);
    letter.parameters["ip"] = tamed(caller.client.ip, 64);
    letter.parameters["user_agent"] = tamed(caller.client.user_agent, 256);
    if (!notice.label.empty()) letter.parameters["label"] = notice.label;
    if (!notice.method.empty()) letter.parameters["method"] = notice.method;
    if (notice.remaining >= 0) letter.parameters["remaining"] = std::to_string(notice.remaining);
    if (notice.remaining >= 0 && notice.remaining <= kFewCodes)
        letter.parameters["few"] = std::to_string(notice.remaining);
    for (const auto& [name, value] : notice.more) letter.parameters[name] = value;
    if (can_be_denied(notice.kind)) letter.parameters["not_me"] = notice_link(tx, core, user);
    for (const std::string& address : addresses) {
        letter.to = address;
        post(tx, core, *application, user.id, letter);
    }
}

}  // namespace twofold::domain
