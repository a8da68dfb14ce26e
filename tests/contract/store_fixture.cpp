#include "tests/contract/store_fixture.hpp"

#include <unistd.h>

#include "server/storage/store.hpp"
#include "tests/support/mariadb.hpp"
#include "tests/support/memory_store.hpp"

namespace twofold::testing {

using namespace domain;

namespace {

// Migrating takes MariaDB a second; the tests share one database and empty its tables.
const std::string& mariadb_database() {
    static const std::string name = [] {
        std::string database = MariaDb::instance().new_database();
        storage::migrate(MariaDb::instance().url(database));
        return database;
    }();
    return name;
}

void empty_tables(const std::string& database) {
    std::string sql = "USE " + database + "; SET foreign_key_checks = 0";
    for (const char* table : {"application",     "user",        "account",    "factor",
                              "factor_step",     "budget",      "backup_set", "backup_code",
                              "backup_code_use", "challenge",   "session",    "api_key",
                              "audit_chain",     "audit",       "checkpoint", "checkpoint_entry",
                              "throttle",        "idempotency", "link",       "message",    "device",
                              "assertion_use",   "signing_key", "node",       "tombstone"})
        sql += std::string("; DELETE FROM ") + table;
    MariaDb::instance().sql(sql);
}

}  // namespace

std::string name_of(Backend backend) {
    switch (backend) {
        case Backend::memory:
            return "memory";
        case Backend::sqlite:
            return "SQLite";
        case Backend::mariadb:
            return "MariaDB";
    }
    return "";
}

StoreFixture::StoreFixture(Backend backend) : backend_(backend) {
    switch (backend) {
        case Backend::memory:
            store_ = std::make_shared<MemoryStore>();
            return;
        case Backend::sqlite: {
            std::string name =
                (std::filesystem::temp_directory_path() / "twofold-sqlite-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory");
            directory_ = name;
            url_ = "sqlite:" + name + "/test base.db";
            storage::migrate(url_);
            break;
        }
        case Backend::mariadb:
            url_ = MariaDb::instance().url(mariadb_database());
            empty_tables(mariadb_database());
            break;
    }
    store_ = another();
}

StoreFixture::~StoreFixture() {
    store_.reset();
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<Store> StoreFixture::another() {
    if (backend_ == Backend::memory) return store_;
    return storage::open_store(url_, {});
}

Instant at(std::int64_t seconds) { return Instant{std::chrono::seconds{seconds}}; }

std::string awkward() { return "it's \"50%\" \\ :p0 ?\n\xF0\x9F\x94\x91 \xD8\xB3"; }

ApplicationRow application_row(const std::string& id) {
    return {ApplicationId{id}, "Example " + id, awkward(), at(1001), "email"};
}

UserRow user_row(const std::string& id, const std::string& application) {
    UserRow r;
    r.id = {id};
    r.application = {application};
    r.external_id = "ext:" + id;
    r.email = {"k1.email"};
    r.email_index = "index of email";
    r.phone = {"k1.phone"};
    r.phone_index = "index of phone";
    r.previous_email = {"k1.previous"};
    r.previous_email_until = at(1011);
    r.display_name = {"k1.name"};
    r.locale = "ar";
    r.audit_key = {"k1.audit"};
    r.created_at = at(1012);
    r.updated_at = at(1013);
    return r;
}

AccountRow account_row(const std::string& user) {
    return {UserId{user},
            ApplicationId{"app_one"},
            "email " + user,
            "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
            at(1021),
            at(1022),
            1};
}

FactorRow factor_row(const std::string& id, const std::string& user) {
    FactorRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {user};
    r.method = Method::whatsapp;
    r.status = FactorStatus::active;
    r.label = awkward();
    r.secret = {"k1.secret"};
    r.totp = {HashAlgorithm::sha512, 8, 60};
    r.last_step = 128849018880;  // wider than 32 bits
    r.last_step_at = at(1031);
    r.last_step_session = "a session";
    r.opened_with = OpenedWith::recover;
    r.replaces = {"enr_old"};
    r.opened_by = {"another session"};
    r.created_at = at(1032);
    r.expires_at = at(1033);
    r.activated_at = at(1034);
    r.last_used_at = at(1035);
    r.ended_at = at(1036);
    return r;
}

ChallengeRow challenge_row(const std::string& id, const std::string& user) {
    ChallengeRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {user};
    r.purpose = Purpose::step_up;
    r.action = Action::change_address;
    r.action_name = "transfer:approve";
    r.action_text = {"k1.text"};
    r.object = "enr_x";
    r.factor = {"enr_y"};
    r.nonce = awkward();
    r.status = ChallengeStatus::pending;
    r.session = {"a session"};
    r.made_by = "key_one";
    r.client = {"2001:db8::1", awkward()};
    r.created_at = at(1041);
    r.expires_at = at(1042);
    r.approved_at = at(1043);
    r.approved_method = Method::backup_code;
    r.approved_factor = {"enr_z"};
    return r;
}

SessionRow session_row(const std::string& id, const std::string& user) {
    SessionRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {user};
    r.state = SessionState::full;
    r.challenge = {"chl_one"};
    r.created_at = at(1051);
    r.last_seen_at = at(1052);
    r.expires_at = at(1053);
    r.password_at = at(1054);
    r.second_step_at = at(1055);
    r.recover_until = at(1056);
    r.client = {"192.0.2.1", awkward()};
    return r;
}

BackupSetRow backup_set_row(const std::string& id, const std::string& user) {
    BackupSetRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {user};
    r.salt = "c2FsdA";
    r.created_at = at(1061);
    for (int i = 0; i < 10; ++i) r.codes.push_back({i, {"k1.hash" + std::to_string(i)}, {}});
    return r;
}

ApiKeyRow api_key_row(const std::string& id) {
    return {ApiKeyId{id},
            ApplicationId{"app_one"},
            awkward(),
            "hash of " + id,
            {Scope::users, Scope::verify, Scope::applications},
            at(1071),
            at(1072),
            at(1073)};
}

AuditRow audit_row(const std::string& id, const std::string& chain, std::int64_t sequence) {
    AuditRow r;
    r.id = {id};
    r.chain = chain;
    r.sequence = sequence;
    r.application = {"app_one"};
    r.user = {chain.starts_with("user:") ? chain.substr(5) : ""};
    r.at = at(1081);
    r.actor = "key:key_one";
    r.action = "challenge.approved";
    r.method = "totp";
    r.result = "ok";
    r.object = "chl_one";
    r.request_id = "req_of_" + id;
    r.details = {"u.details"};
    r.previous_mac = "aa";
    r.mac = "bb";
    return r;
}

LinkRow link_row(const std::string& id) {
    LinkRow r;
    r.id = id;
    r.purpose = LinkPurpose::reset_password;
    r.application = {"app_one"};
    r.user = {"usr_a"};
    r.email_index = "email usr_a";
    r.payload = {"k1.payload"};
    r.created_at = at(1091);
    r.expires_at = at(1092);
    return r;
}

MessageRow message_row(const std::string& id) {
    MessageRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {"usr_a"};
    r.channel = Channel::whatsapp;
    r.kind = "factor_enabled";
    r.locale = "es";
    r.to = {"k1.to"};
    r.parameters = {"k1.parameters"};
    r.priority = 5;
    r.status = MessageStatus::queued;
    r.created_at = at(1101);
    r.not_before = at(1102);
    r.not_after = at(2000);
    return r;
}

IdempotencyRow idempotency_row(const std::string& id) {
    IdempotencyRow r;
    r.id = id;
    r.fingerprint = "fingerprint";
    r.request_id = "req_first";
    r.status = 201;
    r.body = {std::string("k1.") + std::string(70000, 'x')};  // more than a TEXT holds
    r.secret = true;
    r.created_at = at(1111);
    r.expires_at = at(1112);
    return r;
}

void seed(Tx& tx) {
    REQUIRE(tx.insert_application(application_row()));
    for (const char* id : {"usr_a", "usr_b", "usr_c"}) REQUIRE(tx.insert_user(user_row(id)));
}

}  // namespace twofold::testing
