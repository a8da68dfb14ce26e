// The edge guard (RFC 9112): framing is settled by the bytes alone. However the bytes arrive, the
// same request comes out, and nothing in it lies outside its own bytes.
#include <string>
#include <variant>

#include "server/http/head.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: a request head is refused or framed in one way";
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold::http;
    using twofold::fuzz::require;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const HeadLimits limits{1024, 2048, 16};
    const HostCheck ours = [](std::string_view host) { return host == "localhost:8080"; };
    const FrameResult whole = frame(input, limits, ours);

    if (const auto* refusal = std::get_if<Refusal>(&whole)) {
        require(refusal->status >= 400 && refusal->status < 600 && !refusal->code.empty(),
                "a refusal says why");
        return 0;
    }
    if (const auto* more = std::get_if<Incomplete>(&whole)) {
        require(!more->head_complete || more->total > size, "bytes are missing");
        require(more->total <= limits.head_bytes + limits.body_bytes, "never more than the limits");
        return 0;
    }
    const Framed& framed = std::get<Framed>(whole);
    require(framed.head_size <= framed.size && framed.size <= size, "sizes");
    require(framed.head_size <= limits.head_bytes, "head limit");
    require(framed.size - framed.head_size <= limits.body_bytes, "body limit");
    require(framed.headers.size() <= limits.fields, "field limit");
    const std::string_view head = input.substr(0, framed.head_size);
    const auto inside = [&](std::string_view part) {
        return part.empty() || (part.data() >= head.data() &&
                                part.data() + part.size() <= head.data() + head.size());
    };
    const auto clean = [](std::string_view part) {
        return part.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
    };
    require(inside(framed.target) && clean(framed.target), "target");
    for (const Field& f : framed.headers)
        require(inside(f.name) && inside(f.value) && clean(f.name) && clean(f.value), "field");

    // What follows belongs to the next request and changes nothing.
    const FrameResult alone = frame(input.substr(0, framed.size), limits, ours);
    require(std::holds_alternative<Framed>(alone) && std::get<Framed>(alone).size == framed.size,
            "the request alone");
    // Byte by byte nothing else comes out, neither earlier nor refused.
    for (std::size_t n = 0; n < framed.size; ++n)
        require(std::holds_alternative<Incomplete>(frame(input.substr(0, n), limits, ours)),
                "a part is incomplete");
    return 0;
}
