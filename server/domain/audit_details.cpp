#include "server/domain/audit_details.hpp"

#include "server/domain/digest.hpp"
#include "server/domain/events.hpp"
#include "server/domain/places.hpp"

namespace twofold::domain {

const DetailsReader::Person& DetailsReader::of(const UserId& id) {
    const auto [it, made] = people_.try_emplace(id);
    if (made && !id.empty())
        if (const std::optional<UserRow> user = tx_.user(id)) {
            it->second.external_id = user->external_id;
            it->second.key = core_.sealer.open(places::user_audit_key(*user), user->audit_key);
        }
    return it->second;
}

std::optional<TextMap> DetailsReader::open(const AuditRow& row) {
    if (row.details.empty()) return std::nullopt;
    const SealedPlace place = places::audit_details(row);
    std::optional<Secret> text;
    if (row.user.empty()) {
        text = core_.sealer.open(place, row.details);
    } else if (const Person& person = of(row.user); person.key) {
        const Secret own = event_details_key(*person.key, row.id);
        text = core_.sealer.open_under(own.expose(), place, row.details);
        // Events of before each had a key of its own.
        if (!text) text = core_.sealer.open_under(person.key->expose(), place, row.details);
    }
    if (!text) return std::nullopt;
    const ByteView bytes = text->expose();
    return text_map_read({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string DetailsReader::key_of(const AuditRow& row) {
    if (row.user.empty() || row.details.empty() || !of(row.user).key) return {};
    const Secret own = event_details_key(*of(row.user).key, row.id);
    if (!core_.sealer.open_under(own.expose(), places::audit_details(row), row.details)) return {};
    return hex_text(own.expose());
}

}  // namespace twofold::domain
