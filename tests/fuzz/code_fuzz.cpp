// What people type: one canonical spelling, which is its own canonical spelling.
#include <algorithm>
#include <string>

#include "shared/backup_code.hpp"
#include "shared/code_text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace twofold::fuzz {
const char* const kTitle = "security 90: typed codes and backup codes have one spelling";
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace twofold;
    using fuzz::require;
    const std::string_view typed(reinterpret_cast<const char*>(data), size);

    if (const auto digits = canonical_digits(typed)) {
        require(digits->size() >= 6 && digits->size() <= 8, "six to eight");
        require(std::all_of(digits->begin(), digits->end(),
                            [](char c) { return c >= '0' && c <= '9'; }),
                "ASCII digits");
        const auto again = canonical_digits(*digits);
        require(again.has_value() && *again == *digits, "canonical digits stay");
    } else {
        require(digits.error() == Error::code_malformed, "malformed costs no attempt");
    }

    if (const auto code = parse_backup_code(typed)) {
        require(code->size() == kBackupCodeSize, "15 characters");
        require(code->find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == std::string::npos,
                "Crockford's alphabet");
        const auto shown = format_backup_code(*code);
        require(shown.has_value() && shown->size() == kBackupCodeShown, "shown in three groups");
        const auto again = parse_backup_code(*shown);
        require(again.has_value() && *again == *code, "what is shown is read back");
    } else {
        require(code.error() == Error::code_malformed || code.error() == Error::check_mismatch,
                "malformed or a slip");
    }

    if (size >= kBackupCodeRandom) {
        const std::span<const std::uint8_t, kBackupCodeRandom> random(data, kBackupCodeRandom);
        const std::string made = make_backup_code(random);
        const auto read = parse_backup_code(made);
        require(read.has_value() && *read == made, "a new code is its own spelling");
    }
    return 0;
}
