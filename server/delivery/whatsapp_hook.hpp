// whatsapp_hook.hpp - Meta's status webhook (field `messages`, text of Nov 2025): who sends it, and
// what it says. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/delivery_reports.hpp"

namespace twofold::delivery {

// The registration's bare challenge when mode and token are right. Constant time.
std::optional<std::string> whatsapp_hello(std::string_view verify_token, std::string_view mode,
                                          std::string_view challenge, std::string_view token);

// X-Hub-Signature-256 "sha256=<hex>" is the HMAC-SHA256 of the raw body under the app secret.
// Constant time; false for an empty secret.
bool signed_by_meta(std::string_view app_secret, std::string_view raw_body,
                    std::string_view signature);

// At most 1,000 statuses; what is unknown is passed over. Nothing when it is no JSON object.
std::optional<std::vector<domain::DeliveryReport>> read_reports(std::string_view body);

}  // namespace twofold::delivery
