// common_passwords.hpp - passwords that are guessed first (NIST SP 800-63B-4 section 3.1.1.2).
#pragma once
#include <string_view>

namespace twofold::domain {

// Case does not matter, nor do digits and punctuation put at the end of a listed word.
bool is_common_password(std::string_view password);

}  // namespace twofold::domain
