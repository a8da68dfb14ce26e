#include "server/domain/addresses.hpp"

#include <idn2.h>

#include <algorithm>
#include <cstdlib>

#include "server/domain/text_rules.hpp"

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

std::optional<std::string> ascii_host(std::string_view host) {
    const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80;
    });
    if (plain) return lower(host);
    if (host.find('\0') != std::string_view::npos) return std::nullopt;  // it reads C strings
    char* converted = nullptr;
    if (idn2_to_ascii_8z(std::string(host).c_str(), &converted, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return std::nullopt;
    std::string out = lower(converted);
    std::free(converted);  // NOLINT: the library's own allocator
    return out;
}

std::string canonical_email(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos) return lower(address);
    const std::string_view host = address.substr(at + 1);
    return lower(address.substr(0, at)) + "@" + ascii_host(host).value_or(lower(host));
}

std::string mailbox_of(std::string_view address) {
    const std::string canonical = canonical_email(address);
    const std::size_t at = std::min(canonical.rfind('@'), canonical.size());
    std::string local = canonical.substr(0, std::min(canonical.find('+'), at));
    std::erase(local, '.');
    // "+tag@" alone is a mailbox of its own.
    return (local.empty() ? canonical.substr(0, at) : local) + canonical.substr(at);
}

}  // namespace twofold::domain
