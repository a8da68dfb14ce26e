#include "server/domain/key_cache.hpp"

namespace twofold::domain {

std::optional<ApiKeyRow> KeyCache::get(const std::string& hash, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(hash);
    if (it == entries_.end()) return std::nullopt;
    // A clock that went back makes nothing fresh again.
    const std::int64_t age = now_ms - it->second.at_ms;
    if (age < 0 || age >= kLife) return std::nullopt;
    return it->second.row;
}

void KeyCache::put(const ApiKeyRow& row, std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMost && !entries_.contains(row.hash)) entries_.clear();
    entries_[row.hash] = Entry{row, now_ms};
}

void KeyCache::forget(const ApiKeyId& id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const auto& e) { return e.second.row.id == id; });
}

}  // namespace twofold::domain
