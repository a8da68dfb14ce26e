#include "server/domain/json_text.hpp"

#include <cstdint>

namespace twofold::domain {
namespace {

class Reader {
 public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool at_end() const { return text_.empty(); }
    bool at(char c) const { return !text_.empty() && text_.front() == c; }

    std::optional<std::string> string() {
        if (!take('"')) return std::nullopt;
        std::string out;
        while (!text_.empty()) {
            const char c = text_.front();
            text_.remove_prefix(1);
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
            if (c != '\\') {
                out += c;
            } else if (!escape(out)) {
                return std::nullopt;
            }
        }
        return std::nullopt;
    }

    std::optional<std::string> number() {
        std::string out;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            out += text_.front();
            text_.remove_prefix(1);
        }
        if (out.empty() || (out.size() > 1 && out[0] == '0')) return std::nullopt;
        return out;
    }

    bool skip_strings() {
        if (!take('[')) return false;
        if (take(']')) return true;
        do {
            if (!string()) return false;
        } while (take(','));
        return take(']');
    }

 private:
    // What follows a backslash. Of \u only U+0000..001F: json_string writes no other.
    bool escape(std::string& out) {
        if (text_.empty()) return false;
        const char c = text_.front();
        text_.remove_prefix(1);
        switch (c) {
            case '"':
            case '\\':
            case '/':
                out += c;
                return true;
            case 'b':
                out += '\b';
                return true;
            case 'f':
                out += '\f';
                return true;
            case 'n':
                out += '\n';
                return true;
            case 'r':
                out += '\r';
                return true;
            case 't':
                out += '\t';
                return true;
            case 'u':
                break;
            default:
                return false;
        }
        if (text_.size() < 4 || text_.substr(0, 2) != "00") return false;
        constexpr std::string_view kHex = "0123456789abcdef";
        const std::size_t high = kHex.find(text_[2]);
        const std::size_t low = kHex.find(text_[3]);
        if (high > 1 || low == std::string_view::npos) return false;
        out += static_cast<char>(high * 16 + low);
        text_.remove_prefix(4);
        return true;
    }

    std::string_view text_;
};

}  // namespace

std::string json_string(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += "\\u00";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::optional<std::map<std::string, std::string>> json_flat_read(std::string_view json) {
    Reader in(json);
    std::map<std::string, std::string> out;
    if (!in.take('{')) return std::nullopt;
    if (in.take('}')) return in.at_end() ? std::optional(out) : std::nullopt;
    do {
        const std::optional<std::string> name = in.string();
        if (!name || !in.take(':') || out.contains(*name)) return std::nullopt;
        if (in.at('[')) {
            if (!in.skip_strings()) return std::nullopt;
            out[*name] = {};
            continue;
        }
        const std::optional<std::string> value = in.at('"') ? in.string() : in.number();
        if (!value) return std::nullopt;
        out[*name] = *value;
    } while (in.take(','));
    if (!in.take('}') || !in.at_end()) return std::nullopt;
    return out;
}

}  // namespace twofold::domain
