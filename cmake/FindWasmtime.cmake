# SPDX-License-Identifier: Apache-2.0
# Finds Wasmtime's C API, or builds it: the target Wasmtime::Wasmtime.
#
# An installed one (a release tarball under CMAKE_PREFIX_PATH) is taken first. Otherwise the crate in
# cmake/wasmtime is built once, at configuration, which takes minutes, and kept outside the tree under
# ${XDG_CACHE_HOME:-~/.cache}/ambient-vcp, in a directory named after everything that went in.

set(_wasmtime_major 48)
set(_wasmtime_rust 1.95)
set(_wasmtime_crate "${CMAKE_CURRENT_LIST_DIR}/wasmtime")

# Sets `out` to the version that the headers in `include` state.
function(_wasmtime_version include out)
  set(line "")
  if(EXISTS "${include}/wasmtime.h")
    file(STRINGS "${include}/wasmtime.h" line REGEX "#define WASMTIME_VERSION \"")
  endif()
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${line}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# Sets `out` to the directory that belongs to these sources, this compiler and this machine.
function(_wasmtime_cache_directory rustc out)
  execute_process(COMMAND "${rustc}" -vV OUTPUT_VARIABLE inputs COMMAND_ERROR_IS_FATAL ANY)
  if(NOT inputs MATCHES "release: ([0-9]+\\.[0-9]+)" OR CMAKE_MATCH_1 VERSION_LESS _wasmtime_rust)
    message(FATAL_ERROR "Wasmtime needs Rust ${_wasmtime_rust} (Debian 12: the packages rustc-web "
                        "and cargo-web); ${rustc} is older:\n${inputs}")
  endif()
  foreach(file Cargo.lock Cargo.toml build.rs lib.rs)
    file(SHA256 "${_wasmtime_crate}/${file}" hash)
    string(APPEND inputs "${hash}")
  endforeach()
  string(SHA256 key "${inputs}")
  string(SUBSTRING "${key}" 0 16 key)
  set(base "$ENV{XDG_CACHE_HOME}")
  if(NOT base)
    set(base "$ENV{HOME}/.cache")
  endif()
  set(${out} "${base}/ambient-vcp/wasmtime-${key}" PARENT_SCOPE)
endfunction()

# Builds into `directory`: beside it first, then renamed, so that it is there whole or not at all. Two
# builds that start at once wait for one another.
function(_wasmtime_build cargo directory)
  get_filename_component(parent "${directory}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  file(LOCK "${directory}.lock" GUARD FUNCTION TIMEOUT 3600)
  if(EXISTS "${directory}")
    return()
  endif()
  message(STATUS "Building Wasmtime into ${directory} (once; about 3 minutes on two cores)")
  set(work "${directory}.partial")
  file(REMOVE_RECURSE "${work}")
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env --unset=RUSTFLAGS --unset=CARGO_BUILD_TARGET
            "VCP_WASMTIME_INCLUDE=${work}/include" "${cargo}" build --release --locked
            --manifest-path "${_wasmtime_crate}/Cargo.toml" --target-dir "${work}/target"
    COMMAND_ERROR_IS_FATAL ANY)
  file(MAKE_DIRECTORY "${work}/lib")
  file(RENAME "${work}/target/release/libwasmtime.a" "${work}/lib/libwasmtime.a")
  file(REMOVE_RECURSE "${work}/target")
  file(RENAME "${work}" "${directory}")
endfunction()

find_path(Wasmtime_INCLUDE_DIR wasmtime.h)
find_library(Wasmtime_LIBRARY NAMES libwasmtime.a wasmtime)
_wasmtime_version("${Wasmtime_INCLUDE_DIR}" Wasmtime_VERSION)

if(NOT Wasmtime_LIBRARY OR NOT Wasmtime_VERSION MATCHES "^${_wasmtime_major}\\.")
  find_program(CARGO_EXECUTABLE cargo)
  find_program(RUSTC_EXECUTABLE rustc)
  if(CARGO_EXECUTABLE AND RUSTC_EXECUTABLE)
    _wasmtime_cache_directory("${RUSTC_EXECUTABLE}" _wasmtime_directory)
    _wasmtime_build("${CARGO_EXECUTABLE}" "${_wasmtime_directory}")
    set(Wasmtime_INCLUDE_DIR "${_wasmtime_directory}/include")
    set(Wasmtime_LIBRARY "${_wasmtime_directory}/lib/libwasmtime.a")
    _wasmtime_version("${Wasmtime_INCLUDE_DIR}" Wasmtime_VERSION)
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Wasmtime
  REQUIRED_VARS Wasmtime_LIBRARY Wasmtime_INCLUDE_DIR
  VERSION_VAR Wasmtime_VERSION
  REASON_FAILURE_MESSAGE
    "Neither Wasmtime ${_wasmtime_major}'s C API nor cargo and rustc to build it were found")

if(Wasmtime_FOUND AND NOT TARGET Wasmtime::Wasmtime)
  add_library(Wasmtime::Wasmtime UNKNOWN IMPORTED)
  set_target_properties(
    Wasmtime::Wasmtime
    PROPERTIES IMPORTED_LOCATION "${Wasmtime_LIBRARY}"
               INTERFACE_INCLUDE_DIRECTORIES "${Wasmtime_INCLUDE_DIR}"
               INTERFACE_LINK_LIBRARIES "pthread;dl;m")
endif()
mark_as_advanced(Wasmtime_INCLUDE_DIR Wasmtime_LIBRARY CARGO_EXECUTABLE RUSTC_EXECUTABLE)
