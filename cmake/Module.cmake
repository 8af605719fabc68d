# SPDX-License-Identifier: Apache-2.0
# One CMake library a module. The public headers of a module are visible only to what links it,
# so including a header of a module that is not linked does not compile.

# vcp_module(NAME SOURCES file... [LINKS module...] [PUBLIC library...] [PRIVATE library...])
function(vcp_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PUBLIC;PRIVATE" ${ARGN})
  # Each module sees a directory that holds only its own public headers.
  set(view "${CMAKE_BINARY_DIR}/include/${name}")
  file(MAKE_DIRECTORY "${view}/vcp")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/include/vcp/${name}" "${view}/vcp/${name}" SYMBOLIC)

  add_library(vcp_${name} STATIC ${arg_SOURCES})
  add_library(vcp::${name} ALIAS vcp_${name})
  target_include_directories(vcp_${name} PUBLIC "${view}" PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  list(TRANSFORM arg_LINKS PREPEND vcp::)
  foreach(link IN LISTS arg_LINKS)
    if(NOT TARGET ${link})
      message(FATAL_ERROR "vcp::${name} may not link ${link}, which is not below it")
    endif()
  endforeach()
  target_link_libraries(vcp_${name} PUBLIC ${arg_LINKS} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()

# vcp_test(MODULE file...): the module's unit tests, one program, one ctest entry a test.
function(vcp_test module)
  add_executable(test_${module} ${ARGN})
  target_include_directories(test_${module} PRIVATE "${CMAKE_SOURCE_DIR}/src/${module}"
                                                    "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(test_${module} PRIVATE vcp::${module} GTest::gtest GTest::gmock
                                               GTest::gtest_main)
  gtest_discover_tests(test_${module} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()

# vcp_fuzz(NAME file LINKS library...): a libFuzzer target, built in the fuzz preset only.
function(vcp_fuzz name)
  cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
  if(VCP_SANITIZE MATCHES "fuzzer")
    add_executable(fuzz_${name} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LINKS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  endif()
endfunction()
