#include "server/delivery/whatsapp.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "server/delivery/curl.hpp"

namespace twofold::delivery {
namespace {

using domain::Failure;
using Json = nlohmann::json;

constexpr long kWholeSeconds = 10;
constexpr std::size_t kAnswerAtMost = 64 * 1024;

struct Reply {
    CURLcode result = CURLE_OK;
    long status = 0;
    std::string body;
};

size_t take(char* data, size_t size, size_t n, void* user) {
    auto& body = *static_cast<std::string*>(user);
    if (body.size() + size * n > kAnswerAtMost) return 0;  // ends the transfer
    body.append(data, size * n);
    return size * n;
}

struct Upload {
    std::string_view left;
};

size_t give(char* buffer, size_t size, size_t n, void* user) {
    auto& upload = *static_cast<Upload*>(user);
    const std::size_t some = std::min(size * n, upload.left.size());
    std::copy_n(upload.left.data(), some, buffer);
    upload.left.remove_prefix(some);
    return some;
}

// libcurl sends a request again by itself when a connection it used before breaks without an answer.
// That request may have been taken: whether it goes out once more is the outbox's to say.
int never_again(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }

const std::atomic<bool> kNeverGivenUp{false};

// `body` empty: GET.
Reply call(CURL* h, const WhatsAppSettings& s, const std::string& path, const std::string& body,
           const std::atomic<bool>& given_up = kNeverGivenUp) {
    set_curl_defaults(h, "http,https", kWholeSeconds, s.ca_file);
    heed(h, given_up);
    Reply reply;
    CurlList headers;
    headers.add("Authorization: Bearer " + s.token);
    headers.add("Content-Type: application/json");
    headers.add("Expect:");
    const std::string url = s.url + "/" + s.version + "/" + path;
    curl_easy_setopt(h, CURLOPT_URL, url.c_str());
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers.get());
    Upload upload{body};
    if (!body.empty()) {
        curl_easy_setopt(h, CURLOPT_POST, 1L);
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(h, CURLOPT_READDATA, &upload);
        curl_easy_setopt(h, CURLOPT_SEEKFUNCTION, never_again);
    }
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &reply.body);
    reply.result = curl_easy_perform(h);
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &reply.status);
    return reply;
}

// Whether the request may have been taken though no answer came.
bool may_have_arrived(CURLcode result) {
    switch (result) {
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_ABORTED_BY_CALLBACK:
        case CURLE_SEND_ERROR:
        case CURLE_SEND_FAIL_REWIND:  // never_again
        case CURLE_WRITE_ERROR:
            return true;
        default:
            return false;
    }
}

class Transmitter final : public WhatsAppTransport {
 public:
    explicit Transmitter(const WhatsAppSettings& settings)
        : settings_(settings), handle_(new_curl_handle()) {}

    Receipt send(const Letter& letter) override {
        effect_ = WhatsAppEffect::none;
        code_ = 0;
        // A template carries a code and nothing else: notices go by email.
        if (letter.code.empty()) return {Sent::refused, Failure::rejected, {}};
        Receipt receipt = try_language(letter, letter.locale);
        if (effect_ == WhatsAppEffect::default_language) {
            if (letter.locale != settings_.default_language)
                receipt = try_language(letter, settings_.default_language);
            if (effect_ == WhatsAppEffect::default_language) {
                effect_ = WhatsAppEffect::close_channel;  // not even there: nobody gets any
                receipt = {Sent::refused, Failure::channel_down, {}};
            }
        }
        return receipt;
    }
    void give_up() override { given_up_ = true; }
    WhatsAppEffect effect() const override { return effect_; }
    int error_code() const override { return code_; }

 private:
    Receipt try_language(const Letter& letter, const std::string& language) {
        const Reply reply = call(handle_.get(), settings_, settings_.phone_id + "/messages",
                                 whatsapp_body(letter, settings_.template_name, language), given_up_);
        if (reply.result != CURLE_OK) {
            const bool unclear = may_have_arrived(reply.result);
            handle_ = new_curl_handle();
            return {Sent::later, unclear ? Failure::unclear : Failure::channel_down, {}};
        }
        const WhatsAppAnswer answer = read_whatsapp_answer(reply.status, reply.body);
        effect_ = WhatsAppEffect::none;
        if (answer.accepted) return {Sent::done, Failure::none, answer.message_id};
        if (answer.code < 0) {
            // Nothing that speaks the contract: a proxy's page, a redirect. 2xx may have been taken.
            const bool unclear = reply.status >= 200 && reply.status < 300;
            return {Sent::later, unclear ? Failure::unclear : Failure::channel_down, {}};
        }
        code_ = answer.code;
        const WhatsAppMeaning meaning = whatsapp_meaning(answer.code);
        effect_ = meaning.effect;
        return {meaning.sent, meaning.failure, {}};
    }

