// main.cpp - the command line: reads it, runs one command, gives its exit code (0 ok, 1 failed, 2
// usage).
#include <csignal>
#include <exception>
#include <iostream>

#include "server/commands.hpp"

namespace {

int run(const twofold::platform::CommandLine& line) {
    using twofold::platform::Command;
    switch (line.command) {
        case Command::serve:
            return twofold::serve(line);
        case Command::migrate:
            return twofold::migrate(line);
        case Command::check_config:
            return twofold::check_config(line);
        case Command::api_key_create:
            return twofold::api_key_create(line);
        case Command::api_key_list:
            return twofold::api_key_list(line);
        case Command::api_key_revoke:
            return twofold::api_key_revoke(line);
        case Command::application_set:
            return twofold::application_set(line);
        case Command::whatsapp_template_create:
            return twofold::whatsapp_template_create(line);
        case Command::whatsapp_template_check:
            return twofold::whatsapp_template_check(line);
        case Command::agent_add:
            return twofold::agent_add(line);
        case Command::agent_list:
            return twofold::agent_list(line);
        case Command::agent_end:
            return twofold::agent_end(line);
        case Command::audit_verify:
            return twofold::audit_verify(line);
        case Command::audit_export:
            return twofold::audit_export(line);
        case Command::keys_init:
            return twofold::keys_init(line);
        case Command::keys_add:
            return twofold::keys_add(line);
        case Command::keys_activate:
            return twofold::keys_activate(line);
        case Command::keys_retire:
            return twofold::keys_retire(line);
        case Command::keys_list:
            return twofold::keys_list(line);
    }
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    // A peer that hangs up must not end the program.
    std::signal(SIGPIPE, SIG_IGN);
    const auto line = twofold::platform::read_command_line(argc, argv);
    if (const int* code = std::get_if<int>(&line)) return *code;
    try {
        return run(std::get<twofold::platform::CommandLine>(line));
    } catch (const std::exception&) {
        // Its text may come from a library and hold values; the kind of failure is all that is
        // safe.
        std::cerr << "twofold: Something failed that should not; the log above may say more.\n";
        return 1;
    }
}
