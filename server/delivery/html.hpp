// html.hpp - the HTML part of a mail, made from its text: one small page with no remote parts, light
// and dark, right to left where the language is. Pure.
#pragma once
#include <string>
#include <string_view>

namespace twofold::delivery {

// `code`, when there is one, stands large on the line of its own that holds it; `link` becomes a
// button. `locale` "ar" is set from right to left.
// `not_me`: the second link, inside a line of text; shown without its token.
std::string html_of(std::string_view subject, std::string_view text, std::string_view locale,
                    std::string_view code, std::string_view link,
                    std::string_view not_me = {});

// The text of the one <style> in every page of html_of, for a policy that lets in this and no other.
std::string_view html_style();

}  // namespace twofold::delivery
