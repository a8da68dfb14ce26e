// json.hpp - JSON at the edge: parsing that refuses what two readers could read in two ways, and a
// reader that checks every member and reports all that is wrong at once.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/problem.hpp"

namespace twofold::http {

using Json = nlohmann::json;

inline constexpr int kMaxJsonDepth = 16;

// The value, or why not: not JSON, a byte order mark, invalid UTF-8, a member named twice, nesting
// deeper than kMaxJsonDepth, a number out of range.
struct JsonText {
    std::optional<Json> value;
    std::string_view why;  // a literal; set when there is no value
};
JsonText parse_json(std::string_view text);

// Reads the members of one object. Ask for every member the call knows, then finish(): members that
// nobody asked for are reported as unknown. Strings are UTF-8 without NUL and their length is
// counted in code points. A member that is absent or wrong reads as nothing.
class ObjectReader {
 public:
    // pointer: where the object sits, "" for the whole body (RFC 6901).
    ObjectReader(const Json& value, std::vector<FieldError>& errors, std::string pointer = {});

    enum class Need : std::uint8_t { required, optional };
    std::optional<std::string> string(const char* name, std::size_t min, std::size_t max,
                                      Need need = Need::required);
    std::optional<std::int64_t> integer(const char* name, std::int64_t min, std::int64_t max,
                                        Need need = Need::required);
    std::optional<bool> boolean(const char* name, Need need = Need::required);
    // One of the words; returns its index.
    std::optional<std::size_t> choice(const char* name,
                                      std::initializer_list<std::string_view> words,
                                      Need need = Need::required);
    std::optional<std::size_t> choice(const char* name, std::span<const std::string_view> words,
                                      Need need = Need::required);
    // An array of at most `most` strings of 1..`longest`; empty when absent or wrong.
    std::vector<std::string> strings(const char* name, std::size_t most, std::size_t longest,
                                     Need need = Need::required);
    // A nested object, or null when absent or not an object.
    const Json* object(const char* name, Need need = Need::required);
    bool has(const char* name) const;

    // Adds an error at that member.
    void fail(const char* name, std::string_view code, std::string_view detail);
    // Reports members nobody asked for.
    void finish();
    [[nodiscard]] std::string pointer_to(std::string_view name) const;

 private:
    const Json* member(const char* name, Need need);

    const Json* object_ = nullptr;
    std::vector<FieldError>& errors_;
    std::string pointer_;
    std::set<std::string, std::less<>> asked_;
};

}  // namespace twofold::http
