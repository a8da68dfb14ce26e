// texts.hpp - what a message says, in the person's language. The catalogs are plain text files in
// catalog/, one a language, that a translator can edit; they are compiled in.
//   [kind]            a message: its first line is the subject, the rest the text
//   [_name]           a piece that texts include as {_name}
//   {name}            a parameter; a line whose parameter is empty or missing is left out
// Parameters come from people: control, line-break and bidirectional characters in them become
// spaces, so that no value can start a line of its own, and in right-to-left text each is isolated
// (UAX #9); of a User-Agent the names of browser and system are left. Pure and thread-safe.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/text_map.hpp"

namespace twofold::delivery {

struct Text {
    std::string subject;
    std::string body;
};

// "fr", "fr-CA" and "FR" find the French catalog; an unknown language gets English. An unknown kind
// gives an empty subject: a bug the caller reports, never sends.
Text render(std::string_view kind, std::string_view locale, const domain::TextMap& parameters);

// "en", "ar", "es", "fr", "de".
std::vector<std::string_view> catalog_locales();
// Every kind the catalog of that language has, sorted; for tests.
std::vector<std::string> catalog_kinds(std::string_view locale);
// The text as written, placeholders and all; empty when there is none.
std::string catalog_entry(std::string_view locale, std::string_view name);

}  // namespace twofold::delivery
