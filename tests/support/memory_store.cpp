#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <stdexcept>

namespace twofold::testing {

using namespace domain;

namespace {

// A guard or unique key that failed: the transaction repeats.
struct MemoryConflict {};

constexpr int kAttempts = 5;
constexpr Seconds kStepUseKept{600};
constexpr Seconds kChallengeGrace{3600};
constexpr Seconds kIdempotencyGrace{86400};
constexpr Seconds kMessageGrace{86400};

Problem unavailable() { return Problem{Code::unavailable, std::chrono::seconds{1}, {}, {}}; }

template <class Map, class Key>
auto find(const Map& map, const Key& key) -> std::optional<typename Map::mapped_type> {
    auto it = map.find(key);
    if (it == map.end()) return std::nullopt;
    return it->second;
}

// The guarded update of the SQL stores: WHERE id = ? AND version = ?.
template <class Map, class Key, class Row>
void guarded(Map& map, const Key& key, Row& row) {
    auto it = map.find(key);
    if (it == map.end() || it->second.version != row.version) throw MemoryConflict{};
    row.version += 1;
    it->second = row;
}

template <class Map, class Key, class Row>
void must_insert(Map& map, const Key& key, const Row& row) {
    if (!map.emplace(key, row).second) throw MemoryConflict{};
}

template <class Map, class Predicate>
int remove_if(Map& map, int limit, Predicate expired) {
    int removed = 0;
    for (auto it = map.begin(); it != map.end() && removed < limit;) {
        if (expired(*it)) {
            it = map.erase(it);
            ++removed;
        } else {
            ++it;
        }
    }
    return removed;
}

bool sealed_under(const Sealed& sealed, std::string_view key_id) {
    return sealed.text.size() > key_id.size() && sealed.text[key_id.size()] == '.' &&
           std::string_view(sealed.text).substr(0, key_id.size()) == key_id;
}

class MemoryTx final : public Tx {
 public:
    EventId witness;  // an audit row this transaction inserted

    MemoryTx(MemoryData& data, bool writable) : d_(data), writable_(writable) {}

    std::optional<ApplicationRow> application(const ApplicationId& id) override {
        return find(d_.applications, id);
    }
    std::optional<ApplicationRow> application_named(std::string_view name) override {
        for (const auto& [id, row] : d_.applications)
            if (row.name == name) return row;
        return std::nullopt;
    }
    bool insert_application(const ApplicationRow& row) override {
        change();
        if (application_named(row.name)) return false;
        return d_.applications.emplace(row.id, row).second;
    }

    void set_application_methods_off(const ApplicationId& id, std::string_view names) override {
        change();
        const auto it = d_.applications.find(id);
        if (it != d_.applications.end()) it->second.methods_off = std::string(names);
    }
    void set_application_remember(const ApplicationId& id, bool on) override {
        change();
        const auto it = d_.applications.find(id);
        if (it != d_.applications.end()) it->second.remember_devices = on;
    }
    bool insert_user(const UserRow& row) override {
        change();
        if (user_by_external_id(row.application, row.external_id)) return false;
        return d_.users.emplace(row.id, row).second;
    }
    std::optional<UserRow> user(const UserId& id) override { return find(d_.users, id); }
    std::optional<UserRow> lock_user(const UserId& id) override { return user(id); }
    std::optional<UserRow> user_by_external_id(const ApplicationId& application,
                                               std::string_view external_id) override {
        for (const auto& [id, row] : d_.users)
            if (row.application == application && row.external_id == external_id) return row;
        return std::nullopt;
    }
    void update_user(UserRow& row) override {
        change();
        guarded(d_.users, row.id, row);
    }
    void erase_user(const UserId& id) override {
        change();
        const auto of_user = [&](const auto& entry) { return entry.second.user == id; };
        std::erase_if(d_.step_uses, [&](const auto& entry) {
            auto factor = d_.factors.find(entry.first.first);
            return factor != d_.factors.end() && factor->second.user == id;
        });
        std::erase_if(d_.factors, of_user);
        std::erase_if(d_.budgets, of_user);
        std::erase_if(d_.challenges, of_user);
        std::erase_if(d_.sessions, of_user);
        std::erase_if(d_.devices, of_user);
        std::erase_if(d_.links, of_user);
        std::erase_if(d_.messages, of_user);
        std::erase_if(d_.deliveries, of_user);
        std::erase_if(d_.cases, of_user);
        std::erase_if(d_.case_steps,
                      [&](const CaseStepRow& s) { return !d_.cases.contains(s.support_case); });
        std::erase_if(d_.evidence,
                      [&](const EvidenceRow& e) { return !d_.cases.contains(e.support_case); });
        d_.agents.erase(id);
        d_.backup_sets.erase(id);
        d_.accounts.erase(id);
        d_.users.erase(id);
    }
    std::optional<TombstoneRow> tombstone(std::string_view id) override {
        return find(d_.tombstones, id);
    }
    void put_tombstone(const TombstoneRow& row) override {
        change();
        d_.tombstones[row.id] = row;
    }

