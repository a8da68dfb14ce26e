// The commands that set up how codes are sent.
#include <algorithm>
#include <iostream>

#include "server/commands.hpp"
#include "server/delivery/whatsapp.hpp"
#include "server/delivery_wiring.hpp"
#include "server/domain/channels.hpp"
#include "server/domain/devices.hpp"
#include "server/runtime.hpp"

namespace twofold {

using platform::CommandLine;

namespace {

// Why the template cannot be asked about, or nothing.
std::string missing(const platform::Config& config) {
    if (config.whatsapp_token.empty()) return "set TWOFOLD_WHATSAPP_TOKEN";
    if (config.whatsapp_account_id.empty()) return "set TWOFOLD_WHATSAPP_ACCOUNT_ID";
    if (config.whatsapp_template.empty()) return "set TWOFOLD_WHATSAPP_TEMPLATE";
    return {};
}

int told(const delivery::TemplateResult& result) {
    if (!result.ok) return failed(result.what);
    std::cout << result.what << "\n";
    return 0;
}

int refused_set(const domain::Problem& why) {
    return failed(why.code == domain::Code::not_found
                      ? "There is no application of that name."
                      : "The database does not answer; try again.");
}

std::string language_of(const CommandLine& line) {
    return line.language.empty() ? line.config.whatsapp_language : line.language;
}

}  // namespace

int application_set(const CommandLine& line) {
    auto opened = Runtime::open(line.config, [](std::string_view, int) {});
    if (!opened) return failed(opened.error().what);
    Runtime& r = **opened;
    if (!line.remember.empty()) {
        const bool on = line.remember == "on";
        const auto done = domain::set_remember(*r.core, operator_caller(r.random),
                                               line.application, on);
        if (!done) return refused_set(done.error());
        std::cout << line.application << (on ? " lets" : " does not let")
                  << " people have their browsers remembered.\n";
    }
    if (line.methods.empty()) return 0;
    std::string off;
    for (const char* method : {"email", "whatsapp"}) {
        if (std::find(line.methods.begin(), line.methods.end(), method) != line.methods.end())
            continue;
        off += off.empty() ? method : std::string(" ") + method;
    }
    const auto done = domain::set_methods_off(*r.core, operator_caller(r.random), line.application,
                                              off);
    if (!done) return refused_set(done.error());
    std::cout << line.application << " offers totp" << (off.find("email") == off.npos ? ", email" : "")
              << (off.find("whatsapp") == off.npos ? ", whatsapp" : "") << ".\n";
    return 0;
}

int whatsapp_template_create(const CommandLine& line) {
    if (const std::string what = missing(line.config); !what.empty())
        return failed("To make the template " + what + ".");
    return told(delivery::create_template(
        whatsapp_settings(line.config), language_of(line),
        static_cast<int>(line.config.settings.code_life.count() / 60)));
}

int whatsapp_template_check(const CommandLine& line) {
    if (const std::string what = missing(line.config); !what.empty())
        return failed("To look the template up " + what + ".");
    return told(delivery::check_template(whatsapp_settings(line.config), language_of(line)));
}

}  // namespace twofold
