// api_test_tool - what the API tests need beside the server and cannot have over HTTP, on the
// database of a server that runs (TWOFOLD_DATABASE, TWOFOLD_KEYS):
//   api_test_tool account EMAIL PASSWORD   a ready account of the Client Area
//   api_test_tool mails                    sends what waits into a mailbox of its own; prints it
#include <iostream>
#include <string_view>

#include "server/delivery/mailbox.hpp"
#include "server/delivery/outbox.hpp"
#include "server/domain/accounts.hpp"
#include "server/runtime.hpp"

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const char* const serve[] = {"twofold", "serve"};
    const auto line = twofold::platform::read_command_line(2, serve);
    const auto* read = std::get_if<twofold::platform::CommandLine>(&line);
    if (read == nullptr) return 2;
    auto opened = twofold::Runtime::open(read->config, [](std::string_view, int) {});
    if (!opened) {
        std::cerr << opened.error().what << "\n";
        return 1;
    }
    twofold::Runtime& r = **opened;
    if (what == "account" && argc == 4) {
        return twofold::domain::Accounts(*r.core).create_ready_account(argv[2], argv[3], "Test")
                   ? 0
                   : 1;
    }
    if (what == "mails") {
        twofold::delivery::DemoMailbox mailbox;
        twofold::delivery::ChannelBoard board(r.store, r.clock, [](auto, auto, auto) {});
        twofold::delivery::Outbox outbox(*r.core, twofold::domain::Channel::email, mailbox, board,
                                         [](const auto&) {});
        while (outbox.run_once() != 0) {
        }
        for (const twofold::delivery::Letter& letter : outbox.sent_before(200))
            mailbox.send(letter);
        std::cout << mailbox.json() << "\n";
        return 0;
    }
    return 2;
}
