#include "server/delivery/mailbox.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace twofold::delivery {
namespace {

std::string rfc3339(domain::Instant at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

}  // namespace

Sent DemoMailbox::send(const Letter& letter) {
    const std::lock_guard lock(mutex_);
    const bool known = std::any_of(letters_.begin(), letters_.end(),
                                   [&letter](const Letter& l) { return l.id == letter.id; });
    if (known) return Sent::done;  // once more after a crash between sending and noting it
    const auto place = std::find_if(letters_.begin(), letters_.end(), [&letter](const Letter& l) {
        return l.created_at <= letter.created_at;
    });
    letters_.insert(place, letter);
    if (letters_.size() > kKept) letters_.pop_back();
    return Sent::done;
}

std::string DemoMailbox::json() const {
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    const std::lock_guard lock(mutex_);
    for (const Letter& l : letters_) {
        nlohmann::ordered_json item;
        item["id"] = l.id.value;
        item["at"] = rfc3339(l.created_at);
        item["channel"] = l.channel == domain::Channel::email ? "email" : "whatsapp";
        item["kind"] = l.kind;
        item["to"] = l.to;
        item["subject"] = l.subject;
        item["text"] = l.text;
        if (!l.link.empty()) item["link"] = l.link;
        items.push_back(std::move(item));
    }
    return nlohmann::ordered_json{{"items", std::move(items)}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace twofold::delivery
