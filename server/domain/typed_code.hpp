// typed_code.hpp - what kind of code a person typed (rule 3). Pure.
#pragma once
#include <optional>
#include <string>

#include "server/domain/problem.hpp"
#include "server/domain/types.hpp"

namespace twofold::domain {

struct TypedCode {
    bool backup = false;
    std::string canonical;  // 6..8 digits, or 15 characters of Crockford's alphabet
};

// Digits are a code of an app or of a message, 15 characters with the right check a backup code; `method`, when given,
// must agree. Otherwise validation_failed at /code ("format", or "check_characters" for a typing
// slip), which costs no attempt.
Outcome<TypedCode> read_code(std::string_view typed, const std::optional<Method>& method);

}  // namespace twofold::domain
