#include "server/storage/url.hpp"

#include "server/storage/sql.hpp"
#include "server/storage/store.hpp"
#include "tests/support/catch.hpp"

using namespace twofold::storage;

TEST_CASE("database URLs") {
    const DatabaseUrl file = parse_url("sqlite:/var/lib/two fold/data.db");
    CHECK(file.engine == Engine::sqlite);
    CHECK(file.path == "/var/lib/two fold/data.db");

    const DatabaseUrl all = parse_url(
        "mysql://us%40er:p%3Aa%2Fs%27s%5C@db.example:3307/"
        "twofold?ssl_ca=%2Fca.pem&ssl_cert=c&ssl_key=k");
    CHECK(all.engine == Engine::mysql);
    CHECK(all.user == "us@er");
    CHECK(all.password == "p:a/s's\\");
    CHECK(all.host == "db.example");
    CHECK(all.port == 3307);
    CHECK(all.database == "twofold");
    CHECK(all.ssl_ca == "/ca.pem");
    CHECK(all.ssl_cert == "c");
    CHECK(all.ssl_key == "k");

    CHECK(parse_url("mysql://u@h/d").port == 3306);
    CHECK(parse_url("mysql://u@localhost/d").host == "127.0.0.1");
    CHECK(parse_url("mysql://u@[::1]:3308/d").host == "::1");
    CHECK(parse_url("mysql://u@[::1]:3308/d").port == 3308);
    CHECK(parse_url("mysql://u@localhost/d?socket=/run/x.sock").socket == "/run/x.sock");
    CHECK(parse_url("mysql://u:p@/d?socket=/run/x.sock").host.empty());
}

TEST_CASE("database URLs that are refused, without being repeated") {
    for (const char* url : {"",
                            "sqlite:",
                            "sqlite::memory:",
                            "sqlite:a\"b",
                            "postgres://secret@h/d",
                            "mysql://",
                            "mysql://secret@h",
                            "mysql://secret@h/",
                            "mysql://h/d",
                            "mysql://:secret@h/d",
                            "mysql://secret@h:0/d",
                            "mysql://secret@h:65536/d",
                            "mysql://secret@h:3306x/d",
                            "mysql://secret@h:-1/d",
                            "mysql://secret@[::1/d",
                            "mysql://secret@[::1]x/d",
                            "mysql://secret%2@h/d",
                            "mysql://secret%zz@h/d",
                            "mysql://secret%00@h/d",
                            "mysql://secret@h/d?socket",
                            "mysql://secret@h/d?reconnect=1",
                            "mysql://secret@/d"}) {
        INFO(url);
        try {
            parse_url(url);
            FAIL("accepted");
        } catch (const StorageError& error) {
            CHECK(std::string(error.what()).find("secret") == std::string::npos);
        }
    }
    CHECK_THROWS_AS(parse_url(std::string_view("sqlite:a\0b", 10)), StorageError);
}

TEST_CASE("store options are bounded") {
    StoreOptions none;
    none.connections = 0;
    CHECK_THROWS_AS(open_store("sqlite:/tmp/x", none), StorageError);
    StoreOptions hasty;
    hasty.deadline = std::chrono::milliseconds{999};
    CHECK_THROWS_AS(open_store("sqlite:/tmp/x", hasty), StorageError);
}

TEST_CASE("a value becomes a literal only when it cannot end one") {
    CHECK(Sql("x = ").value("usr_Az09-:.+/=@ ").text() == "x = 'usr_Az09-:.+/=@ '");
    CHECK(Sql().value(std::int64_t{-42}).text() == "-42");
    CHECK(Sql().value("").text() == "''");
    for (int c = 0; c < 256; ++c) {
        const std::string text(1, static_cast<char>(c));
        const Sql sql = [&] {
            Sql s;
            s.value(text);
            return s;
        }();
        const bool plain =
            std::string_view(
                "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:+/=@ ")
                .find(text) != std::string_view::npos;
        INFO("character " << c);
        if (plain) {
            CHECK(sql.text() == "'" + text + "'");
            CHECK(sql.bound().empty());
        } else {
            CHECK(sql.text() == ":p0");
            REQUIRE(sql.bound().size() == 1);
            CHECK(sql.bound()[0] == text);
        }
    }
    Sql two("a = ");
    two.value("it's").raw(", b = ").value("\\");
    CHECK(two.text() == "a = :p0, b = :p1");
}
