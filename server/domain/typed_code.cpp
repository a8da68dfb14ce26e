#include "server/domain/typed_code.hpp"

#include "shared/backup_code.hpp"
#include "shared/code_text.hpp"

namespace twofold::domain {

Outcome<TypedCode> read_code(std::string_view typed, const std::optional<Method>& method) {
    if (!method || *method != Method::backup_code)
        if (Result<std::string> digits = canonical_digits(typed))
            return TypedCode{false, std::move(*digits)};
    if (!method || *method == Method::backup_code) {
        Result<std::string> backup = parse_backup_code(typed);
        if (backup) return TypedCode{true, std::move(*backup)};
        if (backup.error() == Error::check_mismatch) return invalid("/code", "check_characters");
    }
    return invalid("/code", "format");
}

}  // namespace twofold::domain
