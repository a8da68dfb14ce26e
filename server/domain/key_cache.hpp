// key_cache.hpp - API keys seen in the last moment, so that a busy key costs one look a second
// while a revocation reaches every process within that second (security 58). Thread-safe.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "server/domain/rows.hpp"

namespace twofold::domain {

class KeyCache {
 public:
    // The row for a key's keyed hash when it was put in less than kLife ago.
    std::optional<ApiKeyRow> get(const std::string& hash, std::int64_t now_ms);
    void put(const ApiKeyRow& row, std::int64_t now_ms);
    void forget(const ApiKeyId& id);

 private:
    static constexpr std::int64_t kLife = 900;  // ms; with the request's own time still under 1 s
    static constexpr std::size_t kMost = 4096;
    struct Entry {
        ApiKeyRow row;
        std::int64_t at_ms = 0;
    };
    std::mutex mutex_;
    std::map<std::string, Entry> entries_;
};

}  // namespace twofold::domain
