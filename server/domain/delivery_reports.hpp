// delivery_reports.hpp - what the other side tells later of a message: WhatsApp's status webhook, and
// what a worker learned while sending.
#pragma once
#include <string>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

struct DeliveryReport {
    std::string provider_id;  // wamid; messages are found by nothing else
    MessageStatus status{};   // sent, delivered, read, failed
    Failure failure{};        // with failed
};

// Moves the message forward, never back: sent < delivered < read; failed is final. The same report
// twice has one effect (security 29). An unknown id is passed over. A failure tells on the factor:
// address_refused -> bounced, not_reachable -> unreachable, identity_changed -> suspended + notice.
Outcome<Done> take_reports(Core& core, const std::string& request_id,
                           const std::vector<DeliveryReport>& reports);

// The same for a message whose sending itself failed for good. Inside the caller's transaction.
void note_failure(Tx& tx, Core& core, const MessageRow& message, Failure failure);

}  // namespace twofold::domain
