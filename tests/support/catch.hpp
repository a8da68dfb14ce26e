// catch.hpp - Catch2 as Debian ships it: v2 on Debian 12, v3 on Debian 13.
// Link with Catch2::Catch2WithMain where it exists; on v2 one file of each test program
// defines CATCH_CONFIG_MAIN before including this (tests/support/main.cpp does).
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
