// SPDX-License-Identifier: Apache-2.0
// Plays faults against the coordinator and checks its promises; docs/simulation.md has more.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "store/directory.hpp"
#include "world.hpp"

namespace {

/// What a run that ends by an assertion leaves behind: its seed.
std::string last_words;

void say_seed(int /*signal*/) {
  const auto written = ::write(STDERR_FILENO, last_words.data(), last_words.size());
  static_cast<void>(written);
}

bool run(std::uint64_t seed, bool twice, bool talkative) {
  last_words = "sim: seed " + std::to_string(seed) + " ended by an assertion\n";
  const vcp::store::TemporaryDirectory directory;
  const vcp::sim::Verdict verdict = vcp::sim::simulate(seed, directory.path());
  if (talkative) {
    std::printf("seed %llu: %zu steps, %zu crashes, %zu ends told, fingerprint %016llx\n",
                static_cast<unsigned long long>(seed), verdict.steps, verdict.crashes,
                verdict.tasks, static_cast<unsigned long long>(verdict.fingerprint));
  }
  if (verdict.broken) {
    std::printf("seed %llu: %s\nreplay with: sim --seed %llu\n",
                static_cast<unsigned long long>(seed), verdict.broken->c_str(),
                static_cast<unsigned long long>(seed));
    return false;
  }
  if (!twice) return true;
  const bool equal = vcp::sim::simulate(seed, directory.path()).fingerprint == verdict.fingerprint;
  if (!equal) std::printf("seed %llu: two runs differ\n", static_cast<unsigned long long>(seed));
  return equal;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulation of the coordinator under faults. The same seed is the same run.");
  std::uint64_t seeds = 200;
  std::uint64_t first = 0;
  bool twice = false;
  app.add_option("--seeds", seeds, "how many")->capture_default_str();
  app.add_option("--first", first, "the first of them")->capture_default_str();
  CLI::Option* one = app.add_option_function<std::uint64_t>(
      "--seed",
      [&](const std::uint64_t& seed) {
        first = seed;
        seeds = 1;
      },
      "this one alone, with its figures");
  app.add_flag("--twice", twice, "run each twice and compare");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::off);
  static_cast<void>(::signal(SIGABRT, say_seed));
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    if (!run(seed, twice, one->count() > 0)) return 1;
  }
  std::printf("%llu seeds: every promise was kept\n", static_cast<unsigned long long>(seeds));
  return 0;
}
