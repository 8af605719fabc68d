// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "cli/command.hpp"
#include "cli/modules.hpp"
#include "cli/proving.hpp"
#include "vcp/base/json.hpp"
#include "vcp/base/random.hpp"
#include "vcp/zk/files.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{256} << 20;

struct ProofArguments {
  std::string key;
  std::string proof;
  std::string statement;
  std::string batch;
  std::vector<std::string> allowed;
  bool json = false;
};

/// A file that cannot be read, or says what no file of its kind may.
Exit unreadable(const Error& error) {
  std::cerr << "vcp: " << error.message << '\n';
  return Exit::usage;
}

void render(json::Writer& writer, const zk::Outcome& outcome) {
  writer.member("valid", outcome.valid);
  if (!outcome.valid) writer.member("reason", outcome.reason);
}

Exit print_outcome(const zk::Outcome& outcome, bool as_json) {
  if (as_json) {
    std::string line;
    json::Writer writer(line);
    writer.begin_object();
    render(writer, outcome);
    writer.end_object();
    std::cout << line << '\n';
  } else {
    std::cout << (outcome.valid ? "valid" : "invalid: " + outcome.reason) << '\n';
  }
  return outcome.valid ? Exit::success : Exit::failure;
}

Exit print_outcomes(const std::vector<zk::Outcome>& outcomes, bool as_json) {
  bool all = true;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    all = all && outcomes[i].valid;
    if (as_json) {
      std::string line;
      json::Writer writer(line);
      writer.begin_object().member("index", i);
      render(writer, outcomes[i]);
      writer.end_object();
      std::cout << line << '\n';
    } else if (!outcomes[i].valid) {
      std::cout << "proof " << i << " is invalid: " << outcomes[i].reason << '\n';
    }
  }
  if (!as_json && all) std::cout << "all " << outcomes.size() << " are valid\n";
  return all ? Exit::success : Exit::failure;
}

Result<Exit> verify_proof(const ProofArguments& arguments) {
  const bool batch = !arguments.batch.empty();
  if (batch != arguments.proof.empty() || batch != arguments.statement.empty()) {
    return usage_error("give KEY PROOF PUBLIC, or KEY --batch FILE");
  }
  auto verifiers = zk::ReceiptVerifiers::make(arguments.allowed);
  if (!verifiers) return usage_error(verifiers.error().message);
  const auto key = read_file(arguments.key, kMaxFileBytes);
  if (!key) return unreadable(key.error());
  if (batch) {
    const auto proofs = read_file(arguments.batch, kMaxFileBytes);
    if (!proofs) return unreadable(proofs.error());
    SystemRandom random;
    const auto outcomes = zk::verify_batch_file(*key, *proofs, *verifiers, random);
    return outcomes ? print_outcomes(*outcomes, arguments.json) : unreadable(outcomes.error());
  }
  const auto proof = read_file(arguments.proof, kMaxFileBytes);
  if (!proof) return unreadable(proof.error());
  const auto statement = read_file(arguments.statement, kMaxFileBytes);
  if (!statement) return unreadable(statement.error());
  const auto outcome =
      zk::verify_files({.key = *key, .proof = *proof, .statement = *statement}, *verifiers);
  return outcome ? print_outcome(*outcome, arguments.json) : unreadable(outcome.error());
}

}  // namespace

void add_proofs(CLI::App& app, Commands& commands, const wasm::CompilerProgram& compiler) {
  CLI::App* group = app.add_subcommand("proofs", "Verify and make zero-knowledge proofs");
  group->require_subcommand(1);
  CLI::App* verify = group->add_subcommand(
      "verify", "Verify a proof from files, without a server: 0 valid, 1 invalid, 2 unreadable");
  auto arguments = std::make_shared<ProofArguments>();
  verify
      ->add_option("KEY", arguments->key,
                   "verification key: snarkjs, gnark, arkworks, or a "
                   "circuit as POST /circuits takes it")
      ->required();
  verify->add_option("PROOF", arguments->proof, "the proof, or the seal of a receipt");
  verify->add_option("PUBLIC", arguments->statement,
                     "its public signals, its journal or its public values");
  verify->add_option("--batch", arguments->batch, "JSON file of many proofs of that key");
  verify->add_option("--allow-withdrawn", arguments->allowed,
                     "accept receipts of a withdrawn release, such as 'risc0 2.0'");
  verify->add_flag("--json", arguments->json, "for programs");
  commands.push_back({verify, [arguments](Session&) { return verify_proof(*arguments); }});
  add_proving(*group, commands, compiler);
}

}  // namespace vcp::cli
