#include "server/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace twofold::http {

struct TlsSession::State {
    SSL* ssl = nullptr;
    BIO* in = nullptr;   // owned by ssl
    BIO* out = nullptr;  // owned by ssl
    ~State() { SSL_free(ssl); }

    void drain(std::string& to_peer) const {
        std::array<char, 16384> block;
        for (;;) {
            const int n = BIO_read(out, block.data(), static_cast<int>(block.size()));
            if (n <= 0) return;
            to_peer.append(block.data(), static_cast<std::size_t>(n));
        }
    }
};

struct TlsContext::State {
    SSL_CTX* ctx = nullptr;
    ~State() { SSL_CTX_free(ctx); }
};

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;
TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

bool TlsSession::receive(std::string_view from_peer, std::string& plain, std::string& to_peer) {
    ERR_clear_error();
    if (BIO_write(state_->in, from_peer.data(), static_cast<int>(from_peer.size())) !=
        static_cast<int>(from_peer.size())) {
        return false;
    }
    std::array<char, 16384> block;
    bool open = true;
    for (;;) {
        const int n = SSL_read(state_->ssl, block.data(), static_cast<int>(block.size()));
        if (n > 0) {
            plain.append(block.data(), static_cast<std::size_t>(n));
            continue;
        }
        open = SSL_get_error(state_->ssl, n) == SSL_ERROR_WANT_READ;
        break;
    }
    state_->drain(to_peer);
    return open;
}

bool TlsSession::encrypt(std::string_view plain, std::string& to_peer) {
    ERR_clear_error();
    while (!plain.empty()) {
        const int n = SSL_write(state_->ssl, plain.data(), static_cast<int>(plain.size()));
        if (n <= 0) return false;
        plain.remove_prefix(static_cast<std::size_t>(n));
        state_->drain(to_peer);
    }
    return true;
}

void TlsSession::close(std::string& to_peer) {
    ERR_clear_error();
    if (SSL_is_init_finished(state_->ssl) != 0) SSL_shutdown(state_->ssl);
    state_->drain(to_peer);
}

namespace {

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                unsigned int in_len, void*) {
    static constexpr unsigned char kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_len, kHttp11, sizeof kHttp11, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

std::string last_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return text.data();
}

}  // namespace

std::shared_ptr<TlsContext> TlsContext::load(const std::string& certificate_file,
                                             const std::string& key_file, std::string& error) {
    ERR_clear_error();
    auto state = std::make_unique<State>();
    state->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX* ctx = state->ctx;
    if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_use_certificate_chain_file(ctx, certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        error = last_error();
        return nullptr;
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Idle connections give their buffers back (34 KiB each otherwise).
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
    return std::shared_ptr<TlsContext>(new TlsContext(std::move(state)));
}

std::unique_ptr<TlsSession> TlsContext::accept() {
    auto s = std::make_unique<TlsSession::State>();
    s->ssl = SSL_new(state_->ctx);
    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    if (s->ssl == nullptr || s->in == nullptr || s->out == nullptr) {
        BIO_free(s->in);
        BIO_free(s->out);
        return nullptr;
    }
    BIO_set_mem_eof_return(s->in, -1);
    BIO_set_mem_eof_return(s->out, -1);
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_accept_state(s->ssl);
    return std::unique_ptr<TlsSession>(new TlsSession(std::move(s)));
}

}  // namespace twofold::http
