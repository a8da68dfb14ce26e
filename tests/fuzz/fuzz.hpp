// fuzz.hpp - what every fuzz target here defines, and how it says that something does not hold.
// A target is one file `NAME_fuzz.cpp` with seeds in corpus/NAME. It is linked twice: with
// libFuzzer
// (`make fuzz`, clang), and with replay.cpp, which runs the seeds and a fixed series of changed
// ones under ctest, so that every `make test` passes here too.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// Takes any bytes; ends the program when something does not hold.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace twofold::fuzz {

// "security 90: what holds", for the log of the replay.
extern const char* const kTitle;

inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace twofold::fuzz
