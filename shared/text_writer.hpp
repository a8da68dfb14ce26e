// text_writer.hpp - appends text to memory that is known to be large enough. Internal to shared/.
#pragma once

namespace twofold::detail {

struct TextWriter {
    char* at;

    void put(char c) { *at++ = c; }
    void text(const char* s) {
        while (*s != '\0') put(*s++);
    }
    void number(int n) {  // 0 or more
        if (n >= 10) number(n / 10);
        put(static_cast<char>('0' + n % 10));
    }
};

}  // namespace twofold::detail
