#include "server/domain/events.hpp"

#include <algorithm>
#include <array>

#include "server/domain/ids.hpp"
#include "server/domain/places.hpp"
#include "server/domain/text_rules.hpp"
#include "shared/audit_chain.hpp"

namespace twofold::domain {
namespace {

// The fields of a row as the texts its mac is over; keeps the numbers, borrows the rest.
class FieldTexts {
 public:
    explicit FieldTexts(const AuditRow& row)
        : sequence_(std::to_string(row.sequence)),
          at_(std::to_string(row.at.time_since_epoch().count())),
          fields_{row.id.value, row.chain,  sequence_,  row.application.value, row.user.value,
                  at_,          row.actor,  row.action, row.method,            row.result,
                  row.object,   row.request_id, row.details.text, row.previous_mac} {}
    FieldTexts(const FieldTexts&) = delete;
    FieldTexts& operator=(const FieldTexts&) = delete;

    const EventFields& fields() const { return fields_; }
    // Room for the text of all.
    std::size_t size() const {
        std::size_t n = 0;
        for (const std::string_view field : fields_) n += field.size() + 21;
        return n;
    }

 private:
    std::string sequence_;
    std::string at_;
    EventFields fields_;
};

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
            const Secret own = event_details_key(*key, row.id);
            row.details = core.sealer.seal_under(own.expose(), place, as_bytes(text));
        }
    }
    const Secret key = chain_key(core.sealer, row.chain);
    row.mac = event_mac(HmacKey(HashAlgorithm::sha256, key.expose()), row);
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

Secret chain_key(Sealer& sealer, std::string_view chain) {
    std::string text = sealer.keyed_hash("audit_chain", chain);
    Secret key(as_bytes(text));
    wipe(text.data(), text.size());
    return key;
}

std::string event_mac(const HmacKey& key, const AuditRow& row) {
    const FieldTexts texts(row);
    std::string scratch(texts.size(), '\0');
    std::array<char, kMacSize> mac;
    const int n = event_mac_to(key, texts.fields(), scratch, mac);
    return n < 0 ? std::string() : std::string(mac.data(), mac.size());
}

int event_rule(Sealer& sealer, const HmacKey& key, const AuditRow& row) {
    if (row.mac.empty()) return 0;
    if (event_mac(key, row) == row.mac) return kChainRule;
    const FieldTexts texts(row);
    std::string text(texts.size(), '\0');
    const int n = fields_text_to(texts.fields(), text);
    text.resize(static_cast<std::size_t>(std::max(n, 0)));
    return sealer.keyed_hash("audit", text) == row.mac ? kRingRule : 0;
}

Secret event_details_key(const Secret& user_audit_key, const EventId& event) {
    std::array<std::uint8_t, kMaxDigestSize> digest;
    const std::size_t n =
        hmac(HashAlgorithm::sha256, user_audit_key.expose(), as_bytes(event.value), digest);
    Secret key(ByteView(digest).first(n));
    wipe(digest.data(), digest.size());
    return key;
}

std::string actor_of(const Caller& caller) {
    if (const KeyCaller* key = caller.key()) return "key:" + key->id.value;
    if (const SessionCaller* session = caller.session())
        return session->application.value == kDeskApplication ? "agent:" + session->user.value
                                                              : "user";
    if (std::holds_alternative<OperatorCaller>(caller.who)) return "operator";
    return "anonymous";
}

}  // namespace twofold::domain
