// addresses.hpp - where codes go: read from what people type, and shown masked. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace twofold::domain {

// "a•••@e•••.com": the first character of either side and the last label. "•••" when it is none.
std::string masked_email(std::string_view address);
// "+34 ••• •• 21": the calling code (digits of it: 1..3) and the last two digits.
std::string masked_phone(std::string_view e164, std::string_view calling_code);

// A host as the name system knows it: in ASCII and lower case (IDNA 2008 with the mapping of UTS 46).
// Every spelling of one host gives the same: "bücher.example", "BÜCHER.example", full-width letters and
// "xn--bcher-kva.example". Nothing when it has no such form.
std::optional<std::string> ascii_host(std::string_view host);
// One address in one spelling: lower case, its host by ascii_host (as it is when that has no form).
// For looking addresses up, never for writing to them.
std::string canonical_email(std::string_view address);
// The mailbox behind an address, for counting alone: canonical_email without "+tag" and dots on the
// left, which many providers ignore. Two people who differ by dots alone share a limit, no more.
std::string mailbox_of(std::string_view address);

}  // namespace twofold::domain
