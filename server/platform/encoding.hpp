// encoding.hpp - bytes as text: base64url without padding (RFC 4648 section 5), standard base64
// without padding (PHC strings), and lowercase hex. Pure and thread-safe. Not constant-time: used
// on ciphertext, hashes and public values; the key ring and private keys meet it only at start.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/secret.hpp"

namespace twofold::platform {

std::string base64url(ByteView bytes);
// Appends instead of returning, for hot paths that build one string.
void append_base64url(std::string& out, ByteView bytes);
// Nothing for a character outside the alphabet, padding, an impossible length or non-zero spare
// bits (so that one value has exactly one text).
std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);
// Decodes into the front of `out`; the number of bytes, or nothing (as above, or out is too small).
std::optional<std::size_t> from_base64url(std::string_view text, std::span<std::uint8_t> out);

std::string base64(ByteView bytes);
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

std::string hex(ByteView bytes);

}  // namespace twofold::platform
