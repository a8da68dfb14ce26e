// mailbox.hpp - where --demo puts messages instead of sending them: the newest 200, in memory, read
// at /demo/mailbox. Thread-safe.
#pragma once
#include <deque>
#include <mutex>

#include "server/delivery/transport.hpp"

namespace twofold::delivery {

class DemoMailbox final : public Transport {
 public:
    Receipt send(const Letter& letter) override;
    // {"items":[{id,at,channel,to,subject,text,link?}]}, newest first.
    std::string json() const;
    static constexpr std::size_t kKept = 200;

 private:
    mutable std::mutex mutex_;
    std::deque<Letter> letters_;  // newest first
};

}  // namespace twofold::delivery
