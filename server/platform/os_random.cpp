#include "server/platform/os_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace twofold::platform {

void random_bytes(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const ssize_t n = getrandom(out.data(), out.size(), 0);
        if (n < 0) {
            if (errno == EINTR) continue;
            std::fputs("twofold: the operating system gives no random bytes; stopping\n", stderr);
            std::abort();
        }
        out = out.subspan(static_cast<std::size_t>(n));
    }
}

void OsRandom::fill(std::span<std::uint8_t> out) { random_bytes(out); }

}  // namespace twofold::platform
