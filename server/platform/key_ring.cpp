#include "server/platform/key_ring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "server/platform/encoding.hpp"
#include "server/platform/os_random.hpp"

namespace twofold::platform {
namespace {

constexpr std::string_view kHead = "twofold-key-ring 1";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMaxFile = 64 * 1024;

Secret fresh_key() {
    std::vector<std::uint8_t> b(kKeyBytes);
    random_bytes(b);
    return Secret(std::move(b));
}

std::string fresh_id() {
    std::array<std::uint8_t, 4> b{};
    random_bytes(b);
    return "k" + hex(b);
}

bool valid_id(std::string_view id) {
    return id.size() == 9 && id[0] == 'k' && std::all_of(id.begin() + 1, id.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> out;
    while (!line.empty()) {
        const std::size_t skip = line.find_first_not_of(" \t\r");
        if (skip == std::string_view::npos) break;
        line.remove_prefix(skip);
        const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
        out.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return out;
}

std::optional<Secret> key_of(std::string_view text) {
    auto b = from_base64url(text);
    if (!b) return std::nullopt;
    Secret s(std::move(*b));
    if (s.size() != kKeyBytes) return std::nullopt;
    return s;
}

// Closes and, until kept, removes the temporary file.
class TemporaryFile {
 public:
    explicit TemporaryFile(const std::string& beside) : path_(beside + ".XXXXXX") {
        fd_ = mkstemp(path_.data());  // mode 0600 by POSIX
    }
    ~TemporaryFile() {
        if (fd_ >= 0) ::close(fd_);
        if (fd_ >= 0 && !path_.empty()) ::unlink(path_.c_str());
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    int fd() const { return fd_; }
    const std::string& path() const { return path_; }
    void keep() { path_.clear(); }

 private:
    std::string path_;
    int fd_ = -1;
};

bool write_all(int fd, ByteView b) {
    while (!b.empty()) {
        const ssize_t n = ::write(fd, b.data(), b.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        b = b.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

std::string reason() { return std::strerror(errno); }

}  // namespace

KeyRing KeyRing::make(domain::Instant now) {
    KeyRing ring;
    ring.index_ = fresh_key();
    ring.keys_.push_back(RingKey{fresh_id(), true, fresh_key(), now});
    return ring;
}

Result<KeyRing, Trouble> KeyRing::load(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        if (errno == ENOENT) {
            return Trouble{"There is no key ring at " + path +
                           ". If this is a new installation, make one with `twofold keys init`; if "
                           "the database "
                           "already holds data, put its key ring back from your backup "
                           "(TWOFOLD_KEYS names the file)."};
        }
        return Trouble{"The key ring " + path + " cannot be read (" + reason() + ")."};
    }
    struct Closer {
        int fd;
        ~Closer() { ::close(fd); }
    } closer{fd};
    struct stat st {};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return Trouble{"The key ring " + path + " is not a regular file."};
    }
    if ((st.st_mode & 077) != 0) {
        return Trouble{"Others may read the key ring " + path + "; run `chmod 600 " + path +
                       "` and start again."};
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return Trouble{"The key ring " + path +
                       " belongs to another user; it must belong to the one that runs twofold."};
    }
    std::vector<std::uint8_t> raw(kMaxFile + 1);
    std::size_t size = 0;
    while (size < raw.size()) {
        const ssize_t n = ::read(fd, raw.data() + size, raw.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        size += static_cast<std::size_t>(n);
    }
    const Secret held(std::move(raw));
    if (size > kMaxFile) return Trouble{"The key ring " + path + " is too large to be one."};
    auto ring = parse({reinterpret_cast<const char*>(held.expose().data()), size});
    if (!ring) return Trouble{"The key ring " + path + " is damaged: " + ring.error().what};
    return ring;
}

Result<KeyRing, Trouble> KeyRing::parse(std::string_view text) {
    KeyRing ring;
    bool head = false;
    int number = 0;
    const auto bad = [&](std::string_view what) {
        return Trouble{"line " + std::to_string(number) + " " + std::string(what) +
                       ". Put the file back from your backup."};
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        const auto w = words(line);
        if (w.empty() || w[0].front() == '#') continue;
        if (!head) {
            if (w.size() != 2 || w[0] != kHead.substr(0, kHead.find(' ')) || w[1] != "1") {
                return bad("does not start a twofold key ring of format 1");
            }
            head = true;
        } else if (w[0] == "index" && w.size() == 2 && ring.index_.empty()) {
            auto key = key_of(w[1]);
            if (!key) return bad("holds no 32-byte index key");
            ring.index_ = std::move(*key);
        } else if (w[0] == "key" && w.size() == 5 && valid_id(w[1]) &&
                   (w[2] == "active" || w[2] == "ready")) {
            auto key = key_of(w[3]);
            std::int64_t created = 0;
            const auto [p, ec] = std::from_chars(w[4].data(), w[4].data() + w[4].size(), created);
            if (!key || ec != std::errc{} || p != w[4].data() + w[4].size())
                return bad("holds no 32-byte key");
            if (ring.find(w[1]) != nullptr) return bad("names a key twice");
            ring.keys_.push_back(RingKey{std::string(w[1]), w[2] == "active", std::move(*key),
                                         domain::Instant{domain::Seconds{created}}});
        } else {
            return bad("is not understood");
        }
    }
    if (ring.index_.empty()) return bad("ends the file without an index key");
    if (std::count_if(ring.keys_.begin(), ring.keys_.end(),
                      [](const RingKey& k) { return k.active; }) != 1) {
        return bad("ends the file without exactly one active key");
    }
    return ring;
}

Secret KeyRing::text() const {
    // Reserved at once: a growing string would leave copies of keys behind.
    std::vector<std::uint8_t> out;
    out.reserve(512 + keys_.size() * 128);
    const auto put = [&out](std::string_view s) { out.insert(out.end(), s.begin(), s.end()); };
    const auto put_key = [&put](const Secret& key) {
        std::string t = base64url(key.expose());
        put(t);
        wipe(t.data(), t.size());
    };
    put("# Twofold's keys. Without this file the database cannot be read: back it up, apart from "
        "the\n"
        "# database, and let nobody else read it. Change it with `twofold keys …` only.\n");
    put(kHead);
    put("\nindex ");
    put_key(index_);
    put("\n");
    for (const RingKey& k : keys_) {
        put("key " + k.id + (k.active ? " active " : " ready "));
        put_key(k.bytes);
        put(" " + std::to_string(k.created_at.time_since_epoch().count()) + "\n");
    }
    return Secret(std::move(out));
}

Result<Done, Trouble> KeyRing::save(const std::string& path, bool fresh) const {
    std::error_code ec;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) {
        // Only directories that did not exist are made, and only for us.
        if (!std::filesystem::exists(folder, ec)) {
            std::filesystem::create_directories(folder, ec);
            std::filesystem::permissions(folder, std::filesystem::perms::owner_all, ec);
        }
    }
    TemporaryFile file(path);
    if (file.fd() < 0)
        return Trouble{"The key ring " + path + " cannot be written (" + reason() + ")."};
    const Secret body = text();
    if (!write_all(file.fd(), body.expose()) || fsync(file.fd()) != 0) {
        return Trouble{"The key ring " + path + " cannot be written (" + reason() + ")."};
    }
    if (fresh) {
        // link() refuses an existing name, atomically.
        if (::link(file.path().c_str(), path.c_str()) != 0) {
            if (errno == EEXIST) {
                return Trouble{"There is a key ring at " + path +
                               " already and it stays as it is; name another file with --keys."};
            }
            return Trouble{"The key ring " + path + " cannot be written (" + reason() + ")."};
        }
    } else {
        if (::rename(file.path().c_str(), path.c_str()) != 0) {
            return Trouble{"The key ring " + path + " cannot be written (" + reason() + ")."};
        }
        file.keep();
    }
    const int dir =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        ::close(dir);
    }
    return Done{};
}

const RingKey& KeyRing::active() const {
    return *std::find_if(keys_.begin(), keys_.end(), [](const RingKey& k) { return k.active; });
}

const RingKey* KeyRing::find(std::string_view id) const {
    for (const RingKey& k : keys_) {
        if (k.id == id) return &k;
    }
    return nullptr;
}

std::string KeyRing::ids() const {
    std::vector<std::string_view> ids;
    for (const RingKey& k : keys_) ids.push_back(k.id);
    std::sort(ids.begin(), ids.end());
    std::string out;
    for (const std::string_view id : ids) {
        if (!out.empty()) out += ',';
        out += id;
    }
    return out;
}

std::string KeyRing::add(domain::Instant now) {
    std::string id = fresh_id();
    while (find(id) != nullptr) id = fresh_id();
    keys_.push_back(RingKey{id, false, fresh_key(), now});
    return id;
}

bool KeyRing::activate(std::string_view id) {
    if (find(id) == nullptr) return false;
    for (RingKey& k : keys_) k.active = k.id == id;
    return true;
}

bool KeyRing::retire(std::string_view id) {
    const RingKey* k = find(id);
    if (k == nullptr || k->active) return false;
    std::erase_if(keys_, [id](const RingKey& r) { return r.id == id; });
    return true;
}

}  // namespace twofold::platform
