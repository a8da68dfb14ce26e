#include "server/domain/common_passwords.hpp"

#include <algorithm>
#include <string>

#include "server/domain/text_rules.hpp"

namespace twofold::domain {
namespace {

// Words, names and keyboard runs as people use them, alone or with something put at the end.
// Sorted.
constexpr std::string_view kWords[] = {
    "aaaaaa",       "aaaaaaa",    "aaaaaaaa",   "abc",           "abcabc",     "abcd",
    "abcde",        "abcdef",     "abcdefg",    "abcdefgh",      "abcdefghi",  "access",
    "account",      "admin",      "adminadmin", "administrator", "alexander",  "alexandra",
    "amanda",       "amazon",     "america",    "andrew",        "android",    "angel",
    "angels",       "anthony",    "anything",   "apple",         "april",      "arsenal",
    "asdasd",       "asdf",       "asdfasdf",   "asdfgh",        "asdfghjk",   "asdfghjkl",
    "ashley",       "august",     "autumn",     "azerty",        "azertyui",   "azertyuiop",
    "babygirl",     "babylove",   "banana",     "barcelona",     "baseball",   "basketball",
    "batman",       "bayern",     "benjamin",   "berlin",        "bienvenido", "bienvenue",
    "black",        "blessed",    "blue",       "bonjour",       "brazil",     "bulldog",
    "business",     "buster",     "butterfly",  "canada",        "change",     "changeme",
    "charlie",      "cheese",     "chelsea",    "chocolate",     "christ",     "christian",
    "christopher",  "church",     "cisco",      "client",        "company",    "computer",
    "contrasena",   "cookie",     "corvette",   "cowboys",       "daniel",     "database",
    "debian",       "december",   "default",    "demo",          "destiny",    "diamond",
    "dollar",       "dragon",     "eagle",      "elizabeth",     "england",    "espana",
    "everything",   "example",    "facebook",   "faith",         "falcon",     "family",
    "february",     "ferrari",    "flower",     "football",      "forever",    "fortnite",
    "france",       "freedom",    "friday",     "frodo",         "fussball",   "futbol",
    "gandalf",      "gangster",   "garfield",   "germany",       "gmail",      "golden",
    "goodbye",      "google",     "green",      "guest",         "hallo",      "hardcore",
    "harley",       "heaven",     "hello",      "herbst",        "hiver",      "hobbit",
    "hockey",       "hola",       "honey",      "hosting",       "hotmail",    "hunter",
    "ichliebedich", "iloveu",     "iloveyou",   "instagram",     "internet",   "invierno",
    "iphone",       "jaguar",     "january",    "jennifer",      "jessica",    "jesus",
    "jetaime",      "jonathan",   "jordan",     "joseph",        "joshua",     "july",
    "june",         "juventus",   "killer",     "letmein",       "liberty",    "lightning",
    "linkedin",     "linux",      "lion",       "liverpool",     "login",      "london",
    "lovelove",     "lovely",     "loveyou",    "lucky",         "madrid",     "manager",
    "manchester",   "march",      "mario",      "master",        "matrix",     "matthew",
    "maverick",     "mercedes",   "merlin",     "metallica",     "mexico",     "michael",
    "michelle",     "mickey",     "microsoft",  "minecraft",     "monday",     "money",
    "monkey",       "motdepasse", "mustang",    "mysql",         "netflix",    "network",
    "newyork",      "nicole",     "nintendo",   "nirvana",       "nothing",    "november",
    "october",      "office",     "oracle",     "orange",        "outlook",    "p@ssw0rd",
    "p@ssword",     "pa55word",   "panther",    "paris",         "parola",     "pass",
    "passpass",     "passw0rd",   "password",   "passwort",      "phoenix",    "playstation",
    "please",       "pokemon",    "porsche",    "princesa",      "princess",   "printemps",
    "private",      "public",     "purple",     "qazwsx",        "qazwsxedc",  "qwaszx",
    "qweasd",       "qweasdzxc",  "qweqwe",     "qwerty",        "qwertyui",   "qwertyuiop",
    "qwertz",       "qwertzui",   "qwertzuiop", "rainbow",       "ranger",     "realmadrid",
    "robert",       "root",       "samantha",   "sample",        "samsung",    "saturday",
    "secret",       "secrets",    "security",   "senha",         "september",  "server",
    "shadow",       "signin",     "silver",     "slipknot",      "snoopy",     "soccer",
    "something",    "sommer",     "spiderman",  "spotify",       "spring",     "startrek",
    "starwars",     "steelers",   "stephanie",  "summer",        "sunday",     "sunshine",
    "superman",     "sweety",     "system",     "teamo",         "temp",       "temporary",
    "test",         "tester",     "testing",    "testtest",      "thomas",     "thunder",
    "thursday",     "tiger",      "tigger",     "toor",          "trustme",    "trustno",
    "tuesday",      "twitter",    "twofold",    "ubuntu",        "united",     "user",
    "username",     "useruser",   "verano",     "wednesday",     "welcome",    "whatever",
    "whatsapp",     "white",      "william",    "willkommen",    "windows",    "winter",
    "wolf",         "xbox",       "xxxxxx",     "xxxxxxxx",      "yahoo",      "yamaha",
    "yankees",      "yellow",     "youtube",    "zaqwsx",        "zelda",      "zxcvbn",
    "zxcvbnm",
};

// Whole passwords. Sorted.
constexpr std::string_view kWhole[] = {
    "00000000",   "01010101",   "0123456789",   "0987654321",   "10101010",     "10203040",
    "1020304050", "11111111",   "11112222",     "11223344",     "1122334455",   "112233445566",
    "12121212",   "123123123",  "123321123",    "12341234",     "12344321",     "1234512345",
    "123454321",  "12345678",   "123456789",    "1234567890",   "123456789a",   "12345678a",
    "12345678q",  "123456aa",   "123456abc",    "123456qwerty", "1234abcd",     "1234asdf",
    "1234pass",   "1234qwer",   "123654789",    "123abc123",    "123qweasd",    "123qweasdzxc",
    "12qwaszx",   "13131313",   "147258369",    "159753456",    "19841984",     "1a2b3c4d",
    "1q2w3e4r",   "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx",     "1qaz2wsx3edc", "20002000",
    "20202020",   "20212021",   "20222022",     "20232023",     "20242024",     "20252025",
    "22222222",   "23232323",   "27182818",     "31415926",     "321654987",    "33333333",
    "44444444",   "456789123",  "55555555",     "55667788",     "66666666",     "69696969",
    "741852963",  "77777777",   "789456123",    "87654321",     "88888888",     "963852741",
    "987654321",  "9876543210", "98989898",     "99999999",     "a1234567",     "a12345678",
    "a1b2c3d4",   "aa123456",   "aa12345678",   "abc12345",     "abc123456",    "abcd1234",
    "asdf1234",   "pass1234",   "passw0rd1",    "q1w2e3r4",     "q1w2e3r4t5",   "q1w2e3r4t5y6",
    "qwe12345",   "qwe123qwe",  "qwer1234",     "qwerty123456", "zaq12wsx",     "zaq1xsw2",
};

bool listed(const auto& list, std::string_view text) {
    return std::binary_search(std::begin(list), std::end(list), text);
}

}  // namespace

bool is_common_password(std::string_view password) {
    const std::string text = lower(password);
    if (text.find_first_not_of(text[0]) == std::string::npos)
        return true;  // one character repeated
    if (listed(kWhole, text) || listed(kWords, text)) return true;
    // "Password2024!" is "password" to whoever guesses.
    const std::size_t end = text.find_last_not_of("0123456789!?.,*#$@_-+& ");
    if (end == std::string::npos) return false;
    return listed(kWords, std::string_view(text).substr(0, end + 1));
}

}  // namespace twofold::domain
