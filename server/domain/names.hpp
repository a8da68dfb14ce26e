// names.hpp - the published spelling of the closed sets: in assertions, audit rows and (through
// http/) answers. Pure.
#pragma once
#include <optional>
#include <string_view>

#include "server/domain/rows.hpp"

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

constexpr std::string_view name_of(FactorTrouble t) {
    switch (t) {
        case FactorTrouble::none:
            return "";
        case FactorTrouble::bounced:
            return "bounced";
        case FactorTrouble::unreachable:
            return "unreachable";
        case FactorTrouble::identity_changed:
            return "identity_changed";
        case FactorTrouble::stolen:
            return "stolen";
    }
    return "";
}

// No code is asked for and none is accepted.
constexpr bool suspends(FactorTrouble t) {
    return t == FactorTrouble::identity_changed || t == FactorTrouble::stolen;
}

constexpr std::string_view name_of(MessageStatus s) {
    switch (s) {
        case MessageStatus::queued:
            return "queued";
        case MessageStatus::sent:
            return "sent";
        case MessageStatus::delivered:
            return "delivered";
        case MessageStatus::read:
            return "read";
        case MessageStatus::failed:
            return "failed";
        case MessageStatus::dropped:
            return "dropped";
    }
    return "";
}

constexpr std::string_view name_of(Failure f) {
    switch (f) {
        case Failure::none:
            return "";
        case Failure::address_refused:
            return "address_refused";
        case Failure::not_reachable:
            return "not_reachable";
        case Failure::withheld:
            return "withheld";
        case Failure::country_unavailable:
            return "country_unavailable";
        case Failure::identity_changed:
            return "identity_changed";
        case Failure::too_many:
            return "too_many";
        case Failure::channel_down:
            return "channel_down";
        case Failure::rejected:
            return "rejected";
        case Failure::expired:
            return "expired";
        case Failure::unclear:
            return "unclear";
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
