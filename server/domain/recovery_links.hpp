// recovery_links.hpp - one-time links around a support case. A re-enrol link ends it well: redeemed
// together with the password it gives a session that can enrol and nothing else. A notice link says
// "this was not me" and can only freeze. Tokens are stored as keyed hashes, stand in the fragment of
// the URL, and are redeemed by POST (design, Recovery).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/domain/accounts.hpp"
#include "server/domain/core.hpp"

namespace twofold::domain {

// The URL of a new notice link of that user, good for 7 days.
std::string notice_link(Tx& tx, Core& core, const UserRow& user);

// The case's link goes out: state link_issued, the letter to the way it was approved for, a word
// without the link to all other addresses. Pauses the case when that way is no longer open.
void issue_link(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row);

// Moves every case whose time has come: link out, or expired. Run by every server; each case once.
// How many it moved.
Outcome<int> move_due_cases(Core& core);

struct RecoverySession {
    SessionIssued session;
    Instant expires_at{};
};
struct Frozen {
    bool case_paused = false;
};

class RecoveryLinks {
 public:
    explicit RecoveryLinks(Core& core) : core_(core) {}
    // link_invalid alike for unknown, used, expired and for the browser that did not redeem it
    // first; password_invalid; case_paused; rate_limited. The browser that redeemed it may again.
    Outcome<RecoverySession> redeem(const Caller&, std::string_view token,
                                    std::string_view password);
    // Ends every session of the user and pauses the open case. Again: the same answer.
    Outcome<Frozen> redeem_notice(const Caller&, std::string_view token);

 private:
    Core& core_;
};

// Whether this caller may enrol by a re-enrol link now: a recovery session of an open case, or a key
// of an application whose people have no password with us. Locks the case.
std::optional<CaseRow> recovery_case(Tx& tx, Core& core, const Caller& caller,
                                     const UserRow& user);
// The new factor is active: the old ones end, every session too, and the case is done.
void finish_recovery(Tx& tx, Core& core, const Caller& caller, UserRow& user, CaseRow& row,
                     std::vector<FactorRow>& factors, const FactorId& fresh);

}  // namespace twofold::domain
