#include "server/delivery/smtp.hpp"

#include <algorithm>
#include <charconv>

#include "server/delivery/curl.hpp"

namespace twofold::delivery {
namespace {

using domain::Failure;

constexpr long kWholeSeconds = 20;

// Names are not: "127.0.0.1.example.com" may be anywhere.
bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" ||
           (host.starts_with("127.") &&
            host.find_first_not_of("0123456789.") == std::string::npos);
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned value = 0;
        if (i + 3 > text.size()) return std::nullopt;
        const auto [end, ec] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
        if (ec != std::errc() || end != text.data() + i + 3) return std::nullopt;
        out += static_cast<char>(value);
        i += 2;
    }
    return out;
}

// Where the dialogue stands, from what libcurl says it sends and gets.
int follow(CURL*, curl_infotype type, char* data, size_t size, void* user) {
    auto& dialogue = *static_cast<SmtpDialogue*>(user);
    const std::string_view text(data, size);
    const auto enter = [&](SmtpStage stage) {
        dialogue.stage = stage;
        dialogue.reply = 0;
        dialogue.subject = -1;
    };
    if (dialogue.over) return 0;
    if (type == CURLINFO_HEADER_IN) take_reply(dialogue, text);
    if (type == CURLINFO_DATA_OUT && dialogue.stage == SmtpStage::data) enter(SmtpStage::body);
    if (type != CURLINFO_HEADER_OUT) return 0;
    // Said after a refusal, too; its reply is not what the message got.
    if (text.starts_with("QUIT")) dialogue.over = true;
    if (text.starts_with("AUTH")) enter(SmtpStage::auth);
    if (text.starts_with("MAIL")) enter(SmtpStage::mail);
    if (text.starts_with("RCPT")) enter(SmtpStage::rcpt);
    if (text.starts_with("DATA")) enter(SmtpStage::data);
    return 0;
}

size_t swallow(char*, size_t size, size_t n, void*) { return size * n; }

class SmtpTransport final : public Transport {
 public:
    SmtpTransport(const SmtpSettings& settings, domain::Clock& clock)
        : settings_(settings), clock_(clock), handle_(new_curl_handle()) {}

    Receipt send(const Letter& letter) override {
        const std::optional<std::string> to = smtp_address(letter.to);
        if (!to) return {Sent::refused, Failure::address_refused, {}};
        CURL* h = handle_.get();
        set_curl_defaults(h, "smtp,smtps", kWholeSeconds, settings_.ca_file);
        heed(h, given_up_);
        // The path is what EHLO says.
        const std::string from = smtp_address(settings_.sender.address).value_or("");
        const std::string url = (settings_.tls_at_once ? "smtps://" : "smtp://") +
                                bracketed(settings_.host) + ":" + std::to_string(settings_.port) +
                                "/" + from.substr(from.rfind('@') + 1);
        curl_easy_setopt(h, CURLOPT_URL, url.c_str());
        const bool may_be_plain = is_loopback(settings_.host);
        curl_easy_setopt(h, CURLOPT_USE_SSL,
                         static_cast<long>(may_be_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
        if (!settings_.user.empty()) {
            curl_easy_setopt(h, CURLOPT_USERNAME, settings_.user.c_str());
            curl_easy_setopt(h, CURLOPT_PASSWORD, settings_.password.c_str());
        }
        const std::string envelope = "<" + from + ">";
        curl_easy_setopt(h, CURLOPT_MAIL_FROM, envelope.c_str());
        CurlList recipients;  // exactly one (security 26)
        recipients.add("<" + *to + ">");
        curl_easy_setopt(h, CURLOPT_MAIL_RCPT, recipients.get());

        CurlList headers;
        for (const std::string& line :
             mail_headers(letter, settings_.sender, *to, settings_.origin, clock_.now()))
            headers.add(line);
        headers.add("Content-Type: multipart/alternative");
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers.get());
        const CurlMime mime(curl_mime_init(h));
        add_part(mime.get(), letter.text, "text/plain; charset=utf-8");
        if (!letter.html.empty()) add_part(mime.get(), letter.html, "text/html; charset=utf-8");
        curl_easy_setopt(h, CURLOPT_MIMEPOST, mime.get());

        SmtpDialogue dialogue;
        curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);  // into follow(), nowhere else
        curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, follow);
        curl_easy_setopt(h, CURLOPT_DEBUGDATA, &dialogue);
        curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow);
        const bool ok = curl_easy_perform(h) == CURLE_OK;
        // After a failure the session is in an unknown state: begin anew.
        if (!ok) handle_ = new_curl_handle();
        return smtp_receipt(dialogue, ok);
    }
    void give_up() override { given_up_ = true; }

 private:
    static std::string bracketed(const std::string& host) {
        return host.find(':') == std::string::npos ? host : "[" + host + "]";
    }
    static void add_part(curl_mime* mime, const std::string& text, const char* type) {
        curl_mimepart* part = curl_mime_addpart(mime);
        curl_mime_data(part, text.data(), text.size());
        curl_mime_type(part, type);
        curl_mime_encoder(part, "quoted-printable");
    }

    const SmtpSettings settings_;
    domain::Clock& clock_;
    CurlHandle handle_;
    std::atomic<bool> given_up_{false};
};

}  // namespace

