#include "server/delivery/mailbox.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/domain/rfc3339.hpp"

namespace twofold::delivery {

Receipt DemoMailbox::send(const Letter& letter) {
    const std::lock_guard lock(mutex_);
    const Receipt taken{Sent::done, {}, "demo." + letter.id.value};
    const bool known = std::any_of(letters_.begin(), letters_.end(),
                                   [&](const Kept& k) { return k.letter.id == letter.id; });
    if (known) return taken;  // once more after a crash between sending and noting it
    const auto place = std::find_if(letters_.begin(), letters_.end(), [&](const Kept& k) {
        return k.letter.created_at <= letter.created_at;
    });
    letters_.insert(place, Kept{letter});
    if (letters_.size() > kKept) letters_.pop_back();
    return taken;
}

std::vector<domain::DeliveryReport> DemoMailbox::reports(domain::Instant now) {
    using domain::MessageStatus;
    const std::lock_guard lock(mutex_);
    std::vector<domain::DeliveryReport> out;
    for (Kept& k : letters_) {
        if (k.letter.channel != domain::Channel::whatsapp || now <= k.letter.created_at) continue;
        const auto next = k.told == MessageStatus::sent       ? MessageStatus::delivered
                          : k.told == MessageStatus::delivered && k.seen ? MessageStatus::read
                                                                         : k.told;
        if (next == k.told) continue;
        k.told = next;
        out.push_back({"demo." + k.letter.id.value, next, {}});
    }
    return out;
}

std::string DemoMailbox::json() const {
    nlohmann::ordered_json items = nlohmann::ordered_json::array();
    const std::lock_guard lock(mutex_);
    for (Kept& k : letters_) {
        const Letter& l = k.letter;
        k.seen = true;
        nlohmann::ordered_json item;
        item["id"] = l.id.value;
        item["at"] = domain::rfc3339(l.created_at);
        item["channel"] = l.channel == domain::Channel::email ? "email" : "whatsapp";
        item["kind"] = l.kind;
        item["to"] = l.to;
        item["subject"] = l.subject;
        item["text"] = l.text;
        if (!l.link.empty()) item["link"] = l.link;
        if (!l.code.empty()) item["code"] = l.code;
        if (l.channel == domain::Channel::email && !l.html.empty()) item["html"] = l.html;
        items.push_back(std::move(item));
    }
    return nlohmann::ordered_json{{"items", std::move(items)}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace twofold::delivery
