// replay.cpp - a fuzz target without libFuzzer: each seed as it is, then a fixed series of changed
// seeds. The same inputs on every machine, so that a failure comes again.
//   NAME_replay CORPUS_FOLDER [COUNT]     20000 changed seeds by default
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

// SplitMix64 (Steele, Lea, Flood 2014): enough to spread changes, the same everywhere.
class Series {
 public:
    std::size_t below(std::size_t bound) {
        state_ += 0x9E3779B97F4A7C15u;
        std::uint64_t z = state_;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        return static_cast<std::size_t>((z ^ z >> 31) % bound);
    }

 private:
    std::uint64_t state_ = 90;
};

void change_once(Bytes& text, const std::vector<Bytes>& seeds, Series& series) {
    // What parsers stumble over.
    static constexpr std::uint8_t kAwkward[] = {0x00, 0x0a, 0x0d, 0x20, 0x22, 0x25,
                                                0x2b, 0x2d, 0x30, 0x3a, 0x3d, 0x5c,
                                                0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xff};
    const std::size_t at = series.below(text.size() + 1);
    const auto here = text.begin() + static_cast<std::ptrdiff_t>(at);
    switch (text.empty() ? 1 : series.below(6)) {
        case 0:
            text[series.below(text.size())] ^= static_cast<std::uint8_t>(1u << series.below(8));
            break;
        case 1:
            text.insert(here, kAwkward[series.below(std::size(kAwkward))]);
            break;
        case 2:
            text[series.below(text.size())] = kAwkward[series.below(std::size(kAwkward))];
            break;
        case 3:
            text.erase(here,
                       here + static_cast<std::ptrdiff_t>(series.below(text.size() - at + 1)));
            break;
        case 4: {
            // A piece of itself again: repeated fields, members, parameters.
            const std::size_t from = series.below(text.size());
            const std::size_t size =
                1 + series.below(std::min<std::size_t>(text.size() - from, 40));
            const Bytes piece(text.begin() + static_cast<std::ptrdiff_t>(from),
                              text.begin() + static_cast<std::ptrdiff_t>(from + size));
            text.insert(here, piece.begin(), piece.end());
            break;
        }
        default: {
            // Its head on another seed's tail.
            const Bytes& other = seeds[series.below(seeds.size())];
            const std::size_t from = series.below(other.size() + 1);
            text.resize(at);
            text.insert(text.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
        }
    }
}

// On the heap and exactly as long as the text, so that AddressSanitizer sees one byte too far.
void run(const Bytes& text) {
    const std::unique_ptr<std::uint8_t[]> exact(new std::uint8_t[text.size()]);
    std::copy(text.begin(), text.end(), exact.get());
    LLVMFuzzerTestOneInput(exact.get(), text.size());
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    const long count = argc > 2 ? std::atol(argv[2]) : 20000;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<Bytes> seeds;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    if (seeds.empty()) {
        std::fprintf(stderr, "no seeds in %s\n", argv[1]);
        return 2;
    }
    run({});
    for (const Bytes& seed : seeds) run(seed);
    Series series;
    for (long i = 0; i < count; ++i) {
        Bytes text = seeds[series.below(seeds.size())];
        for (std::size_t changes = 1 + series.below(4); changes > 0; --changes)
            change_once(text, seeds, series);
        run(text);
    }
    std::printf("%s: %zu seeds, %ld changed ones\n", twofold::fuzz::kTitle, seeds.size(), count);
    return 0;
}
