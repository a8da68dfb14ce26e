// TLS on the front, spoken to by OpenSSL's own client over a blocking socket.
#include "server/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>

#include "server/http/front.hpp"
#include "tests/server/http/wire.hpp"
#include "tests/support/catch.hpp"

using namespace twofold::http;
using twofold::test::Wire;

namespace {

// A self-signed P-256 certificate for "localhost", in two PEM files.
void make_certificate(const std::string& cert_file, const std::string& key_file) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* cert = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME* name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_sign(cert, key, EVP_sha256());
    std::FILE* f = std::fopen(cert_file.c_str(), "w");
    PEM_write_X509(f, cert);
    std::fclose(f);
    f = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(f);
    X509_free(cert);
    EVP_PKEY_free(key);
}

struct Client {
    SSL_CTX* ctx = SSL_CTX_new(TLS_client_method());
    SSL* ssl = SSL_new(ctx);
    Wire wire;
    bool up = false;
    explicit Client(int port, int max_version = TLS1_3_VERSION) : wire(port) {
        SSL_set_min_proto_version(ssl, TLS1_VERSION);
        SSL_set_max_proto_version(ssl, max_version);
        SSL_set_fd(ssl, wire.fd());
        up = SSL_connect(ssl) == 1;
    }
    ~Client() {
        SSL_free(ssl);
        SSL_CTX_free(ctx);
    }
    std::string ask(const std::string& request, std::size_t at_least) const {
        SSL_write(ssl, request.data(), static_cast<int>(request.size()));
        std::string got;
        char block[16384];
        while (got.size() < at_least) {
            const int n = SSL_read(ssl, block, sizeof block);
            if (n <= 0) break;
            got.append(block, static_cast<std::size_t>(n));
        }
        return got;
    }
};

}  // namespace

TEST_CASE(
    "TLS: answers, large bodies, blocking handlers, HSTS; old versions and plain text are "
    "refused") {
    char folder[] = "/tmp/twofold-tls-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string root = folder;
    make_certificate(root + "/cert.pem", root + "/key.pem");
    static const std::string big(700000, 'z');

    Router r;
    const auto answer_big = [](const Request& req) {
        Response res;
        res.content_type = "text/plain; charset=utf-8";
        res.shared_body = std::make_shared<const std::string>(big);
        if (!req.secure) res.status = 500;
        return res;
    };
    r.add({Method::get, "/big", Auth::none, "", Lane::direct, answer_big});
    r.add({Method::get, "/blocking", Auth::none, "", Lane::pool, answer_big});
    FrontSettings s;
    s.port = 0;
    s.hosts = {"localhost:{port}"};
    s.tls_certificate_file = root + "/cert.pem";
    s.tls_key_file = root + "/key.pem";
    Front front(std::move(s), std::move(r), StaticFiles());
    REQUIRE(front.start());
    const std::string host = "Host: localhost:" + std::to_string(front.port()) + "\r\n";

    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Client c(front.port(), version);
        REQUIRE(c.up);
        for (const char* path : {"/big", "/blocking", "/big"}) {
            const std::string got = c.ask(
                "GET " + std::string(path) + " HTTP/1.1\r\n" + host + "\r\n", big.size() + 200);
            CHECK(got.compare(0, 15, "HTTP/1.1 200 OK") == 0);
            CHECK(got.find("Strict-Transport-Security: max-age=31536000") != std::string::npos);
            CHECK(got.substr(got.size() - 5) == "zzzzz");
        }
    }
    CHECK_FALSE(Client(front.port(), TLS1_1_VERSION).up);
    Wire plain(front.port());
    plain.send("GET /big HTTP/1.1\r\n" + host + "\r\n");
    bool closed = false;
    const std::string got = plain.rest(3000, closed);
    CHECK(closed);
    CHECK(got.find("HTTP/1.1 200") == std::string::npos);
    CHECK(front.drain(std::chrono::seconds(5)));

    std::string why;
    CHECK(TlsContext::load(root + "/cert.pem", root + "/missing.pem", why) == nullptr);
    CHECK_FALSE(why.empty());
    CHECK(std::system(("rm -rf " + root).c_str()) == 0);
}
