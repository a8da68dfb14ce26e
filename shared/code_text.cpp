#include "shared/code_text.hpp"

namespace twofold {

Result<std::size_t> canonical_digits_to(std::string_view typed, std::span<char> out) {
    if (out.size() < 8) return Error::buffer_too_small;
    if (typed.size() > kMaxTypedCode) return Error::code_malformed;
    std::size_t n = 0;
    for (char c : typed) {
        if (c == ' ' || c == '-') continue;
        if (c < '0' || c > '9' || n == 8) return Error::code_malformed;
        out[n++] = c;
    }
    if (n < 6) return Error::code_malformed;
    return n;
}

}  // namespace twofold
