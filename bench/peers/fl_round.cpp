// SPDX-License-Identifier: Apache-2.0
// Closes one round from files and prints the seconds it took: our side of fl_peers.py.
//
//   fl_round STRATEGY THREADS MODEL NEXT_MODEL UPDATE…
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "vcp/fl/round.hpp"

int main(int argc, char** argv) {
  if (argc < 6) return EXIT_FAILURE;
  using namespace vcp;
  const auto clients = static_cast<std::uint64_t>(argc - 5);
  const auto strategy = fl::validate_strategy({argv[1]}, clients);
  if (!strategy) return EXIT_FAILURE;
  fl::Round round{.strategy = *strategy,
                  .model = argv[3],
                  .updates = {},
                  .state = {},
                  .privacy = {},
                  .next_model = argv[4],
                  .next_state = std::string(argv[4]) + ".state"};
  for (int i = 5; i < argc; ++i) {
    round.updates.push_back({.client_id = std::to_string(1'000'000 + i), .file = argv[i]});
  }
  SystemRandom random;
  const auto start = std::chrono::steady_clock::now();
  const auto outcome =
      fl::close_round(round, random, fl::on_threads(std::strtoul(argv[2], nullptr, 10)));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!outcome) {
    std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
    return EXIT_FAILURE;
  }
  std::printf("%.6f\n", seconds.count());
}
