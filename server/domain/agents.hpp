// agents.hpp - the people of the support desk. They are users with password accounts of an
// application of their own, made from the command line, and can do nothing there before their own
// second factor is on (design, people).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/core.hpp"

namespace twofold::domain {

struct AgentView {
    UserId id;
    std::string email;
    std::string name;
    AgentRole role{};
    bool second_factor = false;
    Instant created_at{};
    std::optional<Instant> ended_at;
};

class Agents {
 public:
    explicit Agents(Core& core) : core_(core) {}
    struct Added {
        UserId id;
        std::string link;  // to choose a password, once; empty when `password` was given
        bool known = false;  // was there before: now of that role
    };
    // OperatorCaller only. With an empty password a link is made that lives a day. validation_failed
    // for the address, name or password.
    Outcome<Added> add(const Caller&, std::string_view email, std::string_view name, AgentRole role,
                       std::string_view password);
    Outcome<std::vector<AgentView>> list();
    // Their sessions end at once. not_found.
    Outcome<Done> end(const Caller&, std::string_view email);

 private:
    Core& core_;
};

// The person of the desk behind a session: not_found's place is taken by forbidden (no desk person, or
// one who has left), own_factor_required before they have a second factor of their own.
struct DeskCaller {
    AgentRow agent;
    UserRow user;
};
Outcome<DeskCaller> desk_caller(Tx& tx, const Caller& caller);

}  // namespace twofold::domain
