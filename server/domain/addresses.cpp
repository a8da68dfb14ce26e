#include "server/domain/addresses.hpp"

#include <algorithm>

namespace twofold::domain {
namespace {

constexpr std::string_view kDots = "•••";

// The first character, which may be several bytes long.
std::string_view first_character(std::string_view text) {
    std::size_t n = std::min<std::size_t>(1, text.size());
    while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80) ++n;
    return text.substr(0, n);
}

}  // namespace

std::string masked_email(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0) return std::string(kDots);
    const std::string_view domain = address.substr(at + 1);
    const std::size_t dot = domain.rfind('.');
    std::string out(first_character(address));
    out.append(kDots).append("@").append(first_character(domain)).append(kDots);
    if (dot != std::string_view::npos && dot != 0) out.append(domain.substr(dot));
    return out;
}

std::string masked_phone(std::string_view e164, std::string_view calling_code) {
    if (e164.size() < 6) return std::string(kDots);
    std::string out("+");
    out.append(calling_code).append(calling_code.empty() ? "" : " ");
    return out.append("••• •• ").append(e164.substr(e164.size() - 2));
}

}  // namespace twofold::domain
