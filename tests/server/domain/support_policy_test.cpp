// The whole state machine of support cases against docs/support-cases.md: every action in every state
// by every role, and everything that moves a case from outside the desk.
#include <fstream>
#include <map>
#include <sstream>

#include "server/domain/agents.hpp"
#include "server/domain/recovery_links.hpp"
#include "server/domain/support_desk.hpp"
#include "tests/server/domain/world.hpp"

namespace twofold::domain {
namespace {

using Row = std::vector<std::string>;

// The cells of the table whose header starts with those names.
std::vector<Row> table(const std::string& first, const std::string& second) {
    std::ifstream in(std::string(TWOFOLD_SOURCE_DIR) + "/docs/support-cases.md");
    REQUIRE(in);
    std::vector<Row> out;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.front() != '|') {
            inside = false;
            continue;
        }
        Row cells;
        std::istringstream parts(line.substr(1));
        for (std::string cell; std::getline(parts, cell, '|');) {
            const auto from = cell.find_first_not_of(' ');
            const auto to = cell.find_last_not_of(' ');
            cells.push_back(from == std::string::npos ? "" : cell.substr(from, to - from + 1));
        }
        if (cells.front() == first && cells.at(1) == second) inside = true;
        if (inside && cells.front().find("---") == std::string::npos) out.push_back(cells);
    }
    REQUIRE(out.size() > 1);
    return out;
}

CaseState state_named(const std::string& name) {
    const auto state = value_of<CaseState>(kCaseStates, name);
    REQUIRE(state);
    return *state;
}

EvidenceRow proof(EvidenceKind kind, std::string refused = {}) {
    EvidenceRow row;
    row.kind = kind;
    row.refused = std::move(refused);
    return row;
}

}  // namespace

TEST_CASE("security 57: every action in every state by every role is as docs/support-cases.md says") {
    const std::vector<Row> rows = table("state", "record_evidence");
    REQUIRE(rows.size() == kCaseStates.size() + 1);
    int cells = 0;
    for (std::size_t r = 1; r < rows.size(); ++r) {
        const CaseState state = state_named(rows[r][0]);
        for (std::size_t c = 1; c <= kCaseActions.size(); ++c) {
            REQUIRE(rows[0][c] == kCaseActions[c - 1]);
            const auto action = static_cast<CaseAction>(c - 1);
            for (const auto& [role, letter] : {std::pair{AgentRole::agent, 'A'},
                                               std::pair{AgentRole::supervisor, 'S'}}) {
                DeskPerson person;
                person.role = role;
                const bool written = rows[r][c].find(letter) != std::string::npos;
                INFO(rows[r][0] << " " << rows[0][c] << " " << letter);
                CHECK((refusal(action, {state, true, true}, person) == DeskRefusal::none) ==
                      written);
                ++cells;
                // Whatever the state: never on one's own account.
                person.own_account = true;
                CHECK(refusal(action, {state, true, true}, person) == DeskRefusal::own_account);
            }
        }
    }
    CHECK(cells == 120);
}

TEST_CASE("security 57: opener, recorder and approver leave the next step to a colleague") {
    const CaseFacts ready{CaseState::evidence, true, true};
    DeskPerson person;
    person.role = AgentRole::supervisor;
    CHECK(refusal(CaseAction::approve, ready, person) == DeskRefusal::none);
    for (const auto& [change, why] :
         {std::pair{&DeskPerson::opener, DeskRefusal::opener},
          std::pair{&DeskPerson::recorder, DeskRefusal::recorder}}) {
        DeskPerson other = person;
        other.*change = true;
        CHECK(refusal(CaseAction::approve, ready, other) == why);
        CHECK(refusal(CaseAction::resume, {CaseState::paused, true, true}, other) == why);
        CHECK(refusal(CaseAction::reissue_link, {CaseState::link_issued, true, true}, other) ==
              why);
        CHECK(refusal(CaseAction::reject, ready, other) == DeskRefusal::none);
    }
    person.approver = true;
    CHECK(refusal(CaseAction::approve, {CaseState::approved, true, true}, person) ==
          DeskRefusal::already_approved);
    person.approver = false;
    CHECK(refusal(CaseAction::approve, {CaseState::evidence, false, true}, person) ==
          DeskRefusal::evidence_missing);
    CHECK(refusal(CaseAction::approve, {CaseState::evidence, true, false}, person) ==
          DeskRefusal::no_delivery);
    person.role = AgentRole::agent;
    CHECK(refusal(CaseAction::approve, ready, person) == DeskRefusal::role);
}

