// Base32 (RFC 4648 section 6): what decodes is written again in one way, bounds are exact.
#include <algorithm>
#include <string>
#include <vector>

#include "shared/base32.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: base32 round trip and bounds";
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold;
    using fuzz::require;
    if (size > 4096) return 0;

    // Any bytes come back.
    const ByteView bytes(data, size);
    std::vector<char> written(base32_length(size));
    require(base32_encode_to(bytes, written) == static_cast<int>(written.size()), "length written");
    std::vector<std::uint8_t> back(size);
    require(base32_decode_to({written.data(), written.size()}, back) == static_cast<int>(size),
            "what was written decodes");
    require(std::equal(back.begin(), back.end(), data), "to the same bytes");
    if (!written.empty()) {
        std::vector<char> small(written.size() - 1);
        require(base32_encode_to(bytes, small) == fail(Error::buffer_too_small), "short buffer");
    }

    // Any text is refused, or is the one spelling but for case and padding.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<std::uint8_t> out(base32_bytes(size));
    const int n = base32_decode_to(text, out);
    if (n < 0) {
        require(n == fail(Error::base32_invalid), "room for every text of this length");
        return 0;
    }
    require(static_cast<std::size_t>(n) <= out.size(), "bytes within the buffer");
    std::string plain(text.substr(0, text.find('=')));
    for (char& c : plain)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    require(base32_encode({out.data(), static_cast<std::size_t>(n)}) == plain, "one spelling");
    return 0;
}
