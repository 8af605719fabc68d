# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers and the compiler cache, for every target.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")

# Objects are the same in whatever folder they were built, so that a second checkout finds what the
# first one compiled. A debugger finds the sources when it is started in the root of the checkout.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")
find_program(CCACHE ccache)
if(CCACHE)
  set(_launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast
                    -Wcast-qual -Wunused -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes the frames of Asio's coroutines for mismatched, and the storage of a std::expected
  # for uninitialised.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>
                      -Wno-maybe-uninitialized)
endif()

set(VCP_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
set(VCP_SANITIZED 0) # for the few sources that must know
if(VCP_SANITIZE)
  set(VCP_SANITIZED 1)
  # Fuzz targets link libFuzzer's main themselves; everything else only carries its coverage.
  string(REPLACE "fuzzer" "fuzzer-no-link" VCP_SANITIZE_COMPILE "${VCP_SANITIZE}")
  add_compile_options(-fsanitize=${VCP_SANITIZE_COMPILE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -O1 -g1) # -O0 is too slow for the black-box tests
  if(VCP_SANITIZE MATCHES "undefined")
    # A fifth of the time to compile, for what AddressSanitizer finds too (a null or too small object)
    # or what there is none of here (casts down a hierarchy).
    add_compile_options(-fno-sanitize=null,object-size,vptr)
  endif()
  add_link_options(-fsanitize=${VCP_SANITIZE_COMPILE})
else()
  add_compile_options($<$<CONFIG:RelWithDebInfo>:-D_FORTIFY_SOURCE=2> -fstack-protector-strong)
endif()
