// svg_raster.hpp - draws the SVG of shared/svg.hpp one pixel per module, strictly: whatever is not
// the documented form is an error. A reader of its own, so that the writer is not checked by
// itself.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace svg_raster {

struct Raster {
    std::string error;  // empty if the text is well-formed
    int side = 0;
    int paths = 0;
    std::vector<int> painted;  // how often each pixel was painted
    bool dark(int x, int y) const { return painted[static_cast<std::size_t>(y * side + x)] != 0; }
};

inline Raster rasterise(const std::string& svg) {
    Raster r;
    std::size_t at = 0;
    const auto fail = [&](const std::string& why) {
        r.error = why + " at " + std::to_string(at);
        return r;
    };
    const auto take = [&](const std::string& text) {
        if (svg.compare(at, text.size(), text) != 0) return false;
        at += text.size();
        return true;
    };
    const auto number = [&](double& value) {
        const std::size_t begin = at;
        while (at < svg.size() && (svg[at] == '.' || (svg[at] >= '0' && svg[at] <= '9'))) ++at;
        if (at == begin) return false;
        value = std::stod(svg.substr(begin, at - begin));
        return true;
    };
    double width = 0, height = 0;
    if (!take("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ") || !number(width) ||
        !take(" ") || !number(height) || width != height ||
        !take("\" shape-rendering=\"crispEdges\">"))
        return fail("head");
    if (!take("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>")) return fail("background");
    r.side = static_cast<int>(width);
    r.painted.assign(static_cast<std::size_t>(r.side) * static_cast<std::size_t>(r.side), 0);
    while (take("<path stroke=\"#000\" d=\"")) {
        ++r.paths;
        double x = 0, y = 0;
        while (!take("\"/>")) {
            double a = 0, b = 0;
            if (take("M")) {
                if (!number(x) || !take(" ") || !number(y)) return fail("M");
            } else if (take("m")) {
                if (!number(a) || !take(" ") || !number(b)) return fail("m");
                x += a;
                y += b;
            } else if (take("h")) {
                if (!number(a)) return fail("h");
                // A stroke of width 1 from (x, y) covers the pixels whose row is centred on y.
                const int row = static_cast<int>(y);
                if (y != row + 0.5 || x != static_cast<int>(x) || x + a > r.side || row >= r.side)
                    return fail("off the grid");
                for (int i = 0; i < static_cast<int>(a); ++i)
                    ++r.painted[static_cast<std::size_t>(row * r.side + static_cast<int>(x) + i)];
                x += a;
            } else {
                return fail("command");
            }
        }
    }
    if (!take("</svg>") || at != svg.size()) return fail("end");
    return r;
}

}  // namespace svg_raster
