// static_files.hpp - the built page, read into memory once at start. A request is a look-up in a
// map: there is no path to traverse and no file to open. Names with a content hash (Vite's
// "name-Ab12Cd34.js") are immutable for a year; the rest is revalidated by ETag.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

namespace twofold::http {

class StaticFiles {
 public:
    StaticFiles() = default;
    // Reads the folder (pages, scripts, styles, images, fonts and wasm; no dot files or symlinks;
    // at most 32 MiB in all). An absent or unreadable folder gives an empty set.
    explicit StaticFiles(const std::string& folder);

    [[nodiscard]] bool empty() const { return files_.empty(); }
    // The file at that path, "/" being index.html, "/a/" and "/a" also a/index.html, and "/a/b" also
    // a/b.html; nothing when there is none. page_headers (the CSP and its like) go onto HTML only.
    [[nodiscard]] std::optional<Response> answer(const Request& req) const;
    // Forgets every file whose path starts so.
    void hide(std::string_view prefix);
    void set_page_header(std::string name, std::string value) {
        page_headers_.emplace_back(std::move(name), std::move(value));
    }

 private:
    struct File {
        std::string type;
        std::string etag;
        bool immutable = false;
        std::shared_ptr<const std::string> body;
        std::shared_ptr<const std::string> brotli;  // the .br file beside it, if there is one
    };
    std::map<std::string, File, std::less<>> files_;
    std::vector<std::pair<std::string, std::string>> page_headers_;
};

}  // namespace twofold::http
