#include "server/http/router.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "server/http/text.hpp"

namespace twofold::http {

struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> param;
    std::array<const Route*, kMethodCount> routes{};

    [[nodiscard]] bool ends_route() const {
        for (const Route* r : routes) {
            if (r != nullptr) return true;
        }
        return false;
    }
};

namespace {

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> out;
    path.remove_prefix(1);  // the leading '/', which every template and target has
    for (;;) {
        const std::size_t slash = path.find('/');
        out.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return out;
        path.remove_prefix(slash + 1);
    }
}

constexpr std::size_t kMaxSegments = 12;

bool is_param(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    const Route* kept = routes_.back().get();
    Node* node = root_.get();
    for (std::string_view segment : split(kept->path)) {
        std::unique_ptr<Node>& next =
            is_param(segment) ? node->param : node->literals[std::string(segment)];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    const Route*& slot = node->routes[static_cast<std::size_t>(kept->method)];
    if (slot != nullptr) {
        (void)std::fprintf(stderr, "route added twice: %s\n", kept->path.c_str());
        std::abort();
    }
    slot = kept;
}

namespace {

// Depth-first, literal before parameter. At most kMaxSegments deep; the table has few parameters,
// so the two branches per level stay cheap.
template <class Node>
const Node* find(const Node* node, const std::vector<std::string_view>& segments, std::size_t at) {
    if (at == segments.size()) return node->ends_route() ? node : nullptr;
    if (const auto it = node->literals.find(segments[at]); it != node->literals.end()) {
        if (const Node* hit = find(it->second.get(), segments, at + 1)) return hit;
    }
    if (node->param && !segments[at].empty()) return find(node->param.get(), segments, at + 1);
    return nullptr;
}

}  // namespace

std::string Router::allow(std::string_view path) const {
    if (path.empty() || path.front() != '/') return {};
    const auto segments = split(path);
    if (segments.size() > kMaxSegments) return {};
    const Node* node = find(root_.get(), segments, 0);
    if (node == nullptr) return {};
    std::string out;
    for (std::size_t i = 0; i < kMethodCount; ++i) {
        const auto m = static_cast<Method>(i);
        const bool has = node->routes[i] != nullptr || m == Method::options ||
                         (m == Method::head && node->routes[0] != nullptr);
        if (!has) continue;
        if (!out.empty()) out += ", ";
        out += name(m);
    }
    return out;
}

Router::Match Router::match(Method method, std::string_view path) const {
    if (path.empty() || path.front() != '/') return Missing{};
    const auto segments = split(path);
    if (segments.size() > kMaxSegments) return Missing{};
    const Node* node = find(root_.get(), segments, 0);
    if (node == nullptr) return Missing{};
    const Route* route = node->routes[static_cast<std::size_t>(method)];
    if (route == nullptr && method == Method::head) {
        route = node->routes[static_cast<std::size_t>(Method::get)];
    }
    if (route == nullptr) return WrongMethod{allow(path)};

    Found found{route, {}};
    std::size_t i = 0;
    for (std::string_view part : split(route->path)) {
        if (is_param(part)) {
            auto value = percent_decode(segments[i]);
            if (!value) return Missing{};
            found.params.emplace_back(part.substr(1, part.size() - 2), std::move(*value));
        }
        ++i;
    }
    return found;
}

}  // namespace twofold::http
