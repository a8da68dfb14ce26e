// browser_words.hpp - which browser and system a User-Agent header says it is, for lists and mails
// that people read: in names of our own, since the header is whatever its sender likes. Pure.
#pragma once
#include <string>
#include <string_view>

namespace twofold::domain {

// "Firefox", "Chrome", "Safari", "Edge", "Opera", "Samsung Internet"; empty: not known.
std::string_view browser_of(std::string_view user_agent);
// "Windows", "macOS", "Linux", "Android", "iPhone", "iPad", "ChromeOS"; empty: not known.
std::string_view system_of(std::string_view user_agent);
// "Firefox, Linux", or as much of it as is known.
std::string browser_words(std::string_view user_agent);

}  // namespace twofold::domain
