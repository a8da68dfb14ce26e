#include "server/domain/browser_words.hpp"

#include <array>
#include <utility>

namespace twofold::domain {
namespace {

using Mark = std::pair<std::string_view, std::string_view>;  // in the header, our name for it

template <std::size_t N>
std::string_view first_in(std::string_view text, const std::array<Mark, N>& list) {
    for (const auto& [mark, name] : list)
        if (text.find(mark) != std::string_view::npos) return name;
    return {};
}

}  // namespace

std::string_view browser_of(std::string_view user_agent) {
    // Each names those it wants to be taken for as well: Chrome's name is in most others.
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMarks = {{
        {"Edg", "Edge"},
        {"OPR/", "Opera"},
        {"SamsungBrowser", "Samsung Internet"},
        {"Firefox", "Firefox"},
        {"FxiOS", "Firefox"},
        {"Chrome", "Chrome"},
        {"CriOS", "Chrome"},
        {"Safari", "Safari"},
    }};
    return first_in(user_agent, kMarks);
}

std::string_view system_of(std::string_view user_agent) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kMarks = {{
        {"iPhone", "iPhone"},
        {"iPad", "iPad"},
        {"Android", "Android"},
        {"Windows", "Windows"},
        {"CrOS", "ChromeOS"},
        {"Mac OS X", "macOS"},
        {"Linux", "Linux"},
    }};
    return first_in(user_agent, kMarks);
}

std::string browser_words(std::string_view user_agent) {
    std::string out(browser_of(user_agent));
    const std::string_view system = system_of(user_agent);
    if (!out.empty() && !system.empty()) out += ", ";
    return out += system;
}

}  // namespace twofold::domain
