// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>

#include "vcp/base/result.hpp"

namespace CLI {
class App;
}

// A program declares its settings once, as CLI11 options with long names, checks and defaults:
//
//   CLI::App app{"The coordinator"};
//   app.set_version_flag("--version", "1.0");
//   app.add_option("--config", config.file, "TOML file");
//   app.add_option("--lease-ttl-ms", config.lease_ttl_ms, "...")->check(CLI::Range(1000, 600000));
//
// From the same declaration each setting is also read from the environment and the TOML file.
namespace vcp {

/// What a program does next.
enum class Outcome : std::uint8_t {
  run,
  exit,  ///< help or version was asked for, and is printed; exit with 0
};

/// Looks up a variable of the environment, null if there is none; `std::getenv` is one.
using Environment = std::function<const char*(const char* name)>;

/// Sets every option of `app` from the first of these that has it; what none has keeps its value:
///
/// 1. the flag: `--lease-ttl-ms 5000`
/// 2. the environment: `VCP_LEASE_TTL_MS=5000`. An empty variable counts as none; values of an
///    option that takes several are separated by commas.
/// 3. the TOML file that the option `--config` names, if the program declares one, as flag or
///    `VCP_CONFIG`: `lease_ttl_ms = 5000`. Words may be grouped by tables: `--tls-certificate` is
///    `tls_certificate = "..."` or `certificate = "..."` under `[tls]`. An option that takes
///    several values has an array. Keys that are no option are errors.
///
/// Only the options of `app` itself are settings, not those of its subcommands. `required()` may
/// be met by any source; `needs()` and `excludes()` are looked at among the flags only. Callbacks
/// of apps run before environment and file are read: ask `parsed()` afterwards instead.
///
/// The error, `invalid` or for the file also `io`, `too_large` and `malformed`, names what it is
/// about: the flag, the variable, or `vcpd.toml:12: lease_ttl_ms`. Print it and exit with 2.
[[nodiscard]] Result<Outcome> parse_settings(CLI::App& app, int argc, const char* const* argv,
                                             const Environment& environment, std::ostream& out);

}  // namespace vcp
