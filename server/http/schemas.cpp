#include "server/http/schemas.hpp"

namespace twofold::http {

// Every object here is closed for requests (unknown members are refused) and lists all members an
// answer may hold. tests/api checks the examples against the schemas and the server against both.
std::string_view schemas_text() {
    return R"json({
"Nothing": {"type":"object","properties":{},"additionalProperties":false,"example":{}},
"Registration": {"type":"object","additionalProperties":false,"required":["email","password"],"properties":{
  "email":{"type":"string","format":"email","minLength":1,"maxLength":254},
  "password":{"type":"string","minLength":8,"maxLength":256,"description":"Not one of the common ones, and not the address."},
  "display_name":{"type":"string","maxLength":100},
  "locale":{"$ref":"#/components/schemas/Locale"}},
  "example":{"email":"alice@example.com","password":"a long and private sentence","display_name":"Alice","locale":"en"}},
"Locale": {"type":"string","enum":["en","ar","es","fr","de"],"example":"en"},
"TokenAndPassword": {"type":"object","additionalProperties":false,"required":["token","password"],"properties":{
  "token":{"type":"string","minLength":1,"maxLength":128,"description":"From the link's fragment."},
  "password":{"type":"string","minLength":1,"maxLength":256}},
  "example":{"token":"Zm9yIGV4YW1wbGUgb25seSwgbm90IGEgcmVhbCB0b2tlbg","password":"a long and private sentence"}},
"SignIn": {"type":"object","additionalProperties":false,"required":["email","password"],"properties":{
  "email":{"type":"string","minLength":1,"maxLength":254},
  "password":{"type":"string","minLength":1,"maxLength":256}},
  "example":{"email":"alice@example.com","password":"a long and private sentence"}},
"SignInVerify": {"type":"object","additionalProperties":false,"required":["code"],"properties":{
  "code":{"$ref":"#/components/schemas/Code"},
  "method":{"$ref":"#/components/schemas/Method"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "remember":{"type":"boolean","description":"Accepted; this version remembers no browser."}},
  "example":{"code":"492 039"}},
"Verify": {"type":"object","additionalProperties":false,"required":["code"],"properties":{
  "code":{"$ref":"#/components/schemas/Code"},
  "method":{"$ref":"#/components/schemas/Method"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "remember":{"type":"boolean","description":"Accepted; this version remembers no browser."}},
  "example":{"code":"492039","method":"totp"}},
"PasswordOnly": {"type":"object","additionalProperties":false,"required":["password"],"properties":{
  "password":{"type":"string","minLength":1,"maxLength":256}},"example":{"password":"a long and private sentence"}},
"PasswordChange": {"type":"object","additionalProperties":false,"required":["current_password","new_password"],"properties":{
  "current_password":{"type":"string","minLength":1,"maxLength":256},
  "new_password":{"type":"string","minLength":8,"maxLength":256}},
  "example":{"current_password":"a long and private sentence","new_password":"another sentence, longer still"}},
"EmailOnly": {"type":"object","additionalProperties":false,"required":["email"],"properties":{
  "email":{"type":"string","format":"email","minLength":1,"maxLength":254}},"example":{"email":"alice@example.com"}},
"MeChange": {"type":"object","additionalProperties":false,"properties":{
  "display_name":{"type":"string","maxLength":100},
  "locale":{"$ref":"#/components/schemas/Locale"}},"example":{"display_name":"Alice","locale":"fr"}},
"UserChange": {"type":"object","additionalProperties":false,"properties":{
  "email":{"type":"string","maxLength":254,"description":"Empty clears it."},
  "phone":{"type":"string","maxLength":32,"description":"E.164; empty clears it."},
  "locale":{"$ref":"#/components/schemas/Locale"},
  "display_name":{"type":"string","maxLength":100}},
  "example":{"email":"alice@example.com","phone":"+4915112345678","locale":"de","display_name":"Alice"}},
"Erasure": {"type":"object","additionalProperties":false,"properties":{
  "password":{"type":"string","minLength":1,"maxLength":256},
  "code":{"$ref":"#/components/schemas/Code"},
  "method":{"$ref":"#/components/schemas/Method"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "challenge_id":{"$ref":"#/components/schemas/Id"}},
  "example":{"password":"a long and private sentence","code":"492039"}},
"Proof": {"type":"object","additionalProperties":false,"description":"A fresh code, or an approved `manage` challenge for this very action; nothing where a recover grant stands for it.","properties":{
  "code":{"$ref":"#/components/schemas/Code"},
  "method":{"$ref":"#/components/schemas/Method"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "challenge_id":{"$ref":"#/components/schemas/Id"}},
  "example":{"code":"492039"}},
"EnrollmentStart": {"type":"object","additionalProperties":false,"required":["method"],"properties":{
  "method":{"type":"string","enum":["totp","email","whatsapp","backup_code"],"description":"This version enrols totp."},
  "label":{"type":"string","minLength":1,"maxLength":64,"description":"Shown to its owner. No control or bidirectional characters."},
  "totp":{"$ref":"#/components/schemas/TotpChoice"},
  "replaces":{"type":"string","minLength":1,"maxLength":64,"description":"A method that ends when this one is confirmed: a new phone."},
  "code":{"$ref":"#/components/schemas/Code"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "challenge_id":{"$ref":"#/components/schemas/Id"}},
  "example":{"method":"totp","label":"Phone"}},
"TotpChoice": {"type":"object","additionalProperties":false,"properties":{
  "algorithm":{"type":"string","enum":["SHA1","SHA256","SHA512"],"default":"SHA1"},
  "digits":{"type":"integer","minimum":6,"maximum":8,"default":6},
  "period":{"type":"integer","minimum":15,"maximum":120,"default":30}},
  "example":{"algorithm":"SHA1","digits":6,"period":30}},
"CodeOnly": {"type":"object","additionalProperties":false,"required":["code"],"properties":{
  "code":{"$ref":"#/components/schemas/Code"}},"example":{"code":"492039"}},
"LabelOnly": {"type":"object","additionalProperties":false,"required":["label"],"properties":{
  "label":{"type":"string","minLength":1,"maxLength":64}},"example":{"label":"Work phone"}},
"ChallengeStart": {"type":"object","additionalProperties":false,"required":["purpose"],"properties":{
  "purpose":{"type":"string","enum":["sign_in","manage","step_up"]},
  "action":{"type":"string","minLength":1,"maxLength":64,"description":"manage: add_factor, remove_factor, disable, regenerate or change_address. step_up: your own name of the action (A-Z a-z 0-9 . _ - :)."},
  "action_text":{"type":"string","minLength":1,"maxLength":200,"description":"step_up: what the person is shown; its digest goes into the assertion."},
  "object":{"type":"string","minLength":1,"maxLength":64,"description":"manage: the enrolment it is about."},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},
  "nonce":{"type":"string","minLength":1,"maxLength":128,"description":"Visible ASCII; copied into the assertion."},
  "client":{"$ref":"#/components/schemas/ClientSeen"}},
  "example":{"purpose":"step_up","action":"transfer","action_text":"Send 100 EUR to Bob","nonce":"n-0S6_WzA2Mj"}},
"ClientSeen": {"type":"object","additionalProperties":false,"description":"Your own visitor, for limits, notices and audit.","properties":{
  "ip":{"type":"string","minLength":1,"maxLength":64},
  "user_agent":{"type":"string","minLength":1,"maxLength":512}},
  "example":{"ip":"203.0.113.7","user_agent":"Mozilla/5.0"}},
"AssertionCheck": {"type":"object","additionalProperties":false,"required":["assertion","user","purpose"],"properties":{
  "assertion":{"type":"string","minLength":1,"maxLength":4096},
  "user":{"type":"string","minLength":1,"maxLength":128},
  "purpose":{"type":"string","enum":["sign_in","manage","step_up"]},
  "action":{"type":"string","minLength":1,"maxLength":64},
  "challenge_id":{"$ref":"#/components/schemas/Id"}},
  "example":{"assertion":"eyJhbGciOiJFUzI1NiJ9.e30.c2ln","user":"alice","purpose":"sign_in"}},
"Code": {"type":"string","minLength":1,"maxLength":64,"description":"As typed: spaces and hyphens do not count.","example":"492 039"},
"Method": {"type":"string","enum":["totp","email","whatsapp","backup_code"],"example":"totp"},
"Id": {"type":"string","minLength":1,"maxLength":64,"description":"Opaque, compared byte for byte.","example":"enr_01hzx3k9b2"},
"Time": {"type":"string","format":"date-time","description":"RFC 3339, UTC.","example":"2026-05-04T12:00:00Z"},
"CheckEmail": {"type":"object","required":["status"],"properties":{"status":{"const":"check_email"}},"example":{"status":"check_email"}},
"Csrf": {"type":"object","required":["csrf_token"],"properties":{"csrf_token":{"type":"string"}},"example":{"csrf_token":"2f1c…"}},
"TwoFactor": {"type":"object","required":["enabled","methods","backup_codes_remaining"],"properties":{
  "enabled":{"type":"boolean"},
  "methods":{"type":"array","items":{"$ref":"#/components/schemas/Method"}},
  "backup_codes_remaining":{"type":"integer","minimum":0},
  "backup_codes_created_at":{"$ref":"#/components/schemas/Time"}},
  "example":{"enabled":true,"methods":["totp"],"backup_codes_remaining":9,"backup_codes_created_at":"2026-05-04T12:00:00Z"}},
"User": {"type":"object","required":["id","locale","two_factor","created_at"],"properties":{
  "id":{"type":"string"},"email":{"type":"string"},"phone":{"type":"string"},"display_name":{"type":"string"},
  "locale":{"$ref":"#/components/schemas/Locale"},
  "two_factor":{"$ref":"#/components/schemas/TwoFactor"},
  "created_at":{"$ref":"#/components/schemas/Time"}},
  "example":{"id":"alice","email":"a***@example.com","locale":"en","two_factor":{"enabled":false,"methods":[],"backup_codes_remaining":0},"created_at":"2026-05-04T12:00:00Z"}},
"Recover": {"type":"object","required":["expires_at"],"description":"Signed in by a backup code: replace a method and regenerate codes without proof, once.","properties":{"expires_at":{"$ref":"#/components/schemas/Time"}},"example":{"expires_at":"2026-05-04T12:15:00Z"}},
"SignedIn": {"type":"object","required":["status","csrf_token"],"properties":{
  "status":{"type":"string","enum":["signed_in","second_factor_required"]},
  "csrf_token":{"type":"string"},
  "user":{"$ref":"#/components/schemas/User"},
  "challenge":{"$ref":"#/components/schemas/Challenge"},
  "method":{"$ref":"#/components/schemas/Method"},
  "recover":{"$ref":"#/components/schemas/Recover"},
  "backup_codes_remaining":{"type":"integer","minimum":0}},
  "example":{"status":"signed_in","csrf_token":"2f1c…","user":{"id":"usr_01","email":"alice@example.com","locale":"en","two_factor":{"enabled":false,"methods":[],"backup_codes_remaining":0},"created_at":"2026-05-04T12:00:00Z"}}},
"Me": {"type":"object","required":["state"],"properties":{
  "state":{"type":"string","enum":["signed_in","second_factor_required","signed_out"]},
  "csrf_token":{"type":"string"},
  "user":{"$ref":"#/components/schemas/User"},
  "challenge":{"$ref":"#/components/schemas/Challenge"},
  "session":{"type":"object","properties":{"password_fresh_until":{"$ref":"#/components/schemas/Time"},"recover":{"$ref":"#/components/schemas/Recover"}}}},
  "example":{"state":"signed_out"}},
"ClientConfig": {"type":"object","required":["demo","registration","application","methods","locales"],"properties":{
  "demo":{"type":"boolean"},"registration":{"type":"boolean"},
  "application":{"type":"object","required":["name","issuer"],"properties":{"name":{"type":"string"},"issuer":{"type":"string"}}},
  "methods":{"type":"array","items":{"$ref":"#/components/schemas/Method"}},
  "locales":{"type":"array","items":{"$ref":"#/components/schemas/Locale"}},
  "demo_accounts":{"type":"array","items":{"type":"object","required":["email","password","role"],"properties":{"email":{"type":"string"},"password":{"type":"string"},"role":{"type":"string"}}}}},
  "example":{"demo":false,"registration":true,"application":{"name":"Example Hosting","issuer":"Example Hosting"},"methods":["totp"],"locales":["en","ar","es","fr","de"]}},
"TotpParameters": {"type":"object","required":["algorithm","digits","period"],"properties":{
  "algorithm":{"type":"string","enum":["SHA1","SHA256","SHA512"]},"digits":{"type":"integer"},"period":{"type":"integer"}},
  "example":{"algorithm":"SHA1","digits":6,"period":30}},
"Enrollment": {"type":"object","required":["id","method","label","status","created_at","totp"],"properties":{
  "id":{"$ref":"#/components/schemas/Id"},"method":{"$ref":"#/components/schemas/Method"},"label":{"type":"string"},
  "status":{"type":"string","enum":["pending","active","ended"]},
  "created_at":{"$ref":"#/components/schemas/Time"},"expires_at":{"$ref":"#/components/schemas/Time"},
  "activated_at":{"$ref":"#/components/schemas/Time"},"last_used_at":{"$ref":"#/components/schemas/Time"},
  "locked_until":{"$ref":"#/components/schemas/Time"},"totp":{"$ref":"#/components/schemas/TotpParameters"}},
  "example":{"id":"enr_01hzx3k9b2","method":"totp","label":"Phone","status":"active","created_at":"2026-05-04T12:00:00Z","activated_at":"2026-05-04T12:01:00Z","totp":{"algorithm":"SHA1","digits":6,"period":30}}},
"EnrollmentList": {"type":"object","required":["items","next_cursor"],"properties":{
  "items":{"type":"array","items":{"$ref":"#/components/schemas/Enrollment"}},"next_cursor":{"type":["string","null"]}},
  "example":{"items":[],"next_cursor":null}},
"PendingEnrollment": {"type":"object","required":["id","method","label","status","created_at","expires_at","totp"],"properties":{
  "id":{"$ref":"#/components/schemas/Id"},"method":{"$ref":"#/components/schemas/Method"},"label":{"type":"string"},
  "status":{"const":"pending"},"created_at":{"$ref":"#/components/schemas/Time"},"expires_at":{"$ref":"#/components/schemas/Time"},
  "totp":{"type":"object","required":["algorithm","digits","period","secret","otpauth_uri","issuer","account"],"properties":{
    "algorithm":{"type":"string","enum":["SHA1","SHA256","SHA512"]},"digits":{"type":"integer"},"period":{"type":"integer"},
    "secret":{"type":"string","description":"Base32 without padding; never shown again."},
    "otpauth_uri":{"type":"string"},"issuer":{"type":"string"},"account":{"type":"string"}}}},
  "example":{"id":"enr_01hzx3k9b2","method":"totp","label":"Phone","status":"pending","created_at":"2026-05-04T12:00:00Z","expires_at":"2026-05-04T12:15:00Z","totp":{"algorithm":"SHA1","digits":6,"period":30,"secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP","otpauth_uri":"otpauth://totp/Example%20Hosting:alice%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20Hosting&algorithm=SHA1&digits=6&period=30","issuer":"Example Hosting","account":"alice@example.com"}}},
"ConfirmedEnrollment": {"type":"object","required":["enrollment"],"properties":{
  "enrollment":{"$ref":"#/components/schemas/Enrollment"},
  "backup_codes":{"type":"array","minItems":10,"maxItems":10,"items":{"$ref":"#/components/schemas/BackupCode"}}},
  "example":{"enrollment":{"id":"enr_01hzx3k9b2","method":"totp","label":"Phone","status":"active","created_at":"2026-05-04T12:00:00Z","totp":{"algorithm":"SHA1","digits":6,"period":30}}}},
"BackupCode": {"type":"string","pattern":"^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){2}$","example":"7ZK3M-Q2H8T-X04WN"},
"BackupCodes": {"type":"object","required":["backup_codes","created_at"],"properties":{
  "backup_codes":{"type":"array","minItems":10,"maxItems":10,"items":{"$ref":"#/components/schemas/BackupCode"}},
  "created_at":{"$ref":"#/components/schemas/Time"}},
  "example":{"backup_codes":["7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN","7ZK3M-Q2H8T-X04WN"],"created_at":"2026-05-04T12:00:00Z"}},
"BackupCodeCount": {"type":"object","required":["remaining","total"],"properties":{
  "remaining":{"type":"integer","minimum":0},"total":{"type":"integer","minimum":0},"created_at":{"$ref":"#/components/schemas/Time"}},
  "example":{"remaining":9,"total":10,"created_at":"2026-05-04T12:00:00Z"}},
"ChallengeMethod": {"type":"object","required":["method"],"properties":{
  "method":{"$ref":"#/components/schemas/Method"},"enrollment_id":{"$ref":"#/components/schemas/Id"},
  "label":{"type":"string"},"locked_until":{"$ref":"#/components/schemas/Time"}},
  "example":{"method":"totp","enrollment_id":"enr_01hzx3k9b2","label":"Phone"}},
"Challenge": {"type":"object","required":["id","status","purpose","methods","preferred","expires_at","attempts_remaining"],"properties":{
  "id":{"$ref":"#/components/schemas/Id"},
  "status":{"type":"string","enum":["pending","approved","consumed","expired","closed"]},
  "purpose":{"type":"string","enum":["sign_in","manage","step_up"]},
  "action":{"type":"string"},"action_text":{"type":"string"},"object":{"type":"string"},
  "methods":{"type":"array","items":{"$ref":"#/components/schemas/ChallengeMethod"}},
  "preferred":{"$ref":"#/components/schemas/Method"},
  "expires_at":{"$ref":"#/components/schemas/Time"},"attempts_remaining":{"type":"integer","minimum":0}},
  "example":{"id":"chl_01hzx3k9b2","status":"pending","purpose":"sign_in","methods":[{"method":"totp","enrollment_id":"enr_01hzx3k9b2","label":"Phone"},{"method":"backup_code"}],"preferred":"totp","expires_at":"2026-05-04T12:10:00Z","attempts_remaining":5}},
"Verified": {"type":"object","required":["status","method","assertion"],"properties":{
  "status":{"const":"approved"},"method":{"$ref":"#/components/schemas/Method"},
  "enrollment_id":{"$ref":"#/components/schemas/Id"},"backup_codes_remaining":{"type":"integer","minimum":0},
  "assertion":{"type":"string","description":"JWS (ES256), 60 s: iss, aud, sub, jti, purpose, action, method, challenge, nonce."}},
  "example":{"status":"approved","method":"totp","enrollment_id":"enr_01hzx3k9b2","assertion":"eyJhbGciOiJFUzI1NiJ9.e30.c2ln"}},
"AssertionValid": {"type":"object","required":["status"],"properties":{"status":{"const":"valid"}},"example":{"status":"valid"}},
"AuditItem": {"type":"object","required":["id","at","actor","action","result","request_id"],"properties":{
  "id":{"$ref":"#/components/schemas/Id"},"at":{"$ref":"#/components/schemas/Time"},"actor":{"type":"string"},"action":{"type":"string"},
  "user":{"type":"string"},"method":{"type":"string"},"result":{"type":"string"},"enrollment_id":{"type":"string"},"object":{"type":"string"},
  "label":{"type":"string"},"ip":{"type":"string"},"user_agent":{"type":"string"},"request_id":{"type":"string"}},
  "example":{"id":"evt_01hzx3k9b2","at":"2026-05-04T12:00:00Z","actor":"user","action":"two_factor.enabled","result":"ok","request_id":"req_01hzx3k9b2"}},
"AuditPage": {"type":"object","required":["items","next_cursor"],"properties":{
  "items":{"type":"array","items":{"$ref":"#/components/schemas/AuditItem"}},"next_cursor":{"type":["string","null"]}},
  "example":{"items":[],"next_cursor":null}},
"JwkSet": {"type":"object","required":["keys"],"properties":{"keys":{"type":"array","items":{"type":"object"}}},"example":{"keys":[]}},
"Health": {"type":"object","required":["status","version","core"],"properties":{"status":{"const":"ok"},"version":{"type":"string"},"core":{"type":"string"}},"example":{"status":"ok","version":"0.1.0","core":"0.1.0"}},
"Ready": {"type":"object","required":["status"],"properties":{"status":{"const":"ready"},"warnings":{"type":"array","items":{"type":"string"}}},"example":{"status":"ready"}},
"OpenApi": {"type":"object","required":["openapi","info","paths"],"properties":{"openapi":{"type":"string"},"info":{"type":"object"},"paths":{"type":"object"}},"example":{"openapi":"3.1.0","info":{},"paths":{}}},
"Mailbox": {"type":"object","required":["items"],"properties":{"items":{"type":"array","items":{"type":"object","required":["id","at","channel","to","subject","text"],"properties":{
  "id":{"type":"string"},"at":{"$ref":"#/components/schemas/Time"},"channel":{"type":"string","enum":["email","whatsapp"]},"kind":{"type":"string"},
  "to":{"type":"string"},"subject":{"type":"string"},"text":{"type":"string"},"link":{"type":"string"},"code":{"type":"string"}}}}},"example":{"items":[]}}
})json";
}

}  // namespace twofold::http
