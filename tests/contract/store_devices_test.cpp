// Remembered browsers and the sessions that run in them, on every store.
#include "tests/contract/store_fixture.hpp"

using namespace twofold;
using namespace twofold::domain;
using namespace twofold::testing;

namespace {

DeviceRow device_row(const std::string& id, const std::string& user, std::int64_t used = 2000) {
    DeviceRow r;
    r.id = {id};
    r.application = {"app_one"};
    r.user = {user};
    r.series_hash = "series of " + id;
    r.token_hash = "token of " + id;
    r.previous_hash = "previous of " + id;
    r.rotated_at = at(1901);
    r.client = {"2001:db8::1", awkward()};
    r.created_at = at(1900);
    r.last_used_at = at(used);
    r.expires_at = at(9000);
    return r;
}

}  // namespace

TEST_CASE("remembered browsers: every column comes back, the series is unique and byte-compared",
          "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    DeviceRow row = device_row("dev_1", "usr_a");
    f.write([&](Tx& tx) {
        tx.insert_device(row);
        tx.insert_device(device_row("dev_2", "usr_a", 3000));
        tx.insert_device(device_row("dev_3", "usr_b"));
    });
    CHECK(dump(f.read([](Tx& tx) { return tx.device({"dev_1"}); })) == dump(row));
    CHECK_FALSE(f.read([](Tx& tx) { return tx.device({"DEV_1"}); }));
    CHECK(dump(f.write([](Tx& tx) { return tx.lock_device_by_series("series of dev_1"); })) ==
          dump(row));
    for (const char* other : {"series of dev_1 ", "Series of dev_1", "token of dev_1", ""})
        CHECK_FALSE(f.write([&](Tx& tx) { return tx.lock_device_by_series(other); }));

    const std::vector<DeviceRow> of_a = f.read([](Tx& tx) { return tx.devices({"usr_a"}); });
    REQUIRE(of_a.size() == 2);
    CHECK(of_a[0].id.value == "dev_2");  // used last
    CHECK(dump(of_a[1]) == dump(row));

    f.write([&](Tx& tx) {
        row.version = 1;
        row.token_hash = "another";
        row.rotated_at.reset();
        tx.update_device(row);
    });
    CHECK(row.version == 2);
    CHECK(dump(f.read([](Tx& tx) { return tx.device({"dev_1"}); })) == dump(row));

    DeviceRow twin = device_row("dev_4", "usr_b");
    twin.series_hash = row.series_hash;
    const auto refused = f.store().write("req_x", [&](Tx& tx) {
        tx.insert_device(twin);
        return true;
    });
    CHECK_FALSE(refused.has_value());

    f.write([](Tx& tx) {
        tx.delete_device({"dev_1"});
        tx.delete_device({"dev_1"});
    });
    CHECK_FALSE(f.read([](Tx& tx) { return tx.device({"dev_1"}); }));
    f.write([](Tx& tx) { tx.erase_user({"usr_a"}); });
    CHECK(f.read([](Tx& tx) { return tx.devices({"usr_a"}); }).empty());
    CHECK(f.read([](Tx& tx) { return tx.devices({"usr_b"}); }).size() == 1);
}

TEST_CASE("security 81: of two that replace a browser's token at once one repeats", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    f.write([](Tx& tx) { tx.insert_device(device_row("dev_1", "usr_a")); });
    DeviceRow stale = *f.read([](Tx& tx) { return tx.device({"dev_1"}); });
    f.write([](Tx& tx) {
        DeviceRow row = *tx.lock_device_by_series("series of dev_1");
        row.token_hash = "first";
        tx.update_device(row);
    });
    int runs = 0;
    f.write([&](Tx& tx) {
        DeviceRow row = ++runs == 1 ? stale : *tx.lock_device_by_series("series of dev_1");
        if (runs == 2) CHECK(row.token_hash == "first");
        row.previous_hash = "second";
        tx.update_device(row);
    });
    CHECK(runs == 2);
    CHECK(f.read([](Tx& tx) { return tx.device({"dev_1"}); })->token_hash == "first");
}

TEST_CASE("the sessions of a remembered browser end with it, but the one excepted", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    f.write([](Tx& tx) {
        for (const char* id : {"s1", "s2", "s3", "s4"}) {
            SessionRow s = session_row(id, id == std::string("s4") ? "usr_b" : "usr_a");
            if (id != std::string("s3")) s.device = {"dev_1"};
            tx.insert_session(s);
        }
    });
    CHECK(f.read([](Tx& tx) { return tx.session({"s1"}); })->device.value == "dev_1");
    f.write([](Tx& tx) { tx.delete_device_sessions({"usr_a"}, {"dev_1"}, {"s2"}); });
    const auto there = [&](const char* id) {
        return f.read([&](Tx& tx) { return tx.session({id}); }).has_value();
    };
    CHECK_FALSE(there("s1"));
    CHECK(there("s2"));
    CHECK(there("s3"));
    CHECK(there("s4"));
    f.write([](Tx& tx) { tx.delete_device_sessions({"usr_a"}, {"dev_1"}, {}); });
    CHECK_FALSE(there("s2"));
}

TEST_CASE("an application's choice about remembered browsers, and their sweeping", "[contract]") {
    FOR_EVERY_STORE(f);
    f.write(seed);
    CHECK(f.read([](Tx& tx) { return tx.application({"app_one"}); })->remember_devices);
    f.write([](Tx& tx) { tx.set_application_remember({"app_one"}, false); });
    CHECK_FALSE(f.read([](Tx& tx) { return tx.application({"app_one"}); })->remember_devices);
    f.write([](Tx& tx) { tx.set_application_remember({"app_one"}, true); });
    CHECK(f.read([](Tx& tx) { return tx.application({"app_one"}); })->remember_devices);

    f.write([](Tx& tx) {
        for (const auto& [id, end] : {std::pair{"dev_old", 5000}, {"dev_new", 5001}}) {
            DeviceRow row = device_row(id, "usr_a");
            row.expires_at = at(end);
            tx.insert_device(row);
        }
    });
    CHECK(f.write([](Tx& tx) { return tx.sweep(at(5000), 100); }) == 1);
    CHECK_FALSE(f.read([](Tx& tx) { return tx.device({"dev_old"}); }));
    CHECK(f.read([](Tx& tx) { return tx.device({"dev_new"}); }));
}
