# Language level, warnings, sanitizers, linker and the libraries (all from Debian 12).
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# One code model for libraries and programs (-fPIC below), so that all share one precompiled header.
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)

set(SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")
option(FUZZERS "Build the libFuzzer targets" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached too: their time stamp is left out of the object (see st_pch).
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" ${CCACHE})
endif()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(date REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n data)
find_package(CURL REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibIcal 3 REQUIRED)
find_package(simdjson REQUIRED)
find_package(pugixml REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(VIPS REQUIRED IMPORTED_TARGET vips)
# It says -pthread, which glibc no longer needs and which would need a precompiled header of its own.
set_target_properties(PkgConfig::VIPS PROPERTIES INTERFACE_COMPILE_OPTIONS "")
# Thousands of small things are made and freed for each burst: docs/adr/0009-jemalloc.md. The programs link it, tests do not.
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_library(st_options INTERFACE)
target_include_directories(st_options INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}/generated")
target_compile_definitions(st_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_DISABLE_BOOST_COROUTINE SOCIALTREND_VERSION="${PROJECT_VERSION}"
  SPDLOG_FMT_EXTERNAL SOURCE_DIR="${CMAKE_SOURCE_DIR}")  # SOURCE_DIR is for tests only
target_compile_options(st_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wextra-semi -Werror -Wno-missing-field-initializers -Wno-missing-designated-field-initializers
  -fPIC -fno-omit-frame-pointer "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
target_link_options(st_options INTERFACE -fuse-ld=lld -pie -Wl,--as-needed)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT SANITIZE)
  target_link_options(st_options INTERFACE -Wl,--gc-sections -Wl,--icf=safe -Wl,--compress-debug-sections=zlib -Wl,-z,relro,-z,now)
  target_compile_options(st_options INTERFACE -ffunction-sections -fdata-sections -D_FORTIFY_SOURCE=2
    -fstack-protector-strong)
endif()
if(SANITIZE)
  target_compile_options(st_options INTERFACE -fsanitize=${SANITIZE} -fno-sanitize-recover=all)
  target_link_options(st_options INTERFACE -fsanitize=${SANITIZE})
endif()
if(FUZZERS)
  target_compile_options(st_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_libraries(st_options INTERFACE Threads::Threads Boost::headers)

add_library(st_allocator INTERFACE)  # nothing where a sanitizer brings its own
if(NOT SANITIZE AND NOT FUZZERS)
  target_link_libraries(st_allocator INTERFACE PkgConfig::JEMALLOC)
endif()
