#include "server/http/json.hpp"

#include <algorithm>

#include "server/http/text.hpp"

namespace twofold::http {
namespace {

// Builds the value while counting depth and looking for repeated names. nlohmann's own parser keeps
// the last of two members of one name, which is how a check and a use come to see different values.
// NOLINTNEXTLINE(bugprone-exception-escape): what the check follows is nlohmann's own destructor
class Builder : public nlohmann::json_sax<Json> {
 public:
    Json result;
    std::string_view why;

    bool null() override { return put(nullptr); }
    bool boolean(bool v) override { return put(v); }
    bool number_integer(number_integer_t v) override { return put(v); }
    bool number_unsigned(number_unsigned_t v) override { return put(v); }
    bool number_float(number_float_t v, const string_t&) override { return put(v); }
    bool string(string_t& v) override { return put(std::move(v)); }
    bool binary(binary_t&) override { return refuse("Binary values are not JSON."); }

    bool start_object(std::size_t) override { return open(Json::object()); }
    bool end_object() override { return close(); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_array() override { return close(); }

    bool key(string_t& v) override {
        if (stack_.back()->contains(v)) return refuse("A member is named twice.");
        key_ = std::move(v);
        return true;
    }

    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::detail::exception& e) override {
        // 406: a number that does not fit a double.
        return refuse(e.id == 406 ? "A number is out of range."
                                  : "The body is not JSON (RFC 8259).");
    }

 private:
    template <class V>
    Json* place(V&& v) {
        if (stack_.empty()) {
            result = std::forward<V>(v);
            return &result;
        }
        Json& top = *stack_.back();
        if (top.is_array()) {
            top.push_back(std::forward<V>(v));
            return &top.back();
        }
        Json& slot = top[key_];
        slot = std::forward<V>(v);
        return &slot;
    }
    template <class V>
    bool put(V&& v) {
        place(std::forward<V>(v));
        return true;
    }
    bool open(Json&& v) {
        if (stack_.size() >= static_cast<std::size_t>(kMaxJsonDepth)) {
            return refuse("The body is nested deeper than 16 levels.");
        }
        stack_.push_back(place(std::move(v)));
        return true;
    }
    bool close() {
        stack_.pop_back();
        return true;
    }
    bool refuse(std::string_view reason) {
        why = reason;
        return false;
    }

    // Pointers stay valid: only the innermost container grows.
    std::vector<Json*> stack_;
    std::string key_;
};

std::size_t code_points(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
    }));
}

std::string escape_pointer(std::string_view name) {
    std::string out;
    for (char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

JsonText parse_json(std::string_view text) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") {
        return {std::nullopt, "The body starts with a byte order mark (RFC 8259 section 8.1)."};
    }
    if (!is_utf8(text)) return {std::nullopt, "The body is not UTF-8."};
    Builder builder;
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
        return {std::nullopt,
                builder.why.empty() ? "The body is not JSON (RFC 8259)." : builder.why};
    }
    return {std::move(builder.result), {}};
}

ObjectReader::ObjectReader(const Json& value, std::vector<FieldError>& errors, std::string pointer)
    : errors_(errors), pointer_(std::move(pointer)) {
    if (value.is_object()) {
        object_ = &value;
    } else {
        errors_.push_back({pointer_, "type", "An object is expected."});
    }
}

std::string ObjectReader::pointer_to(std::string_view name) const {
    return pointer_ + "/" + escape_pointer(name);
}

void ObjectReader::fail(const char* name, std::string_view code, std::string_view detail) {
    errors_.push_back({pointer_to(name), std::string(code), std::string(detail)});
}

bool ObjectReader::has(const char* name) const {
    return object_ != nullptr && object_->contains(name);
}

const Json* ObjectReader::member(const char* name, Need need) {
    asked_.insert(name);
    if (object_ == nullptr) return nullptr;
    const auto it = object_->find(name);
    if (it != object_->end()) return &*it;
    if (need == Need::required) fail(name, "required", "This member is required.");
    return nullptr;
}

