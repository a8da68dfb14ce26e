// guarded_store.hpp - no write while the clocks disagree: every decision that changes something
// depends on the time - which step is now, what has expired, what may be swept away. Reads go on.
//   errors   Problem{unavailable, retry_after 5 s} while ClockGuard::ok() is false
#pragma once
#include "server/domain/ports.hpp"
#include "server/platform/clock.hpp"

namespace twofold::platform {

class GuardedStore final : public domain::Store {
 public:
    // Both outlive this.
    GuardedStore(domain::Store& store, const ClockGuard& guard) : store_(store), guard_(guard) {}

    domain::Outcome<Done> write(std::string_view request_id,
                                const std::function<bool(domain::Tx&)>& fn) override {
        if (!guard_.ok())
            return domain::Problem{domain::Code::unavailable, std::chrono::seconds{5}, {}, {}};
        return store_.write(request_id, fn);
    }
    domain::Outcome<Done> read(const std::function<void(domain::Tx&)>& fn) override {
        return store_.read(fn);
    }
    bool ready() override { return store_.ready(); }

 private:
    domain::Store& store_;
    const ClockGuard& guard_;
};

}  // namespace twofold::platform
