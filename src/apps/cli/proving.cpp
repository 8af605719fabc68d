// SPDX-License-Identifier: Apache-2.0
// Proofs made on this machine, from the files of circom and snarkjs.
#include "cli/proving.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/modules.hpp"
#include "vcp/base/random.hpp"
#include "vcp/zk/prover.hpp"

namespace vcp::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxWitnessBytes = std::size_t{4} << 30;

struct ProveArguments {
  std::string zkey;
  std::string wtns;
  std::string proof = "proof.json";
  std::string statement = "public.json";
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
};

/// Where what was found out about files is kept for this user.
Result<fs::path> cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') {
    return fs::path(cache) / "ambient-vcp";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fs::path(home) / ".cache" / "ambient-vcp";
  }
  return fail(Code::io, "neither XDG_CACHE_HOME nor HOME says where checked keys are noted");
}

Result<> write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return fail(Code::io, path + ": cannot be written");
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::close(file) != 0 || !bytes.empty()) return fail(Code::io, path + ": cannot be written");
  return {};
}

Result<Exit> prove(const ProveArguments& arguments) {
  const auto cache = cache_directory();
  if (!cache) return std::unexpected(cache.error());
  const auto wtns = read_file(arguments.wtns, kMaxWitnessBytes);
  if (!wtns) return std::unexpected(wtns.error());
  SystemRandom random;
  const auto prover = zk::Prover::open(arguments.zkey, *cache / "zkeys", arguments.threads, random);
  if (!prover) return std::unexpected(prover.error());
  const auto proven = prover->prove(*wtns, arguments.threads, random);
  if (!proven) return std::unexpected(proven.error());
  const std::string signals = zk::to_snarkjs_json(proven->signals);
  if (auto written = write_file(arguments.statement, signals, 0666); !written) {
    return std::unexpected(std::move(written.error()));
  }
  const std::string proof = zk::to_snarkjs_json(proven->proof);
  if (auto written = write_file(arguments.proof, proof, 0666); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return Exit::success;
}

}  // namespace

void add_proving(CLI::App& proofs, Commands& commands) {
  CLI::App* verb = proofs.add_subcommand(
      "prove", "Prove a witness with a snarkjs Groth16 key, without a server");
  auto arguments = std::make_shared<ProveArguments>();
  verb->add_option("ZKEY", arguments->zkey, "the circuit's proving key")->required();
  verb->add_option("WTNS", arguments->wtns, "the witness, - for standard input")->required();
  verb->add_option("--proof", arguments->proof, "where the proof goes")->capture_default_str();
  verb->add_option("--public", arguments->statement, "where the public signals go")
      ->capture_default_str();
  verb->add_option("--threads", arguments->threads, "at most that many")
      ->check(CLI::Range(1U, 1024U))
      ->capture_default_str();
  commands.push_back({verb, [arguments](Session&) { return prove(*arguments); }});
}

}  // namespace vcp::cli
