#include "server/domain/backup_set.hpp"

#include <algorithm>

#include "server/domain/ids.hpp"
#include "server/domain/places.hpp"
#include "shared/backup_code.hpp"

namespace twofold::domain {

NewBackupSet make_backup_set(Core& core, const UserRow& user) {
    NewBackupSet made;
    made.row.id = new_id<BackupSetId>(core.random, "bcs_");
    made.row.application = user.application;
    made.row.user = user.id;
    made.row.created_at = core.clock.now();
    const Secret salt = random_bytes(core.random, 16);
    made.row.salt = base64url(salt.expose());
    for (int position = 0; position < kBackupCodes; ++position) {
        const Secret bits = random_bytes(core.random, kBackupCodeRandom);
        std::string canonical =
            make_backup_code(std::span<const std::uint8_t, kBackupCodeRandom>(bits.expose()));
        made.codes.push_back(*format_backup_code(canonical));
        const Secret hash = core.passwords.derive(canonical, salt.expose());
        wipe(canonical.data(), canonical.size());
        made.row.codes.push_back(
            {position,
             core.sealer.seal(places::backup_code_hash(made.row, std::to_string(position)),
                              hash.expose()),
             std::nullopt});
    }
    return made;
}

int find_backup_code(Core& core, const BackupSetRow* set, std::string_view canonical) {
    std::vector<std::uint8_t> salt(16);
    if (set != nullptr)
        if (auto kept = base64url_decode(set->salt); kept && kept->size() == 16) salt = *kept;
    const Secret hash = core.passwords.derive(canonical, salt);
    int found = -1;
    if (set == nullptr) return found;
    for (const BackupCode& code : set->codes) {
        const std::optional<Secret> kept = core.sealer.open(
            places::backup_code_hash(*set, std::to_string(code.position)), code.hash);
        if (kept && constant_time_equal(kept->expose(), hash.expose()) && !code.used_at)
            found = code.position;
    }
    return found;
}

int backup_codes_left(const BackupSetRow& set) {
    return static_cast<int>(std::count_if(set.codes.begin(), set.codes.end(),
                                          [](const BackupCode& c) { return !c.used_at; }));
}

}  // namespace twofold::domain
