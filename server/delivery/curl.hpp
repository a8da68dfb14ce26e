// curl.hpp - one libcurl handle that is kept, so that its connection is (SMTP sessions, TLS). Only for
// files of delivery/.
#pragma once
#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <string>

namespace twofold::delivery {

struct CurlHandleEnd {
    void operator()(CURL* h) const { curl_easy_cleanup(h); }
};
struct CurlListEnd {
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};
struct CurlMimeEnd {
    void operator()(curl_mime* m) const { curl_mime_free(m); }
};
using CurlHandle = std::unique_ptr<CURL, CurlHandleEnd>;
using CurlMime = std::unique_ptr<curl_mime, CurlMimeEnd>;

class CurlList {
 public:
    void add(const std::string& line) {
        list_.reset(curl_slist_append(list_.release(), line.c_str()));
    }
    curl_slist* get() const { return list_.get(); }

 private:
    std::unique_ptr<curl_slist, CurlListEnd> list_;
};

// Once a process, before any thread.
CurlHandle new_curl_handle();

// Verified TLS of 1.2 or newer, no signals, no redirects, these protocols only ("smtp,smtps"), 5 s to
// connect and `whole_s` in all. `ca_file` empty: the system's authorities.
void set_curl_defaults(CURL* handle, const char* protocols, long whole_s,
                       const std::string& ca_file);

// A transfer ends within about a second once the flag is set.
void heed(CURL* handle, const std::atomic<bool>& given_up);

}  // namespace twofold::delivery
