// SPDX-License-Identifier: Apache-2.0
// Proofs made on this machine, from the files of circom and snarkjs.
#include "cli/proving.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/modules.hpp"
#include "vcp/base/hash.hpp"
#include "vcp/base/random.hpp"
#include "vcp/circom/witness.hpp"
#include "vcp/wasm/cache.hpp"
#include "vcp/zk/prover.hpp"

namespace vcp::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxInputBytes = std::size_t{64} << 20;
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

struct WitnessArguments {
  std::string calculator;
  std::string inputs;
  std::string wtns;
  std::uint64_t seconds = 600;
  std::uint64_t memory_mb = 2048;
};

/// The calculator in machine code, which is kept for the next time.
Result<std::shared_ptr<const wasm::CompiledModule>> load_calculator(
    const std::string& path, const wasm::CompilerProgram& program) {
  const auto cache = cache_directory();
  if (!cache) return std::unexpected(cache.error());
  const auto binary = read_file(path, wasm::ShapeLimits{}.module_bytes);
  if (!binary) return std::unexpected(binary.error());
  auto engine = wasm::Engine::create();
  if (!engine) return std::unexpected(std::move(engine.error()));
  auto modules =
      wasm::ModuleCache::open(*engine, wasm::Compiler(program),
                              {.directory = *cache / "calculators", .host = circom::imports()});
  if (!modules) return std::unexpected(std::move(modules.error()));
  return modules->get(sha256(*binary), *binary);
}

Result<Exit> calculate(const WitnessArguments& arguments, const wasm::CompilerProgram& program) {
  const auto inputs = read_file(arguments.inputs, kMaxInputBytes);
  if (!inputs) return std::unexpected(inputs.error());
  const auto calculator = load_calculator(arguments.calculator, program);
  if (!calculator) return std::unexpected(calculator.error());
  const wasm::CallLimits limits{.gas = UINT64_MAX,
                                .memory_bytes = arguments.memory_mb << 20,
                                .output_bytes = kMaxWitnessBytes,
                                .time = std::chrono::seconds(arguments.seconds)};
  const auto witness = circom::calculate_witness(**calculator, *inputs, limits);
  if (!witness) return std::unexpected(witness.error());
  std::cerr << witness->log;
  if (auto written = write_file(arguments.wtns, witness->wtns, 0600); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return Exit::success;
}

void add_witness(CLI::App& proofs, Commands& commands, const wasm::CompilerProgram& program) {
  CLI::App* verb = proofs.add_subcommand(
      "witness", "Calculate a witness with circom's own calculator, in the sandbox");
  auto arguments = std::make_shared<WitnessArguments>();
  verb->add_option("CALCULATOR", arguments->calculator, "the .wasm that circom made")->required();
  verb->add_option("INPUTS", arguments->inputs, "JSON of the input signals, - for standard input")
      ->required();
  verb->add_option("WTNS", arguments->wtns, "where the witness goes, readable by you alone")
      ->required();
  verb->add_option("--timeout", arguments->seconds, "seconds that it may take")
      ->check(CLI::Range(1U, 86'400U))
      ->capture_default_str();
  verb->add_option("--memory-mb", arguments->memory_mb, "MiB of memory that it may take")
      ->check(CLI::Range(1U, 4096U))
      ->capture_default_str();
  commands.push_back(
      {verb, [arguments, program](Session&) { return calculate(*arguments, program); }});
}

void add_prove(CLI::App& proofs, Commands& commands) {
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

}  // namespace

void add_proving(CLI::App& proofs, Commands& commands, const wasm::CompilerProgram& compiler) {
  add_witness(proofs, commands, compiler);
  add_prove(proofs, commands);
}

}  // namespace vcp::cli
