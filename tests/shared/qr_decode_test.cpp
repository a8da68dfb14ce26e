// security 15: what the encoder draws is read back byte for byte by two decoders that have nothing
// to do with each other, ZBar and ZXing.
// clang-format off: zbar.h comes first, it uses words that others define as macros.
#include <zbar.h>
// clang-format on
#include <ZXing/ReadBarcode.h>

#include <random>
#include <string>
#include <vector>

#include "shared/qr.hpp"
#include "shared/svg.hpp"
#include "tests/shared/svg_raster.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;
using namespace zbar;

namespace {

// A grey picture as a camera or a screen capture would give it, 4 light modules around the symbol.
struct Picture {
    int side = 0;
    std::vector<std::uint8_t> grey;
};

Picture draw(const QrSymbol& symbol, int scale) {
    Picture p;
    p.side = (symbol.size + 2 * kQrQuietZone) * scale;
    for (int y = 0; y < p.side; ++y)
        for (int x = 0; x < p.side; ++x)
            p.grey.push_back(
                symbol.module(x / scale - kQrQuietZone, y / scale - kQrQuietZone) ? 0 : 255);
    return p;
}

std::string read_by_zbar(const Picture& p) {
    zbar_image_scanner_t* scanner = zbar_image_scanner_create();
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_t* image = zbar_image_create();
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, static_cast<unsigned>(p.side), static_cast<unsigned>(p.side));
    zbar_image_set_data(image, p.grey.data(), p.grey.size(), nullptr);
    std::string text = "(nothing found)";
    if (zbar_scan_image(scanner, image) == 1) {
        const zbar_symbol_t* found = zbar_image_first_symbol(image);
        text.assign(zbar_symbol_get_data(found), zbar_symbol_get_data_length(found));
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    return text;
}

std::string read_by_zxing(const Picture& p) {
    const auto result =
        ZXing::ReadBarcode({p.grey.data(), p.side, p.side, ZXing::ImageFormat::Lum});
    if (!result.isValid()) return "(nothing found)";
    const auto& bytes = result.bytes();
    return {bytes.begin(), bytes.end()};
}

std::string random_text(std::mt19937& random, int length, const std::string& alphabet) {
    std::string text;
    for (int i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
    return text;
}

// An otpauth URI of about `length` bytes: issuer and account grow with it.
std::string otpauth_uri(std::mt19937& random, std::size_t length) {
    const std::string name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char* const kAlgorithms[] = {"SHA1", "SHA256", "SHA512"};
    const std::string secret = random_text(random, 32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    std::string issuer = "A", account = "b";
    std::string uri;
    do {
        (random() % 3 == 0 ? issuer : account) +=
            random() % 8 == 0 ? "%20" : random_text(random, 1, name);
        uri = "otpauth://totp/" + issuer + ":" + account + "%40example.com?secret=" + secret +
              "&issuer=" + issuer + "&algorithm=" + kAlgorithms[random() % 3] +
              "&digits=6&period=30";
    } while (uri.size() < length);
    return uri;
}

}  // namespace

TEST_CASE("security 15: two decoders read otpauth URIs of up to 300 bytes at level M",
          "[qr][decode]") {
    std::mt19937 random(15);
    for (std::size_t length = 110; length <= 296; length += 2) {
        const std::string uri = otpauth_uri(random, length);
        REQUIRE(uri.size() <= 305);
        const auto symbol = qr_encode(uri, QrLevel::M);
        REQUIRE(symbol);
        const Picture picture = draw(*symbol, 4);
        INFO("bytes " << uri.size() << " version " << symbol->version << " mask " << symbol->mask);
        REQUIRE(read_by_zbar(picture) == uri);
        REQUIRE(read_by_zxing(picture) == uri);
    }
}

TEST_CASE("security 15: two decoders read every version, level and mode", "[qr][decode]") {
    std::mt19937 random(16);
    const std::string kAlphabets[] = {"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:",
                                      "abcdefghijklmnopqrstuvwxyz{}<>&=?@0123456789ABC"};
    for (int version = 1; version <= 40; ++version)
        for (int level = 0; level < 4; ++level) {
            // As long as the mode allows: grown until the next version, on a line of mixed modes.
            std::string text = random_text(random, 3, kAlphabets[(version + level) % 3]);
            for (const int grow : {256, 32, 4, 1})
                while (true) {
                    const std::string more = random_text(random, grow, kAlphabets[random() % 3]);
                    const auto longer = qr_encode(text + more, static_cast<QrLevel>(level));
                    if (!longer || longer->version > version) break;
                    text += more;
                }
            const auto symbol = qr_encode(text, static_cast<QrLevel>(level));
            REQUIRE(symbol);
            INFO("version " << version << " level " << level << " bytes " << text.size());
            REQUIRE(symbol->version == version);
            const Picture picture = draw(*symbol, 3);
            REQUIRE(read_by_zbar(picture) == text);
            REQUIRE(read_by_zxing(picture) == text);
        }
}

TEST_CASE("security 15: two decoders read every mask", "[qr][decode]") {
    const std::string uri =
        "otpauth://totp/"
        "Example%20Hosting:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&"
        "issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30";
    for (int mask = 0; mask < 8; ++mask) {
        const auto symbol = qr_encode(uri, QrLevel::M, 1, mask);
        REQUIRE(symbol);
        const Picture picture = draw(*symbol, 4);
        REQUIRE(read_by_zbar(picture) == uri);
        REQUIRE(read_by_zxing(picture) == uri);
    }
}

TEST_CASE("security 15: two decoders read the SVG", "[svg][decode]") {
    std::mt19937 random(17);
    for (const std::size_t length : {110U, 180U, 250U, 300U}) {
        const std::string uri = otpauth_uri(random, length);
        const auto symbol = qr_encode(uri, QrLevel::M);
        REQUIRE(symbol);
        const svg_raster::Raster raster = svg_raster::rasterise(qr_svg(*symbol));
        REQUIRE(raster.error == "");
        const int scale = 4;
        Picture picture;
        picture.side = raster.side * scale;
        for (int y = 0; y < picture.side; ++y)
            for (int x = 0; x < picture.side; ++x)
                picture.grey.push_back(raster.dark(x / scale, y / scale) ? 0 : 255);
        REQUIRE(read_by_zbar(picture) == uri);
        REQUIRE(read_by_zxing(picture) == uri);
    }
}