    bool insert_account(const AccountRow& row) override {
        change();
        if (account_by_email(row.application, row.email_index)) return false;
        return d_.accounts.emplace(row.user, row).second;
    }
    std::optional<AccountRow> account(const UserId& user) override {
        return find(d_.accounts, user);
    }
    std::optional<AccountRow> account_by_email(const ApplicationId& application,
                                               std::string_view email_index) override {
        for (const auto& [id, row] : d_.accounts)
            if (row.application == application && row.email_index == email_index) return row;
        return std::nullopt;
    }
    void update_account(AccountRow& row) override {
        change();
        for (const auto& [id, other] : d_.accounts)
            if (id != row.user && other.application == row.application &&
                other.email_index == row.email_index)
                throw MemoryConflict{};
        guarded(d_.accounts, row.user, row);
    }

    void insert_factor(const FactorRow& row) override {
        change();
        must_insert(d_.factors, row.id, row);
    }
    std::optional<FactorRow> lock_factor(const FactorId& id) override {
        return find(d_.factors, id);
    }
    std::vector<FactorRow> lock_factors(const UserId& user) override { return factors(user); }
    std::vector<FactorRow> factors(const UserId& user) override {
        std::vector<FactorRow> out;
        for (const auto& [id, row] : d_.factors)
            if (row.user == user && row.status != FactorStatus::ended) out.push_back(row);
        std::stable_sort(out.begin(), out.end(), [](const FactorRow& a, const FactorRow& b) {
            return a.created_at < b.created_at;
        });
        return out;
    }
    void update_factor(FactorRow& row) override {
        change();
        guarded(d_.factors, row.id, row);
    }
    bool insert_step_use(const FactorId& factor, std::int64_t step, Instant at) override {
        change();
        return d_.step_uses.emplace(std::pair{factor, step}, at).second;
    }

    std::optional<BudgetRow> lock_budget(std::string_view id) override {
        return find(d_.budgets, id);
    }
    std::vector<BudgetRow> budgets(const UserId& user) override {
        std::vector<BudgetRow> out;
        for (const auto& [id, row] : d_.budgets)
            if (row.user == user) out.push_back(row);
        return out;
    }
    void put_budget(BudgetRow& row) override {
        change();
        if (row.version != 0) return guarded(d_.budgets, row.id, row);
        BudgetRow first = row;
        first.version = 1;
        must_insert(d_.budgets, row.id, first);
        row.version = 1;
    }
    void delete_budget(std::string_view id) override {
        change();
        if (auto it = d_.budgets.find(id); it != d_.budgets.end()) d_.budgets.erase(it);
    }

    std::optional<BackupSetRow> backup_set(const UserId& user) override {
        return find(d_.backup_sets, user);
    }
    void replace_backup_set(const UserId& user, const BackupSetRow* set) override {
        change();
        d_.backup_sets.erase(user);
        if (set == nullptr) return;
        BackupSetRow row = *set;
        std::sort(row.codes.begin(), row.codes.end(),
                  [](const BackupCode& a, const BackupCode& b) { return a.position < b.position; });
        d_.backup_sets.emplace(user, std::move(row));
    }
    bool use_backup_code(const BackupSetId& set, int position, Instant at) override {
        change();
        for (auto& [user, row] : d_.backup_sets) {
            if (row.id != set) continue;
            for (BackupCode& code : row.codes) {
                if (code.position != position || code.used_at) continue;
                code.used_at = at;
                return true;
            }
        }
        return false;
    }

    void insert_challenge(const ChallengeRow& row) override {
        change();
        must_insert(d_.challenges, row.id, row);
    }
    std::optional<ChallengeRow> challenge(const ChallengeId& id) override {
        return find(d_.challenges, id);
    }
    std::optional<ChallengeRow> lock_challenge(const ChallengeId& id) override {
        return challenge(id);
    }
    void update_challenge(ChallengeRow& row) override {
        change();
        guarded(d_.challenges, row.id, row);
    }
    void close_challenges(const UserId& user) override {
        change();
        for (auto& [id, row] : d_.challenges) {
            if (row.user != user) continue;
            if (row.status != ChallengeStatus::pending && row.status != ChallengeStatus::approved)
                continue;
            row.status = ChallengeStatus::closed;
            row.version += 1;
        }
    }