TEST_CASE("evidence is worth what docs/support-cases.md says, and two groups are needed") {
    const std::vector<Row> rows = table("kind", "group");
    REQUIRE(rows.size() == kEvidenceRules.size() + 1);
    for (std::size_t r = 1; r < rows.size(); ++r) {
        const EvidenceRule& rule = kEvidenceRules[r - 1];
        CHECK(rows[r][0] == name_of(rule.kind));
        CHECK(rows[r][1] == name_of(rule.group));
        CHECK(rows[r][2] == std::to_string(rule.points));
    }
    using Kinds = std::vector<EvidenceRow>;
    const auto enough = [](const Kinds& kinds) { return tally(kinds).enough(); };
    CHECK(enough({proof(EvidenceKind::email_reply), proof(EvidenceKind::phone_call_back)}));
    CHECK(enough({proof(EvidenceKind::email_reply), proof(EvidenceKind::identity_document)}));
    CHECK_FALSE(enough({proof(EvidenceKind::email_reply), proof(EvidenceKind::billing_details)}));
    CHECK(enough({proof(EvidenceKind::email_reply), proof(EvidenceKind::billing_details),
                  proof(EvidenceKind::known_device)}));
    // One group, however often; a device is no group; what was refused is nothing.
    CHECK_FALSE(enough({proof(EvidenceKind::in_person), proof(EvidenceKind::in_person)}));
    CHECK_FALSE(enough({proof(EvidenceKind::in_person), proof(EvidenceKind::known_device)}));
    CHECK_FALSE(enough({proof(EvidenceKind::identity_document),
                        proof(EvidenceKind::billing_details)}));
    CHECK_FALSE(enough({proof(EvidenceKind::in_person),
                        proof(EvidenceKind::email_reply, "address_changed")}));
    CHECK(tally(Kinds{proof(EvidenceKind::email_reply), proof(EvidenceKind::email_reply)}).points ==
          50);
    const Kinds strong{proof(EvidenceKind::in_person), proof(EvidenceKind::identity_document)};
    const Settings settings;
    CHECK(waiting_time(settings, tally(strong), LinkTo::email) == settings.support_wait_strong);
    CHECK(waiting_time(settings, tally(strong), LinkTo::given) == settings.support_wait);
}

namespace {

// A locked-out person, their case, and the desk.
Settings with_mail() {
    Settings s = test_settings();
    s.email = true;
    return s;
}

struct Desk : World {
    Desk() : World(with_mail()) {}
    Enrolled alices = [this] {
        make_alice();
        const SignedIn in = sign_in();
        return enrol([this, token = in.session.token] { return with(token); });
    }();
    SupportCases cases{core};
    SupportDesk desk{core};
    RecoveryLinks links{core};
    Agents agents{core};

    Caller password_only() {
        const Outcome<SignedIn> in = accounts.sign_in(nobody(), kEmail, kPassword);
        REQUIRE(in);
        REQUIRE(in->me.state == "second_factor_required");
        return with(in->session.token);
    }
    CaseId open(CaseReason reason = CaseReason::lost_phone) {
        const auto made =
            cases.open(password_only(), "me", {reason, CaseChannel::client_area, "", {}});
        REQUIRE(made);
        return made->row.id;
    }
    CaseRow row(const CaseId& id) { return store.snapshot().cases.at(id); }
    // As if it had come there by the usual way.
    CaseId in_state(CaseState state) {
        const CaseId id = open();
        store.tamper([&](testing::MemoryData& data) {
            CaseRow& r = data.cases.at(id);
            r.state = state;
            r.deliver = LinkTo::email;
            if (state == CaseState::paused) r.paused_from = CaseState::waiting;
            if (is_over(state)) {
                r.due_at.reset();
                data.users.at(alice).open_case = {};
            }
        });
        return id;
    }
};

using Move = std::function<void(Desk&, const CaseId&)>;

const std::map<std::string, Move>& moves() {
    static const std::map<std::string, Move> all{
        {"owner withdraws",
         [](Desk& d, const CaseId& id) { (void)d.cases.cancel(d.password_only(), "me", id); }},
        {"factor is used",
         [](Desk& d, const CaseId&) {
             d.next_step();
             const Caller caller = d.password_only();
             const auto in = d.accounts.sign_in_verify(
                 caller, {d.now_code(d.alices.app), std::nullopt, {}});
             REQUIRE(in);
         }},
        {"\"this was not me\"",
         [](Desk& d, const CaseId&) {
             const std::string link = text_map_get(d.last_message("case_opened"), "not_me");
             REQUIRE(d.links.redeem_notice(d.nobody(), link.substr(link.find("token=") + 6)));
         }},
        {"its time is over",
         [](Desk& d, const CaseId& id) {
             d.store.tamper([&](testing::MemoryData& data) {
                 CaseRow& r = data.cases.at(id);
                 if (r.due_at) r.due_at = d.clock.now();
             });
             REQUIRE(move_due_cases(d.core));
         }},
    };
    return all;
}

}  // namespace

