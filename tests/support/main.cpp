// The main() of every Catch2 test program (v2 makes it from this macro, v3 links it).
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
