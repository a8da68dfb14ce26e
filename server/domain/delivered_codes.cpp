#include "server/domain/delivered_codes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/domain/access.hpp"
#include "server/domain/addresses.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/channels.hpp"
#include "server/domain/devices.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/ids.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/throttle.hpp"

namespace twofold::domain {
namespace {

constexpr Seconds kHour{3600};
constexpr Seconds kChallengeAtMost{1800};
// WhatsApp refuses more than about one message in 6 s to one number (131056).
constexpr Seconds kAfterFailure{10};

std::uint64_t hex_number(std::string_view hex) {
    std::uint64_t value = 0;
    std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    return value;
}

std::uint64_t power_of_ten(int n) {
    std::uint64_t out = 1;
    for (int i = 0; i < n; ++i) out *= 10;
    return out;
}

std::string purpose_text(const ChallengeRow* challenge) {
    if (challenge == nullptr) return "enroll";
    switch (challenge->purpose) {
        case Purpose::sign_in:
            return "sign_in";
        case Purpose::manage:
            return "manage:" + std::string(name_of(challenge->action));
        case Purpose::step_up:
            // Integrators' names of actions are longer than the column.
            return "step_up:" + challenge->action_name.substr(0, 24);
    }
    return {};
}

std::string kind_of(const ChallengeRow* challenge) {
    if (challenge == nullptr) return "enroll_code";
    switch (challenge->purpose) {
        case Purpose::sign_in:
            return "sign_in_code";
        case Purpose::manage:
            return "manage_code";
        case Purpose::step_up:
            return "step_up_code";
    }
    return {};
}

Problem too_soon(Seconds wait) {
    return Problem{Code::rate_limited, std::max(wait, Seconds(1)), {}, {}};
}

// The network that asks. An integrator's back end is not its people's network, and what it says of
// theirs is its own word: that counts for its application alone, or one application could use up what
// the people of another one may have.
std::string network_key(const Caller& caller, const CodeRequest& request) {
    if (caller.session() != nullptr) return network_of(caller.client.ip);
    const bool told = request.challenge != nullptr && !request.challenge->client.ip.empty();
    if (!told) return {};
    return request.factor->application.value + "\n" + network_of(request.challenge->client.ip);
}

// Of what an hour holds strangers may use this much: the rest is for addresses that are proven, or
// whoever asks for codes in vain would keep people from signing in.
int for_strangers(int an_hour) { return an_hour - an_hour / 4; }

// Security 24. Always in this order, so that two transactions wait for each other but never in a
// circle. A refusal later in the list rolls the earlier ones back with everything else.
std::optional<Problem> over_limit(Tx& tx, Core& core, const Caller& caller,
                                  const CodeRequest& request, const std::string& address,
                                  const std::string& destination) {
    const Settings& s = core.settings;
    const FactorRow& factor = *request.factor;
    struct Limit {
        std::string_view what;
        std::string whom;
        int an_hour;
    };
    const std::string& application = factor.application.value;
    const std::string region = factor.method == Method::whatsapp ? destination : "";
    // An address not proven yet may be anybody's: all who ask for codes to it share a limit.
    const bool stranger = factor.status != FactorStatus::active;
    std::string box;
    if (stranger) box = factor.method == Method::email ? mailbox_of(address) : address;
    const std::array<Limit, 9> limits{{
        {"code:factor", factor.id.value, s.codes_per_address},
        {"code:address", stranger ? application + "\n" + box : "", s.codes_per_address},
        // Of all applications together: one cannot use up another's share, many cannot flood a box.
        {"code:mailbox", box, 4 * s.codes_per_address},
        {"code:user", factor.user.value, s.codes_per_user},
        {"code:ip", network_key(caller, request), s.codes_per_ip},
        {"code:application:new", stranger ? application : "",
         for_strangers(s.codes_per_application)},
        {"code:application", application, s.codes_per_application},
        {"code:region:new", stranger ? region : "", for_strangers(s.codes_per_region)},
        {"code:region", region, s.codes_per_region},
    }};
    for (const Limit& limit : limits) {
        if (limit.whom.empty()) continue;
        const std::string key = throttle_key(core.sealer, limit.what, limit.whom);
        if (const auto wait = throttle_take(tx, key, {limit.an_hour, kHour}, core.clock.now_ms()))
            return too_soon(*wait);
    }
    return std::nullopt;
}

// When the next code may leave, given those sent for this challenge and factor, newest first.
Instant resend_at(Tx& tx, const std::vector<DeliveryRow>& sent) {
    if (sent.empty()) return Instant{};
    const DeliveryRow& newest = sent.front();
    const auto message = tx.message({newest.id.value});
    if (message && message->status == MessageStatus::failed)
        return newest.created_at + kAfterFailure;
    return newest.created_at + resend_after(static_cast<int>(sent.size()));
}

std::optional<Problem> not_now(Tx& tx, Core& core, const Caller& caller, const CodeRequest& request,
                               const std::vector<DeliveryRow>& sent) {
    const Instant now = core.clock.now();
    const FactorRow& factor = *request.factor;
    const auto application = tx.application(factor.application);
    if (!application ||
        offer_of(tx, core, *application, factor.method, factor.region,
                 factor.status == FactorStatus::active) != Offer::available)
        return problem(Code::method_unavailable);
    if (suspends(factor.trouble)) return problem(Code::factor_suspended);
    const std::string budget_id = factor.status == FactorStatus::active
                                      ? factor.id.value
                                      : pending_budget_id(factor.user, factor.method);
    // A lock set by strangers is none in a remembered browser, which has a budget of its own.
    const DeviceId device =
        factor.status == FactorStatus::active ? device_of(tx, core, caller) : DeviceId{};
    auto budget = tx.lock_budget(budget_id);
    if (budget && factor.status == FactorStatus::active && exhausted(*budget, core.settings))
        return problem(Code::factor_ended);
    if (!device.empty()) budget = tx.lock_budget(device_budget_id(device, factor.id));
    if (budget) {
        if (const auto left = lock_left(*budget, now)) return Problem{Code::factor_locked, left, {}, {}};
    }
    if (const Instant at = resend_at(tx, sent); at > now) return too_soon(at - now);
    return std::nullopt;
}

void queue_message(Tx& tx, Core& core, const Caller& caller, const CodeRequest& request,
                   const DeliveryRow& delivery, const std::string& address) {
    const UserRow& user = *request.user;
    Letter letter;
    letter.kind = kind_of(request.challenge);
    letter.to = address;
    letter.locale = user.locale;
    letter.parameters = delivery_binding(delivery);
    letter.parameters["at"] = std::to_string(delivery.created_at.time_since_epoch().count());
    letter.parameters["minutes"] = std::to_string(core.settings.code_life.count() / 60);
    letter.parameters["name"] = open_text(core, places::user_display_name(user), user.display_name);
    letter.parameters["ip"] = tamed(caller.client.ip, 64);
    letter.parameters["user_agent"] = tamed(caller.client.user_agent, 256);
    if (request.challenge != nullptr)
        letter.parameters["action"] =
            open_text(core, places::challenge_action_text(*request.challenge),
                      request.challenge->action_text);
    letter.not_after = delivery.expires_at;
    letter.priority = letter.kind == "sign_in_code" ? 0 : 1;
    letter.channel = channel_of(delivery.method);
    letter.id = MessageId{delivery.id.value};
    letter.factor = request.factor->id;
    letter.region = request.factor->region;
    if (const auto application = tx.application(user.application))
        post(tx, core, *application, user.id, letter);
}

DeliveryView view_of(Core& core, const DeliveryRow& delivery, const FactorRow& factor,
                     const std::optional<MessageRow>& message, Instant again) {
    DeliveryView view;
    view.factor = factor.id;
    view.method = factor.method;
    view.to = shown_address(core, factor);
    view.created_at = delivery.created_at;
    view.expires_at = delivery.expires_at;
    view.resend_at = again;
    view.status = message ? message->status : MessageStatus::failed;
    view.failure = message ? message->failure : Failure::expired;
    const bool too_late = view.status == MessageStatus::queued &&
                          core.clock.now() >= delivery.expires_at;
    if (view.status == MessageStatus::dropped || too_late) {
        view.status = MessageStatus::failed;
        if (view.failure == Failure::none || too_late) view.failure = Failure::expired;
    }
    if (view.status != MessageStatus::failed) view.failure = Failure::none;
    return view;
}

}  // namespace

std::string code_of(Sealer& sealer, const DeliveryRow& d) {
    const std::string binding = d.id.value + "\n" + d.application.value + "\n" + d.user.value +
                                "\n" + d.factor.value + "\n" + d.challenge.value + "\n" +
                                std::string(name_of(d.method)) + "\n" + d.purpose + "\n" +
                                std::to_string(d.digits);
    const std::uint64_t range = power_of_ten(d.digits);
    // The last, incomplete range of 64 bits is left out: every code is equally likely.
    const std::uint64_t usable = UINT64_MAX - UINT64_MAX % range;
    for (int round = 0;; ++round) {
        const std::string mac =
            sealer.keyed_hash("delivered_code", binding + "\n" + std::to_string(round));
        const std::uint64_t number = hex_number(std::string_view(mac).substr(0, 16));
        if (number >= usable) continue;
        std::string code = std::to_string(number % range);
        return std::string(static_cast<std::size_t>(d.digits) - code.size(), '0') + code;
    }
}

TextMap delivery_binding(const DeliveryRow& d) {
    return {{"application", d.application.value},
            {"user", d.user.value},
            {"factor", d.factor.value},
            {"challenge", d.challenge.value},
            {"method", std::string(name_of(d.method))},
            {"purpose", d.purpose},
            {"digits", std::to_string(d.digits)}};
}

std::optional<DeliveryRow> read_delivery_binding(const MessageId& id, const TextMap& parameters) {
    DeliveryRow d;
    d.id = DeliveryId{id.value};
    d.application = ApplicationId{text_map_get(parameters, "application")};
    d.user = UserId{text_map_get(parameters, "user")};
    d.factor = FactorId{text_map_get(parameters, "factor")};
    d.challenge = ChallengeId{text_map_get(parameters, "challenge")};
    d.purpose = text_map_get(parameters, "purpose");
    const std::string method = text_map_get(parameters, "method");
    const std::string digits = text_map_get(parameters, "digits");
    d.method = method == name_of(Method::whatsapp) ? Method::whatsapp : Method::email;
    const bool known = method == name_of(d.method);
    if (!known || d.application.empty() || d.user.empty() || d.factor.empty() || d.purpose.empty() ||
        digits.size() != 1 || digits[0] < '6' || digits[0] > '8')
        return std::nullopt;
    d.digits = digits[0] - '0';
    return d;
}

bool is_live(const DeliveryRow& delivery, Instant now) {
    return !delivery.ended_at && now < delivery.expires_at;
}

bool code_matches(Core& core, const DeliveryRow& delivery, std::string_view digits) {
    const std::string code = code_of(core.sealer, delivery);
    if (code.size() != digits.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < code.size(); ++i)
        difference |= static_cast<unsigned char>(code[i]) ^ static_cast<unsigned char>(digits[i]);
    return difference == 0;
}

Seconds resend_after(int sent) {
    constexpr std::array<Seconds, 4> waits{Seconds{30}, Seconds{60}, Seconds{120}, Seconds{300}};
    return waits[static_cast<std::size_t>(std::clamp(sent - 1, 0, 3))];
}

std::string address_of(Core& core, const FactorRow& factor) {
    return open_text(core, places::factor_address(factor), factor.address);
}

void set_address(Core& core, FactorRow& factor, std::string_view address,
                 std::string_view region) {
    factor.address = seal_text(core, places::factor_address(factor), address);
    factor.address_index = factor.method == Method::whatsapp
                               ? phone_index(core, factor.application, address)
                               : email_index(core, factor.application, address);
    factor.region = std::string(region);
}

std::string shown_address(Core& core, const FactorRow& factor) {
    const std::string address = address_of(core, factor);
    if (factor.method == Method::email) return masked_email(address);
    const std::optional<PhoneNumber> number = core.phones.parse(address, {});
    return masked_phone(address, number ? number->calling_code : "");
}

void end_delivery(Tx& tx, DeliveryRow& delivery, Instant now) {
    delivery.ended_at = now;
    tx.update_delivery(delivery);
    tx.withdraw_message(MessageId{delivery.id.value});
}

Outcome<DeliveryView> send_code(Tx& tx, Core& core, const Caller& caller,
                                const CodeRequest& request) {
    const Instant now = core.clock.now();
    const FactorRow& factor = *request.factor;
    const ChallengeId challenge = request.challenge != nullptr ? request.challenge->id : ChallengeId{};
    std::vector<DeliveryRow> sent = tx.deliveries(challenge, factor.id, 8);
    if (std::optional<Problem> refused = not_now(tx, core, caller, request, sent)) return *refused;
    const std::string address = address_of(core, factor);
    if (address.empty()) return problem(Code::unavailable);  // its key is missing
    DeliveryRow delivery;
    delivery.destination = factor.method == Method::whatsapp ? "whatsapp:" + factor.region : "email";
    if (std::optional<Problem> refused = over_limit(tx, core, caller, request, address, delivery.destination))
        return *refused;

    for (DeliveryRow& before : sent)
        if (!before.ended_at) end_delivery(tx, before, now);
    // Of two in one second the later one is the newest, too.
    delivery.id = new_delivery_id(core.random, core.clock.now_ms());
    delivery.application = factor.application;
    delivery.user = factor.user;
    delivery.factor = factor.id;
    delivery.challenge = challenge;
    delivery.method = factor.method;
    delivery.purpose = purpose_text(request.challenge);
    delivery.digits = core.settings.code_digits;
    delivery.created_at = now;
    delivery.expires_at = now + core.settings.code_life;
    if (request.challenge != nullptr) {
        // It lives as long as its newest code, half an hour at most; no code outlives it.
        ChallengeRow& row = *request.challenge;
        const Instant most = row.created_at + kChallengeAtMost;
        delivery.expires_at = std::min(delivery.expires_at, most);
        row.expires_at = std::max(row.expires_at, delivery.expires_at);
        row.deliveries += 1;
    }
    tx.insert_delivery(delivery);
    queue_message(tx, core, caller, request, delivery, address);
    record(tx, core, caller, *request.user,
           {.action = "code.sent",
            .method = std::string(name_of(factor.method)),
            .object = factor.id.value,
            .label = factor.label,
            .details = {{"delivery", delivery.id.value},
                        {"challenge", challenge.value},
                        {"purpose", delivery.purpose}}});
    sent.insert(sent.begin(), delivery);
    MessageRow queued;
    queued.status = MessageStatus::queued;
    return view_of(core, delivery, factor, queued, now + resend_after(static_cast<int>(sent.size())));
}

std::optional<DeliveryView> newest_delivery(Tx& tx, Core& core, const ChallengeId& challenge,
                                            const FactorId& pending,
                                            const std::vector<FactorRow>& factors) {
    const std::vector<DeliveryRow> newest = tx.deliveries(challenge, pending, 1);
    if (newest.empty()) return std::nullopt;
    const DeliveryRow& delivery = newest.front();
    const auto factor = std::find_if(factors.begin(), factors.end(), [&](const FactorRow& f) {
        return f.id == delivery.factor;
    });
    if (factor == factors.end()) return std::nullopt;
    const Instant again = resend_at(tx, tx.deliveries(challenge, delivery.factor, 8));
    return view_of(core, delivery, *factor, tx.message({delivery.id.value}), again);
}

}  // namespace twofold::domain
