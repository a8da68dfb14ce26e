// tls.hpp - TLS over memory buffers (OpenSSL): the front moves the bytes, OpenSSL never sees a
// socket, so an unfinished handshake is one more parked connection and holds no thread.
// TLS 1.2 with ECDHE and AEAD only, and TLS 1.3. A session is used by one thread at a time.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace twofold::http {

class TlsSession {
 public:
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // Takes bytes from the peer; appends what they decrypt to and what must be sent back.
    // False: the connection is over (closed by the peer, or not TLS); send `to_peer`, then close.
    bool receive(std::string_view from_peer, std::string& plain, std::string& to_peer);
    // Appends the encrypted form. False when the handshake has not finished.
    bool encrypt(std::string_view plain, std::string& to_peer);
    // Appends the close_notify alert (RFC 8446 section 6.1).
    void close(std::string& to_peer);

 private:
    friend class TlsContext;
    struct State;
    explicit TlsSession(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

class TlsContext {
 public:
    // PEM files: the certificate chain and its key. Null, with the reason in `error`, when they
    // cannot be read or do not belong together.
    static std::shared_ptr<TlsContext> load(const std::string& certificate_file,
                                            const std::string& key_file, std::string& error);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // Null when memory is short.
    std::unique_ptr<TlsSession> accept();

 private:
    struct State;
    explicit TlsContext(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace twofold::http
