// support_types.hpp - the vocabulary of support cases and their published names. Pure.
// The states and who may do what in them: support_policy.hpp and docs/support-cases.md.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "server/domain/types.hpp"

namespace twofold::domain {

using CaseId = Id<CaseTag>;                 // cas_
using EvidenceId = Id<struct EvidenceTag>;  // evd_

// The application whose users are the people of the desk.
inline constexpr std::string_view kDeskApplication = "app_desk";

enum class AgentRole { agent, supervisor };
inline constexpr std::array kAgentRoles{"agent", "supervisor"};

enum class CaseState {
    open,         // nothing is proven yet
    evidence,     // at least one proof is recorded
    approved,     // by one of two (users of high value)
    waiting,      // approved; the owner is told everywhere and can object
    link_issued,  // a re-enrol link is out
    paused,       // somebody objected, or a factor was used: to be looked at by a person
    done,
    cancelled,
    rejected,
    expired,
};
inline constexpr std::array kCaseStates{"open",   "evidence",  "approved", "waiting", "link_issued",
                                        "paused", "done",      "cancelled", "rejected", "expired"};
constexpr bool is_over(CaseState s) { return s >= CaseState::done; }

enum class CaseReason { lost_phone, lost_codes, stolen, new_phone, other };
inline constexpr std::array kCaseReasons{"lost_phone", "lost_codes", "stolen", "new_phone",
                                         "other"};

// How the owner reached support.
enum class CaseChannel { client_area, email, phone, chat, in_person, ticket, integrator };
inline constexpr std::array kCaseChannels{"client_area", "email",  "phone",     "chat",
                                          "in_person",   "ticket", "integrator"};

// undeliverable: the address the link was to go to has changed, or its channel is gone.
enum class PauseReason { none, factor_used, objection, withdrawal, undeliverable };
inline constexpr std::array kPauseReasons{"none", "factor_used", "objection", "withdrawal",
                                          "undeliverable"};

enum class EvidenceKind {
    email_reply,        // answered from the registered mailbox
    phone_call_back,    // answered when the registered number was called
    billing_details,    // knows what only the invoices say
    identity_document,  // was shown, and matches the account
    in_person,          // stood before us
    known_device,       // writes from a browser the account has been signed in from
};
inline constexpr std::array kEvidenceKinds{"email_reply",       "phone_call_back", "billing_details",
                                           "identity_document", "in_person",       "known_device"};

// What falls together: whoever has one key to a group has all of it.
enum class ProofGroup { none, mailbox, phone, document, in_person };
inline constexpr std::array kProofGroups{"none", "mailbox", "phone", "document", "in_person"};

// Where the re-enrol link goes: the contact address, the contact number, or what was given as "how
// to reach me".
enum class LinkTo { none, email, whatsapp, given };
inline constexpr std::array kLinkTos{"none", "email", "whatsapp", "given"};

constexpr std::string_view name_of(AgentRole v) { return kAgentRoles[static_cast<std::size_t>(v)]; }
constexpr std::string_view name_of(CaseState v) { return kCaseStates[static_cast<std::size_t>(v)]; }
constexpr std::string_view name_of(CaseReason v) {
    return kCaseReasons[static_cast<std::size_t>(v)];
}
constexpr std::string_view name_of(CaseChannel v) {
    return kCaseChannels[static_cast<std::size_t>(v)];
}
constexpr std::string_view name_of(PauseReason v) {
    return kPauseReasons[static_cast<std::size_t>(v)];
}
constexpr std::string_view name_of(EvidenceKind v) {
    return kEvidenceKinds[static_cast<std::size_t>(v)];
}
constexpr std::string_view name_of(ProofGroup v) {
    return kProofGroups[static_cast<std::size_t>(v)];
}
constexpr std::string_view name_of(LinkTo v) { return kLinkTos[static_cast<std::size_t>(v)]; }

// The value of a published name.
template <class E, std::size_t n>
constexpr std::optional<E> value_of(const std::array<const char*, n>& names,
                                    std::string_view name) {
    for (std::size_t i = 0; i < n; ++i)
        if (names[i] == name) return static_cast<E>(i);
    return std::nullopt;
}

}  // namespace twofold::domain
