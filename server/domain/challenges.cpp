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

const FactorRow* find_active(const std::vector<FactorRow>& factors, std::string_view id) {
    for (const FactorRow& f : factors)
        if (f.id.value == id && f.status == FactorStatus::active) return &f;
    return nullptr;
}

// A session before its second step lives as long as its challenge, or a code that was sent again at
// the last minute could not be entered.
void keep_alive(Tx& tx, const Caller& caller, const ChallengeRow& challenge) {
    const SessionCaller* session = caller.session();
    if (session == nullptr || session->state != SessionState::second_step) return;
    std::optional<SessionRow> row = tx.lock_session(session->id);
    if (!row || row->expires_at >= challenge.expires_at) return;
    row->expires_at = challenge.expires_at;
    tx.update_session(*row);
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
        const FactorRow* only = find_active(factors, request.enrollment.value);
        if (!request.enrollment.empty() && only == nullptr) {
            answer = invalid("/enrollment_id", "unknown");
            return false;
        }
        if (!request.object.empty() && find_active(factors, request.object) == nullptr) {
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
        const Caller asker = behind(caller, row);
        if (only != nullptr && is_delivered(only->method)) {
            const Outcome<DeliveryView> sent =
                send_code(tx, core_, asker, {&*owner, only, &row});
            if (!sent) {
                answer = sent.error();
                return false;
            }
        }
        tx.insert_challenge(row);
        record(tx, core_, asker, *owner,
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

Outcome<Challenges::Sent> Challenges::send(const Caller& caller, const ChallengeId& id,
                                           const FactorId& enrollment) {
    if (caller.session() == nullptr)
        if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
            return allowed.error();
    Outcome<Sent> answer = problem(Code::not_found);
    const auto refuse = [&](Problem why) {
        answer = std::move(why);
        return false;
    };
    const auto work = [&](Tx& tx) {
        // The user before the challenge, as everywhere.
        const std::optional<ChallengeRow> seen = tx.challenge(id);
        if (!seen || !may_use(caller, *seen)) return refuse(problem(Code::not_found));
        const std::optional<UserRow> owner = tx.lock_user(seen->user);
        std::optional<ChallengeRow> row = tx.lock_challenge(id);
        if (!owner || !row) return refuse(problem(Code::not_found));
        if (std::optional<Problem> shut = closed(*row, core_.clock.now())) return refuse(*shut);
        const Outcome<FactorId> meant = factor_meant(*row, enrollment);
        if (!meant) return refuse(meant.error());
        const std::vector<FactorRow> factors = tx.factors(owner->id);
        const FactorRow* factor = find_active(factors, meant->value);
        if (factor == nullptr) return refuse(invalid("/enrollment_id", "unknown"));
        if (!is_delivered(factor->method))
            return refuse(invalid("/enrollment_id", "not_delivered"));
        const Caller asker = behind(caller, *row);
        const Outcome<DeliveryView> sent =
            send_code(tx, core_, asker, {&*owner, factor, &*row});
        if (!sent) return refuse(sent.error());
        tx.update_challenge(*row);
        keep_alive(tx, caller, *row);
        answer = Sent{*sent, row->expires_at};
        return true;
    };
    const Outcome<Done> done = core_.store.write(caller.request_id, work);
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
                              std::function<void(Finish)> answer) {
    const auto known = [](Outcome<Verified> outcome) {
        return [outcome = std::move(outcome)] { return outcome; };
    };
    if (const Outcome<Done> allowed = permit(caller, Scope::verify); !allowed)
        return answer(known(allowed.error()));
    Outcome<TypedCode> typed = read_code(request.code, request.method);
    if (!typed || typed->backup) return answer(known(verify(caller, id, request)));
    core_.verify_queue->submit(
        {caller, id, request, {}, {}}, std::move(typed->canonical),
        [&core = core_, answer = std::move(answer)](Outcome<Approved> outcome) {
            auto kept = std::make_shared<const Outcome<Approved>>(std::move(outcome));
            answer([&core, kept = std::move(kept)] {
                return *kept ? Outcome<Verified>(verified(core, **kept))
                             : Outcome<Verified>(kept->error());
            });
        });
}

}  // namespace twofold::domain
