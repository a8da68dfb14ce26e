// svg.cpp - see svg.hpp. Each row is one run of relative moves and strokes one module wide, its
// centre half a module below the row's upper edge; that is the shortest text for one path.
#include "shared/svg.hpp"

#include "shared/text_writer.hpp"

namespace twofold {

int qr_svg_to(const QrSymbol& symbol, int quiet_zone, std::span<char> out) {
    if (quiet_zone < 0 || quiet_zone > 16) return -static_cast<int>(Error::invalid_argument);
    if (out.size() < kQrSvgMaxBytes) return -static_cast<int>(Error::buffer_too_small);
    detail::TextWriter w{out.data()};
    const int side = symbol.size + 2 * quiet_zone;
    w.text("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
    w.number(side);
    w.put(' ');
    w.number(side);
    w.text(
        "\" shape-rendering=\"crispEdges\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
        "<path stroke=\"#000\" d=\"");
    for (int y = 0; y < symbol.size; ++y) {
        int drawn = -1;  // column after the last stroke of this row
        for (int x = 0; x < symbol.size;) {
            if (!symbol.module(x, y)) {
                ++x;
                continue;
            }
            int end = x + 1;
            while (symbol.module(end, y)) ++end;
            if (drawn < 0) {
                w.put('M');
                w.number(x + quiet_zone);
                w.put(' ');
                w.number(y + quiet_zone);
                w.text(".5");
            } else {
                w.put('m');
                w.number(x - drawn);
                w.text(" 0");
            }
            w.put('h');
            w.number(end - x);
            drawn = x = end;
        }
    }
    w.text("\"/></svg>");
    return static_cast<int>(w.at - out.data());
}

std::string qr_svg(const QrSymbol& symbol, int quiet_zone) {
    std::string text(kQrSvgMaxBytes, '\0');
    const int length = qr_svg_to(symbol, quiet_zone, text);
    text.resize(length < 0 ? 0U : static_cast<std::size_t>(length));
    return text;
}

}  // namespace twofold
