#include "server/delivery/mailbox.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/domain/rfc3339.hpp"

namespace twofold::delivery {

Receipt DemoMailbox::send(const Letter& letter) {
    const std::lock_guard lock(mutex_);
    const bool known = std::any_of(letters_.begin(), letters_.end(),
                                   [&letter](const Letter& l) { return l.id == letter.id; });
    if (known) return {Sent::done, {}, {}};  // once more after a crash between sending and noting it
    const auto place = std::find_if(letters_.begin(), letters_.end(), [&letter](const Letter& l) {
        return l.created_at <= letter.created_at;
    });
    letters_.insert(place, letter);
    if (letters_.size() > kKept) letters_.pop_back();
    return {Sent::done, {}, {}};
}

std::string DemoMailbox::json() const {
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    const std::lock_guard lock(mutex_);
    for (const Letter& l : letters_) {
        nlohmann::ordered_json item;
        item["id"] = l.id.value;
        item["at"] = domain::rfc3339(l.created_at);
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
