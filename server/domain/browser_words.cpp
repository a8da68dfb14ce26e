#include "server/domain/browser_words.hpp"

#include <array>
#include <utility>

namespace twofold::domain {
namespace {

template <std::size_t N>
std::string_view first_in(std::string_view text,
                          const std::array<std::pair<std::string_view, std::string_view>, N>& list) {
    for (const auto& [mark, name] : list)
        if (text.find(mark) != std::string_view::npos) return name;
    return {};
}

}  // namespace

std::string_view browser_of(std::string_view user_agent) {
    // Chrome's header is in most others, and Safari's in Chrome's.
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kMarks = {{
        {"Edg/", "Edge"},
        {"EdgA/", "Edge"},
        {"EdgiOS/", "Edge"},
        {"OPR/", "Opera"},
        {"SamsungBrowser/", "Samsung Internet"},
        {"Firefox/", "Firefox"},
        {"FxiOS/", "Firefox"},
        {"CriOS/", "Chrome"},
        {"Chrome/", "Chrome"},
        {"Chromium/", "Chrome"},
        {"Safari/", "Safari"},
    }};
    return first_in(user_agent, kMarks);
}

std::string_view system_of(std::string_view user_agent) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMarks = {{
        {"Windows", "Windows"},
        {"Android", "Android"},
        {"iPhone", "iPhone"},
        {"iPad", "iPad"},
        {"CrOS", "ChromeOS"},
        {"Mac OS X", "macOS"},
        {"Macintosh", "macOS"},
        {"Linux", "Linux"},
    }};
    return first_in(user_agent, kMarks);
}

}  // namespace twofold::domain
