// dto.hpp - the domain's views as JSON, and JSON as the domain's requests. Names and shapes are
// those of /openapi.json; only members documented there go out (security 56).
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "server/domain/accounts.hpp"
#include "server/domain/audit_log.hpp"
#include "server/domain/backup_codes.hpp"
#include "server/domain/challenges.hpp"
#include "server/domain/enrolments.hpp"
#include "server/domain/problem.hpp"
#include "server/domain/rfc3339.hpp"
#include "server/domain/users.hpp"
#include "server/http/json.hpp"
#include "shared/totp.hpp"

namespace twofold::http {

// Members in the order they are written.
using Out = nlohmann::ordered_json;

using domain::rfc3339;

// full: the person's own view; otherwise an integrator's, with masked addresses and their own id.
Out user_json(const domain::UserView& user, bool full);
Out me_json(const domain::Me& me);
Out signed_in_json(const domain::SignedIn& signed_in);
Out enrollment_json(const domain::EnrolmentView& view);
Out enrollment_list_json(const domain::EnrolmentList& list);
Out delivery_json(const domain::DeliveryView& view);
Out pending_enrollment_json(const domain::EnrolmentStarted& started);
Out confirmed_json(const domain::EnrolmentConfirmed& confirmed);
Out challenge_json(const domain::ChallengeView& view);
Out verified_json(const domain::Verified& verified);
Out backup_codes_json(const domain::BackupCodesMade& made);
Out backup_count_json(const domain::BackupCodesView& view);
// with_user: in an application's log, whose users are many.
Out audit_json(const domain::AuditPage& page, bool with_user);

// code, method, enrollment_id, challenge_id of a call that takes proof. with_method: false where
// `method` means what is to be enrolled; the code's own form then says what it is.
domain::ProofGiven read_proof(ObjectReader& body, bool with_method);
domain::VerifyRequest read_verify(ObjectReader& body);
TotpParameters read_totp(const Json* value, std::vector<FieldError>& errors);
std::optional<domain::Method> read_method(ObjectReader& body, ObjectReader::Need need);

// The published code of a problem, and its answer.
std::string_view code_name(domain::Code code);
Response problem_response(const domain::Problem& why, const std::string& request_id);
// A sentence for the rule a member broke.
std::string_view rule_text(std::string_view rule);

// A challenge or enrolment that is looked at again and again: Retry-After says how soon, often while a
// code is on its way and rarely after.
void set_poll(Response& res, const std::optional<domain::DeliveryView>& delivery);

Response json_response(int status, const Out& body);
Response no_content();

}  // namespace twofold::http
