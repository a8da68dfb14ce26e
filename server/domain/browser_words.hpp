// browser_words.hpp - which browser and system a User-Agent header says it is, for a list people read.
// Only names are read, in a fixed order: what claims to be several is the most special one. Pure.
#pragma once
#include <string_view>

namespace twofold::domain {

// "Firefox", "Chrome", "Safari", "Edge", "Opera", "Samsung Internet"; empty: not known.
std::string_view browser_of(std::string_view user_agent);
// "Windows", "macOS", "Linux", "Android", "iPhone", "iPad", "ChromeOS"; empty: not known.
std::string_view system_of(std::string_view user_agent);

}  // namespace twofold::domain
