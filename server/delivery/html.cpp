#include "server/delivery/html.hpp"

#include <algorithm>

namespace twofold::delivery {
namespace {

constexpr std::string_view kStyle =
    "body{margin:0;padding:24px;background:#f4f5f7;color:#1d2433;"
    "font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}"
    "main{max-width:520px;margin:0 auto;padding:28px;background:#fff;border-radius:12px}"
    "p{margin:0 0 16px}"
    ".code{font-size:34px;font-weight:700;letter-spacing:6px;text-align:center;padding:16px;"
    "background:#eef2ff;border-radius:8px;direction:ltr;unicode-bidi:isolate}"
    ".button{display:inline-block;padding:12px 20px;border-radius:8px;background:#2f4fd0;"
    "color:#fff;text-decoration:none;font-weight:600}"
    ".small{font-size:13px;color:#5b6475;overflow-wrap:anywhere}"
    "@media (prefers-color-scheme:dark){body{background:#11141b;color:#e7eaf1}"
    "main{background:#1b202b}.code{background:#273050}.small{color:#a5aec0}}";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string_view trimmed(std::string_view line) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ')) line.remove_suffix(1);
    return line;
}

// A line of text; the link in it, if it is there, can be clicked.
std::string line_of(std::string_view line, std::string_view link) {
    const std::size_t at = link.empty() ? std::string_view::npos : line.find(link);
    if (at == std::string_view::npos) return escaped(line);
    const std::string href = escaped(link);
    return escaped(line.substr(0, at)) + "<a href=\"" + href + "\">" +
           href.substr(0, href.find('?')) + "</a>" + escaped(line.substr(at + link.size()));
}

// One paragraph: lines up to an empty one.
std::string paragraph(std::string_view text, std::string_view code, std::string_view link,
                      std::string_view not_me) {
    const std::string_view line = trimmed(text);
    if (!code.empty() && line == code)
        return "<p class=\"code\">" + escaped(code) + "</p>\n";
    if (!link.empty() && line == link) {
        const std::string href = escaped(link);
        return "<p><a class=\"button\" href=\"" + href + "\">" + href.substr(0, href.find('#')) +
               "</a></p>\n<p class=\"small\">" + href + "</p>\n";
    }
    std::string out = "<p>";
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += line_of(text.substr(0, end), not_me);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!text.empty()) out += "<br>";
    }
    return out + "</p>\n";
}

}  // namespace

std::string_view html_style() { return kStyle; }

std::string html_of(std::string_view subject, std::string_view text, std::string_view locale,
                    std::string_view code, std::string_view link, std::string_view not_me) {
    const bool rtl = locale.starts_with("ar");
    std::string out = "<!doctype html>\n<html lang=\"" + escaped(locale) + "\" dir=\"" +
                      (rtl ? "rtl" : "ltr") +
                      "\">\n<head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width\">"
                      "<meta name=\"color-scheme\" content=\"light dark\"><title>" +
                      escaped(subject) + "</title><style>" + std::string(kStyle) +
                      "</style></head>\n<body><main>\n";
    while (!text.empty()) {
        const std::size_t gap = text.find("\n\n");
        const std::size_t end = std::min(gap, text.size());
        std::string_view block = text.substr(0, end);
        while (block.starts_with('\n')) block.remove_prefix(1);
        while (block.ends_with('\n')) block.remove_suffix(1);
        if (!block.empty()) out += paragraph(block, code, link, not_me);
        text.remove_prefix(gap == std::string_view::npos ? text.size() : gap + 2);
    }
    return out + "</main></body></html>\n";
}

}  // namespace twofold::delivery
