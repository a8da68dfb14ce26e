// security 15 and 64: the SVG shows the symbol with its quiet zone, as one path, and says nothing.
#include "shared/svg.hpp"

#include <string>

#include "tests/shared/svg_raster.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;

TEST_CASE("security 15: the SVG paints each dark module once, as one path, at every version",
          "[svg]") {
    for (int version = 1; version <= 40; ++version)
        for (const int quiet : {0, 4, 16}) {
            const auto symbol = qr_encode("The quick brown fox", QrLevel::L, version);
            REQUIRE(symbol);
            const svg_raster::Raster raster = svg_raster::rasterise(qr_svg(*symbol, quiet));
            INFO("version " << version << " quiet zone " << quiet);
            REQUIRE(raster.error == "");
            REQUIRE(raster.paths == 1);
            REQUIRE(raster.side == symbol->size + 2 * quiet);
            bool equal = true;
            for (int y = 0; y < raster.side; ++y)
                for (int x = 0; x < raster.side; ++x)
                    equal =
                        equal && raster.painted[static_cast<std::size_t>(y * raster.side + x)] ==
                                     (symbol->module(x - quiet, y - quiet) ? 1 : 0);
            REQUIRE(equal);
        }
}

TEST_CASE("The SVG's default quiet zone is four modules", "[svg]") {
    const auto symbol = qr_encode("1", QrLevel::M);
    REQUIRE(symbol);
    CHECK(qr_svg(*symbol) == qr_svg(*symbol, 4));
    CHECK(qr_svg(*symbol).find("viewBox=\"0 0 29 29\"") != std::string::npos);
}

TEST_CASE("security 64: the SVG holds no text, style, script or size", "[svg]") {
    const auto symbol = qr_encode("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", QrLevel::M);
    REQUIRE(symbol);
    const std::string svg = qr_svg(*symbol);
    for (const char* word : {"otpauth", "JBSWY", "<title", "<desc", "<text", "style", "script",
                             "aria", " id=", " href"})
        CHECK(svg.find(word) == std::string::npos);
    CHECK(svg.find("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=") == 0);
}

TEST_CASE("The SVG fits its documented buffer and refuses a smaller one", "[svg]") {
    // Every second module dark in every second row is the longest a row of strokes can be.
    QrSymbol checkered;
    checkered.version = 40;
    checkered.size = kQrMaxSize;
    for (auto& row : checkered.rows) row = 0x5555555555555555U;
    std::string out(kQrSvgMaxBytes, '\0');
    const int longest = qr_svg_to(checkered, 16, out);
    REQUIRE(longest > 90'000);

    const auto symbol = qr_encode("1", QrLevel::M);
    REQUIRE(symbol);
    const int length = qr_svg_to(*symbol, 4, out);
    REQUIRE(length > 0);
    CHECK(out.substr(0, static_cast<std::size_t>(length)) == qr_svg(*symbol));
    // Room for any symbol is asked for, whatever this one needs; nothing is written without it.
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kQrSvgMaxBytes - 1}) {
        std::string small(kQrSvgMaxBytes, '#');
        CHECK(qr_svg_to(*symbol, 4, {small.data(), size}) ==
              -static_cast<int>(Error::buffer_too_small));
        CHECK(small == std::string(kQrSvgMaxBytes, '#'));
    }
    CHECK(qr_svg_to(*symbol, -1, out) == -static_cast<int>(Error::invalid_argument));
    CHECK(qr_svg_to(*symbol, 17, out) == -static_cast<int>(Error::invalid_argument));
}
