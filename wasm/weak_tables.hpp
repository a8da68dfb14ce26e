// weak_tables.hpp - included before Crypto++'s sha.cpp: a first declaration that makes its two
// tables weak, so that those of hash_constants.cpp take their place.
#pragma once
#include <cryptopp/config.h>

namespace CryptoPP {
extern __attribute__((weak)) const word32 SHA256_K[64];
extern __attribute__((weak)) const word64 SHA512_K[80];
}  // namespace CryptoPP
