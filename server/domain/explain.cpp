// Why somebody could not sign in, for the desk: from the user's own history, the locks, and what became
// of their messages. Says what happened, never a code or a secret.
#include <algorithm>
#include <charconv>

#include "server/domain/audit_details.hpp"
#include "server/domain/budget.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/names.hpp"
#include "server/domain/support_desk.hpp"

namespace twofold::domain {
namespace {

constexpr int kEvents = 100;
constexpr int kMessages = 20;
constexpr std::size_t kLines = 30;
constexpr Seconds kLookBack{7 * 86400};

std::optional<std::int64_t> number(const TextMap& details, std::string_view name) {
    const std::string text = text_map_get(details, name);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// What an event says about signing in; nothing for the rest.
std::optional<ExplainLine> line_of(const AuditRow& row, const TextMap& details) {
    ExplainLine line;
    line.at = row.at;
    line.method = row.method;
    line.label = text_map_get(details, "label");
    const bool ok = row.result == "ok";
    if (row.action == "sign_in.password") {
        if (ok) return std::nullopt;
        line.what = "password_wrong";
    } else if (row.action == "sign_in.second_step" || row.action == "challenge.verified") {
        if (ok) {
            line.what = row.method == "backup_code" ? "backup_code_used" : "signed_in";
        } else if (row.result == "code_already_used") {
            line.what = "code_used_before";
            line.seconds = number(details, "used_before_s");
        } else if (row.result == "code_invalid") {
            line.seconds = number(details, "behind_s");
            line.what = line.seconds ? "code_of_another_time" : "code_wrong";
        } else {
            return std::nullopt;
        }
    } else if (row.action == "factor.ended") {
        line.what = "factor_ended";
    } else if (row.action == "factor.suspended") {
        line.what = "suspended";
    } else {
        return std::nullopt;
    }
    return line;
}

std::optional<ExplainLine> line_of(const MessageRow& row, Instant now) {
    if (!row.kind.ends_with("_code")) return std::nullopt;
    ExplainLine line;
    line.at = row.created_at;
    line.method = row.channel == Channel::email ? "email" : "whatsapp";
    line.reason = std::string(name_of(row.failure));
    if (row.status == MessageStatus::failed || row.status == MessageStatus::dropped) {
        if (row.failure == Failure::none) return std::nullopt;  // withdrawn: a newer one replaced it
        line.what = row.failure == Failure::address_refused ? "mail_refused"
                                                             : "message_not_delivered";
    } else if (row.status == MessageStatus::queued && now < row.not_after) {
        line.what = "message_waiting";
    } else {
        return std::nullopt;
    }
    return line;
}

}  // namespace

std::vector<ExplainLine> explain(Tx& tx, Core& core, const UserRow& user) {
    const Instant now = core.clock.now();
    std::vector<ExplainLine> out;
    const std::vector<FactorRow> factors = tx.factors(user.id);
    for (const BudgetRow& budget : tx.budgets(user.id)) {
        if (!locked(budget, now)) continue;
        ExplainLine line;
        line.at = now;
        line.what = "locked";
        line.until = budget.locked_until;
        for (const FactorRow& f : factors)
            if (f.id.value == budget.id) {
                line.method = std::string(name_of(f.method));
                line.label = f.label;
            }
        if (line.method.empty()) line.method = "backup_code";
        out.push_back(std::move(line));
    }
    DetailsReader reader(tx, core);
    for (const AuditRow& row : tx.audit(user.application, user.id, {}, kEvents)) {
        if (row.at < now - kLookBack) break;
        if (auto line = line_of(row, reader.open(row).value_or(TextMap{})))
            out.push_back(std::move(*line));
    }
    for (const MessageRow& row : tx.messages_of(user.id, kMessages))
        if (auto line = line_of(row, now)) out.push_back(std::move(*line));
    std::stable_sort(out.begin(), out.end(),
                     [](const ExplainLine& a, const ExplainLine& b) { return a.at > b.at; });
    if (out.size() > kLines) out.resize(kLines);
    return out;
}

}  // namespace twofold::domain
