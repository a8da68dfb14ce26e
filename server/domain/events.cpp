#include "server/domain/events.hpp"

#include "server/domain/ids.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_rules.hpp"

namespace twofold::domain {
namespace {

// Length before text, so that no two lists of fields give one string.
void add_field(std::string& out, std::string_view field) {
    out += std::to_string(field.size());
    out += ':';
    out += field;
}

// The next event of a chain; moves the head.
AuditRow next_event(Core& core, const Caller& caller, const ApplicationId& application,
                    const UserRow* user, const Event& event, ChainHead& head) {
    AuditRow row;
    row.chain = head.chain;
    row.sequence = head.length + 1;
    row.id = new_event_id(core.random, core.clock.now_ms(), row.sequence);
    row.application = application;
    if (user != nullptr) row.user = user->id;
    row.at = core.clock.now();
    row.actor = actor_of(caller);
    row.action = event.action;
    row.method = event.method;
    row.result = event.result;
    row.object = event.object;
    row.request_id = caller.request_id;
    row.previous_mac = head.mac;

    TextMap details = event.details;
    if (!event.label.empty()) details["label"] = event.label;
    if (!caller.client.ip.empty()) details["ip"] = tamed(caller.client.ip, 64);
    if (!caller.client.user_agent.empty())
        details["user_agent"] = tamed(caller.client.user_agent, 256);
    const std::string text = details.empty() ? std::string() : text_map_write(details);
    if (!text.empty()) {
        const SealedPlace place = places::audit_details(row);
        if (user == nullptr) {
            row.details = core.sealer.seal(place, as_bytes(text));
        } else if (const std::optional<Secret> key =
                       core.sealer.open(places::user_audit_key(*user), user->audit_key)) {
            row.details = core.sealer.seal_under(key->expose(), place, as_bytes(text));
        }
    }
    row.mac = event_mac(core.sealer, row);
    head.length = row.sequence;
    head.mac = row.mac;
    head.updated_at = row.at;
    return row;
}

void append(Tx& tx, Core& core, const Caller& caller, const ApplicationId& application,
            const UserRow* user, std::string_view chain, const Event& event) {
    ChainHead head = tx.lock_chain(chain);
    const AuditRow row = next_event(core, caller, application, user, event, head);
    tx.append_audit(row, head);
}

}  // namespace

std::string chain_of(const UserId& user) { return "user:" + user.value; }
std::string chain_of(const ApplicationId& application) {
    return "application:" + application.value;
}

void record(Tx& tx, Core& core, const Caller& caller, const UserRow& user, const Event& event) {
    append(tx, core, caller, user.application, &user, chain_of(user.id), event);
}

void record(Tx& tx, Core& core, const Caller& caller, const ApplicationId& application,
            const Event& event) {
    append(tx, core, caller, application, nullptr, chain_of(application), event);
}

void record_system(Tx& tx, Core& core, const Caller& caller, const Event& event) {
    append(tx, core, caller, {}, nullptr, kSystemChain, event);
}

void record(VerifyRows& rows, Core& core, const Caller& caller, const UserRow& user,
            const Event& event) {
    const std::string chain = chain_of(user.id);
    Tracked<ChainHead>& head = rows.chains[chain];
    if (head.row.chain.empty()) head.row.chain = chain;
    rows.events.push_back(next_event(core, caller, user.application, &user, event, head.edit()));
}

std::string event_mac(Sealer& sealer, const AuditRow& row) {
    std::string text;
    text.reserve(512);
    add_field(text, row.id.value);
    add_field(text, row.chain);
    add_field(text, std::to_string(row.sequence));
    add_field(text, row.application.value);
    add_field(text, row.user.value);
    add_field(text, std::to_string(row.at.time_since_epoch().count()));
    add_field(text, row.actor);
    add_field(text, row.action);
    add_field(text, row.method);
    add_field(text, row.result);
    add_field(text, row.object);
    add_field(text, row.request_id);
    add_field(text, row.details.text);
    add_field(text, row.previous_mac);
    return sealer.keyed_hash("audit", text);
}

std::string actor_of(const Caller& caller) {
    if (const KeyCaller* key = caller.key()) return "key:" + key->id.value;
    if (caller.session() != nullptr) return "user";
    if (std::holds_alternative<OperatorCaller>(caller.who)) return "operator";
    return "anonymous";
}

}  // namespace twofold::domain
