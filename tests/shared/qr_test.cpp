// The QR encoder against the plain one of qr_reference.hpp and against libqrencode; capacities;
// segmentation by trying every split.
#include "shared/qr.hpp"

#include <qrencode.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/shared/qr_reference.hpp"
#include "tests/support/catch.hpp"

using namespace twofold;

namespace {

constexpr const char* kUri =
    "otpauth://totp/Example%20Hosting:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&"
    "issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30";
constexpr QrLevel kLevels[] = {QrLevel::L, QrLevel::M, QrLevel::Q, QrLevel::H};

std::string random_text(std::mt19937& random, int length, const std::string& alphabet) {
    std::string text;
    for (int i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
    return text;
}

std::string any_bytes() {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    return all;
}

const std::string kAlphabets[] = {"0123456789",
                                  "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", any_bytes()};

bool same(const QrSymbol& symbol, const qr_reference::Grid& grid) {
    if (symbol.size != static_cast<int>(grid.size())) return false;
    for (int y = 0; y < symbol.size; ++y)
        for (int x = 0; x < symbol.size; ++x)
            if (symbol.module(x, y) !=
                grid[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)])
                return false;
    return true;
}

// The layout promises zeros wherever no module is; the penalty and the wasm's reader rely on it.
bool zeros_around(const QrSymbol& symbol) {
    std::size_t set = 0, dark = 0;
    const std::size_t used = symbol.version <= 10 ? kQrRowsAbove + kQrPlane : kQrRowWords;
    for (std::size_t i = 0; i < used; ++i)
        for (std::uint64_t rest = symbol.rows[i]; rest != 0; rest &= rest - 1) ++set;
    for (int y = 0; y < symbol.size; ++y)
        for (int x = 0; x < symbol.size; ++x) dark += symbol.module(x, y) ? 1 : 0;
    return set == dark;
}

}  // namespace

TEST_CASE("security 15: QR equals the plain reference at every version, level and mask", "[qr]") {
    std::mt19937 random(18004);
    for (int version = 1; version <= 40; ++version)
        for (const QrLevel level : kLevels)
            for (int mask = 0; mask < 8; ++mask) {
                const int l = static_cast<int>(level);
                const int mode = static_cast<int>(random() % 3);
                // Text of one mode, between empty and full: it stays a single segment in this
                // version.
                const int room = qr_reference::capacity(version, l, mode);
                const int length =
                    mask == 0 ? room : 1 + static_cast<int>(random() % static_cast<unsigned>(room));
                std::string text = random_text(random, length, kAlphabets[mode]);
                if (mode == 1) text[0] = 'A';
                if (mode == 2) text[0] = 'a';
                INFO("version " << version << " level " << l << " mask " << mask << " mode "
                                << mode);
                const auto symbol = qr_encode(text, level, version, mask);
                REQUIRE(symbol);
                REQUIRE(symbol->version == version);
                REQUIRE(symbol->mask == mask);
                REQUIRE(same(*symbol, qr_reference::encode({{mode, text}}, version, l, mask)));
                REQUIRE(zeros_around(*symbol));
            }
}

TEST_CASE("security 15: QR picks the mask with the lowest penalty at every version and level",
          "[qr]") {
    std::mt19937 random(2015);
    for (int version = 1; version <= 40; ++version)
        for (const QrLevel level : kLevels) {
            const int l = static_cast<int>(level);
            // Even text (one letter over and over) draws finder-like patterns and long runs.
            const int length = qr_reference::capacity(version, l, 2);
            const std::string text = version % 3 == 0
                                         ? std::string(static_cast<std::size_t>(length), 'a')
                                         : random_text(random, length, kAlphabets[2]);
            const auto symbol = qr_encode(text, level, version);
            REQUIRE(symbol);
            int best = 0, lowest = 1 << 30;
            for (int mask = 0; mask < 8; ++mask) {
                const int points =
                    qr_reference::penalty(qr_reference::encode({{2, text}}, version, l, mask));
                if (points < lowest) {
                    lowest = points;
                    best = mask;
                }
            }
            INFO("version " << version << " level " << l << " lowest " << lowest);
            REQUIRE(symbol->mask == best);
        }
}

TEST_CASE("security 15: QR masks of 2000 otpauth URIs equal the reference's choice", "[qr]") {
    std::mt19937 random(6238);
    const std::string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::string name = "abcdefghijklmnopqrstuvwxyz0123456789.-_%";
    for (int i = 0; i < 2000; ++i) {
        const std::string text = "otpauth://totp/" +
                                 random_text(random, 1 + static_cast<int>(random() % 60), name) +
                                 "?secret=" + random_text(random, 32, base32);
        const auto symbol = qr_encode(text, QrLevel::M);
        REQUIRE(symbol);
        int best = 0, lowest = 1 << 30;
        for (int mask = 0; mask < 8; ++mask) {
            const auto forced = qr_encode(text, QrLevel::M, 1, mask);
            REQUIRE(forced);
            qr_reference::Grid grid(static_cast<std::size_t>(forced->size));
            for (int y = 0; y < forced->size; ++y)
                for (int x = 0; x < forced->size; ++x)
                    grid[static_cast<std::size_t>(y)].push_back(forced->module(x, y));
            const int points = qr_reference::penalty(grid);
            if (points < lowest) {
                lowest = points;
                best = mask;
            }
        }
        INFO(text);
        REQUIRE(symbol->mask == best);
    }
}

