#include "shared/code_text.hpp"

namespace twofold {

int canonical_digits_to(std::string_view typed, std::span<char> out) {
    if (out.size() < 8) return fail(Error::buffer_too_small);
    if (typed.size() > kMaxTypedCode) return fail(Error::code_malformed);
    int n = 0;
    for (char c : typed) {
        if (c == ' ' || c == '-') continue;
        if (c < '0' || c > '9' || n == 8) return fail(Error::code_malformed);
        out[static_cast<std::size_t>(n++)] = c;
    }
    if (n < 6) return fail(Error::code_malformed);
    return n;
}

}  // namespace twofold
