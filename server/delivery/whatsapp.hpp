// whatsapp.hpp - the WhatsApp Cloud API (Meta, "Authentication templates"): one template message with
// the code in its body and in its button.
#pragma once
#include <memory>
#include <string>

#include "server/delivery/transport.hpp"
#include "server/delivery/whatsapp_errors.hpp"

namespace twofold::delivery {

struct WhatsAppSettings {
    std::string url = "https://graph.facebook.com";  // base; https unless loopback
    std::string version = "v21.0";
    std::string phone_id;
    std::string account_id;  // WABA, for the template commands alone
    std::string token;
    std::string template_name;
    std::string default_language = "en";
    std::string app_secret;    // signs the webhook
    std::string verify_token;  // of the webhook's registration
    std::string ca_file;       // empty: the system's authorities
};

// The body of a send. `letter.code` goes in twice; anything else a person wrote, not at all.
std::string whatsapp_body(const Letter& letter, const std::string& template_name,
                          const std::string& language);
// The answer of the API, whatever the HTTP status (0: none came).
struct WhatsAppAnswer {
    bool accepted = false;
    std::string message_id;  // wamid
    int code = -1;           // error.code; -1: none
    std::string message;     // error.message, of Meta's own making
};
WhatsAppAnswer read_whatsapp_answer(long http_status, const std::string& body);

// A transport that tells of effects beyond its message: which, and Meta's code.
class WhatsAppTransport : public Transport {
 public:
    // Of the last send.
    virtual WhatsAppEffect effect() const = 0;
    virtual int error_code() const = 0;
};
std::unique_ptr<WhatsAppTransport> whatsapp_transport(const WhatsAppSettings& settings);

// `twofold whatsapp template create|check`: a sentence for the operator, and whether all is well.
struct TemplateResult {
    bool ok = false;
    std::string what;
};
TemplateResult create_template(const WhatsAppSettings& settings, const std::string& language,
                               int code_minutes);
TemplateResult check_template(const WhatsAppSettings& settings, const std::string& language);

}  // namespace twofold::delivery
