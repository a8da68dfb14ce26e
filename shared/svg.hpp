// svg.hpp - a QR symbol as an SVG image: one white <rect>, one <path> of horizontal strokes, black.
// It has a viewBox in modules and no width or height: the page decides how large it is. No style,
// id, title or text, so that it passes a strict Content-Security-Policy and never says the secret
// aloud.
//   quiet_zone  light modules on each side, 0..16; readers need 4 (ISO/IEC 18004 section 6.3.8)
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "shared/qr.hpp"

namespace twofold {

inline constexpr int kQrQuietZone = 4;
// Holds any symbol: version 40, every second module dark.
inline constexpr std::size_t kQrSvgMaxBytes = 100'000;

// Writes the image (no terminating zero) and returns its length in bytes, or minus the Error:
// invalid_argument (quiet_zone), buffer_too_small (out: under kQrSvgMaxBytes). Without heap, for
// the wasm.
[[nodiscard]] int qr_svg_to(const QrSymbol& symbol, int quiet_zone, std::span<char> out);

// The same as a string. Precondition: symbol comes from qr_encode, 0 <= quiet_zone <= 16.
[[nodiscard]] std::string qr_svg(const QrSymbol& symbol, int quiet_zone = kQrQuietZone);

}  // namespace twofold
