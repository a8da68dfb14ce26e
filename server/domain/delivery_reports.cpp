#include "server/domain/delivery_reports.hpp"

#include <algorithm>

#include "server/domain/events.hpp"
#include "server/domain/names.hpp"
#include "server/domain/notices.hpp"

namespace twofold::domain {
namespace {

// How far along; a report never moves a message back.
int rank(MessageStatus s) {
    switch (s) {
        case MessageStatus::queued:
            return 0;
        case MessageStatus::sent:
            return 1;
        case MessageStatus::delivered:
            return 2;
        case MessageStatus::read:
            return 3;
        case MessageStatus::failed:
        case MessageStatus::dropped:
            return 4;
    }
    return 4;
}

FactorTrouble trouble_of(Failure failure) {
    switch (failure) {
        case Failure::address_refused:
            return FactorTrouble::bounced;
        case Failure::not_reachable:
            return FactorTrouble::unreachable;
        case Failure::identity_changed:
            return FactorTrouble::identity_changed;
        default:
            return FactorTrouble::none;
    }
}

}  // namespace

void note_failure(Tx& tx, Core& core, const MessageRow& message, Failure failure) {
    const FactorTrouble trouble = trouble_of(failure);
    if (trouble == FactorTrouble::none || message.factor.empty()) return;
    const std::optional<UserRow> user = tx.lock_user(message.user);
    std::optional<FactorRow> factor = tx.lock_factor(message.factor);
    if (!user || !factor || factor->status == FactorStatus::ended) return;
    // A suspended one stays suspended: a bounce says less.
    if (suspends(factor->trouble) || factor->trouble == trouble) return;
    factor->trouble = trouble;
    tx.update_factor(*factor);
    const Caller self{OperatorCaller{}, {}, "req_" + message.id.value};
    const bool suspended = trouble == FactorTrouble::identity_changed;
    record(tx, core, self, *user,
           {.action = suspended ? "factor.suspended" : "factor.flagged",
            .method = std::string(name_of(factor->method)),
            .object = factor->id.value,
            .label = factor->label,
            .details = {{"why", std::string(name_of(trouble))}}});
    if (suspended)
        notify(tx, core, self, *user,
               {"factor_suspended", factor->label, std::string(name_of(factor->method))});
}

Outcome<Done> take_reports(Core& core, const std::string& request_id,
                           const std::vector<DeliveryReport>& reports) {
    const auto work = [&](Tx& tx) {
        bool changed = false;
        for (const DeliveryReport& report : reports) {
            const std::optional<MessageRow> row = tx.lock_message_by_provider(report.provider_id);
            if (!row || rank(report.status) <= rank(row->status)) continue;
            // What was read has arrived, whatever a late report says of it.
            if (report.status == MessageStatus::failed && rank(row->status) >= 2) continue;
            tx.set_message_status(row->id, report.status, report.failure);
            if (report.status == MessageStatus::failed) note_failure(tx, core, *row, report.failure);
            changed = true;
        }
        return changed;
    };
    const Outcome<Done> done = core.store.write(request_id, work);
    if (!done) return done.error();
    return Done{};
}

}  // namespace twofold::domain
