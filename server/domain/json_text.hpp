// json_text.hpp - the little JSON (RFC 8259) an assertion's payload needs. Pure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace twofold::domain {

// The text in quotes, escaped as section 7 asks. Text must be UTF-8.
std::string json_string(std::string_view text);

// A flat object as Twofold's own payloads are: members that are strings, whole numbers or arrays of
// strings (which are skipped). Numbers come back as their digits. Nothing for any other JSON, a
// duplicate member, or trailing text.
std::optional<std::map<std::string, std::string>> json_flat_read(std::string_view json);

}  // namespace twofold::domain
