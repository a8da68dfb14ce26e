// mailbox.hpp - where --demo puts messages instead of sending them: the newest 200, in memory, read
// at /demo/mailbox. Thread-safe.
#pragma once
#include <deque>
#include <mutex>
#include <vector>

#include "server/delivery/transport.hpp"
#include "server/domain/delivery_reports.hpp"

namespace twofold::delivery {

class DemoMailbox final : public Transport {
 public:
    Receipt send(const Letter& letter) override;
    // {"items":[{id,at,channel,to,subject,text,link?,code?,html?}]}, newest first.
    std::string json() const;
    // What WhatsApp would tell by its webhook meanwhile: delivered a second after sending, read once
    // the mailbox has been looked at.
    std::vector<domain::DeliveryReport> reports(domain::Instant now);
    static constexpr std::size_t kKept = 200;

 private:
    struct Kept {
        Letter letter;
        domain::MessageStatus told = domain::MessageStatus::sent;
        bool seen = false;
    };
    mutable std::mutex mutex_;
    mutable std::deque<Kept> letters_;  // newest first; looking at one marks it as seen
};

}  // namespace twofold::delivery
