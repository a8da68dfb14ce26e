// sql.hpp - a statement being written: our own text, and values that are never taken for text.
//
// A value made only of letters, digits and - _ . : + / = @ space cannot end a literal in any
// dialect, and is written as one; any other value is bound. Nearly all of ours (ids, numbers,
// base64url, hexadecimal) are of the first kind, and on the hot path binding hundreds of them costs
// more than the database does.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::storage {

class Sql {
 public:
    Sql() = default;
    explicit Sql(std::string_view text) : text_(text) {}

    // Only text of this program's source.
    Sql& raw(std::string_view text) {
        text_ += text;
        return *this;
    }
    Sql& value(std::int64_t number);
    Sql& value(std::string_view text);
    Sql& null() { return raw("NULL"); }

    const std::string& text() const { return text_; }
    // Run the Sql only when it is complete: the values move while it grows.
    const std::vector<std::string>& bound() const { return bound_; }

 private:
    std::string text_;
    std::vector<std::string> bound_;
};

}  // namespace twofold::storage
