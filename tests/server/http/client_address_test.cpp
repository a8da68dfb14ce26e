// security 44: a header moves the limiter's key only when a listed proxy sent it.
#include "server/http/client_address.hpp"

#include "tests/support/catch.hpp"

using twofold::http::TrustedProxies;

TEST_CASE("security 44: without listed proxies the header counts for nothing") {
    const TrustedProxies none;
    CHECK(none.client("203.0.113.9", "1.1.1.1") == "203.0.113.9");
}

TEST_CASE("the right-most address that is no listed proxy counts") {
    TrustedProxies p;
    REQUIRE(p.add("10.0.0.0/8"));
    REQUIRE(p.add("fd00::/8"));
    REQUIRE(p.add("127.0.0.1"));
    CHECK(p.client("10.1.2.3", "198.51.100.7") == "198.51.100.7");
    CHECK(p.client("10.1.2.3", "6.6.6.6, 198.51.100.7, 10.9.9.9") == "198.51.100.7");
    CHECK(p.client("fd00::1", "2001:db8::5") == "2001:db8::5");
    CHECK(p.client("203.0.113.9", "198.51.100.7") == "203.0.113.9");
    CHECK(p.client("10.1.2.3", "") == "10.1.2.3");
    CHECK(p.client("10.1.2.3", "198.51.100.7, nonsense") == "10.1.2.3");
    CHECK(p.client("10.1.2.3", "nonsense, 198.51.100.7") == "198.51.100.7");
    CHECK(p.client("10.1.2.3", "10.4.4.4, 10.5.5.5") == "10.4.4.4");
    CHECK(p.contains("::ffff:10.2.3.4"));
    CHECK_FALSE(p.contains("11.0.0.1"));
}

TEST_CASE("what is no range is refused") {
    TrustedProxies p;
    for (const char* bad :
         {"", "x", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0"}) {
        INFO(bad);
        CHECK_FALSE(p.add(bad));
    }
    REQUIRE(p.add("192.168.4.0/22"));
    CHECK(p.contains("192.168.7.255"));
    CHECK_FALSE(p.contains("192.168.8.0"));
}