TEST_CASE("QR equals libqrencode module by module", "[qr]") {
    // The mask libqrencode chose is read back from its format information and forced on ours.
    std::mt19937 random(411);
    for (int version = 1; version <= 40; ++version)
        for (const QrLevel level : kLevels) {
            const int length = qr_reference::capacity(version, static_cast<int>(level), 2);
            std::string text = random_text(random, length, kAlphabets[2]);
            text[0] = 'z';
            const std::unique_ptr<QRcode, void (*)(QRcode*)> other(
                QRcode_encodeData(length, reinterpret_cast<const unsigned char*>(text.data()),
                                  version, static_cast<QRecLevel>(level)),
                QRcode_free);
            REQUIRE(other != nullptr);
            REQUIRE(other->version == version);
            const auto at = [&](int x, int y) {
                return (other->data[y * other->width + x] & 1) != 0;
            };
            const int mask = (at(2, 8) ? 4 : 0) + (at(3, 8) ? 2 : 0) + (at(4, 8) ? 1 : 0);
            const auto ours =
                qr_encode(text, level, version, mask ^ 5);  // 101 of the fixed pattern
            REQUIRE(ours);
            bool equal = ours->size == other->width;
            for (int y = 0; equal && y < ours->size; ++y)
                for (int x = 0; x < ours->size; ++x)
                    equal = equal && ours->module(x, y) == at(x, y);
            INFO("version " << version << " level " << static_cast<int>(level));
            REQUIRE(equal);
        }
}

TEST_CASE("QR capacities are exact for all 160 pairs of version and level and three modes",
          "[qr]") {
    const char kFill[] = {'7', 'Z', 'z'};
    for (int version = 1; version <= 40; ++version)
        for (const QrLevel level : kLevels)
            for (int mode = 0; mode < 3; ++mode) {
                const int room = qr_reference::capacity(version, static_cast<int>(level), mode);
                const auto full =
                    qr_encode(std::string(static_cast<std::size_t>(room), kFill[mode]), level);
                const auto over =
                    qr_encode(std::string(static_cast<std::size_t>(room) + 1, kFill[mode]), level);
                INFO("version " << version << " level " << static_cast<int>(level) << " mode "
                                << mode);
                REQUIRE(full);
                REQUIRE(full->version == version);
                if (version == 40) {
                    REQUIRE(!over);
                    REQUIRE(over.error() == Error::qr_too_long);
                } else {
                    REQUIRE(over);
                    REQUIRE(over->version > version);
                }
            }
    REQUIRE(qr_reference::capacity(40, 0, 0) == kQrMaxTextBytes);
    REQUIRE(qr_reference::capacity(40, 0, 1) == 4296);
    REQUIRE(qr_reference::capacity(40, 0, 2) == 2953);
}

TEST_CASE("QR segmentation reaches the smallest version that any split reaches", "[qr]") {
    // Short texts at level H of mixed characters, and every way to split them.
    std::mt19937 random(1);
    int smaller_than_one_segment = 0;
    for (int round = 0; round < 400; ++round) {
        const int parts = 1 + static_cast<int>(random() % 3);
        std::string text;
        for (int i = 0; i < parts; ++i)
            text += random_text(random, 1 + static_cast<int>(random() % 5),
                                kAlphabets[random() % 3].substr(0, random() % 2 == 0 ? 12 : 256));
        text = text.substr(0, 11);
        const auto symbol = qr_encode(text, QrLevel::H);
        REQUIRE(symbol);
        int smallest = 1;
        while (qr_reference::data_codewords(smallest, 3) * 8 <
               qr_reference::fewest_bits(text, smallest))
            ++smallest;
        INFO("text of " << text.size() << " bytes");
        REQUIRE(symbol->version == smallest);
        const std::size_t bytes = text.size();
        if (static_cast<int>(bytes) > qr_reference::capacity(smallest, 3, 2))
            ++smaller_than_one_segment;
    }
    CHECK(smaller_than_one_segment > 10);
}