    VerifyRows load_for_verify(std::span<const ChallengeId> challenges,
                               std::span<const UserId> users) override {
        VerifyRows rows;
        std::set<UserId> wanted(users.begin(), users.end());
        for (const ChallengeId& id : challenges) {
            auto row = find(d_.challenges, id);
            if (!row) continue;
            wanted.insert(row->user);
            rows.challenges[id] = {*row, false};
            for (const auto& [delivery_id, delivery] : d_.deliveries)
                if (delivery.challenge == id && !delivery.ended_at && row->deliveries > 0)
                    rows.deliveries[delivery_id] = {delivery, false};
        }
        for (const UserId& id : wanted) {
            auto row = find(d_.users, id);
            if (!row) continue;
            rows.users[id] = {*row, false};
            for (const auto& [factor_id, factor] : d_.factors) {
                if (factor.user != id || factor.status != FactorStatus::active) continue;
                rows.factors[factor_id] = {factor, false};
                if (auto budget = find(d_.budgets, factor_id.value))
                    rows.budgets[budget->id] = {*budget, false};
            }
            const std::string chain = "user:" + id.value;
            rows.chains[chain] = {lock_chain(chain), false};
        }
        return rows;
    }
    void save_verified(VerifyRows& rows) override {
        change();
        for (auto& [id, t] : rows.challenges)
            if (t.dirty) update_challenge(t.row);
        for (auto& [id, t] : rows.users)
            if (t.dirty) update_user(t.row);
        for (auto& [id, t] : rows.factors)
            if (t.dirty) update_factor(t.row);
        for (auto& [id, t] : rows.deliveries)
            if (t.dirty) update_delivery(t.row);
        for (auto& [id, t] : rows.budgets)
            if (t.dirty) put_budget(t.row);
        for (const auto& use : rows.steps)
            if (!insert_step_use(use.factor, use.step, use.at)) throw MemoryConflict{};
        std::map<std::string, std::int64_t> added;
        for (const AuditRow& event : rows.events) {
            add_event(event);
            added[event.chain] += 1;
        }
        for (auto& [id, t] : rows.chains)
            if (t.dirty) put_head(t.row, t.row.length - added[id]);
        clean(rows.chains);
        clean(rows.challenges);
        clean(rows.users);
        clean(rows.factors);
        clean(rows.deliveries);
        clean(rows.budgets);
        rows.steps.clear();
        rows.events.clear();
    }

    void insert_session(const SessionRow& row) override {
        change();
        must_insert(d_.sessions, row.id, row);
    }
    std::optional<SessionRow> session(const SessionId& id) override {
        return find(d_.sessions, id);
    }
    std::optional<SessionRow> lock_session(const SessionId& id) override { return session(id); }
    void update_session(SessionRow& row) override {
        change();
        guarded(d_.sessions, row.id, row);
    }
    void delete_session(const SessionId& id) override {
        change();
        d_.sessions.erase(id);
    }
    void delete_sessions(const UserId& user, const SessionId& except) override {
        change();
        std::erase_if(d_.sessions, [&](const auto& entry) {
            return entry.second.user == user && entry.first != except;
        });
    }
    void delete_full_sessions(const UserId& user) override {
        change();
        std::erase_if(d_.sessions, [&](const auto& entry) {
            return entry.second.user == user && entry.second.state == SessionState::full;
        });
    }
    void delete_device_sessions(const UserId& user, const DeviceId& device,
                                const SessionId& except) override {
        change();
        std::erase_if(d_.sessions, [&](const auto& entry) {
            return entry.second.user == user && entry.second.device == device &&
                   entry.first != except;
        });
    }

    void insert_device(const DeviceRow& row) override {
        change();
        if (lock_device_by_series(row.series_hash)) throw MemoryConflict{};
        must_insert(d_.devices, row.id, row);
    }
    std::optional<DeviceRow> device(const DeviceId& id) override { return find(d_.devices, id); }
    std::optional<DeviceRow> lock_device_by_series(std::string_view series_hash) override {
        for (const auto& [id, row] : d_.devices)
            if (row.series_hash == series_hash) return row;
        return std::nullopt;
    }
    std::vector<DeviceRow> devices(const UserId& user) override {
        std::vector<DeviceRow> out;
        for (const auto& [id, row] : d_.devices)
            if (row.user == user) out.push_back(row);
        std::sort(out.begin(), out.end(), [](const DeviceRow& a, const DeviceRow& b) {
            return std::tie(a.last_used_at, a.id) > std::tie(b.last_used_at, b.id);
        });
        return out;
    }
    void update_device(DeviceRow& row) override {
        change();
        guarded(d_.devices, row.id, row);
    }
    void delete_device(const DeviceId& id) override {
        change();
        d_.devices.erase(id);
    }

