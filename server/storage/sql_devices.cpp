// Remembered browsers (domain/devices.hpp). The user's row is locked by whoever changes them.
#include "server/storage/sql_rows.hpp"

namespace twofold::storage {

using namespace domain;

void SqlTx::insert_device(const DeviceRow& row) { insert(row); }

std::optional<DeviceRow> SqlTx::device(const DeviceId& id) { return by_key<DeviceRow>(id.value); }

std::optional<DeviceRow> SqlTx::lock_device_by_series(std::string_view series_hash) {
    Sql sql = select_from<DeviceRow>();
    sql.raw(" WHERE series_hash = ").value(series_hash).raw(locking());
    return one<DeviceRow>(sql);
}

std::vector<DeviceRow> SqlTx::devices(const UserId& user) {
    Sql sql = select_from<DeviceRow>();
    sql.raw(" WHERE user_id = ").value(user.value);
    return all<DeviceRow>(sql.raw(" ORDER BY last_used_at DESC, id DESC"));
}

void SqlTx::update_device(DeviceRow& row) { update(row); }

void SqlTx::delete_device(const DeviceId& id) {
    change(Sql("DELETE FROM device WHERE id = ").value(id.value));
}

void SqlTx::delete_device_sessions(const UserId& user, const DeviceId& device,
                                   const SessionId& except) {
    Sql sql("DELETE FROM session WHERE user_id = ");
    sql.value(user.value).raw(" AND device_id = ").value(device.value);
    change(sql.raw(" AND id <> ").value(except.value));
}

void SqlTx::set_application_remember(const ApplicationId& id, bool on) {
    Sql sql("UPDATE application SET remember_devices = ");
    change(sql.value(on ? 1 : 0).raw(" WHERE id = ").value(id.value));
}

}  // namespace twofold::storage
