# embed_migrations.cmake - run as a script: -DDIRECTORY=db/migrations -DOUTPUT=migrations.cpp
# Writes the migrations and their SHA-256 into one source file. Stops the build when a number is missing,
# used twice, or has a file for one dialect only.
file(GLOB files RELATIVE "${DIRECTORY}" "${DIRECTORY}/*.sql")
list(SORT files)

set(bodies "")
foreach(dialect sqlite mysql)
    set(expected 0)
    set(rows_${dialect} "")
    foreach(file IN LISTS files)
        if(NOT file MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)(\\.(sqlite|mysql))?\\.sql$")
            message(FATAL_ERROR "db/migrations/${file}: NNNN_name.sql, or NNNN_name.sqlite.sql and NNNN_name.mysql.sql")
        endif()
        set(number ${CMAKE_MATCH_1})
        set(name ${CMAKE_MATCH_1}_${CMAKE_MATCH_2})
        set(only "${CMAKE_MATCH_4}")
        if(only AND NOT only STREQUAL dialect)
            if(NOT EXISTS "${DIRECTORY}/${name}.${dialect}.sql")
                message(FATAL_ERROR "db/migrations/${file} has no ${name}.${dialect}.sql beside it")
            endif()
            continue()
        endif()
        math(EXPR expected "${expected} + 1")
        string(REGEX REPLACE "^0+" "" plain "${number}")
        if(NOT plain EQUAL expected)
            message(FATAL_ERROR "db/migrations/${file}: number ${expected} is missing or used twice")
        endif()
        file(SHA256 "${DIRECTORY}/${file}" checksum)
        file(READ "${DIRECTORY}/${file}" sql)
        string(FIND "${sql}" ")twofold\"" clash)
        if(NOT clash EQUAL -1)
            message(FATAL_ERROR "db/migrations/${file} holds the delimiter of its literal")
        endif()
        string(APPEND rows_${dialect} "    {${plain}, \"${name}\", \"${checksum}\", R\"twofold(${sql})twofold\"},\n")
    endforeach()
endforeach()

file(WRITE "${OUTPUT}.new" "// Made by server/storage/embed_migrations.cmake from db/migrations/.
#include \"server/storage/migrations.hpp\"

namespace twofold::storage {
namespace {
constexpr Migration kSqlite[] = {
${rows_sqlite}};
constexpr Migration kMysql[] = {
${rows_mysql}};
}  // namespace

std::span<const Migration> migrations(Engine engine) {
    if (engine == Engine::sqlite) return kSqlite;
    return kMysql;
}

}  // namespace twofold::storage
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