    void insert_api_key(const ApiKeyRow& row) override {
        change();
        if (api_key_by_hash(row.hash)) throw MemoryConflict{};
        must_insert(d_.api_keys, row.id, row);
    }
    std::optional<ApiKeyRow> api_key_by_hash(std::string_view hash) override {
        for (const auto& [id, row] : d_.api_keys)
            if (row.hash == hash) return row;
        return std::nullopt;
    }
    std::vector<ApiKeyRow> api_keys(const ApplicationId& application) override {
        std::vector<ApiKeyRow> out;
        for (const auto& [id, row] : d_.api_keys)
            if (row.application == application) out.push_back(row);
        std::stable_sort(out.begin(), out.end(), [](const ApiKeyRow& a, const ApiKeyRow& b) {
            return a.created_at < b.created_at;
        });
        return out;
    }
    bool revoke_api_key(const ApiKeyId& id, Instant at) override {
        change();
        auto it = d_.api_keys.find(id);
        if (it == d_.api_keys.end() || it->second.revoked_at) return false;
        it->second.revoked_at = at;
        return true;
    }
    void touch_api_key(const ApiKeyId& id, Instant at) override {
        change();
        if (auto it = d_.api_keys.find(id); it != d_.api_keys.end()) it->second.last_used_at = at;
    }

    ChainHead lock_chain(std::string_view chain) override {
        if (auto head = find(d_.chains, chain)) return *head;
        return ChainHead{std::string(chain), 0, {}, {}};
    }
    void append_audit(const AuditRow& event, const ChainHead& head) override {
        change();
        add_event(event);
        put_head(head, head.length - 1);
    }
    std::vector<AuditRow> audit(const ApplicationId& application, const UserId& user,
                                const EventId& before, int limit) override {
        std::vector<AuditRow> out;
        const std::string chain = "user:" + user.value;
        for (auto it = d_.audit.rbegin(); it != d_.audit.rend(); ++it) {
            if (static_cast<int>(out.size()) >= limit) break;
            const AuditRow& row = it->second;
            if (row.application != application) continue;
            if (!user.empty() && row.chain != chain) continue;
            if (!before.empty() && !(row.id < before)) continue;
            out.push_back(row);
        }
        return out;
    }
    std::vector<AuditRow> audit_chain(std::string_view chain, std::int64_t after,
                                      int limit) override {
        std::vector<AuditRow> out;
        for (const auto& [id, row] : d_.audit)
            if (row.chain == chain && row.sequence > after) out.push_back(row);
        std::sort(out.begin(), out.end(),
                  [](const AuditRow& a, const AuditRow& b) { return a.sequence < b.sequence; });
        return cut(std::move(out), limit);
    }
    std::vector<ChainHead> chains(std::string_view after, int limit) override {
        std::vector<ChainHead> out;
        for (auto it = d_.chains.upper_bound(after); it != d_.chains.end(); ++it)
            out.push_back(it->second);
        return cut(std::move(out), limit);
    }
    std::vector<ChainHead> chains_moved_since(Instant since, int limit) override {
        std::vector<ChainHead> out;
        for (const auto& [name, head] : d_.chains)
            if (head.updated_at >= since) out.push_back(head);
        std::stable_sort(out.begin(), out.end(), [](const ChainHead& a, const ChainHead& b) {
            return a.updated_at < b.updated_at;
        });
        return cut(std::move(out), limit);
    }
    std::optional<ChainHead> chain(std::string_view name) override { return find(d_.chains, name); }
    std::vector<CheckpointMark> checkpoint_marks(std::string_view chain, int limit) override {
        std::vector<CheckpointMark> out;
        for (auto it = d_.checkpoints.rbegin(); it != d_.checkpoints.rend(); ++it)
            for (const ChainHead& head : it->second.entries)
                if (head.chain == chain && out.size() < static_cast<std::size_t>(limit))
                    out.push_back({it->first, head.length});
        return out;
    }
    std::optional<CheckpointRow> last_checkpoint() override {
        if (d_.checkpoints.empty()) return std::nullopt;
        return d_.checkpoints.rbegin()->second;
    }
    std::optional<CheckpointRow> checkpoint(std::int64_t number) override {
        return find(d_.checkpoints, number);
    }
    bool insert_checkpoint(const CheckpointRow& row) override {
        change();
        return d_.checkpoints.emplace(row.number, row).second;
    }

