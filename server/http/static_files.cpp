#include "server/http/static_files.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace twofold::http {
namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kMaxTotal = 32U << 20;

// Nothing for what is no part of a page. Such files are not even opened: a database that somebody
// put into the folder must neither be served nor lose this process's locks on it, which closing a
// second descriptor of it would drop (fcntl(2)).
std::optional<std::string> type_of(const std::string& extension) {
    static const std::map<std::string, std::string> kTypes = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json; charset=utf-8"},
        {".map", "application/json; charset=utf-8"},
        {".webmanifest", "application/manifest+json; charset=utf-8"},
        {".svg", "image/svg+xml; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".wasm", "application/wasm"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
    };
    const auto it = kTypes.find(extension);
    if (it == kTypes.end()) return std::nullopt;
    return it->second;
}

// A validator, not a signature: FNV-1a over the bytes, with the length.
std::string etag_of(const std::string& bytes) {
    std::uint64_t h = 14695981039346656037ULL;
    for (char c : bytes) h = (h ^ static_cast<std::uint8_t>(c)) * 1099511628211ULL;
    std::array<char, 48> text{};
    const int n = std::snprintf(text.data(), text.size(), "\"%016llx-%zx\"",
                                static_cast<unsigned long long>(h), bytes.size());
    return {text.data(), static_cast<std::size_t>(n)};
}

// Vite's "assets/name-Ab12Cd34.ext": a dash and at least eight characters of a hash before the
// extension.
bool is_hashed(const fs::path& p) {
    const std::string stem = p.stem().string();
    const std::size_t dash =
        stem.rfind('-', stem.size() >= 9 ? stem.size() - 9 : std::string::npos);
    if (dash == std::string::npos || stem.size() < 9) return false;
    const std::string_view hash = std::string_view(stem).substr(dash + 1);
    const bool word = std::all_of(hash.begin(), hash.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    const bool mixed = std::any_of(hash.begin(), hash.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    });
    return word && mixed && hash.size() >= 8;
}

bool lists_etag(std::string_view header, std::string_view etag) {
    return header == "*" || header.find(etag) != std::string_view::npos;
}

}  // namespace

StaticFiles::StaticFiles(const std::string& folder) {
    std::error_code ec;
    std::uintmax_t total = 0;
    std::map<std::string, std::shared_ptr<const std::string>> compressed;
    for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
        const fs::path& path = it->path();
        if (path.filename().string().front() == '.') {
            if (it->is_directory(ec)) it.disable_recursion_pending();
            continue;
        }
        if (it->is_symlink(ec) || !it->is_regular_file(ec)) continue;
        const bool packed = path.extension() == ".br";
        const auto type = type_of((packed ? path.stem() : path).extension().string());
        if (!type) continue;
        total += it->file_size(ec);
        if (ec || total > kMaxTotal) break;
        std::ifstream in(path, std::ios::binary);
        auto bytes = std::make_shared<const std::string>(std::istreambuf_iterator<char>(in),
                                                         std::istreambuf_iterator<char>());
        const std::string url = "/" + path.lexically_relative(folder).generic_string();
        if (packed) {
            compressed[url.substr(0, url.size() - 3)] = std::move(bytes);
            continue;
        }
        files_[url] =
            File{*type, etag_of(*bytes), url.compare(0, 8, "/assets/") == 0 && is_hashed(path),
                 std::move(bytes), nullptr};
    }
    for (auto& [url, bytes] : compressed) {
        if (const auto it = files_.find(url); it != files_.end())
            it->second.brotli = std::move(bytes);
    }
    // A page of a folder of its own (the support desk's /desk/) is met with and without the last
    // slash: its files are named from the root, so that both are the same page.
    std::map<std::string, File> pages;
    for (const auto& [url, file] : files_) {
        constexpr std::string_view kIndex = "index.html";
        if (!url.ends_with("/index.html")) continue;
        const std::string folder_url = url.substr(0, url.size() - kIndex.size());
        pages[folder_url] = file;
        if (folder_url.size() > 1) pages[folder_url.substr(0, folder_url.size() - 1)] = file;
    }
    files_.insert(pages.begin(), pages.end());
}

void StaticFiles::hide(std::string_view prefix) {
    std::erase_if(files_,
                  [&](const auto& f) { return f.first.compare(0, prefix.size(), prefix) == 0; });
}

std::optional<Response> StaticFiles::answer(const Request& req) const {
    auto it = files_.find(req.path);
    if (it == files_.end()) it = files_.find(std::string(req.path) + ".html");
    if (it == files_.end()) return std::nullopt;
    const File& f = it->second;
    Response res;
    res.content_type = f.type;
    res.set("Cache-Control", f.immutable ? "public, max-age=31536000, immutable" : "no-cache");
    const bool html = f.type.compare(0, 9, "text/html") == 0;
    if (html) {
        for (const auto& [field, value] : page_headers_) res.set(field, value);
    }
    std::shared_ptr<const std::string> body = f.body;
    std::string etag = f.etag;
    if (f.brotli) {
        res.set("Vary", "Accept-Encoding");
        // Accept-Encoding lists "br" without a zero weight (RFC 9110 section 12.5.3).
        const std::string_view accept = req.header("accept-encoding").value_or("");
        const std::size_t at = accept.find("br");
        if (at != std::string_view::npos && accept.substr(at).find("br;q=0") != 0) {
            body = f.brotli;
            etag.insert(etag.size() - 1, "-br");
            res.set("Content-Encoding", "br");
        }
    }
    res.set("ETag", etag);
    if (const auto known = req.header("if-none-match"); known && lists_etag(*known, etag)) {
        res.status = 304;
        return res;
    }
    res.shared_body = std::move(body);
    return res;
}

}  // namespace twofold::http
