#include "server/delivery/whatsapp_errors.hpp"

#include <array>

namespace twofold::delivery {
namespace {

using domain::Failure;
using Effect = WhatsAppEffect;

struct Row {
    int first;
    int last;
    WhatsAppMeaning meaning;
};

constexpr WhatsAppMeaning kDown{Sent::later, Failure::channel_down, Effect::close_channel};
constexpr WhatsAppMeaning kSetUp{Sent::refused, Failure::channel_down, Effect::close_channel};
constexpr WhatsAppMeaning kBusy{Sent::later, Failure::too_many, Effect::none};
constexpr WhatsAppMeaning kAgain{Sent::later, Failure::channel_down, Effect::none};
constexpr WhatsAppMeaning kBadRequest{Sent::refused, Failure::rejected, Effect::alarm};
constexpr WhatsAppMeaning kWithheld{Sent::refused, Failure::withheld, Effect::none};

constexpr std::array kTable{
    Row{0, 0, kDown},                // access token: authentication
    Row{2, 2, kAgain},               // temporary
    Row{3, 3, kSetUp},               // permission
    Row{4, 4, kBusy},                // calls of the app
    Row{10, 10, kSetUp},             // permission
    Row{100, 100, kBadRequest},      // parameter
    Row{190, 190, kDown},            // access token has expired
    Row{200, 299, kSetUp},           // permission
    Row{368, 368, kDown},            // blocked for policy
    Row{80007, 80007, kBusy},        // rate of the account
    Row{130429, 130429, kBusy},      // throughput
    Row{130497, 130497, {Sent::refused, Failure::country_unavailable, Effect::close_region}},
    Row{131000, 131000, kAgain},     // something went wrong
    Row{131005, 131005, kSetUp},     // access denied
    Row{131008, 131009, kBadRequest},
    Row{131016, 131016, kAgain},     // service unavailable
    Row{131026, 131026, {Sent::refused, Failure::not_reachable, Effect::none}},
    Row{131031, 131031, kDown},      // account locked
    Row{131042, 131042, {Sent::refused, Failure::channel_down, Effect::close_channel}},  // billing
    Row{131047, 131047, kBadRequest},  // 24-hour window: templates are never held to it
    Row{131048, 131049, kWithheld},
    Row{131056, 131056, kBusy},      // too many to one number
    Row{131057, 131057, kAgain},     // account in maintenance
    Row{132000, 132000, kBadRequest},
    Row{132001, 132001, {Sent::later, Failure::channel_down, Effect::default_language}},
    Row{132012, 132012, kBadRequest},
    Row{132015, 132016, kSetUp},     // template paused, disabled
    Row{133010, 133010, kDown},      // phone number not registered
    Row{137000, 137000, {Sent::refused, Failure::identity_changed, Effect::none}},
};

}  // namespace

WhatsAppMeaning whatsapp_meaning(int code) {
    for (const Row& row : kTable)
        if (code >= row.first && code <= row.last) return row.meaning;
    return kBadRequest;
}

}  // namespace twofold::delivery
