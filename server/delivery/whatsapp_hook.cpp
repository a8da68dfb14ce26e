#include "server/delivery/whatsapp_hook.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "server/delivery/whatsapp_errors.hpp"
#include "shared/hmac.hpp"

namespace twofold::delivery {
namespace {

using Json = nlohmann::json;
using domain::DeliveryReport;
using domain::MessageStatus;

constexpr std::size_t kAtMost = 1000;
constexpr int kDepth = 16;

std::string hex_mac(std::string_view key, std::string_view message) {
    std::array<std::uint8_t, kMaxDigestSize> mac{};
    const std::size_t n = hmac(HashAlgorithm::sha256, as_bytes(key), as_bytes(message), mac);
    std::string out;
    for (std::size_t i = 0; i < n; ++i) {
        out += "0123456789abcdef"[mac[i] >> 4];
        out += "0123456789abcdef"[mac[i] & 15];
    }
    return out;
}

// Both are hashed first, so that neither length nor first difference shows in the time.
bool same(std::string_view a, std::string_view b) {
    constexpr std::string_view kKey = "compare";
    const std::string x = hex_mac(kKey, a);
    const std::string y = hex_mac(kKey, b);
    unsigned difference = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        difference |= static_cast<unsigned char>(x[i]) ^ static_cast<unsigned char>(y[i]);
    return difference == 0;
}

std::optional<MessageStatus> status_of(const Json& text) {
    if (!text.is_string()) return std::nullopt;
    if (text == "sent") return MessageStatus::sent;
    if (text == "delivered") return MessageStatus::delivered;
    if (text == "read") return MessageStatus::read;
    if (text == "failed") return MessageStatus::failed;
    return std::nullopt;
}

// The member of that name, or null.
const Json& member(const Json& object, const char* name) {
    static const Json kNone;
    if (!object.is_object()) return kNone;
    const auto it = object.find(name);
    return it == object.end() ? kNone : *it;
}

// The same when it is an array, else an empty one.
const Json& list(const Json& object, const char* name) {
    static const Json kEmpty = Json::array();
    const Json& found = member(object, name);
    return found.is_array() ? found : kEmpty;
}

std::optional<DeliveryReport> report_of(const Json& status) {
    if (!status.is_object()) return std::nullopt;
    DeliveryReport out;
    const Json id = status.value("id", Json());
    const auto what = status_of(status.value("status", Json()));
    if (!id.is_string() || id.get_ref<const std::string&>().size() > 128 || !what)
        return std::nullopt;
    out.provider_id = id;
    out.status = *what;
    if (out.status != MessageStatus::failed) return out;
    out.failure = domain::Failure::rejected;
    for (const Json& error : list(status, "errors")) {
        if (!error.is_object() || !error.value("code", Json()).is_number_integer()) continue;
        out.failure = whatsapp_meaning(error.value("code", 0)).failure;
        break;
    }
    return out;
}

}  // namespace

std::optional<std::string> whatsapp_hello(std::string_view verify_token, std::string_view mode,
                                          std::string_view challenge, std::string_view token) {
    if (verify_token.empty() || mode != "subscribe" || !same(verify_token, token))
        return std::nullopt;
    return std::string(challenge);
}

bool signed_by_meta(std::string_view app_secret, std::string_view raw_body,
                    std::string_view signature) {
    constexpr std::string_view kPrefix = "sha256=";
    if (app_secret.empty() || !signature.starts_with(kPrefix)) return false;
    return same(hex_mac(app_secret, raw_body), signature.substr(kPrefix.size()));
}

std::optional<std::vector<DeliveryReport>> read_reports(std::string_view body) {
    const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kDepth; };
    const Json json = Json::parse(body, shallow, false);
    if (!json.is_object()) return std::nullopt;
    std::vector<DeliveryReport> out;
    for (const Json& entry : list(json, "entry"))
        for (const Json& change : list(entry, "changes"))
            for (const Json& status : list(member(change, "value"), "statuses")) {
                if (out.size() >= kAtMost) return out;
                if (auto report = report_of(status)) out.push_back(std::move(*report));
            }
    return out;
}

}  // namespace twofold::delivery
