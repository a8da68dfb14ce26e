// addresses.hpp - where codes go: read from what people type, and shown masked. Pure.
#pragma once
#include <string>
#include <string_view>

namespace twofold::domain {

// "a•••@e•••.com": the first character of either side and the last label. "•••" when it is none.
std::string masked_email(std::string_view address);
// "+34 ••• •• 21": the calling code (digits of it: 1..3) and the last two digits.
std::string masked_phone(std::string_view e164, std::string_view calling_code);

}  // namespace twofold::domain
