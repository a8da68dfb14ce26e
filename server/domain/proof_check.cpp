#include "server/domain/proof_check.hpp"

#include "server/domain/access.hpp"
#include "server/domain/case_moves.hpp"
#include "server/domain/events.hpp"
#include "server/domain/judge.hpp"
#include "server/domain/names.hpp"
#include "server/domain/second_step.hpp"

namespace twofold::domain {

ProofCheck::ProofCheck(Core& core, const Caller& caller, const ProofGiven& given, Action action,
                       std::string object)
    : core_(core), caller_(caller), given_(given), action_(action), object_(std::move(object)) {}

Outcome<Done> ProofCheck::prepare(const UserId& user) {
    if (!given_.code) return Done{};
    if (!given_.challenge.empty()) return invalid("/challenge_id", "conflict");
    Outcome<TypedCode> typed = read_code(*given_.code, given_.method);
    if (!typed) return typed.error();
    typed_ = std::move(*typed);
    if (!typed_->backup) return Done{};
    if (!given_.enrollment.empty()) return invalid("/enrollment_id", "mismatch");
    const Outcome<BackupAttempt> attempt =
        try_backup_code(core_, caller_, user, {}, typed_->canonical);
    if (!attempt) return attempt.error();
    backup_ = *attempt;
    return Done{};
}

std::optional<Problem> ProofCheck::check(Tx& tx, const UserRow& user) {
    if (typed_) return check_code(tx, user);
    if (!given_.challenge.empty()) return check_challenge(tx, user);
    return problem(Code::proof_required);
}

std::optional<Problem> ProofCheck::check_challenge(Tx& tx, const UserRow& user) {
    const Instant now = core_.clock.now();
    std::optional<ChallengeRow> row = tx.lock_challenge(given_.challenge);
    if (!row || !may_use(caller_, *row) || row->user != user.id ||
        row->purpose != Purpose::manage || row->status != ChallengeStatus::approved ||
        row->action != action_ || row->object != object_ || !row->approved_at ||
        now - *row->approved_at > core_.settings.proof_life)
        return problem(Code::proof_required);
    row->status = ChallengeStatus::consumed;
    tx.update_challenge(*row);
    return std::nullopt;
}

std::optional<Problem> ProofCheck::check_code(Tx& tx, const UserRow& user) {
    VerifyRows rows = tx.load_for_verify({}, {&user.id, 1});
    Verdict verdict;
    Method method = Method::backup_code;
    if (backup_) {
        verdict = settle_backup(tx, rows, core_, user.id, *backup_);
        if (!verdict.problem)
            verdict.notices.push_back(
                {.kind = "backup_code_used", .remaining = backup_->remaining_after});
    } else {
        if (!given_.enrollment.empty()) {
            const auto named = rows.factors.find(given_.enrollment);
            if (named == rows.factors.end() || named->second.row.user != user.id)
                return invalid("/enrollment_id", "unknown");
        }
        const std::string hand = hand_of(core_, caller_);
        // A code that was sent is bound to its challenge: it is given there, not here.
        verdict = judge_code(core_, rows, {user.id, given_.enrollment, given_.method, {},
                                           typed_->canonical, hand, hand,
                                           load_device_budgets(tx, rows, core_, caller_)});
        method = verdict.method;
    }
    if (verdict.evaluated())
        record(rows, core_, caller_, user,
               {.action = "proof.checked",
                .method = std::string(name_of(method)),
                .result = std::string(result_name(verdict.problem)),
                .object = verdict.factor.value,
                .label = verdict.label,
                .details = {{"action", std::string(name_of(action_))}}});
    announce(tx, rows, core_, caller_, user, verdict);
    tx.save_verified(rows);
    if (!verdict.problem) pause_open_case(tx, core_, caller_, user, PauseReason::factor_used);
    return verdict.problem;
}

}  // namespace twofold::domain