    std::optional<ThrottleRow> lock_throttle(std::string_view key) override {
        return find(d_.throttles, key);
    }
    void put_throttle(const ThrottleRow& row) override {
        change();
        d_.throttles[row.key] = row;
    }

    bool insert_idempotency(const IdempotencyRow& row) override {
        change();
        return d_.idempotency.emplace(row.id, row).second;
    }
    std::optional<IdempotencyRow> lock_idempotency(std::string_view id) override {
        return find(d_.idempotency, id);
    }
    void put_idempotency(const IdempotencyRow& row) override {
        change();
        d_.idempotency[row.id] = row;
    }
    void delete_idempotency(std::string_view id) override {
        change();
        if (auto it = d_.idempotency.find(id); it != d_.idempotency.end()) d_.idempotency.erase(it);
    }
    bool request_committed(std::string_view request_id) override {
        return std::any_of(d_.audit.begin(), d_.audit.end(), [&](const auto& entry) {
            return entry.second.request_id == request_id;
        });
    }

    void insert_link(const LinkRow& row) override {
        change();
        must_insert(d_.links, row.id, row);
    }
    std::optional<LinkRow> lock_link(std::string_view id) override { return find(d_.links, id); }
    void update_link(LinkRow& row) override {
        change();
        guarded(d_.links, row.id, row);
    }
    void void_links(LinkPurpose purpose, const ApplicationId& application,
                    std::string_view email_index) override {
        change();
        std::erase_if(d_.links, [&](const auto& entry) {
            const LinkRow& row = entry.second;
            return row.purpose == purpose && row.application == application &&
                   row.email_index == email_index && !row.used_at;
        });
    }

    void insert_message(const MessageRow& row) override {
        change();
        must_insert(d_.messages, row.id, row);
    }
    std::vector<MessageRow> lease_messages(Channel channel, Instant now, Instant until,
                                           int limit) override {
        change();
        std::vector<MessageRow*> due;
        for (auto& [id, row] : d_.messages) {
            if (row.status != MessageStatus::queued || row.channel != channel) continue;
            if (row.not_before > now) continue;
            if (row.leased_until && *row.leased_until > now) continue;
            due.push_back(&row);
        }
        std::stable_sort(due.begin(), due.end(), [](const MessageRow* a, const MessageRow* b) {
            return std::tie(a->priority, a->not_before, a->created_at) <
                   std::tie(b->priority, b->not_before, b->created_at);
        });
        std::vector<MessageRow> out;
        for (MessageRow* row : due) {
            if (static_cast<int>(out.size()) >= limit) break;
            row->leased_until = until;
            out.push_back(*row);
        }
        return out;
    }
    void finish_messages(std::span<const MessageResult> results) override {
        change();
        for (const MessageResult& r : results) {
            auto it = d_.messages.find(r.id);
            if (it == d_.messages.end()) continue;
            MessageRow& row = it->second;
            if (row.status != MessageStatus::queued || row.attempts != r.attempts) continue;
            row.status = r.status;
            row.failure = r.failure;
            row.attempts += 1;
            row.leased_until.reset();
            if (r.status == MessageStatus::queued) row.not_before = r.not_before;
            if (r.status == MessageStatus::sent) row.sent_at = r.at;
            if (!r.provider_id.empty()) row.provider_id = r.provider_id;
        }
    }
    std::optional<MessageRow> message(const MessageId& id) override {
        return find(d_.messages, id);
    }
    std::vector<MessageRow> messages(std::span<const MessageId> ids) override {
        std::vector<MessageRow> out;
        for (const MessageId& id : std::set<MessageId>(ids.begin(), ids.end()))
            if (auto row = find(d_.messages, id)) out.push_back(*row);
        return out;
    }
    void withdraw_message(const MessageId& id) override {
        change();
        auto it = d_.messages.find(id);
        if (it != d_.messages.end() && it->second.status == MessageStatus::queued &&
            !it->second.leased_until)
            it->second.status = MessageStatus::dropped;
    }
    std::optional<MessageRow> lock_message_by_provider(std::string_view provider_id) override {
        for (const auto& [id, row] : d_.messages)
            if (!provider_id.empty() && row.provider_id == provider_id) return row;
        return std::nullopt;
    }
    void set_message_status(const MessageId& id, MessageStatus status, Failure failure) override {
        change();
        auto it = d_.messages.find(id);
        if (it == d_.messages.end()) return;
        it->second.status = status;
        it->second.failure = failure;
    }
    std::vector<ChannelRow> channels() override {
        std::vector<ChannelRow> out;
        for (const auto& [id, row] : d_.channels) out.push_back(row);
        return out;
    }
    void put_channel(const ChannelRow& row) override {
        change();
        d_.channels[row.id] = row;
    }