    const WhatsAppSettings settings_;
    CurlHandle handle_;
    std::atomic<bool> given_up_{false};
    WhatsAppEffect effect_{};
    int code_ = 0;
};

std::string trouble_of(const Reply& reply) {
    if (reply.result != CURLE_OK)
        return std::string("no answer: ") + curl_easy_strerror(reply.result);
    const WhatsAppAnswer answer = read_whatsapp_answer(reply.status, reply.body);
    return "Meta answers " + std::to_string(reply.status) + ", code " + std::to_string(answer.code) +
           (answer.message.empty() ? "" : ": " + answer.message);
}

}  // namespace

std::string whatsapp_body(const Letter& letter, const std::string& template_name,
                          const std::string& language) {
    const Json code{{"type", "text"}, {"text", letter.code}};
    const Json body{
        {"messaging_product", "whatsapp"},
        {"recipient_type", "individual"},
        {"to", letter.to.starts_with('+') ? letter.to.substr(1) : letter.to},
        {"type", "template"},
        {"biz_opaque_callback_data", letter.id.value},
        {"template",
         {{"name", template_name},
          {"language", {{"code", language}}},
          {"components",
           {{{"type", "body"}, {"parameters", {code}}},
            {{"type", "button"}, {"sub_type", "url"}, {"index", "0"}, {"parameters", {code}}}}}}}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

WhatsAppAnswer read_whatsapp_answer(long http_status, const std::string& body) {
    WhatsAppAnswer out;
    const Json json = Json::parse(body, nullptr, false);
    if (!json.is_object()) return out;
    if (const auto error = json.find("error"); error != json.end() && error->is_object()) {
        out.code = error->value("code", Json()).is_number_integer() ? error->value("code", -1) : -1;
        if (error->value("message", Json()).is_string())
            out.message = error->value("message", std::string()).substr(0, 200);
        return out;
    }
    const auto messages = json.find("messages");
    if (http_status < 200 || http_status > 299 || messages == json.end() || !messages->is_array() ||
        messages->empty() || !messages->front().is_object())
        return out;
    const Json id = messages->front().value("id", Json());
    if (!id.is_string() || id.get_ref<const std::string&>().size() > 128) return out;
    out.accepted = true;
    out.message_id = id;
    return out;
}

std::unique_ptr<WhatsAppTransport> whatsapp_transport(const WhatsAppSettings& settings) {
    return std::make_unique<Transmitter>(settings);
}

TemplateResult create_template(const WhatsAppSettings& s, const std::string& language,
                               int code_minutes) {
    const Json body{
        {"name", s.template_name},
        {"language", language},
        {"category", "authentication"},
        // Not delivered after the code has expired.
        {"message_send_ttl_seconds", std::min(code_minutes * 60, 600)},
        {"components",
         {{{"type", "body"}, {"add_security_recommendation", true}},
          {{"type", "footer"}, {"code_expiration_minutes", code_minutes}},
          {{"type", "buttons"},
           {"buttons", {{{"type", "otp"}, {"otp_type", "copy_code"}, {"text", "Copy code"}}}}}}}};
    const CurlHandle handle = new_curl_handle();
    const Reply reply =
        call(handle.get(), s, s.account_id + "/message_templates", body.dump());
    const Json json = Json::parse(reply.body, nullptr, false);
    if (reply.result != CURLE_OK || !json.is_object() || json.contains("error"))
        return {false, "The template was not made; " + trouble_of(reply) + "."};
    const Json status = json.value("status", Json());
    return {true, "Template " + s.template_name + " (" + language + ") was made; status " +
                      (status.is_string() ? status.get<std::string>() : "unknown") + "."};
}

TemplateResult check_template(const WhatsAppSettings& s, const std::string& language) {
    const CurlHandle handle = new_curl_handle();
    char* name = curl_easy_escape(handle.get(), s.template_name.c_str(), 0);
    const std::string path =
        s.account_id + "/message_templates?fields=name,status,language,category&name=" + name;
    curl_free(name);
    const Reply reply = call(handle.get(), s, path, "");
    const Json json = Json::parse(reply.body, nullptr, false);
    if (reply.result != CURLE_OK || !json.is_object() || !json.contains("data"))
        return {false, "The template cannot be looked up; " + trouble_of(reply) + "."};
    for (const Json& row : json["data"]) {
        if (!row.is_object() || row.value("name", "") != s.template_name ||
            row.value("language", "") != language)
            continue;
        const std::string status = row.value("status", "unknown");
        const std::string category = row.value("category", "unknown");
        const bool ok = status == "APPROVED" && (category == "AUTHENTICATION" ||
                                                 category == "authentication");
        return {ok, "Template " + s.template_name + " (" + language + ") is " + status + ", category " +
                        category + (ok ? "." : "; it must be APPROVED and AUTHENTICATION.")};
    }
    return {false, "There is no template " + s.template_name + " in " + language +
                       "; make it with `twofold whatsapp template create --language " + language +
                       "`."};
}

}  // namespace twofold::delivery
