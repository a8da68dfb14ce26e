// sql.hpp - a statement being written: our own text, and values that are never taken for text.
//
// A value made only of letters, digits and - _ . : + / = @ space cannot end a literal in any
// dialect, and is written as one; any other value is bound. Nearly all of ours (ids, numbers,
// base64url, hexadecimal) are of the first kind, and binding hundreds of them through SOCI costs more
// than the database does.
//
// A statement whose shape comes again and again is keep()t: every value is bound, and the statement
// stays prepared on its connection (statements.hpp), so that the database parses it once.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twofold::storage {

// A value of a kept statement.
struct SqlValue {
    enum class Kind : std::uint8_t { null, number, text };
    Kind kind = Kind::null;
    std::int64_t number = 0;
    std::size_t at = 0;  // of the text, in Sql::texts()
    std::size_t size = 0;
};

class Sql {
 public:
    Sql() = default;
    explicit Sql(std::string_view text) : text_(text) {}

    // From here on every value is bound; before the first one.
    Sql& keep() {
        kept_ = true;
        return *this;
    }
    bool kept() const { return kept_; }
    std::span<const SqlValue> values() const { return values_; }  // of a kept one, in order
    const std::string& texts() const { return texts_; }

    // Only text of this program's source.
    Sql& raw(std::string_view text) {
        text_ += text;
        return *this;
    }
    Sql& value(std::int64_t number);
    Sql& value(std::string_view text);
    Sql& null();

    const std::string& text() const { return text_; }
    // Run the Sql only when it is complete: the values move while it grows.
    const std::vector<std::string>& bound() const { return bound_; }

 private:
    std::string text_;
    std::vector<std::string> bound_;
    bool kept_ = false;
    std::vector<SqlValue> values_;
    std::string texts_;
};

}  // namespace twofold::storage