    void insert_delivery(const DeliveryRow& row) override {
        change();
        must_insert(d_.deliveries, row.id, row);
    }
    std::optional<DeliveryRow> lock_delivery(const DeliveryId& id) override {
        return find(d_.deliveries, id);
    }
    std::vector<DeliveryRow> deliveries(const ChallengeId& challenge, const FactorId& factor,
                                        int limit) override {
        std::vector<DeliveryRow> out;
        for (const auto& [id, row] : d_.deliveries)
            if (row.challenge == challenge && (factor.empty() || row.factor == factor))
                out.push_back(row);
        std::sort(out.begin(), out.end(), [](const DeliveryRow& a, const DeliveryRow& b) {
            return std::tie(a.created_at, a.id) > std::tie(b.created_at, b.id);
        });
        if (static_cast<int>(out.size()) > limit) out.resize(static_cast<std::size_t>(limit));
        return out;
    }
    void update_delivery(DeliveryRow& row) override {
        change();
        guarded(d_.deliveries, row.id, row);
    }
    std::vector<std::string> delivery_destinations(Instant from, Instant to) override {
        std::set<std::string> out;
        for (const auto& [id, row] : d_.deliveries)
            if (row.created_at >= from && row.created_at < to) out.insert(row.destination);
        return {out.begin(), out.end()};
    }
    DeliveryShare delivery_share(std::string_view destination, Instant from, Instant to,
                                 int limit) override {
        std::vector<DeliveryRow> rows;
        for (const auto& [id, row] : d_.deliveries)
            if (row.destination == destination && row.created_at >= from && row.created_at < to)
                rows.push_back(row);
        std::stable_sort(rows.begin(), rows.end(), [](const DeliveryRow& a, const DeliveryRow& b) {
            return a.created_at > b.created_at;
        });
        DeliveryShare share;
        for (const DeliveryRow& row : rows) {
            if (share.sent >= limit) break;
            share.sent += 1;
            if (row.used_at) share.entered += 1;
        }
        return share;
    }
    std::vector<MessageRow> recent_messages(int limit) override {
        std::vector<MessageRow> out;
        for (auto it = d_.messages.rbegin(); it != d_.messages.rend(); ++it)
            out.push_back(it->second);
        std::stable_sort(out.begin(), out.end(), [](const MessageRow& a, const MessageRow& b) {
            return a.created_at > b.created_at;
        });
        return cut(std::move(out), limit);
    }

    bool insert_assertion_use(std::string_view jti, Instant expires_at) override {
        change();
        return d_.assertion_uses.emplace(std::string(jti), expires_at).second;
    }

    std::vector<SigningKeyRow> signing_keys() override {
        std::vector<SigningKeyRow> out;
        for (const auto& [id, row] : d_.signing_keys) out.push_back(row);
        std::stable_sort(out.begin(), out.end(),
                         [](const SigningKeyRow& a, const SigningKeyRow& b) {
                             return a.created_at < b.created_at;
                         });
        return out;
    }
    bool insert_signing_key(const SigningKeyRow& row) override {
        change();
        return d_.signing_keys.emplace(row.id, row).second;
    }

