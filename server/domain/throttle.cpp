#include "server/domain/throttle.hpp"

#include <algorithm>
#include <vector>

namespace twofold::domain {
namespace {

std::int64_t interval_ms(const Rate& rate) {
    // At the least 1 ms: with 0 a limit that is set very high would count nothing at all.
    return std::max<std::int64_t>(rate.period.count() * 1000 / rate.limit, 1);
}

}  // namespace

std::optional<Seconds> gcra_take(std::int64_t& tat_ms, const Rate& rate, std::int64_t now_ms) {
    const std::int64_t interval = interval_ms(rate);
    const std::int64_t burst = interval * rate.limit;
    const std::int64_t next = std::max(tat_ms, now_ms) + interval;
    const std::int64_t early = next - burst - now_ms;
    if (early > 0) return Seconds((early + 999) / 1000);
    tat_ms = next;
    return std::nullopt;
}

std::optional<Seconds> throttle_take(Tx& tx, const std::string& key, const Rate& rate,
                                     std::int64_t now_ms) {
    ThrottleRow row = tx.lock_throttle(key).value_or(ThrottleRow{key, 0});
    const std::optional<Seconds> wait = gcra_take(row.tat_ms, rate, now_ms);
    if (!wait) tx.put_throttle(row);
    return wait;
}

void throttle_refund(Tx& tx, const std::string& key, const Rate& rate) {
    std::optional<ThrottleRow> row = tx.lock_throttle(key);
    if (!row) return;
    row->tat_ms -= interval_ms(rate);
    tx.put_throttle(*row);
}

std::string throttle_key(Sealer& sealer, std::string_view what, std::string_view whom) {
    return sealer.keyed_hash("throttle", std::string(what) + "\n" + std::string(whom));
}

std::string network_of(std::string_view ip) {
    if (ip.find(':') == std::string_view::npos) return std::string(ip);
    if (const std::size_t dot = ip.find('.'); dot != std::string_view::npos)
        return std::string(ip.substr(ip.rfind(':') + 1));  // ::ffff:192.0.2.1 is the IPv4 address
    // Groups before and after "::", to write out the first four of eight.
    std::vector<std::string> front, back;
    bool after = false;
    std::size_t at = 0;
    while (at <= ip.size()) {
        const std::size_t colon = std::min(ip.find(':', at), ip.size());
        const std::string_view group = ip.substr(at, colon - at);
        if (!group.empty()) {
            (after ? back : front).emplace_back(group);
        } else if (colon != ip.size() && at != 0) {
            after = true;
        }
        at = colon + 1;
    }
    while (front.size() + back.size() < 8) front.emplace_back("0");
    front.insert(front.end(), back.begin(), back.end());
    std::string out;
    for (std::size_t i = 0; i < 4; ++i) {
        std::string group = front[i];
        group.erase(0, std::min(group.find_first_not_of('0'), group.size() - 1));
        for (char& c : group)
            if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
        out += group + ":";
    }
    return out + ":/64";
}

}  // namespace twofold::domain
