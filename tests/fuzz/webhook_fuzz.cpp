// Meta's webhook: any body is refused or read into reports that are within bounds.
#include <string>

#include "server/delivery/whatsapp.hpp"
#include "server/delivery/whatsapp_hook.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: webhook bodies and Meta's answers are read within bounds";
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold::delivery;
    using twofold::fuzz::require;
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    if (const auto reports = read_reports(body)) {
        require(reports->size() <= 1000, "at most 1,000 reports");
        for (const auto& report : *reports) {
            require(report.provider_id.size() <= 128, "the id fits its column");
            const bool failed = report.status == twofold::domain::MessageStatus::failed;
            require(failed || report.failure == twofold::domain::Failure::none, "a reason with failed");
            require(report.status != twofold::domain::MessageStatus::queued, "a report is no queue");
        }
    }
    const WhatsAppAnswer answer = read_whatsapp_answer(200, std::string(body));
    require(!answer.accepted || answer.message_id.size() <= 128, "wamid fits its column");
    require(!answer.accepted || answer.code == -1, "accepted or an error");
    require(!signed_by_meta("secret", body, "sha256=" + std::string(64, '0')), "not signed");
    return 0;
}