    std::vector<ApplicationRow> applications() override {
        std::vector<ApplicationRow> out;
        for (const auto& [id, row] : d_.applications) out.push_back(row);
        std::sort(out.begin(), out.end(),
                  [](const auto& a, const auto& b) { return a.name < b.name; });
        return out;
    }
    std::vector<UserRow> users_by_email(const ApplicationId& application, std::string_view index,
                                        int limit) override {
        std::vector<UserRow> out;
        for (const auto& [id, row] : d_.users)
            if (row.application == application && row.email_index == index) out.push_back(row);
        std::stable_sort(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.created_at > b.created_at; });
        return cut(std::move(out), limit);
    }
    std::vector<MessageRow> messages_of(const UserId& user, int limit) override {
        std::vector<MessageRow> out;
        for (const auto& [id, row] : d_.messages)
            if (row.user == user) out.push_back(row);
        std::stable_sort(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.created_at > b.created_at; });
        return cut(std::move(out), limit);
    }
    bool insert_agent(const AgentRow& row) override {
        change();
        return d_.agents.emplace(row.user, row).second;
    }
    std::optional<AgentRow> agent(const UserId& id) override { return find(d_.agents, id); }
    std::vector<AgentRow> agents() override {
        std::vector<AgentRow> out;
        for (const auto& [id, row] : d_.agents) out.push_back(row);
        std::stable_sort(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
        return out;
    }
    void update_agent(AgentRow& row) override {
        change();
        guarded(d_.agents, row.user, row);
    }
    void insert_case(const CaseRow& row) override {
        change();
        must_insert(d_.cases, row.id, row);
    }
    std::optional<CaseRow> support_case(const CaseId& id) override { return find(d_.cases, id); }
    std::optional<CaseRow> lock_case(const CaseId& id) override { return find(d_.cases, id); }
    void update_case(CaseRow& row) override {
        change();
        guarded(d_.cases, row.id, row);
    }
    std::vector<CaseRow> cases_of(const UserId& user, int limit) override {
        std::vector<CaseRow> out;
        for (const auto& [id, row] : d_.cases)
            if (row.user == user) out.push_back(row);
        std::stable_sort(out.begin(), out.end(),
                         [](const auto& a, const auto& b) { return a.opened_at > b.opened_at; });
        return cut(std::move(out), limit);
    }
    std::vector<CaseRow> cases(std::span<const CaseState> states, const CaseRow* after,
                               int limit) override {
        const auto key = [](const CaseRow& r) { return std::pair(r.opened_at, r.id); };
        std::vector<CaseRow> out;
        for (const auto& [id, row] : d_.cases)
            if (std::find(states.begin(), states.end(), row.state) != states.end() &&
                (after == nullptr || key(*after) < key(row)))
                out.push_back(row);
        std::sort(out.begin(), out.end(),
                  [&](const auto& a, const auto& b) { return key(a) < key(b); });
        return cut(std::move(out), limit);
    }
    std::vector<CaseRow> due_cases(Instant now, int limit) override {
        std::vector<CaseRow> out;
        for (const auto& [id, row] : d_.cases)
            if (row.due_at && *row.due_at <= now) out.push_back(row);
        return cut(std::move(out), limit);
    }
    void insert_case_step(const CaseStepRow& row) override {
        change();
        for (const CaseStepRow& s : d_.case_steps)
            if (s.id == row.id) throw MemoryConflict{};
        d_.case_steps.push_back(row);
    }
    std::vector<CaseStepRow> case_steps(const CaseId& id) override {
        std::vector<CaseStepRow> out;
        for (const CaseStepRow& s : d_.case_steps)
            if (s.support_case == id) out.push_back(s);
        return out;
    }
    void insert_evidence(const EvidenceRow& row) override {
        change();
        d_.evidence.push_back(row);
    }
    std::vector<EvidenceRow> evidence(const CaseId& id) override {
        std::vector<EvidenceRow> out;
        for (const EvidenceRow& e : d_.evidence)
            if (e.support_case == id) out.push_back(e);
        return out;
    }

    void put_node(const NodeRow& row) override {
        change();
        d_.nodes[row.id] = row;
    }
    std::vector<NodeRow> nodes(Instant seen_after) override {
        std::vector<NodeRow> out;
        for (const auto& [id, row] : d_.nodes)
            if (row.seen_at > seen_after) out.push_back(row);
        return out;
    }
    std::int64_t rows_sealed_under(std::string_view key_id) override {
        std::int64_t count = 0;
        const auto tally = [&](std::initializer_list<const Sealed*> values) {
            if (std::any_of(values.begin(), values.end(),
                            [&](const Sealed* v) { return sealed_under(*v, key_id); }))
                ++count;
        };
        for (const auto& [id, r] : d_.users)
            tally({&r.email, &r.phone, &r.previous_email, &r.display_name, &r.audit_key});
        for (const auto& [id, r] : d_.factors) tally({&r.secret, &r.address});
        for (const auto& [id, r] : d_.backup_sets)
            for (const BackupCode& code : r.codes) tally({&code.hash});
        for (const auto& [id, r] : d_.challenges) tally({&r.action_text});
        for (const auto& [id, r] : d_.audit) tally({&r.details});
        for (const auto& [id, r] : d_.idempotency) tally({&r.body});
        for (const auto& [id, r] : d_.links) tally({&r.payload});
        for (const auto& [id, r] : d_.messages) tally({&r.to, &r.parameters});
        for (const auto& [id, r] : d_.cases) tally({&r.contact});
        for (const EvidenceRow& r : d_.evidence) tally({&r.note});
        for (const CaseStepRow& r : d_.case_steps) tally({&r.detail});
        for (const auto& [id, r] : d_.signing_keys) tally({&r.private_key});
        return count;
    }

    int sweep(Instant now, int limit) override {
        change();
        int removed = 0;
        removed +=
            remove_if(d_.sessions, limit, [&](auto& e) { return e.second.expires_at <= now; });
        removed +=
            remove_if(d_.devices, limit, [&](auto& e) { return e.second.expires_at <= now; });
        removed += remove_if(d_.challenges, limit,
                             [&](auto& e) { return e.second.expires_at <= now - kChallengeGrace; });
        removed += remove_if(d_.links, limit, [&](auto& e) { return e.second.expires_at <= now; });
        removed += remove_if(d_.factors, limit, [&](auto& e) {
            return e.second.status == FactorStatus::pending && e.second.expires_at <= now;
        });
        removed += remove_if(d_.idempotency, limit, [&](auto& e) {
            return e.second.expires_at <= now - kIdempotencyGrace;
        });
        const std::int64_t now_ms = now.time_since_epoch().count() * 1000;
        removed +=
            remove_if(d_.throttles, limit, [&](auto& e) { return e.second.tat_ms <= now_ms; });
        removed +=
            remove_if(d_.step_uses, limit, [&](auto& e) { return e.second <= now - kStepUseKept; });
        removed +=
            remove_if(d_.tombstones, limit, [&](auto& e) { return e.second.expires_at <= now; });
        removed += remove_if(d_.assertion_uses, limit, [&](auto& e) { return e.second <= now; });
        removed += remove_if(d_.messages, limit,
                             [&](auto& e) { return e.second.not_after <= now - kMessageGrace; });
        removed += remove_if(d_.deliveries, limit,
                             [&](auto& e) { return e.second.expires_at <= now - kMessageGrace; });
        return removed;
    }

 private:
    // The SQL stores refuse changes inside read() as well: it is a bug in the caller.
    void change() const {
        if (!writable_) throw std::logic_error("a change inside Store::read");
    }
    void add_event(const AuditRow& event) {
        for (const auto& [id, row] : d_.audit)
            if (row.chain == event.chain && row.sequence == event.sequence) throw MemoryConflict{};
        must_insert(d_.audit, event.id, event);
        witness = event.id;
    }
    void put_head(const ChainHead& head, std::int64_t old_length) {
        if (lock_chain(head.chain).length != old_length) throw MemoryConflict{};
        d_.chains[head.chain] = head;
    }
    template <class Map>
    static void clean(Map& map) {
        for (auto& [id, tracked] : map) tracked.dirty = false;
    }
    template <class Row>
    static std::vector<Row> cut(std::vector<Row> rows, int limit) {
        if (static_cast<int>(rows.size()) > limit) rows.resize(static_cast<std::size_t>(limit));
        return rows;
    }

    MemoryData& d_;
    bool writable_;
};

}  // namespace

