// qr.hpp - QR Code symbols, versions 1..40, levels L, M, Q and H (ISO/IEC 18004).
// Pure and thread-safe: everything lives in memory the caller owns; nothing is allocated.
//   text     0..7089 bytes of any value. Digits, the 45 characters of the alphanumeric set and all
//            else are packed in the mode, or the optimal sequence of modes, that reaches the
//            smallest version; where a single mode reaches it too, a single segment is written.
//   level    is kept as asked, never raised to use up free space
//   version  the smallest that holds the text, and not below min_version (1..40)
//   mask     0..7 forced, or kQrAutomaticMask: the lowest penalty of section 7.8.3, the lowest
//   number
//            on a tie. The penalty reads the rules so (encoders differ): it covers the complete
//            symbol with its format information; a dark-light 1:1:3:1:1 pattern counts at a width
//            of one module per unit, once, if four light modules stand before it or after it; the
//            quiet zone counts as light; rule 4 rounds the deviation down to whole steps of 5 %.
//   errors   qr_too_long, invalid_argument (min_version, mask or level outside its range)
//   timing   depends on the text. The symbol and, until qr_encode_to returns, the workspace hold
//   the
//            text: the workspace is wiped, the symbol is the caller's to wipe.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "shared/result.hpp"
#include "shared/secret.hpp"

namespace twofold {

// Restores about 7, 15, 25 and 30 % of the symbol. otpauth URIs use M.
enum class QrLevel : int { L = 0, M = 1, Q = 2, H = 3 };

inline constexpr int kQrMinVersion = 1;
inline constexpr int kQrMaxVersion = 40;
inline constexpr int kQrMaxSize = 177;        // modules per side at version 40
inline constexpr int kQrMaxTextBytes = 7089;  // version 40-L, digits only
inline constexpr int kQrMaxCodewords = 3706;  // version 40, data and error correction
inline constexpr int kQrAutomaticMask = -1;

inline constexpr int kQrLeft = 5;  // bit of module 0 in its row

// Rows are kept as planes of 64 columns: plane 0 holds bits 0..63 of all rows, one word each, then
// plane 1 ... Zero words above and between them are the quiet zone of the penalty rules.
inline constexpr int kQrRowsAbove = 4;
inline constexpr int kQrPlane = kQrMaxSize + 10;  // words from one plane to the next
inline constexpr int kQrRowWords = kQrRowsAbove + 3 * kQrPlane;
using QrRows = std::array<std::uint64_t, kQrRowWords>;

// A finished symbol, without its quiet zone (4 modules on every side are required when drawn).
struct QrSymbol {
    int version = 0;  // 1..40
    int size = 0;     // modules per side, 21..177: 17 + 4 * version
    int mask = 0;     // 0..7, the one that was used
    QrLevel level = QrLevel::M;

    // With b = x + kQrLeft, module x of row y is bit b % 64 of word kQrRowsAbove + b / 64 *
    // kQrPlane + y. All other bits are zero, so that shifts see the quiet zone too.
    QrRows rows;

    // True if dark. x to the right, y down, from 0; anything outside is the light quiet zone.
    [[nodiscard]] bool module(int x, int y) const {
        if (x < 0 || y < 0 || x >= size || y >= size) return false;
        const auto bit = static_cast<unsigned>(x + kQrLeft);
        const auto word = kQrRowsAbove + bit / 64U * kQrPlane + static_cast<unsigned>(y);
        return (rows[word] >> (bit % 64U) & 1U) != 0;
    }
};

// Scratch memory of one encoding, about 27 kB. It needs no initialisation and is wiped where text
// was.
struct QrWorkspace {
    QrRows plain;                                              // the symbol before masking
    QrRows open;                                               // 1: takes data, is masked
    std::array<std::uint64_t, kQrRowsAbove + kQrPlane> strip;  // 64 columns across two planes
    std::array<std::uint64_t, 2 * 16 * 4> products;            // generator polynomial times nibbles
    std::array<std::uint8_t, kQrMaxCodewords + 16> data;       // codewords before and ...
    std::array<std::uint8_t, kQrMaxCodewords + 16> stream;     // ... after interleaving
    std::array<std::uint8_t, kQrMaxTextBytes + 1> choices;     // mode of each character
};

// Writes the symbol and returns its version, or minus the Error. Without heap, for the wasm.
[[nodiscard]] int qr_encode_to(ByteView text, QrLevel level, int min_version, int forced_mask,
                               QrWorkspace& workspace, QrSymbol& symbol);

// Writes one byte a module, 1 for dark, row by row without a quiet zone, and returns size * size,
// or minus buffer_too_small. Precondition: the symbol comes from qr_encode_to.
[[nodiscard]] int qr_modules_to(const QrSymbol& symbol, std::span<std::uint8_t> out);

// Encodes with the workspace on the stack.
[[nodiscard]] Result<QrSymbol> qr_encode(std::string_view text, QrLevel level,
                                         int min_version = kQrMinVersion,
                                         int forced_mask = kQrAutomaticMask);

}  // namespace twofold
