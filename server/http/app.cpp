#include "server/http/app.hpp"

#include "server/http/gate.hpp"
#include "server/http/openapi.hpp"
#include "server/http/routes.hpp"

namespace twofold::http {
namespace {

std::string without_scheme(const std::string& origin) {
    return origin.substr(origin.find("//") + 2);
}

// Host values that are ours: the public URL's, the address itself, and what the operator adds. A
// name that is not among them is refused (421), which is what stops DNS rebinding.
std::vector<std::string> our_hosts(const domain::Settings& domain, const AppSettings& s) {
    std::vector<std::string> hosts = s.hosts;
    if (const std::string origin = origin_of(domain.public_url); !origin.empty()) {
        hosts.push_back(without_scheme(origin));
    }
    const bool v6 = s.listen_host.find(':') != std::string::npos;
    const std::string address = v6 ? "[" + s.listen_host + "]" : s.listen_host;
    if (address != "0.0.0.0" && address != "[::]") hosts.push_back(address + ":{port}");
    hosts.push_back("localhost:{port}");
    hosts.push_back("127.0.0.1:{port}");
    hosts.push_back("[::1]:{port}");
    for (std::string& host : hosts) {
        for (char& c : host) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        }
    }
    return hosts;
}

// The page runs our own scripts and wasm only; nobody frames it (security 62). A frame made of
// srcdoc is under the policy of its page, so the demo adds a source for its mails.
StaticFiles page_files(const domain::Settings& domain, const std::string& folder,
                       const std::string& style_source) {
    if (folder.empty()) return StaticFiles();
    StaticFiles files(folder);
    std::string csp =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' " + style_source +
        "; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action "
        "'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
    if (is_https(domain.public_url)) csp += "; upgrade-insecure-requests";
    files.set_page_header("Content-Security-Policy", csp);
    files.set_page_header("Cross-Origin-Opener-Policy", "same-origin");
    files.set_page_header("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    if (!domain.demo) files.hide("/demo/");
    return files;
}

}  // namespace

struct App::Impl {
    domain::Core& core;
    AppSettings settings;
    Gate gate;
    Services services;
    std::vector<Operation> operations;
    std::unique_ptr<Front> front;
    std::string error;

    Impl(domain::Core& c, AppSettings s)
        : core(c), settings(std::move(s)), gate(core), services{core, settings, gate} {
        add_system_operations(services, operations);
        add_client_operations(services, operations);
        add_user_operations(services, operations);
        add_challenge_operations(services, operations);
        add_support_operations(services, operations);
        add_device_operations(services, operations);
        add_audit_operations(services, operations);
        add_documents();
    }

    Operation document(std::string path, std::string id, std::string summary) {
        Operation op;
        op.path = std::move(path);
        op.id = std::move(id);
        op.tag = "Running";
        op.summary = std::move(summary);
        op.lane = Lane::direct;
        return op;
    }

    void add_documents() {
        Operation api = document("/openapi.json", "openapi", "This document");
        api.response = "OpenApi";
        operations.push_back(std::move(api));
        operations.push_back(document("/docs", "docs", "The API as a page"));
        operations.push_back(document("/docs/style.css", "docsStyle", "The page's style"));
        const auto share = [](std::string text) {
            return std::make_shared<const std::string>(std::move(text));
        };
        const auto serve = [](const std::string& type,
                              const std::shared_ptr<const std::string>& text,
                              const std::string& csp) {
            return [type, text, csp](Call&) {
                Response res;
                res.content_type = type;
                res.shared_body = text;
                res.set("Cache-Control", "no-cache");
                if (!csp.empty()) res.set("Content-Security-Policy", csp);
                return res;
            };
        };
        const std::size_t n = operations.size();
        operations[n - 3].run = serve("application/json; charset=utf-8",
                                      share(openapi_json(operations, settings.version)), "");
        operations[n - 2].run =
            serve("text/html; charset=utf-8", share(docs_html(operations, settings.version)),
                  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'");
        operations[n - 1].run =
            serve("text/css; charset=utf-8", share(std::string(docs_css())), "");
    }

    Router router() {
        Router out;
        for (const Operation& op : operations) {
            Route route{op.method, op.path,
                        op.auth,   op.scope,
                        op.lane,   [this, &op](const Request& req) { return gate.serve(op, req); }};
            if (op.defers) route.at_once = [this](const Request& req) { return gate.at_once(req); };
            out.add(std::move(route));
        }
        return out;
    }

    bool fill(FrontSettings& f) {
        f.host = settings.listen_host;
        f.port = settings.listen_port;
        f.hosts = our_hosts(core.settings, settings);
        for (const std::string& range : settings.trusted_proxies) {
            if (f.trusted_proxies.add(range)) continue;
            error = "no address or range: " + range;
            return false;
        }
        f.tls_certificate_file = settings.tls_cert;
        f.tls_key_file = settings.tls_key;
        f.https_public_url = is_https(core.settings.public_url);
        f.pool = settings.pool;
        f.on_access = settings.on_access;
        f.on_exception = settings.on_exception;
        return true;
    }
};

App::App(domain::Core& core, AppSettings settings)
    : impl_(std::make_unique<Impl>(core, std::move(settings))) {}

App::~App() = default;

bool App::start() {
    Impl& i = *impl_;
    FrontSettings f;
    if (!i.fill(f)) return false;
    // A preflight is answered without permission: no other origin may call in this version, and a
    // browser takes the absence of Access-Control-Allow-Origin for the no it is.
    const Handler preflight = [](const Request&) {
        Response res;
        res.status = 204;
        return std::move(res.set("Vary", "Origin"));
    };
    i.front = std::make_unique<Front>(std::move(f), i.router(),
                                      page_files(i.core.settings, i.settings.web_root,
                                                 i.settings.style_source),
                                      preflight);
    if (i.front->start()) return true;
    i.error = i.front->error();
    return false;
}

const std::string& App::error() const { return impl_->error; }
int App::port() const { return impl_->front ? impl_->front->port() : 0; }
FrontStats App::stats() const { return impl_->front ? impl_->front->stats() : FrontStats(); }
bool App::drain(std::chrono::milliseconds at_most) {
    return impl_->front == nullptr || impl_->front->drain(at_most);
}

}  // namespace twofold::http