Outcome<Done> MemoryStore::write(std::string_view, const std::function<bool(Tx&)>& fn) {
    const std::scoped_lock lock(mutex_);
    if (fail_ > 0) {
        --fail_;
        return unavailable();
    }
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        MemoryData copy = data_;
        MemoryTx tx(copy, true);
        try {
            if (!fn(tx)) return Done{};
        } catch (const MemoryConflict&) {
            continue;
        }
        if (conflict_ > 0) {
            --conflict_;
            continue;
        }
        if (lost_commit_) {
            const bool arrived = *lost_commit_;
            lost_commit_.reset();
            if (arrived) data_ = std::move(copy);
            if (data_.audit.contains(tx.witness)) return Done{};
            continue;
        }
        data_ = std::move(copy);
        return Done{};
    }
    return unavailable();
}

Outcome<Done> MemoryStore::read(const std::function<void(Tx&)>& fn) {
    const std::scoped_lock lock(mutex_);
    if (fail_ > 0) {
        --fail_;
        return unavailable();
    }
    MemoryTx tx(data_, false);
    fn(tx);
    return Done{};
}

bool MemoryStore::ready() {
    const std::scoped_lock lock(mutex_);
    return fail_ == 0;
}

void MemoryStore::fail_next(int transactions) {
    const std::scoped_lock lock(mutex_);
    fail_ = transactions;
}

void MemoryStore::conflict_next(int attempts) {
    const std::scoped_lock lock(mutex_);
    conflict_ = attempts;
}

void MemoryStore::lose_commit_next(bool data_arrived) {
    const std::scoped_lock lock(mutex_);
    lost_commit_ = data_arrived;
}

MemoryData MemoryStore::snapshot() {
    const std::scoped_lock lock(mutex_);
    return data_;
}

}  // namespace twofold::testing
