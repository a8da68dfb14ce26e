// throttle.hpp - the generic cell rate algorithm (ITU-T I.371): at most `limit` calls at once, and
// `limit` a `period` in the long run. One stored number a key; its row is locked, so that any
// number of processes count together. Distinct from budget.hpp, which counts consecutive failures.
#pragma once
#include <optional>
#include <string>

#include "server/domain/ports.hpp"

namespace twofold::domain {

struct Rate {
    int limit = 1;         // 1..
    Seconds period{3600};  // 1..
};

// Pure. Counts one call against `tat_ms` (theoretical arrival time) and moves it; when the call
// comes too early leaves it alone and gives the seconds to wait (1..).
std::optional<Seconds> gcra_take(std::int64_t& tat_ms, const Rate& rate, std::int64_t now_ms);

// The same on the stored row of `key` (from throttle_key).
std::optional<Seconds> throttle_take(Tx& tx, const std::string& key, const Rate& rate,
                                     std::int64_t now_ms);
// Gives one call back: what succeeded is no guess.
void throttle_refund(Tx& tx, const std::string& key, const Rate& rate);

// A keyed hash, so that the table names neither address nor person.
std::string throttle_key(Sealer& sealer, std::string_view what, std::string_view whom);

// The network an address belongs to: all of an IPv4 address, the first 64 bits of an IPv6 one (what
// one customer gets). Text that is neither stands for itself.
std::string network_of(std::string_view ip);

}  // namespace twofold::domain