std::optional<std::string> ObjectReader::string(const char* name, std::size_t min, std::size_t max,
                                                Need need) {
    const Json* v = member(name, need);
    if (v == nullptr) return std::nullopt;
    if (!v->is_string()) {
        fail(name, "type", "A string is expected.");
        return std::nullopt;
    }
    const auto& text = v->get_ref<const std::string&>();
    if (text.find('\0') != std::string::npos) {
        fail(name, "format", "A NUL character is not allowed.");
        return std::nullopt;
    }
    const std::size_t length = code_points(text);
    if (length < min) {
        fail(name, "length", "At least " + std::to_string(min) + " characters are needed.");
        return std::nullopt;
    }
    if (length > max) {
        fail(name, "length", "At most " + std::to_string(max) + " characters are allowed.");
        return std::nullopt;
    }
    return text;
}

std::optional<std::int64_t> ObjectReader::integer(const char* name, std::int64_t min,
                                                  std::int64_t max, Need need) {
    const Json* v = member(name, need);
    if (v == nullptr) return std::nullopt;
    // 30.9 is not 30, and a number written as 3e1 or 30.0 is a float to this parser: refused too.
    if (!v->is_number_integer()) {
        fail(name, "type", "A whole number is expected.");
        return std::nullopt;
    }
    // Compared before narrowing: 4294967326 is not 30, and an unsigned one may exceed int64.
    const bool too_big =
        v->is_number_unsigned() && v->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (too_big || v->get<std::int64_t>() < min || v->get<std::int64_t>() > max) {
        fail(name, "range",
             "Allowed are " + std::to_string(min) + " to " + std::to_string(max) + ".");
        return std::nullopt;
    }
    return v->get<std::int64_t>();
}

std::optional<bool> ObjectReader::boolean(const char* name, Need need) {
    const Json* v = member(name, need);
    if (v == nullptr) return std::nullopt;
    if (!v->is_boolean()) {
        fail(name, "type", "true or false is expected.");
        return std::nullopt;
    }
    return v->get<bool>();
}

std::optional<std::size_t> ObjectReader::choice(const char* name,
                                                std::initializer_list<std::string_view> words,
                                                Need need) {
    return choice(name, std::span<const std::string_view>(words.begin(), words.size()), need);
}

std::vector<std::string> ObjectReader::strings(const char* name, std::size_t most,
                                               std::size_t longest, Need need) {
    std::vector<std::string> out;
    const Json* v = member(name, need);
    if (v == nullptr) return out;
    if (!v->is_array() || v->size() > most) {
        fail(name, "type", "An array of at most " + std::to_string(most) + " strings is expected.");
        return out;
    }
    for (const Json& item : *v) {
        if (!item.is_string() || item.get_ref<const std::string&>().empty() ||
            item.get_ref<const std::string&>().size() > longest) {
            fail(name, "type", "Each must be a string of 1 to " + std::to_string(longest) + " characters.");
            return {};
        }
        out.push_back(item.get<std::string>());
    }
    return out;
}

std::optional<std::size_t> ObjectReader::choice(const char* name,
                                                std::span<const std::string_view> words,
                                                Need need) {
    const Json* v = member(name, need);
    if (v == nullptr) return std::nullopt;
    if (v->is_string()) {
        const auto it = std::find(words.begin(), words.end(), v->get_ref<const std::string&>());
        if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
    }
    std::string list;
    for (std::string_view w : words) list += (list.empty() ? "" : ", ") + std::string(w);
    fail(name, v->is_string() ? "unsupported" : "type", "One of: " + list + ".");
    return std::nullopt;
}

const Json* ObjectReader::object(const char* name, Need need) {
    const Json* v = member(name, need);
    if (v == nullptr) return nullptr;
    if (!v->is_object()) {
        fail(name, "type", "An object is expected.");
        return nullptr;
    }
    return v;
}

void ObjectReader::finish() {
    if (object_ == nullptr) return;
    for (const auto& [key, value] : object_->items()) {
        if (asked_.find(key) == asked_.end()) {
            errors_.push_back({pointer_to(key), "unknown", "This member is not known here."});
        }
    }
}

}  // namespace twofold::http
