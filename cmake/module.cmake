# module(NAME USES other modules... LIBS libraries...)
#
# One folder under src/ is one static library. Every *_test.cpp in it goes into NAME_test, every *_fuzz.cpp is a fuzzer
# of its own (only with -DFUZZERS=ON). All modules share one precompiled header, so a file costs seconds, not tens.

# Boost.Asio is compiled once, for everybody (its headers only declare: BOOST_ASIO_SEPARATE_COMPILATION).
add_library(st_asio STATIC "${CMAKE_SOURCE_DIR}/cmake/asio.cpp")
get_target_property(definitions st_options INTERFACE_COMPILE_DEFINITIONS)
get_target_property(options st_options INTERFACE_COMPILE_OPTIONS)
target_compile_definitions(st_asio PRIVATE ${definitions})
target_compile_options(st_asio PRIVATE ${options})
target_link_libraries(st_asio PUBLIC Boost::headers Threads::Threads)
target_link_libraries(st_options INTERFACE st_asio)

file(WRITE "${CMAKE_BINARY_DIR}/generated/pch_stub.cpp" "// Owner of the precompiled header.\n")
add_library(st_pch OBJECT "${CMAKE_BINARY_DIR}/generated/pch_stub.cpp")
target_link_libraries(st_pch PUBLIC st_options fmt::fmt)
target_compile_options(st_pch PRIVATE -Xclang -fno-pch-timestamp)
target_precompile_headers(st_pch PRIVATE "${CMAKE_SOURCE_DIR}/cmake/pch.h")

function(module name)
  cmake_parse_arguments(M "" "" "USES;LIBS" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/*.cpp")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  list(TRANSFORM M_USES PREPEND st_ OUTPUT_VARIABLE uses)
  add_library(st_${name} STATIC ${sources})
  target_link_libraries(st_${name} PUBLIC ${uses} st_options ${M_LIBS})
  target_precompile_headers(st_${name} REUSE_FROM st_pch)

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE st_${name} GTest::gtest GTest::gmock GTest::gtest_main)
    target_precompile_headers(${name}_test REUSE_FROM st_pch)
    # Tests call the optimised code; optimising them too would only cost build time.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
    set_property(GLOBAL APPEND PROPERTY TEST_PROGRAMS ${name}_test)
  endif()
  if(FUZZERS)
    foreach(file ${fuzzers})
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${fuzzer} ${file})
      target_link_libraries(${fuzzer} PRIVATE st_${name})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()

# program(FOLDER USES modules...): the folder with main.cpp becomes the binary `socialtrend`; the only place that wires.
function(program name)
  module(${name} ${ARGN})
  add_executable(socialtrend "${CMAKE_SOURCE_DIR}/cmake/program.cpp")
  target_link_libraries(socialtrend PRIVATE st_${name} st_allocator)
  embed(st_${name} migrations "${CMAKE_SOURCE_DIR}/migrations" "*.sql")
  embed(st_${name} openapi "${CMAKE_SOURCE_DIR}/src/app" "openapi.json")
  # The built page (npm run build); a program without it says so where the page would be.
  embed(st_${name} web "${CMAKE_SOURCE_DIR}/web/dist" "*")
endfunction()
