// names.hpp - the published spelling of the closed sets: in assertions, audit rows and (through
// http/) answers. Pure.
#pragma once
#include <optional>
#include <string_view>

#include "server/domain/types.hpp"

namespace twofold::domain {

constexpr std::string_view name_of(Method m) {
    switch (m) {
        case Method::totp:
            return "totp";
        case Method::email:
            return "email";
        case Method::whatsapp:
            return "whatsapp";
        case Method::backup_code:
            return "backup_code";
    }
    return "";
}

constexpr std::string_view name_of(Purpose p) {
    switch (p) {
        case Purpose::sign_in:
            return "sign_in";
        case Purpose::manage:
            return "manage";
        case Purpose::step_up:
            return "step_up";
    }
    return "";
}

constexpr std::string_view name_of(Action a) {
    switch (a) {
        case Action::none:
            return "";
        case Action::add_factor:
            return "add_factor";
        case Action::remove_factor:
            return "remove_factor";
        case Action::disable:
            return "disable";
        case Action::regenerate:
            return "regenerate";
        case Action::change_address:
            return "change_address";
    }
    return "";
}

}  // namespace twofold::domain
