// svg.cpp - see svg.hpp. Each row is one run of relative moves and strokes one module wide, its
// centre half a module below the row's upper edge; that is the shortest text for one path.
#include "shared/svg.hpp"

#include <cstdint>

namespace twofold {
namespace {

// Appends within bounds and keeps counting beyond them.
struct TextWriter {
    std::span<char> out;
    std::size_t length = 0;

    void put(char c) {
        if (length < out.size()) out[length] = c;
        ++length;
    }
    void put(const char* text) {
        while (*text != '\0') put(*text++);
    }
    void put(int number) {  // 0..999
        if (number >= 100) put(static_cast<char>('0' + number / 100));
        if (number >= 10) put(static_cast<char>('0' + number / 10 % 10));
        put(static_cast<char>('0' + number % 10));
    }
};

}  // namespace

int qr_svg_to(const QrSymbol& symbol, int quiet_zone, std::span<char> out) {
    if (quiet_zone < 0 || quiet_zone > 16) return -static_cast<int>(Error::invalid_argument);
    TextWriter w{out};
    const int side = symbol.size + 2 * quiet_zone;
    w.put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
    w.put(side);
    w.put(' ');
    w.put(side);
    w.put(
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
                w.put(x + quiet_zone);
                w.put(' ');
                w.put(y + quiet_zone);
                w.put(".5");
            } else {
                w.put('m');
                w.put(x - drawn);
                w.put(" 0");
            }
            w.put('h');
            w.put(end - x);
            drawn = x = end;
        }
    }
    w.put("\"/></svg>");
    return w.length <= out.size() ? static_cast<int>(w.length)
                                  : -static_cast<int>(Error::buffer_too_small);
}

std::string qr_svg(const QrSymbol& symbol, int quiet_zone) {
    std::string text(kQrSvgMaxBytes, '\0');
    const int length = qr_svg_to(symbol, quiet_zone, text);
    text.resize(length < 0 ? 0U : static_cast<std::size_t>(length));
    return text;
}

}  // namespace twofold
