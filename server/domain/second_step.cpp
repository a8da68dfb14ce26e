#include "server/domain/second_step.hpp"

#include "server/domain/access.hpp"
#include "server/domain/backup_attempt.hpp"
#include "server/domain/case_moves.hpp"
#include "server/domain/events.hpp"
#include "server/domain/names.hpp"
#include "server/domain/typed_code.hpp"
#include "server/domain/verify_queue.hpp"

namespace twofold::domain {
namespace {

std::string action_of(const ChallengeRow& challenge) {
    return challenge.purpose == Purpose::sign_in ? "sign_in.second_step" : "challenge.verified";
}

// Settles a backup code that was reserved and compared.
Outcome<Approved> settle(Core& core, const Pass& pass, const BackupAttempt& attempt) {
    Outcome<Approved> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        answer = problem(Code::not_found);
        VerifyRows rows = tx.load_for_verify({&pass.challenge, 1}, {});
        const auto challenge = rows.challenges.find(pass.challenge);
        if (challenge == rows.challenges.end()) return false;
        const ChallengeRow& row = challenge->second.row;
        const auto user = rows.users.find(row.user);
        if (!may_use(pass.caller, row) || user == rows.users.end()) return false;
        const Caller caller = behind(pass.caller, row);
        if (std::optional<Problem> shut = closed(row, core.clock.now())) {
            answer = *shut;
            return false;
        }
        const Verdict verdict = settle_backup(tx, rows, core, row.user, attempt);
        if (verdict.problem) {
            record_refusal(rows, core, caller, row, Method::backup_code, verdict);
            answer = *verdict.problem;
        } else {
            approve(rows, core, caller, challenge->second, Method::backup_code, {}, {});
            Approved approved{
                row, user->second.row, Method::backup_code, {}, attempt.remaining_after};
            answer = approved;
            notify(tx, core, caller, user->second.row,
                   {.kind = "backup_code_used", .remaining = attempt.remaining_after});
            if (pass.then)
                if (std::optional<Problem> other = pass.then(tx, approved)) answer = *other;
        }
        announce(tx, rows, core, caller, user->second.row, verdict);
        tx.save_verified(rows);
        if (!verdict.problem)
            pause_open_case(tx, core, caller, user->second.row, PauseReason::factor_used);
        return true;
    };
    const Outcome<Done> done = core.store.write(pass.caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

}  // namespace

std::optional<Problem> closed(const ChallengeRow& challenge, Instant now) {
    if (challenge.status != ChallengeStatus::pending) return problem(Code::challenge_closed);
    if (now >= challenge.expires_at) return problem(Code::challenge_expired);
    return std::nullopt;
}

Outcome<FactorId> factor_meant(const ChallengeRow& challenge, const FactorId& named) {
    if (challenge.factor.empty()) return named;
    if (!named.empty() && named != challenge.factor) return invalid("/enrollment_id", "mismatch");
    return challenge.factor;
}

std::string_view result_name(const std::optional<Problem>& problem) {
    if (!problem) return "ok";
    switch (problem->code) {
        case Code::code_invalid:
            return "code_invalid";
        case Code::code_already_used:
            return "code_already_used";
        case Code::factor_locked:
            return "factor_locked";
        case Code::factor_ended:
            return "factor_ended";
        case Code::proof_required:
            return "proof_required";
        case Code::credentials_invalid:
            return "credentials_invalid";
        default:
            return "refused";
    }
}

void approve(VerifyRows& rows, Core& core, const Caller& caller, Tracked<ChallengeRow>& challenge,
             Method method, const FactorId& factor, const std::string& label) {
    ChallengeRow& row = challenge.edit();
    row.status = ChallengeStatus::approved;
    row.approved_at = core.clock.now();
    row.approved_method = method;
    row.approved_factor = factor;
    const auto user = rows.users.find(row.user);
    record(
        rows, core, caller, user->second.row,
        {.action = action_of(row),
         .method = std::string(name_of(method)),
         .object = factor.empty() ? row.id.value : factor.value,
         .label = label,
         .details = {{"challenge", row.id.value}, {"purpose", std::string(name_of(row.purpose))}}});
}

void record_refusal(VerifyRows& rows, Core& core, const Caller& caller,
                    const ChallengeRow& challenge, Method method, const Verdict& verdict) {
    const auto user = rows.users.find(challenge.user);
    TextMap details = verdict.why;
    details["challenge"] = challenge.id.value;
    details["purpose"] = std::string(name_of(challenge.purpose));
    record(rows, core, caller, user->second.row,
           {.action = action_of(challenge),
            .method = std::string(name_of(method)),
            .result = std::string(result_name(verdict.problem)),
            .object = verdict.factor.empty() ? challenge.id.value : verdict.factor.value,
            .label = verdict.label,
            .details = std::move(details)});
}

Outcome<Approved> pass_challenge(Core& core, const Pass& pass) {
    Outcome<TypedCode> typed = read_code(pass.request.code, pass.request.method);
    if (!typed) return typed.error();
    if (!typed->backup) return core.verify_queue->run(pass, std::move(typed->canonical));
    if (!pass.request.enrollment.empty()) return invalid("/enrollment_id", "mismatch");
    Outcome<BackupAttempt> attempt =
        try_backup_code(core, pass.caller, {}, pass.challenge, typed->canonical);
    if (!attempt) return attempt.error();
    return settle(core, pass, *attempt);
}

}  // namespace twofold::domain
