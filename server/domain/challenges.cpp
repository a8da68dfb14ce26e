#include "server/domain/challenges.hpp"

#include "server/domain/access.hpp"
#include "server/domain/assertion_claims.hpp"
#include "server/domain/challenge_view.hpp"
#include "server/domain/events.hpp"
#include "server/domain/factor_rules.hpp"
#include "server/domain/fields.hpp"
#include "server/domain/names.hpp"
#include "server/domain/second_step.hpp"
#include "server/domain/text_rules.hpp"
#include "server/domain/typed_code.hpp"
#include "server/domain/verify_queue.hpp"

namespace twofold::domain {
namespace {

Verified verified(Core& core, const Approved& approved) {
    return {approved.challenge.id, approved.method, approved.factor, assertion_for(core, approved),
            approved.backup_codes_remaining};
}

// The shape of a request, before anything is looked up.
std::optional<Problem> fault(const Caller& caller, const ChallengeRequest& request) {
    if (caller.session() != nullptr) {
        if (request.purpose != Purpose::manage) return problem(Code::forbidden);
        if (request.client) return problem(Code::forbidden);
    }
    if (request.purpose == Purpose::manage) {
        if (request.action == Action::none) return invalid("/action", "required");
        const bool about_factor = request.action == Action::remove_factor;
        if (about_factor && request.object.empty()) return invalid("/object", "required");
        const bool may = about_factor || request.action == Action::add_factor ||
                         request.action == Action::change_address;
        if (!may && !request.object.empty()) return invalid("/object", "unknown");
        if (!request.action_text.empty()) return invalid("/action_text", "unknown");
    } else {
        if (request.action != Action::none) return invalid("/action", "unknown");
        if (!request.object.empty()) return invalid("/object", "unknown");
    }
    if (request.purpose == Purpose::step_up) {
        if (!valid_action_name(request.action_name)) return invalid("/action", "format");
        if (!valid_action_text(request.action_text)) return invalid("/action_text", "format");
    } else {
        if (!request.action_name.empty()) return invalid("/action", "unknown");
        if (!request.action_text.empty()) return invalid("/action_text", "unknown");
    }
    if (!valid_nonce(request.nonce)) return invalid("/nonce", "format");
    return std::nullopt;
}

bool is_active(const std::vector<FactorRow>& factors, std::string_view id) {
    for (const FactorRow& f : factors)
        if (f.id.value == id && f.status == FactorStatus::active) return true;
    return false;
}

}  // namespace

Outcome<ChallengeView> Challenges::create(const Caller& caller, std::string_view user,
                                          const ChallengeRequest& request) {
    if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
        return allowed.error();
    if (std::optional<Problem> wrong = fault(caller, request)) return *wrong;
    Outcome<ChallengeView> answer = problem(Code::unavailable);
    const auto work = [&](Tx& tx) {
        const Outcome<UserRow> owner = find_subject(tx, caller, user, Scope::verify);
        if (!owner) {
            answer = owner.error();
            return false;
        }
        const std::vector<FactorRow> factors = tx.factors(owner->id);
        if (!has_second_factor(factors)) {
            answer = problem(Code::not_enrolled);
            return false;
        }
        if (!request.enrollment.empty() && !is_active(factors, request.enrollment.value)) {
            answer = invalid("/enrollment_id", "unknown");
            return false;
        }
        if (!request.object.empty() && request.action != Action::change_address &&
            !is_active(factors, request.object)) {
            answer = invalid("/object", "unknown");
            return false;
        }
        ChallengeRow row = new_challenge(core_, *owner, request.purpose);
        row.action = request.action;
        row.action_name = request.action_name;
        row.action_text = seal_text(core_, places::challenge_action_text(row), request.action_text);
        row.object = request.object;
        row.factor = request.enrollment;
        row.nonce = request.nonce;
        if (const SessionCaller* session = caller.session()) {
            row.session = session->id;
            row.made_by = session->id.value;
            row.client = {tamed(caller.client.ip, 64), tamed(caller.client.user_agent, 256)};
        } else {
            row.made_by = caller.key()->id.value;
            if (request.client)
                row.client = {tamed(request.client->ip, 64),
                              tamed(request.client->user_agent, 256)};
        }
        tx.insert_challenge(row);
        record(tx, core_, behind(caller, row), *owner,
               {.action = "challenge.created",
                .object = row.id.value,
                .details = {{"purpose", std::string(name_of(row.purpose))},
                            {"action", row.action_name.empty() ? std::string(name_of(row.action))
                                                               : row.action_name}}});
        answer = view_of(tx, core_, row);
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
    if (!done) return done.error();
    return answer;
}

Outcome<ChallengeView> Challenges::get(const Caller& caller, const ChallengeId& id) {
    if (caller.session() == nullptr)
        if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
            return allowed.error();
    Outcome<ChallengeView> answer = problem(Code::not_found);
    const Outcome<Done> done = core_.store.read([&](Tx& tx) {
        answer = problem(Code::not_found);
        const std::optional<ChallengeRow> row = tx.challenge(id);
        if (row && may_use(caller, *row)) answer = view_of(tx, core_, *row);
    });
    if (!done) return done.error();
    return answer;
}

Outcome<Verified> Challenges::verify(const Caller& caller, const ChallengeId& id,
                                     const VerifyRequest& request) {
    // A session before its second step gets its rights by Accounts::sign_in_verify, nowhere else.
    if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
        return allowed.error();
    const Outcome<Approved> approved = pass_challenge(core_, {caller, id, request, {}, {}});
    if (!approved) return approved.error();
    return verified(core_, *approved);
}

bool Challenges::takes_time(const VerifyRequest& request) {
    const Outcome<TypedCode> typed = read_code(request.code, request.method);
    return typed && typed->backup;
}

void Challenges::verify_later(const Caller& caller, const ChallengeId& id,
                              const VerifyRequest& request,
                              std::function<void(const Outcome<Verified>&)> answer) {
    if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
        return answer(allowed.error());
    Outcome<TypedCode> typed = read_code(request.code, request.method);
    if (!typed || typed->backup) return answer(verify(caller, id, request));
    core_.verify_queue->submit(
        {caller, id, request, {}, {}}, std::move(typed->canonical),
        [&core = core_, answer = std::move(answer)](const Outcome<Approved>& approved) {
            answer(approved ? Outcome<Verified>(verified(core, *approved))
                            : Outcome<Verified>(approved.error()));
        });
}

}  // namespace twofold::domain