std::optional<SmtpSettings> parse_smtp_url(std::string_view url) {
    SmtpSettings s;
    if (url.starts_with("smtps://")) {
        s.tls_at_once = true;
        s.port = 465;
        url.remove_prefix(8);
    } else if (url.starts_with("smtp://")) {
        url.remove_prefix(7);
    } else {
        return std::nullopt;
    }
    if (url.ends_with('/')) url.remove_suffix(1);
    if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = url.substr(0, at);
        const std::size_t colon = login.find(':');
        const auto user = percent_decoded(login.substr(0, colon));
        const auto password = percent_decoded(
            colon == std::string_view::npos ? "" : login.substr(colon + 1));
        if (!user || !password || user->empty()) return std::nullopt;
        s.user = *user;
        s.password = *password;
        url.remove_prefix(at + 1);
    }
    std::string_view port;
    if (url.starts_with('[')) {
        const std::size_t end = url.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        s.host = url.substr(1, end - 1);
        if (end + 1 < url.size() && url[end + 1] == ':') port = url.substr(end + 2);
    } else {
        const std::size_t colon = url.find(':');
        s.host = url.substr(0, colon);
        if (colon != std::string_view::npos) port = url.substr(colon + 1);
    }
    if (!port.empty()) {
        const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), s.port);
        if (ec != std::errc() || end != port.data() + port.size()) return std::nullopt;
    }
    const bool plain = !s.host.empty() && std::all_of(s.host.begin(), s.host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':';
    });
    if (!plain || s.port < 1 || s.port > 65535) return std::nullopt;
    return s;
}

std::unique_ptr<Transport> smtp_transport(const SmtpSettings& settings, domain::Clock& clock) {
    return std::make_unique<SmtpTransport>(settings, clock);
}

void take_reply(SmtpDialogue& dialogue, std::string_view line) {
    const auto digit = [&](std::size_t i) {
        return i < line.size() && line[i] >= '0' && line[i] <= '9' ? line[i] - '0' : -1;
    };
    if (digit(0) < 2 || digit(0) > 5 || digit(1) < 0 || digit(2) < 0) return;
    dialogue.reply = digit(0) * 100 + digit(1) * 10 + digit(2);
    dialogue.subject = -1;
    // "550 5.1.1 …" or "550-5.1.1 …"
    if (digit(4) == digit(0) && line.size() > 7 && line[5] == '.' && digit(6) >= 0 && line[7] == '.')
        dialogue.subject = digit(6);
}

Receipt smtp_receipt(const SmtpDialogue& dialogue, bool ok) {
    if (ok) return {Sent::done, Failure::none, {}};
    // RFC 5321 section 4.2.1: 4yz may work later, 5yz will not.
    const bool final = dialogue.reply >= 500;
    const bool silent = dialogue.reply < 400;
    switch (dialogue.stage) {
        case SmtpStage::connect:
        case SmtpStage::auth:
        case SmtpStage::mail:
            // Greeting, TLS, login, sender: our set-up or their trouble, never this recipient's.
            return {Sent::later, Failure::channel_down, {}};
        case SmtpStage::rcpt: {
            // RFC 3463 section 3: 1 and 2 speak of the address, others of policy or trouble.
            const bool address = dialogue.subject < 0 || dialogue.subject == 1 ||
                                 dialogue.subject == 2;
            if (final)
                return {Sent::refused, address ? Failure::address_refused : Failure::rejected, {}};
            return {Sent::later, silent ? Failure::channel_down : Failure::too_many, {}};
        }
        case SmtpStage::data:
            if (final) return {Sent::refused, Failure::rejected, {}};
            return {Sent::later, Failure::channel_down, {}};
        case SmtpStage::body:
            if (final) return {Sent::refused, Failure::rejected, {}};
            // The dot may have arrived: the same message, by the same Message-ID, once more.
            return {Sent::later, silent ? Failure::unclear : Failure::channel_down, {}};
    }
    return {Sent::later, Failure::channel_down, {}};
}

}  // namespace twofold::delivery
