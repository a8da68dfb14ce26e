#include "server/domain/devices.hpp"
#include "server/http/dto.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

Out device_json(const domain::DeviceView& view) {
    Out out{{"id", view.id.value}};
    if (!view.browser.empty()) out["browser"] = view.browser;
    if (!view.system.empty()) out["system"] = view.system;
    out["ip"] = view.ip;
    out["created_at"] = rfc3339(view.created_at);
    out["last_used_at"] = rfc3339(view.last_used_at);
    out["expires_at"] = rfc3339(view.expires_at);
    out["current"] = view.current;
    return out;
}

Response list_devices(const Services& s, Call& call) {
    const auto list = domain::Devices(s.core).list(call.caller, call.req.param("user"));
    if (!list) return problem_response(list.error(), call.req.request_id);
    Out items = Out::array();
    for (const domain::DeviceView& view : *list) items.push_back(device_json(view));
    // kDevicesAUser at most: always one page.
    return json_response(200, Out{{"items", std::move(items)}, {"next_cursor", nullptr}});
}

Response forget_device(const Services& s, Call& call) {
    const auto forgotten = domain::Devices(s.core).forget(call.caller, call.req.param("user"),
                                                          {std::string(call.req.param("id"))});
    if (!forgotten) return problem_response(forgotten.error(), call.req.request_id);
    Response res = no_content();
    if (forgotten->current) res.set("Set-Cookie", s.gate.device_cookie({}));
    return res;
}

}  // namespace

void add_device_operations(const Services& s, std::vector<Operation>& ops) {
    const auto run = [&s](Response (*handler)(const Services&, Call&)) {
        return [&s, handler](Call& call) { return handler(s, call); };
    };
    ops.push_back({.path = "/v1/users/{user}/devices",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "listDevices",
                   .tag = "Remembered browsers",
                   .summary = "Browsers that are not asked for a code at sign-in",
                   .response = "DeviceList",
                   .errors = {"not_found"},
                   .run = run(list_devices)});
    ops.push_back({.method = Method::del,
                   .path = "/v1/users/{user}/devices/{id}",
                   .auth = Auth::key_or_session,
                   .scope = "manage",
                   .id = "forgetDevice",
                   .tag = "Remembered browsers",
                   .summary = "Forget a browser; it is asked for a code again",
                   .description = "Needs no code: it only takes rights away. Sessions that run in "
                                  "that browser end, but the caller's own.",
                   .success = 204,
                   .errors = {"not_found"},
                   .run = run(forget_device)});
}

}  // namespace twofold::http
