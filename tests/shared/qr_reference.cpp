#include "tests/shared/qr_reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace qr_reference {
namespace {

// Table 9 as printed: error correction codewords per block ...
const int kEcc[4][40] = {
    {7,  10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28,
     28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
     26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28},
    {13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30,
     28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
    {17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28,
     30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30}};
// ... and number of blocks.
const int kBlocks[4][40] = {
    {1, 1, 1, 1,  1,  2,  2,  2,  2,  4,  4,  4,  4,  4,  6,  6,  6,  6,  7,  8,
     8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25},
    {1,  1,  1,  2,  2,  4,  4,  4,  5,  5,  5,  8,  9,  9,  10, 10, 11, 13, 14, 16,
     17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49},
    {1,  1,  2,  2,  4,  4,  6,  6,  8,  8,  8,  10, 12, 16, 12, 17, 16, 18, 21, 20,
     23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68},
    {1,  1,  2,  4,  4,  4,  5,  6,  8,  8,  11, 11, 16, 16, 18, 16, 19, 21, 25, 25,
     25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81}};

// Annex E, Table E.1: row and column coordinates of the centres of alignment patterns.
const std::vector<int> kAlignment[40] = {
    {},
    {6, 18},
    {6, 22},
    {6, 26},
    {6, 30},
    {6, 34},
    {6, 22, 38},
    {6, 24, 42},
    {6, 26, 46},
    {6, 28, 50},
    {6, 30, 54},
    {6, 32, 58},
    {6, 34, 62},
    {6, 26, 46, 66},
    {6, 26, 48, 70},
    {6, 26, 50, 74},
    {6, 30, 54, 78},
    {6, 30, 56, 82},
    {6, 30, 58, 86},
    {6, 34, 62, 90},
    {6, 28, 50, 72, 94},
    {6, 26, 50, 74, 98},
    {6, 30, 54, 78, 102},
    {6, 28, 54, 80, 106},
    {6, 32, 58, 84, 110},
    {6, 30, 58, 86, 114},
    {6, 34, 62, 90, 118},
    {6, 26, 50, 74, 98, 122},
    {6, 30, 54, 78, 102, 126},
    {6, 26, 52, 78, 104, 130},
    {6, 30, 56, 82, 108, 134},
    {6, 34, 60, 86, 112, 138},
    {6, 30, 58, 86, 114, 142},
    {6, 34, 62, 90, 118, 146},
    {6, 30, 54, 78, 102, 126, 150},
    {6, 24, 50, 76, 102, 128, 154},
    {6, 28, 54, 80, 106, 132, 158},
    {6, 32, 58, 84, 110, 136, 162},
    {6, 26, 54, 82, 110, 138, 166},
    {6, 30, 58, 86, 114, 142, 170},
};

const std::string kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

struct Draft {
    Grid dark;
    Grid function;  // finder, separator, timing, alignment, format and version modules

    explicit Draft(int size)
        : dark(static_cast<std::size_t>(size), std::vector<bool>(static_cast<std::size_t>(size))),
          function(dark) {}
    int size() const { return static_cast<int>(dark.size()); }
    bool is_function(int x, int y) const {
        return function[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
    }
    void set(int x, int y, bool value) {
        dark[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = value;
    }
    void flip(int x, int y) {
        set(x, y, !dark[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)]);
    }
    void mark(int x, int y, bool value) {
        if (x < 0 || y < 0 || x >= size() || y >= size()) return;
        set(x, y, value);
        function[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = true;
    }
};

void draw_finder(Draft& d, int cx, int cy) {
    for (int dy = -4; dy <= 4; ++dy)
        for (int dx = -4; dx <= 4; ++dx) {
            const int ring = std::max(std::abs(dx), std::abs(dy));
            d.mark(cx + dx, cy + dy, ring != 2 && ring != 4);
        }
}

void draw_alignment(Draft& d, int cx, int cy) {
    for (int dy = -2; dy <= 2; ++dy)
        for (int dx = -2; dx <= 2; ++dx)
            d.mark(cx + dx, cy + dy, std::max(std::abs(dx), std::abs(dy)) != 1);
}

// Remainder of value * x^degree divided by the generator, over GF(2), bit by bit.
int binary_remainder(int value, int generator, int degree) {
    int rest = value;
    for (int i = 0; i < degree; ++i)
        rest = (rest << 1) ^ ((rest >> (degree - 1) & 1) != 0 ? generator : 0);
    return rest & ((1 << degree) - 1);
}

// Section 7.9.1 and Figure 25: bit 14 is the most significant one.
void draw_format(Draft& d, int level, int mask) {
    const int kIndicator[4] = {1, 0, 3, 2};  // L, M, Q, H
    const int data = kIndicator[level] << 3 | mask;
    const int bits = (data << 10 | binary_remainder(data, 0x537, 10)) ^ 0x5412;
    const int size = d.size();
    const int kX[15] = {8, 8, 8, 8, 8, 8, 8, 8, 7, 5, 4, 3, 2, 1, 0};
    const int kY[15] = {0, 1, 2, 3, 4, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8};
    for (int i = 0; i < 15; ++i) {
        const bool dark = (bits >> i & 1) != 0;
        d.mark(kX[i], kY[i], dark);
        if (i < 8)
            d.mark(size - 1 - i, 8, dark);
        else
            d.mark(8, size - 15 + i, dark);
    }
    d.mark(8, size - 8, true);
}

// Section 7.10 and Figure 27.
void draw_version(Draft& d, int version) {
    const int bits = version << 12 | binary_remainder(version, 0x1F25, 12);
    for (int i = 0; i < 18; ++i) {
        const bool dark = (bits >> i & 1) != 0;
        d.mark(d.size() - 11 + i % 3, i / 3, dark);
        d.mark(i / 3, d.size() - 11 + i % 3, dark);
    }
}

Draft function_patterns(int version, int level, int mask) {
    Draft d(17 + 4 * version);
    const int size = d.size();
    for (int i = 0; i < size; ++i) {
        d.mark(i, 6, i % 2 == 0);
        d.mark(6, i, i % 2 == 0);
    }
    draw_finder(d, 3, 3);
    draw_finder(d, size - 4, 3);
    draw_finder(d, 3, size - 4);
    for (const int x : kAlignment[version - 1])
        for (const int y : kAlignment[version - 1])
            if (!(x == 6 && y == 6) && !(x == 6 && y == size - 7) && !(x == size - 7 && y == 6))
                draw_alignment(d, x, y);
    draw_format(d, level, mask);
    if (version >= 7) draw_version(d, version);
    return d;
}

int count_bits(int version, int mode) {
    const int kWidths[3][3] = {{10, 9, 8}, {12, 11, 16}, {14, 13, 16}};
    return kWidths[version <= 9 ? 0 : version <= 26 ? 1 : 2][mode];
}

void append(Bits& bits, int value, int count) {
    for (int i = count - 1; i >= 0; --i) bits.push_back((value >> i & 1) != 0);
}

int multiply(int a, int b) {
    int product = 0;
    for (; b != 0; b >>= 1) {
        if ((b & 1) != 0) product ^= a;
        a <<= 1;
        if (a >= 256) a ^= 0x11D;
    }
    return product;
}

std::vector<int> remainder(const std::vector<int>& data, int degree) {
    // Product of (x - a^i) for i = 0 .. degree - 1, highest power first.
    std::vector<int> generator{1};
    int root = 1;
    for (int i = 0; i < degree; ++i) {
        std::vector<int> next(generator.size() + 1, 0);
        for (std::size_t k = 0; k < generator.size(); ++k) {
            next[k] ^= generator[k];
            next[k + 1] ^= multiply(generator[k], root);
        }
        generator = next;
        root = multiply(root, 2);
    }
    std::vector<int> rest = data;
    rest.resize(data.size() + static_cast<std::size_t>(degree), 0);
    for (std::size_t i = 0; i < data.size(); ++i) {
        const int factor = rest[i];
        for (std::size_t k = 0; k < generator.size(); ++k)
            rest[i + k] ^= multiply(generator[k], factor);
    }
    return {rest.begin() + static_cast<std::ptrdiff_t>(data.size()), rest.end()};
}

bool inverts(int mask, int x, int y) {
    switch (mask) {
        case 0:
            return (y + x) % 2 == 0;
        case 1:
            return y % 2 == 0;
        case 2:
            return x % 3 == 0;
        case 3:
            return (y + x) % 3 == 0;
        case 4:
            return (y / 2 + x / 3) % 2 == 0;
        case 5:
            return y * x % 2 + y * x % 3 == 0;
        case 6:
            return (y * x % 2 + y * x % 3) % 2 == 0;
        default:
            return ((y + x) % 2 + y * x % 3) % 2 == 0;
    }
}

bool fits_mode(const std::string& text, int mode) {
    return std::all_of(text.begin(), text.end(), [mode](char c) {
        return mode == 2 ||
               kAlphanumeric.substr(0, mode == 0 ? 10 : 45).find(c) != std::string::npos;
    });
}

// Rules 1 and 3 in one line of modules.
int line_penalty(const std::vector<bool>& line) {
    int points = 0;
    for (std::size_t i = 0; i < line.size();) {
        std::size_t end = i;
        while (end < line.size() && line[end] == line[i]) ++end;
        if (end - i >= 5) points += 3 + static_cast<int>(end - i - 5);
        i = end;
    }
    const int size = static_cast<int>(line.size());
    const auto at = [&](int i) { return i >= 0 && i < size && line[static_cast<std::size_t>(i)]; };
    const auto light4 = [&](int from) {
        return !at(from) && !at(from + 1) && !at(from + 2) && !at(from + 3);
    };
    for (int i = 0; i + 7 <= size; ++i)
        if (at(i) && !at(i + 1) && at(i + 2) && at(i + 3) && at(i + 4) && !at(i + 5) && at(i + 6) &&
            (light4(i - 4) || light4(i + 7)))
            points += 40;
    return points;
}

}  // namespace

int data_codewords(int version, int level) {
    // Count what no function pattern takes.
    const Draft d = function_patterns(version, 0, 0);
    int free_modules = 0;
    for (int y = 0; y < d.size(); ++y)
        for (int x = 0; x < d.size(); ++x) free_modules += d.is_function(x, y) ? 0 : 1;
    return free_modules / 8 - kEcc[level][version - 1] * kBlocks[level][version - 1];
}

int capacity(int version, int level, int mode) {
    const int bits = data_codewords(version, level) * 8 - 4 - count_bits(version, mode);
    if (mode == 2) return bits / 8;
    if (mode == 1) return bits / 11 * 2 + (bits % 11 >= 6 ? 1 : 0);
    return bits / 10 * 3 + (bits % 10 >= 7 ? 2 : bits % 10 >= 4 ? 1 : 0);
}

Bits segment_bits(const Segment& s, int version) {
    Bits bits;
    append(bits, 1 << s.mode, 4);
    append(bits, static_cast<int>(s.text.size()), count_bits(version, s.mode));
    if (s.mode == 0) {
        for (std::size_t i = 0; i < s.text.size(); i += 3) {
            const std::string part = s.text.substr(i, 3);
            append(bits, std::stoi(part), part.size() == 3 ? 10 : part.size() == 2 ? 7 : 4);
        }
    } else if (s.mode == 1) {
        for (std::size_t i = 0; i < s.text.size(); i += 2) {
            const int first = static_cast<int>(kAlphanumeric.find(s.text[i]));
            if (i + 1 == s.text.size())
                append(bits, first, 6);
            else
                append(bits, first * 45 + static_cast<int>(kAlphanumeric.find(s.text[i + 1])), 11);
        }
    } else {
        for (const char c : s.text) append(bits, static_cast<unsigned char>(c), 8);
    }
    return bits;
}

int fewest_bits(const std::string& text, int version) {
    if (text.empty()) return 0;
    int best = 1 << 30;
    for (std::size_t first = 1; first <= text.size(); ++first)
        for (int mode = 0; mode < 3; ++mode) {
            const std::string part = text.substr(0, first);
            if (!fits_mode(part, mode)) continue;
            best = std::min(best, static_cast<int>(segment_bits({mode, part}, version).size()) +
                                      fewest_bits(text.substr(first), version));
        }
    return best;
}

Grid encode(const std::vector<Segment>& segments, int version, int level, int mask) {
    Bits bits;
    for (const Segment& s : segments)
        for (const bool b : segment_bits(s, version)) bits.push_back(b);
    const std::size_t room = static_cast<std::size_t>(data_codewords(version, level)) * 8;
    for (int i = 0; i < 4 && bits.size() < room; ++i) bits.push_back(false);
    while (bits.size() % 8 != 0) bits.push_back(false);
    for (int pad = 0xEC; bits.size() < room; pad ^= 0xEC ^ 0x11) append(bits, pad, 8);

    const int blocks = kBlocks[level][version - 1];
    const int ecc = kEcc[level][version - 1];
    const int data = static_cast<int>(room) / 8;
    std::vector<std::vector<int>> data_blocks, ecc_blocks;
    std::size_t at = 0;
    for (int b = 0; b < blocks; ++b) {
        const int length = data / blocks + (b >= blocks - data % blocks ? 1 : 0);
        std::vector<int> block;
        for (int i = 0; i < length; ++i) {
            int value = 0;
            for (int k = 0; k < 8; ++k) value = value * 2 + (bits[at++] ? 1 : 0);
            block.push_back(value);
        }
        data_blocks.push_back(block);
        ecc_blocks.push_back(remainder(block, ecc));
    }
    Bits stream;
    for (const auto* group : {&data_blocks, &ecc_blocks})
        for (std::size_t i = 0; i < group->back().size(); ++i)
            for (const std::vector<int>& block : *group)
                if (i < block.size()) append(stream, block[i], 8);

    Draft d = function_patterns(version, level, mask);
    const int size = d.size();
    std::size_t next = 0;
    bool upward = true;
    for (int right = size - 1; right > 0; right -= 2, upward = !upward) {
        if (right == 6) right = 5;
        for (int i = 0; i < size; ++i)
            for (int x = right; x > right - 2; --x) {
                const int y = upward ? size - 1 - i : i;
                if (d.is_function(x, y)) continue;
                d.set(x, y, next < stream.size() && stream[next]);
                ++next;
            }
    }
    for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x)
            if (!d.is_function(x, y) && inverts(mask, x, y)) d.flip(x, y);
    return d.dark;
}

int penalty(const Grid& grid) {
    const std::size_t size = grid.size();
    int points = 0;
    int dark = 0;
    for (std::size_t i = 0; i < size; ++i) {
        std::vector<bool> column;
        for (std::size_t y = 0; y < size; ++y) column.push_back(grid[y][i]);
        points += line_penalty(grid[i]) + line_penalty(column);
        dark += static_cast<int>(std::count(column.begin(), column.end(), true));
    }
    for (std::size_t y = 0; y + 1 < size; ++y)
        for (std::size_t x = 0; x + 1 < size; ++x)
            if (grid[y][x] == grid[y][x + 1] && grid[y][x] == grid[y + 1][x] &&
                grid[y][x] == grid[y + 1][x + 1])
                points += 3;
    const double percent = 100.0 * dark / static_cast<double>(size * size);
    points += 10 * static_cast<int>(std::floor(std::abs(percent - 50.0) / 5.0 + 1e-9));
    return points;
}

}  // namespace qr_reference
