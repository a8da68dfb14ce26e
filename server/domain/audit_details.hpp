// audit_details.hpp - opens what events say. Users are looked up once each, so that a page of one
// user's history costs one key.
#pragma once
#include <map>
#include <optional>
#include <string>

#include "server/domain/core.hpp"
#include "server/domain/text_map.hpp"

namespace twofold::domain {

class DetailsReader {
 public:
    DetailsReader(Tx& tx, Core& core) : tx_(tx), core_(core) {}

    // The integrator's id of the event's user; empty when there is none any more.
    const std::string& external_id(const UserId& user) { return of(user).external_id; }
    // Nothing when there are none, or nobody can open them any more (the user was erased).
    std::optional<TextMap> open(const AuditRow& row);
    // The key that opens this event's details and no other, hex; empty for events of an
    // application or the system, of erased users, and of versions before there was one.
    std::string key_of(const AuditRow& row);

 private:
    struct Person {
        std::string external_id;
        std::optional<Secret> key;
    };
    const Person& of(const UserId& id);
    Tx& tx_;
    Core& core_;
    std::map<UserId, Person> people_;
};

}  // namespace twofold::domain
