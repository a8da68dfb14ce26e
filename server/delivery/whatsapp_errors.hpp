// whatsapp_errors.hpp - what each error code of the WhatsApp Cloud API means for a message, for its
// country and for the channel (Meta, "Error codes", list of 14 Nov 2025). Pure.
#pragma once
#include "server/delivery/transport.hpp"

namespace twofold::delivery {

enum class WhatsAppEffect {
    none,
    close_channel,     // nobody will get any until somebody mends it: circuit and alarm
    close_region,      // not to this country
    default_language,  // this language has no template: the default one once
    alarm,             // tell the operator
};

struct WhatsAppMeaning {
    Sent sent{};
    domain::Failure failure{};
    WhatsAppEffect effect{};
};

// An unknown code is final for the message and raises an alarm: better a look than a flood.
WhatsAppMeaning whatsapp_meaning(int code);

}  // namespace twofold::delivery
