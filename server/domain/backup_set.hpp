// backup_set.hpp - making and searching a user's set of backup codes (rule 11, security 30-33).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

inline constexpr int kBackupCodes = 10;

// Ten new codes (XXXXX-XXXXX-XXXXX) and the row that recognises them: Argon2id over one salt of the
// set, each output sealed. 10 times 20 ms: call it outside any transaction.
struct NewBackupSet {
    std::vector<std::string> codes;
    BackupSetRow row;
};
NewBackupSet make_backup_set(Core& core, const UserRow& user);

// The position of a canonical code that is still unused in the row, or -1. Always one Argon2id,
// also without a set; compares with every code in constant time.
int find_backup_code(Core& core, const BackupSetRow* set, std::string_view canonical);

int backup_codes_left(const BackupSetRow& set);

}  // namespace twofold::domain
