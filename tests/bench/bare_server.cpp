// bare_server - the peer of the verify figure: what a straightforward program does with cpp-httplib
// as it comes and SOCI. One SELECT, the code, one guarded UPDATE, each its own transaction; no
// budget, no audit, no sealed secret, no assertion.
//   bench_bare URL seed USERS FILE           makes its table and writes FILE for bench_load
//   bench_bare URL serve PORT THREADS SESSIONS
// URL: sqlite:PATH (WAL, synchronous=FULL), or mysql:OPTIONS as soci-mysql takes them.
#include <httplib.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <random>
#include <string>

#include "shared/totp.hpp"

namespace {

void open(soci::session& sql, const std::string& url) {
    if (url.rfind("sqlite:", 0) == 0) {
        sql.open(soci::sqlite3, "db=" + url.substr(7) + " timeout=5");
        sql << "PRAGMA journal_mode=WAL";
        sql << "PRAGMA synchronous=FULL";
    } else {
        sql.open(soci::mysql, url.substr(6));
    }
}

std::string hex(std::mt19937_64& random) {
    std::string text;
    for (int i = 0; i < 40; ++i) text += "0123456789abcdef"[random() % 16];
    return text;
}

std::vector<std::uint8_t> from_hex(const std::string& text) {
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(
            static_cast<std::uint8_t>(std::strtol(text.substr(i, 2).c_str(), nullptr, 16)));
    return bytes;
}

void seed(const std::string& url, long users, const char* file) {
    soci::session sql;
    open(sql, url);
    sql << "CREATE TABLE bench_user (id INTEGER PRIMARY KEY, secret VARCHAR(64) NOT NULL, "
           "last_step BIGINT NOT NULL)";
    std::ofstream out(file);
    std::mt19937_64 random(1);
    soci::transaction transaction(sql);
    for (long from = 0; from < users; from += 500) {
        std::string statement = "INSERT INTO bench_user (id, secret, last_step) VALUES ";
        for (long i = from; i < std::min(users, from + 500); ++i) {
            const std::string secret = hex(random);
            statement += (i == from ? "(" : ",(") + std::to_string(i) + ",'" + secret + "',-1)";
            out << "/verify/" << i << '\t' << secret << '\n';
        }
        sql << statement;
    }
    transaction.commit();
}

void serve(const std::string& url, int port, std::size_t threads, std::size_t sessions) {
    soci::connection_pool pool(sessions);
    for (std::size_t i = 0; i < sessions; ++i) open(pool.at(i), url);
    httplib::Server server;
    server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(100000000);
    server.set_keep_alive_timeout(60);
    server.set_read_timeout(60);
    server.Post(R"(/verify/(\d+))", [&pool](const httplib::Request& request,
                                            httplib::Response& response) {
        try {
            const long id = std::stol(request.matches[1]);
            const std::size_t at = request.body.find("\":\"");
            const std::string code = at == std::string::npos ? "" : request.body.substr(at + 3, 6);
            soci::session sql(pool);
            std::string secret;
            long long last = -1;
            sql << "SELECT secret, last_step FROM bench_user WHERE id = :id", soci::use(id),
                soci::into(secret), soci::into(last);
            const auto step =
                twofold::totp_verify({}, from_hex(secret), code, std::time(nullptr), 1);
            if (!step || *step <= last) {
                response.status = 422;
                return response.set_content("{\"code\":\"code_invalid\"}",
                                            "application/problem+json");
            }
            const long long now = *step;
            soci::statement update = (sql.prepare << "UPDATE bench_user SET last_step = :step "
                                                     "WHERE id = :id AND last_step < :step2",
                                      soci::use(now), soci::use(id), soci::use(now));
            update.execute(true);
            if (update.get_affected_rows() != 1) response.status = 422;
            response.set_content("{\"status\":\"approved\"}", "application/json");
        } catch (const std::exception& e) {
            response.status = 500;
            response.set_content(e.what(), "text/plain");
        }
    });
    if (!server.bind_to_port("127.0.0.1", port)) std::exit(1);
    std::printf("ready\n");
    std::fflush(stdout);
    server.listen_after_bind();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 2 ? argv[2] : "";
    try {
        if (what == "seed" && argc == 5)
            seed(argv[1], std::atol(argv[3]), argv[4]);
        else if (what == "serve" && argc == 6)
            serve(argv[1], std::atoi(argv[3]), static_cast<std::size_t>(std::atol(argv[4])),
                  static_cast<std::size_t>(std::atol(argv[5])));
        else
            return 2;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench_bare: %s\n", e.what());
        return 1;
    }
}
