// The people of the support desk, from the command line: the only way they are made.
#include <iostream>
#include <nlohmann/json.hpp>

#include "server/commands.hpp"
#include "server/domain/agents.hpp"
#include "server/domain/rfc3339.hpp"
#include "server/runtime.hpp"

namespace twofold {

using nlohmann::ordered_json;
using platform::CommandLine;

namespace {

void print(const ordered_json& value) {
    std::cout << value.dump(2, ' ', true, ordered_json::error_handler_t::replace) << "\n";
}
std::string in_quotes(std::string_view text) {
    return ordered_json(text).dump(-1, ' ', true, ordered_json::error_handler_t::replace);
}

int refused(const domain::Problem& why) {
    if (why.code == domain::Code::not_found)
        return failed("Nobody of the desk has that address; `twofold agent list` shows them.");
    if (why.code != domain::Code::validation_failed)
        return failed("The database does not answer; try again.");
    std::string what = "That is not accepted:";
    for (const auto& f : why.fields) what += " " + f.pointer.substr(1) + " (" + f.rule + ")";
    return failed(what + ".");
}

}  // namespace

int agent_add(const CommandLine& line) {
    std::string password;
    if (line.password_stdin) {
        std::getline(std::cin, password);
        if (password.empty()) return failed("No password came on standard input.");
    }
    auto opened = Runtime::open(line.config, nullptr);
    if (!opened) return failed(opened.error().what);
    Runtime& r = **opened;
    const auto role = line.supervisor ? domain::AgentRole::supervisor : domain::AgentRole::agent;
    const auto added = domain::Agents(*r.core).add(operator_caller(r.random), line.email,
                                                   line.name, role, password);
    if (!added) return refused(added.error());
    const std::string role_name(domain::name_of(role));
    if (line.json) {
        ordered_json out{{"id", added->id.value},
                         {"email", line.email},
                         {"role", role_name},
                         {"desk", line.config.settings.public_url + "/desk/"}};
        if (!added->link.empty()) out["link"] = added->link;
        print(out);
        return 0;
    }
    if (!added->link.empty()) std::cout << added->link << "\n";
    std::cerr << in_quotes(line.email) << " is " << (role_name == "agent" ? "an agent" : "a supervisor")
              << " of the desk at " << line.config.settings.public_url << "/desk/ now.\n";
    if (!added->link.empty())
        std::cerr << "Give them this link: it lets them choose a password, once, within a day. "
                     "Before they can work they set up a second factor of their own.\n";
    return 0;
}

int agent_list(const CommandLine& line) {
    auto opened = Runtime::open(line.config, nullptr);
    if (!opened) return failed(opened.error().what);
    const auto list = domain::Agents(*(*opened)->core).list();
    if (!list) return refused(list.error());
    ordered_json items = ordered_json::array();
    for (const domain::AgentView& a : *list) {
        const std::string role(domain::name_of(a.role));
        if (line.json) {
            items.push_back({{"id", a.id.value},
                             {"email", a.email},
                             {"name", a.name},
                             {"role", role},
                             {"second_factor", a.second_factor},
                             {"created_at", domain::rfc3339(a.created_at)},
                             {"ended_at", a.ended_at ? ordered_json(domain::rfc3339(*a.ended_at))
                                                     : ordered_json()}});
        } else {
            std::cout << (a.ended_at ? "ended      " : role == "agent" ? "agent      " : "supervisor ")
                      << (a.second_factor ? "2FA    " : "no 2FA ") << in_quotes(a.email) << "  "
                      << in_quotes(a.name) << "\n";
        }
    }
    if (line.json) print({{"items", items}});
    return 0;
}

int agent_end(const CommandLine& line) {
    auto opened = Runtime::open(line.config, nullptr);
    if (!opened) return failed(opened.error().what);
    Runtime& r = **opened;
    const auto done = domain::Agents(*r.core).end(operator_caller(r.random), line.email);
    if (!done) return refused(done.error());
    std::cout << in_quotes(line.email) << " can work at the desk no more.\n";
    return 0;
}

}  // namespace twofold
