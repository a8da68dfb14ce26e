// text_rules.hpp - what names, addresses and languages may look like. Pure.
// valid_external_id, valid_email and valid_phone stand in users.hpp.
#pragma once
#include <string>
#include <string_view>

namespace twofold::domain {

// 1..64 characters of plain text (shared/plain_text.hpp), not only spaces.
bool valid_label(std::string_view text);
// 0..100 characters of plain text.
bool valid_display_name(std::string_view text);
// "en", "ar", "es", "fr" or "de".
bool valid_locale(std::string_view text);
// 1..64 of A-Z a-z 0-9 . _ - :
bool valid_action_name(std::string_view text);
// 0..200 characters of plain text.
bool valid_action_text(std::string_view text);
// 0..128 visible ASCII characters.
bool valid_nonce(std::string_view text);

// ASCII letters to lower case: the one spelling of an address that is indexed. People write their
// address in either case and mean one mailbox.
std::string lower(std::string_view text);

// At most n bytes, cut between characters; control and bidirectional characters become '?'. For
// text of strangers (User-Agent) that goes into records (security 84).
std::string tamed(std::string_view text, std::size_t n);

}  // namespace twofold::domain
