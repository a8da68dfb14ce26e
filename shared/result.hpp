// result.hpp - a value or the reason there is none. No exceptions (std::expected is not in C++20).
//   Result<T, E> converts from T and from E; test it with `if (!r)`, then read *r or r.error().
//   Reading the side that is not there ends the program: it is a bug in the caller, never bad
//   input.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <utility>
#include <variant>

namespace twofold {

// Why the core refused. Wrong codes are ordinary, so they are values. wasm/src/core.ts mirrors this
// list by number and a test compares the two; append only.
enum class Error : int {
    invalid_argument = 1,  // outside the documented range
    buffer_too_small = 2,  // the caller's buffer does not hold the answer
    base32_invalid = 3,    // RFC 4648 section 6: alphabet, length, trailing bits or padding
    code_malformed = 4,    // not a code at all; costs no attempt
    code_mismatch = 5,     // a well-formed code that is wrong
    uri_invalid = 6,       // not an otpauth URI this project accepts
    secret_too_short = 7,  // fewer than 128 bits (RFC 4226 section 4, R6)
    qr_too_long = 8,       // does not fit version 40 at the asked level
    check_mismatch = 9,    // a backup code whose check characters do not fit: a typing slip
    not_found = 10,        // a search (clock doctor, wrong-app detector) found nothing
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
    Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
    Result(E error) : v_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const { return v_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& operator*() & { return value_or_die(); }
    const T& operator*() const& { return const_cast<Result*>(this)->value_or_die(); }
    T&& operator*() && { return std::move(value_or_die()); }
    T* operator->() { return &value_or_die(); }
    const T* operator->() const { return &const_cast<Result*>(this)->value_or_die(); }

    const E& error() const {
        const E* e = std::get_if<1>(&v_);
        if (e == nullptr) std::abort();
        return *e;
    }

 private:
    T& value_or_die() {
        T* t = std::get_if<0>(&v_);
        if (t == nullptr) std::abort();
        return *t;
    }
    std::variant<T, E> v_;
};

// Success without a value.
struct Done {};

// The functions named *_to write into the caller's memory and return how much, or minus the Error:
// what the C ABI hands on as it is. This turns such a number into a Result.
constexpr int fail(Error e) { return -static_cast<int>(e); }

inline Result<std::size_t> to_result(int n) {
    if (n < 0) return static_cast<Error>(-n);
    return static_cast<std::size_t>(n);
}

}  // namespace twofold