TEST_CASE("what moves a case from outside the desk is as docs/support-cases.md says") {
    const std::vector<Row> rows = table("state", "owner withdraws");
    REQUIRE(rows.size() == kCaseStates.size() + 1);
    for (std::size_t r = 1; r < rows.size(); ++r) {
        const CaseState state = state_named(rows[r][0]);
        for (std::size_t c = 1; c < rows[0].size(); ++c) {
            const auto move = moves().find(rows[0][c]);
            if (move == moves().end()) {
                CHECK(rows[0][c] == "application's key withdraws");  // below
                continue;
            }
            Desk d;
            const CaseId id = d.in_state(state);
            move->second(d, id);
            INFO(rows[r][0] << ": " << rows[0][c]);
            const std::string now(name_of(d.row(id).state));
            CHECK(now == (rows[r][c] == "-" ? rows[r][0] : rows[r][c]));
            CHECK(d.store.snapshot().users.at(d.alice).open_case.empty() ==
                  is_over(d.row(id).state));
        }
    }
}

TEST_CASE("an application's key ends a case of its own user in every state, and no other's") {
    const std::vector<Row> rows = table("state", "owner withdraws");
    for (std::size_t r = 1; r < rows.size(); ++r) {
        World w;
        const std::string key = w.key_for("Shop");
        const std::string other = w.key_for("Other");
        w.integrator_user(key, "bob");
        SupportCases cases(w.core);
        const auto made = cases.open(w.by_key(key), "bob",
                                     {CaseReason::lost_phone, CaseChannel::integrator, "", {}});
        REQUIRE(made);
        const CaseId id = made->row.id;
        const CaseState state = state_named(rows[r][0]);
        w.store.tamper([&](testing::MemoryData& data) { data.cases.at(id).state = state; });
        CHECK(code_of(cases.cancel(w.by_key(other), "bob", id)) == Code::not_found);
        const auto ended = cases.cancel(w.by_key(key), "bob", id);
        INFO(rows[r][0]);
        if (rows[r][2] == "-") {
            CHECK(code_of(ended) == Code::case_state);
        } else {
            REQUIRE(ended);
            CHECK(name_of(ended->row.state) == rows[r][2]);
        }
    }
}

TEST_CASE("a code that was right is explained to the desk, and its answer stays the same") {
    Desk d;
    // A step that is over: the phone's clock is four minutes behind.
    d.next_step();
    const std::string late = d.alices.app.at(d.clock.seconds() - 240);
    const Caller caller = d.password_only();
    const auto refused = d.accounts.sign_in_verify(caller, {late, std::nullopt, {}});
    CHECK(code_of(refused) == Code::code_invalid);
    const std::string used = d.now_code(d.alices.app);
    REQUIRE(d.accounts.sign_in_verify(d.password_only(), {used, std::nullopt, {}}));
    d.clock.set(d.clock.seconds() + 12);
    CHECK(code_of(d.accounts.sign_in_verify(d.password_only(), {used, std::nullopt, {}})) ==
          Code::code_already_used);
    std::vector<ExplainLine> lines;
    REQUIRE(d.store.read([&](Tx& tx) { lines = explain(tx, d.core, *tx.user(d.alice)); }));
    std::map<std::string, std::int64_t> seconds;
    for (const ExplainLine& line : lines)
        if (line.seconds) seconds[line.what] = *line.seconds;
    CHECK(seconds["code_of_another_time"] == 240);
    CHECK(seconds["code_used_before"] == 12);
}

}  // namespace twofold::domain
