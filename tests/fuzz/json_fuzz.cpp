// JSON at the edge: what is taken prints and parses to the same value, and stays within the limits
// that keep two readers from seeing two values.
#include <string>
#include <vector>

#include "server/http/json.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: JSON bodies are refused with a reason or read in one way";
}

namespace {

int depth(const twofold::http::Json& value) {
    int deepest = 0;
    if (value.is_structured())
        for (const auto& child : value) deepest = std::max(deepest, depth(child));
    return deepest + (value.is_structured() ? 1 : 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold::http;
    using twofold::fuzz::require;
    const JsonText read = parse_json({reinterpret_cast<const char*>(data), size});
    require(read.value.has_value() == read.why.empty(), "a value or a reason");
    if (!read.value) return 0;
    require(depth(*read.value) <= kMaxJsonDepth, "depth");
    const std::string printed = read.value->dump();
    const JsonText again = parse_json(printed);
    require(again.value.has_value(), "what was read prints as JSON");
    require(again.value->dump() == printed, "and reads the same");

    std::vector<FieldError> errors;
    ObjectReader reader(*read.value, errors);
    const auto code = reader.string("code", 1, 64);
    require(!code || (!code->empty() && code->find('\0') == std::string::npos), "string");
    const auto digits = reader.integer("digits", 6, 8);
    require(!digits || (*digits >= 6 && *digits <= 8), "integer");
    const auto method = reader.choice("method", {"totp", "backup_code"});
    require(!method || *method < 2, "choice");
    const bool all = code && digits && method;
    require(all || !errors.empty(), "what is missing is reported");
    reader.finish();
    require(!all || (read.value->size() > 3) == !errors.empty(), "unknown members are reported");
    return 0;
}
