// verify_bench - how many verifies a second the store alone carries: load_for_verify, a decision
// that costs nothing, save_verified, COMMIT. Each verify locks its challenge, user, factor and
// chain, inserts a step and an audit row. Not a test: it prints one line of JSON.
//   verify_bench sqlite|mariadb [--users N] [--batch N] [--writers N] [--seconds N] [--audit N]
//                               [--beside N] [--rounds N]
//     users 2000, batch 32 (verifies a transaction), writers 2 (threads), seconds 5 (a round),
//     audit 0 (rows of other users that are there already), rounds 1;
//     beside 0: with N, a second database of N users and no audit takes turns with the first, round
//     by round, and each prints a line a round
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "server/storage/store.hpp"
#include "tests/support/mariadb.hpp"

using namespace twofold;
using namespace twofold::domain;

namespace {

struct Options {
    bool mariadb = false;
    int users = 2000;
    int batch = 32;
    int writers = 2;
    int seconds = 5;
    int audit = 0;
    int beside = 0;
    int rounds = 1;
};

std::string number(const char* prefix, std::int64_t n) {
    char text[48];
    std::snprintf(text, sizeof text, "%s%026lld", prefix, static_cast<long long>(n));
    return text;
}

// Lengths as in the real ones: ids of 30 characters, sealed values, a MAC of 64 hexadecimal digits.
const std::string kMac(64, 'a');
const Sealed kSealed{"k1." + std::string(80, 'S')};
const Instant kNow{std::chrono::seconds{1700000000}};

AuditRow event(std::int64_t n, const std::string& chain, std::int64_t sequence,
               const std::string& user) {
    AuditRow r;
    r.id = {number("evt_", n)};
    r.chain = chain;
    r.sequence = sequence;
    r.application = {"app_bench"};
    r.user = {user};
    r.at = kNow;
    r.actor = "key:key_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    r.action = "challenge.approved";
    r.method = "totp";
    r.result = "ok";
    r.object = number("chl_", n);
    r.request_id = number("req_", n);
    r.details = {"u." + std::string(160, 'D')};
    r.previous_mac = kMac;
    r.mac = kMac;
    return r;
}

// Of this process: SQLite's work is in it, MariaDB's is not.
double cpu_seconds() {
    rusage u{};
    ::getrusage(RUSAGE_SELF, &u);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(u.ru_utime) + of(u.ru_stime);
}

bool must(const Outcome<Done>& outcome) {
    if (!outcome.has_value())
        std::fprintf(stderr, "write failed: %d\n", static_cast<int>(outcome.error().code));
    return outcome.has_value();
}

void fill(Store& store, const Options& o) {
    must(store.write("req", [](Tx& tx) {
        return tx.insert_application({{"app_bench"}, "Bench", "Bench", kNow, {}});
    }));
    for (int from = 0; from < o.users; from += 500) {
        must(store.write("req", [&](Tx& tx) {
            for (int i = from; i < std::min(from + 500, o.users); ++i) {
                UserRow user;
                user.id = {number("usr_", i)};
                user.application = {"app_bench"};
                user.external_id = number("ext", i);
                user.email = user.phone = user.display_name = user.audit_key = kSealed;
                user.email_index = user.phone_index = kMac;
                user.locale = "en";
                user.created_at = user.updated_at = kNow;
                if (!tx.insert_user(user)) return false;
                FactorRow factor;
                factor.id = {number("enr_", i)};
                factor.application = user.application;
                factor.user = user.id;
                factor.status = FactorStatus::active;
                factor.label = "Phone";
                factor.secret = kSealed;
                factor.created_at = factor.expires_at = kNow;
                factor.activated_at = kNow;
                tx.insert_factor(factor);
                ChallengeRow challenge;
                challenge.id = {number("chl_", i)};
                challenge.application = user.application;
                challenge.user = user.id;
                challenge.made_by = "key_aaaaaaaaaaaaaaaaaaaaaaaaaa";
                challenge.client = {"192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64)"};
                challenge.created_at = challenge.expires_at = kNow;
                tx.insert_challenge(challenge);
            }
            return true;
        }));
    }
    std::int64_t n = 0;
    while (n < o.audit) {
        must(store.write("req", [&](Tx& tx) {
            VerifyRows rows;
            for (int i = 0; i < 1000; ++i, ++n) {
                const std::string user = number("usr_x", n % 1000000);
                rows.events.push_back(event(n, "user:" + user, 1 + n / 1000000, user));
            }
            tx.save_verified(rows);
            return true;
        }));
    }
}

// One round; `next` numbers the audit rows.
void measure(Store& store, const Options& o, std::atomic<std::int64_t>& next) {
    const auto server_cpu = [&] {
        return o.mariadb ? testing::MariaDb::instance().cpu_seconds() : 0.0;
    };
    const double cpu_before = cpu_seconds();
    const double server_before = server_cpu();
    std::atomic<bool> stop = false;
    std::atomic<std::int64_t> verified = 0;
    std::vector<std::thread> writers;
    std::vector<std::vector<double>> times(static_cast<std::size_t>(o.writers));
    for (int w = 0; w < o.writers; ++w) {
        writers.emplace_back([&, w] {
            std::minstd_rand random(static_cast<unsigned>(w + 1));
            while (!stop) {
                std::vector<ChallengeId> ids;
                for (int i = 0; i < o.batch; ++i)
                    ids.push_back({number("chl_", random() % static_cast<unsigned>(o.users))});
                const auto begin = std::chrono::steady_clock::now();
                std::int64_t count = 0;
                const bool ok = must(store.write("req", [&](Tx& tx) {
                    count = 0;
                    VerifyRows rows = tx.load_for_verify(ids, {});
                    for (auto& [id, challenge] : rows.challenges) {
                        ChallengeRow& c = challenge.edit();
                        c.status = ChallengeStatus::approved;
                        c.approved_at = kNow;
                        c.approved_factor = {"enr_" + id.value.substr(4)};
                        FactorRow& f = rows.factors.at(c.approved_factor).edit();
                        f.last_step += 1;
                        f.last_step_at = f.last_used_at = kNow;
                        f.last_step_session = "key_aaaaaaaaaaaaaaaaaaaaaaaaaa";
                        rows.steps.push_back({f.id, f.last_step, kNow});
                        ChainHead& head = rows.chains.at("user:" + c.user.value).edit();
                        head.length += 1;
                        head.mac = kMac;
                        head.updated_at = kNow;
                        rows.events.push_back(event(next++, head.chain, head.length, c.user.value));
                        ++count;
                    }
                    tx.save_verified(rows);
                    return true;
                }));
                times[static_cast<std::size_t>(w)].push_back(
                    std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                              begin)
                        .count());
                if (ok) verified += count;
            }
        });
    }
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(o.seconds));
    stop = true;
    for (std::thread& writer : writers) writer.join();
    const double took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::vector<double> all;
    for (const auto& t : times) all.insert(all.end(), t.begin(), t.end());
    std::sort(all.begin(), all.end());
    const auto percentile = [&](double p) {
        return all.empty() ? 0.0
                           : all[static_cast<std::size_t>(p * static_cast<double>(all.size() - 1))];
    };
    const double each = static_cast<double>(std::max<std::int64_t>(verified, 1));
    std::printf(
        "{\"store\":\"%s\",\"users\":%d,\"audit\":%d,\"batch\":%d,\"writers\":%d,"
        "\"verifies_per_second\":%.0f,\"p50_ms\":%.4f,\"p99_ms\":%.2f,"
        "\"own_cpu_us\":%.1f,\"server_cpu_us\":%.1f}\n",
        o.mariadb ? "mariadb" : "sqlite", o.users, o.audit, o.batch, o.writers,
        static_cast<double>(verified.load()) / took, percentile(0.5), percentile(0.99),
        (cpu_seconds() - cpu_before) * 1e6 / each, (server_cpu() - server_before) * 1e6 / each);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    if (argc < 2) {
        std::fprintf(stderr,
                     "verify_bench sqlite|mariadb [--users N] [--batch N] [--writers N] "
                     "[--seconds N] [--audit N] [--beside N] [--rounds N]\n");
        return 2;
    }
    o.mariadb = std::strcmp(argv[1], "mariadb") == 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const int value = std::atoi(argv[i + 1]);
        if (name == "--users")
            o.users = value;
        else if (name == "--batch")
            o.batch = value;
        else if (name == "--writers")
            o.writers = value;
        else if (name == "--seconds")
            o.seconds = value;
        else if (name == "--audit")
            o.audit = value;
        else if (name == "--beside")
            o.beside = value;
        else if (name == "--rounds")
            o.rounds = value;
        else
            return 2;
    }

    std::string directory =
        (std::filesystem::temp_directory_path() / "twofold-bench-XXXXXX").string();
    if (o.mariadb) {
        ::setenv("DURABLE", "1", 1);
        ::setenv("BUFFER_POOL", "1G", 1);
        ::setenv("LOG_FILE_SIZE", "512M", 1);
    } else if (::mkdtemp(directory.data()) == nullptr) {
        return 1;
    }
    struct Side {
        Options options;
        std::unique_ptr<Store> store;
        std::atomic<std::int64_t> next{0};
    };
    std::vector<std::unique_ptr<Side>> sides;
    const auto add = [&](const Options& options) {
        const std::string url =
            o.mariadb
                ? testing::MariaDb::instance().url(testing::MariaDb::instance().new_database())
                : "sqlite:" + directory + "/" + std::to_string(sides.size()) + ".db";
        storage::migrate(url);
        storage::StoreOptions store_options;
        store_options.on_trouble = [](std::string_view what, int code) {
            std::fprintf(stderr, "%.*s %d\n", static_cast<int>(what.size()), what.data(), code);
        };
        auto side = std::make_unique<Side>();
        side->options = options;
        side->store = storage::open_store(url, store_options);
        side->next = options.audit;
        fill(*side->store, options);
        sides.push_back(std::move(side));
    };
    add(o);
    if (o.beside > 0) {
        Options small = o;
        small.users = o.beside;
        small.audit = 0;
        add(small);
    }
    ::sync();  // what filling left to be written would slow whoever is measured first
    for (int round = 0; round < o.rounds; ++round) {
        if (round % 2 == 0)
            for (auto& side : sides) measure(*side->store, side->options, side->next);
        else
            for (auto side = sides.rbegin(); side != sides.rend(); ++side)
                measure(*(*side)->store, (*side)->options, (*side)->next);
    }
    sides.clear();
    if (!o.mariadb) std::filesystem::remove_all(directory);
    return 0;
}
