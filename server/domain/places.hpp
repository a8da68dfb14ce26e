// places.hpp - what each sealed column is bound to (rule 11, security 76): the one list of AADs.
// The views point into the row given; keep it alive while the place is used.
#pragma once
#include "server/domain/ports.hpp"

namespace twofold::domain::places {

inline SealedPlace of_user(const UserRow& u, std::string_view column) {
    return {"user", column, u.id.value, u.application.value, u.id.value};
}
inline SealedPlace user_email(const UserRow& u) { return of_user(u, "email"); }
inline SealedPlace user_phone(const UserRow& u) { return of_user(u, "phone"); }
inline SealedPlace user_previous_email(const UserRow& u) { return of_user(u, "previous_email"); }
inline SealedPlace user_display_name(const UserRow& u) { return of_user(u, "display_name"); }
inline SealedPlace user_audit_key(const UserRow& u) { return of_user(u, "audit_key"); }

// `parameters`: totp_parameters_text() of the same factor.
inline SealedPlace factor_secret(const FactorRow& f, std::string_view parameters) {
    return {"factor", "secret", f.id.value, f.application.value, f.user.value, parameters};
}
inline SealedPlace factor_address(const FactorRow& f) {
    return {"factor", "address", f.id.value, f.application.value, f.user.value};
}
// `position`: the code's own, as decimal text.
inline SealedPlace backup_code_hash(const BackupSetRow& s, std::string_view position) {
    return {"backup_code", "hash", s.id.value, s.application.value, s.user.value, position};
}
inline SealedPlace challenge_action_text(const ChallengeRow& c) {
    return {"challenge", "action_text", c.id.value, c.application.value, c.user.value};
}
inline SealedPlace audit_details(const AuditRow& a) {
    return {"audit", "details", a.id.value, a.application.value, a.user.value};
}
inline SealedPlace message_to(const MessageRow& m) {
    return {"message", "to", m.id.value, m.application.value, m.user.value};
}
inline SealedPlace message_parameters(const MessageRow& m) {
    return {"message", "parameters", m.id.value, m.application.value, m.user.value};
}
inline SealedPlace link_payload(const LinkRow& l) {
    return {"link", "payload", l.id, l.application.value, l.user.value};
}
inline SealedPlace case_contact(const CaseRow& c) {
    return {"support_case", "contact", c.id.value, c.application.value, c.user.value};
}
inline SealedPlace case_step_detail(const CaseStepRow& s, const CaseRow& c) {
    return {"case_step", "detail", s.id, c.application.value, c.user.value};
}
inline SealedPlace case_evidence_note(const EvidenceRow& e, const CaseRow& c) {
    return {"case_evidence", "note", e.id.value, c.application.value, c.user.value};
}
inline SealedPlace idempotency_body(const IdempotencyRow& i) {
    return {"idempotency", "body", i.id, {}, {}};
}

// "SHA1/6/30": algorithm, digits, period.
inline std::string totp_parameters_text(const TotpParameters& p) {
    return std::string(name(p.algorithm)) + "/" + std::to_string(p.digits) + "/" +
           std::to_string(p.period);
}

}  // namespace twofold::domain::places