TEST_CASE("QR segmentation fills a version to its last bit", "[qr]") {
    // Digits, alphanumerics and bytes in one text: widths of the count differ in the three classes
    // of versions. Grown by a digit at a time until the plan needs the next version.
    using qr_reference::segment_bits;
    for (const int version : {5, 9, 10, 26, 27, 40}) {
        for (const QrLevel level : kLevels) {
            const int room = qr_reference::data_codewords(version, static_cast<int>(level)) * 8;
            const std::string head = "abcdefg" + std::string(30, 'Q');
            const auto bits = [&](int digits) {
                const std::string tail(static_cast<std::size_t>(digits), '3');
                return static_cast<int>(segment_bits({2, "abcdefg"}, version).size() +
                                        segment_bits({1, std::string(30, 'Q')}, version).size() +
                                        segment_bits({0, tail}, version).size());
            };
            int digits = 20;
            if (bits(digits) > room) continue;  // a small symbol at level H
            while (bits(digits + 1) <= room) ++digits;
            const std::string text = head + std::string(static_cast<std::size_t>(digits), '3');
            const auto full = qr_encode(text, level, 1, 2);
            INFO("version " << version << " level " << static_cast<int>(level));
            REQUIRE(full);
            REQUIRE(full->version == version);
            REQUIRE(same(*full, qr_reference::encode(
                                    {{2, "abcdefg"},
                                     {1, std::string(30, 'Q')},
                                     {0, std::string(static_cast<std::size_t>(digits), '3')}},
                                    version, static_cast<int>(level), 2)));
            const auto over = qr_encode(text + "3", level);
            if (version == 40)
                REQUIRE(!over);
            else
                REQUIRE(over->version == version + 1);
        }
    }
}

TEST_CASE("QR of the usual URI", "[qr]") {
    const auto symbol = qr_encode(kUri, QrLevel::M);
    REQUIRE(symbol);
    CHECK(symbol->version == 8);
    CHECK(symbol->size == 49);
    REQUIRE(same(*symbol, qr_reference::encode({{2, kUri}}, 8, 1, symbol->mask)));
    CHECK_FALSE(symbol->module(-1, 0));
    CHECK_FALSE(symbol->module(0, -1));
    CHECK_FALSE(symbol->module(49, 0));
    CHECK_FALSE(symbol->module(0, 49));
    CHECK(symbol->module(0, 0));
}

TEST_CASE("QR refuses what is out of range and takes the empty text", "[qr]") {
    for (const int version : {0, -1, 41}) {
        const auto symbol = qr_encode("1", QrLevel::M, version);
        REQUIRE(!symbol);
        CHECK(symbol.error() == Error::invalid_argument);
    }
    CHECK(!qr_encode("1", QrLevel::M, 1, -2));
    CHECK(!qr_encode("1", QrLevel::M, 1, 8));
    CHECK(!qr_encode("1", static_cast<QrLevel>(4)));
    CHECK(!qr_encode("1", static_cast<QrLevel>(-1)));
    CHECK(qr_encode(std::string(8000, '1'), QrLevel::L).error() == Error::qr_too_long);
    const auto empty = qr_encode("", QrLevel::L, 1, 0);
    REQUIRE(empty);
    CHECK(same(*empty, qr_reference::encode({}, 1, 0, 0)));
    CHECK(qr_encode("12", QrLevel::L, 7)->version == 7);
}

TEST_CASE("QR leaves nothing of the text in its workspace", "[qr]") {
    auto workspace = std::make_unique<QrWorkspace>();  // zeroed
    auto first = std::make_unique<QrSymbol>();
    const std::string text(300, 'k');
    REQUIRE(qr_encode_to(as_bytes(text), QrLevel::M, 1, kQrAutomaticMask, *workspace, *first) > 0);
    for (const auto byte : workspace->data) REQUIRE(byte != 'k');
    int left = 0;
    for (const auto byte : workspace->stream) left += byte == 'k' ? 1 : 0;
    for (const auto word : workspace->plain) left += word != 0 ? 1 : 0;
    for (const auto word : workspace->strip) left += word != 0 ? 1 : 0;
    REQUIRE(left == 0);
    // And nothing of an earlier, larger one in the next symbol.
    REQUIRE(qr_encode_to(as_bytes("A"), QrLevel::L, 1, kQrAutomaticMask, *workspace, *first) == 1);
    REQUIRE(zeros_around(*first));
    REQUIRE(same(*first, qr_reference::encode({{1, "A"}}, 1, 0, first->mask)));
}

TEST_CASE("QR modules as bytes, within their buffer", "[qr]") {
    for (int version = 1; version <= 40; ++version) {
        const auto symbol = qr_encode("abc", QrLevel::Q, version);
        REQUIRE(symbol);
        const auto modules = static_cast<std::size_t>(symbol->size * symbol->size);
        std::vector<std::uint8_t> out(modules + 16, 7);
        REQUIRE(qr_modules_to(*symbol, {out.data(), modules}) == symbol->size * symbol->size);
        bool equal = true;
        for (int y = 0; y < symbol->size; ++y)
            for (int x = 0; x < symbol->size; ++x)
                equal = equal && out[static_cast<std::size_t>(y * symbol->size + x)] ==
                                     (symbol->module(x, y) ? 1 : 0);
        for (std::size_t i = modules; i < out.size(); ++i) equal = equal && out[i] == 7;
        INFO("version " << version);
        REQUIRE(equal);
        REQUIRE(qr_modules_to(*symbol, {out.data(), modules - 1}) ==
                -static_cast<int>(Error::buffer_too_small));
    }
}
