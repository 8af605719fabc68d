// SPDX-License-Identifier: Apache-2.0
// Receipts, from the server or from files, and the log that they are leaves of.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/modules.hpp"
#include "cli/print.hpp"
#include "vcp/agent/wasm_execute.hpp"
#include "vcp/base/hash.hpp"
#include "vcp/base/json.hpp"
#include "vcp/client/url.hpp"
#include "vcp/log/monitor.hpp"
#include "vcp/log/receipt.hpp"

namespace vcp::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyBytes = 64 * 1024;
constexpr std::size_t kMaxModuleBytes = std::size_t{1} << 30;

struct ReceiptArguments {
  std::string task;
  std::string file;
  std::string key;
  std::string state = "vcp-log.checkpoint";
  std::uint32_t interval = 10;
  bool once = false;
  bool json = false;
};

// --- Keys

/// A verifier key, or a file with such keys.
Result<std::vector<log::VerifierKey>> keys_of(const std::string& argument) {
  auto keys = log::parse_verifier_keys(argument);
  if (keys) return keys;
  const auto text = read_file(argument, kMaxKeyBytes);
  return text ? log::parse_verifier_keys(*text) : keys;
}

/// Those given, or those that the server says are its own.
Result<std::vector<log::VerifierKey>> keys_for(Session& session, const std::string& argument) {
  if (!argument.empty()) return keys_of(argument);
  const auto text = session.get_at_root("/log/key");
  if (!text) return std::unexpected(text.error());
  std::cerr << "vcp: no --key: the server's word is taken for it\n" << *text;
  return log::parse_verifier_keys(*text);
}

// --- get, verify

std::string path_of(const std::string& task) { return "/tasks/" + client::percent_encode(task); }

Result<Exit> get(Session& session, const ReceiptArguments& arguments) {
  const auto receipt = session.get(path_of(arguments.task) + "/receipt");
  if (!receipt) return std::unexpected(receipt.error());
  std::cout << *receipt << '\n';
  return Exit::success;
}

Result<Exit> verify(const ReceiptArguments& arguments) {
  const auto keys = keys_of(arguments.key);
  if (!keys) return std::unexpected(keys.error());
  const auto json = read_file(arguments.file, log::kMaxReceiptBytes);
  if (!json) return std::unexpected(json.error());
  const auto verified = log::verify_receipt(*json, *keys);
  if (!verified) return std::unexpected(verified.error());
  if (arguments.json) {
    std::cout << verified->receipt << '\n';
  } else {
    std::cout << "leaf " << verified->leaf_index << " of the log: " << verified->digest.to_string()
              << '\n';
  }
  return Exit::success;
}

// --- monitor

/// Tiles of the server's log.
log::ReadTile tiles_of(Session& session) {
  return [&session](const log::TilePath& path) -> Result<log::Tile> {
    const auto bytes = session.get_at_root("/log/" + to_string(path));
    if (!bytes) return std::unexpected(bytes.error());
    return log::Tile::parse(*bytes);
  };
}

Result<> keep(const fs::path& file, std::string_view note) {
  const fs::path unfinished = file.string() + ".new";
  std::ofstream stream(unfinished, std::ios::binary | std::ios::trunc);
  stream << note << std::flush;
  std::error_code error;
  if (stream) fs::rename(unfinished, file, error);
  if (stream && !error) return {};
  return fail(Code::io, file.string() + ": cannot be written");
}

/// The checkpoint that was seen last; nothing if this is the first look.
Result<std::optional<log::Checkpoint>> last_seen(const fs::path& file,
                                                 const std::vector<log::VerifierKey>& keys) {
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  const auto note = read_file(file.string(), log::kMaxNoteBytes);
  if (!note) return std::unexpected(note.error());
  const auto opened = log::open_checkpoint(*note, keys);
  if (!opened) return fail(opened.error().code, file.string() + ": " + opened.error().message);
  return opened->checkpoint;
}

/// Looks once: the new checkpoint must be signed, and the log must only have grown.
Result<> look(Session& session, const ReceiptArguments& arguments,
              const std::vector<log::VerifierKey>& keys) {
  const auto seen = last_seen(arguments.state, keys);
  if (!seen) return std::unexpected(seen.error());
  const auto note = session.get_at_root("/log/checkpoint");
  if (!note) return std::unexpected(note.error());
  const auto opened = log::open_checkpoint(*note, keys);
  if (!opened) return std::unexpected(opened.error());
  const log::Checkpoint& next = opened->checkpoint;
  if (*seen) {
    const Result<> grown = log::check_growth(**seen, next, tiles_of(session));
    if (!grown) return grown;
  }
  const std::uint64_t before = *seen ? (*seen)->tree.size : 0;
  std::cout << next.origin << ": " << next.tree.size << " leaves, " << next.tree.size - before
            << " new, consistent\n"
            << std::flush;
  return keep(arguments.state, *note);
}

/// Whether the server could not be asked, which says nothing of the log.
bool may_pass(const Error& error) {
  return error.code == Code::io || error.code == Code::timed_out || error.code == Code::unavailable;
}

Result<Exit> monitor(Session& session, const ReceiptArguments& arguments) {
  const auto keys = keys_for(session, arguments.key);
  if (!keys) return std::unexpected(keys.error());
  while (true) {
    const Result<> looked = look(session, arguments, *keys);
    if (!looked && (arguments.once || !may_pass(looked.error()))) {
      return std::unexpected(looked.error());
    }
    if (!looked) std::cerr << "vcp: " << looked.error().message << '\n';
    if (arguments.once) return Exit::success;
    std::this_thread::sleep_for(std::chrono::seconds(arguments.interval));
  }
}

// --- replay

/// What a receipt says that is needed to run its task again.
struct Replay {
  agent::Lease lease;
  std::string output_sha256;
  std::int64_t exit_code = 0;
  std::uint64_t gas_used = 0;
  std::string engine;
};

std::vector<std::string> texts_in(json::Value object, std::string_view member) {
  std::vector<std::string> texts;
  const auto array = object.find(member);
  if (!array) return texts;
  for (const auto& [name, text] : *array) texts.push_back(text.as_string().value_or(""));
  return texts;
}

std::uint64_t number_at(json::Value object, std::string_view member) {
  const auto value = object.find(member);
  return value ? value->as_uint64().value_or(0) : 0;
}

Result<Replay> read_replay(json::Value receipt) {
  Replay replay;
  const auto module = Digest::parse(text_at(receipt, "module_id"));
  const auto limits = receipt.find("limits");
  const auto env = receipt.find("env");
  if (!module || !limits || !env) return fail(Code::malformed, "the server's answer is no receipt");
  const auto function = receipt.find("function");
  replay.lease = {
      .task_id = text_at(receipt, "task_id"),
      .module_id = *module,
      .function = function ? function->as_string().value_or("") : "",
      .args = text_at(receipt, "args"),
      .argv = texts_in(receipt, "argv"),
      .limits = {.gas = number_at(*limits, "gas"),
                 .memory_mb = static_cast<std::uint32_t>(number_at(*limits, "memory_mb")),
                 .output_bytes = number_at(*limits, "output_bytes")},
      .max_execution_time = std::chrono::hours(1),
      .size = static_cast<std::uint32_t>(number_at(receipt, "size"))};
  for (const auto& [name, value] : *env) {
    replay.lease.env.emplace_back(name, value.as_string().value_or(""));
  }
  replay.output_sha256 = text_at(receipt, "output.sha256");
  replay.exit_code = receipt.find("exit_code")->as_int64().value_or(0);
  replay.gas_used = number_at(receipt, "gas_used");
  replay.engine = text_at(receipt, "engine");
  return replay;
}

/// Every rank once more, in this process: their outputs in order, gas added up.
Result<agent::Report> run_again(Replay replay, std::string_view module, std::string_view input,
                                const wasm::CompilerProgram& program) {
  auto engine = wasm::Engine::create();
  if (!engine) return std::unexpected(engine.error());
  if (engine->name() != replay.engine) {
    std::cerr << "vcp: it ran on " << replay.engine << ", this is " << engine->name() << '\n';
  }
  std::string directory = (fs::temp_directory_path() / "vcp-replay-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return fail(Code::io, "no temporary directory");
  const auto remove = [](const std::string* path) {
    std::error_code ignored;
    fs::remove_all(*path, ignored);
  };
  const std::unique_ptr<std::string, decltype(remove)> removed(&directory, remove);
  auto modules =
      wasm::ModuleCache::open(*engine, wasm::Compiler(program), {.directory = directory});
  if (!modules) return std::unexpected(modules.error());
  const agent::Execute execute = agent::wasm_execute(*engine, *modules);
  agent::Report all;
  all.status = agent::Status::ok;
  const std::uint32_t ranks = replay.lease.size;
  for (replay.lease.rank = 0; replay.lease.rank < ranks; ++replay.lease.rank) {
    agent::Report part =
        execute({.lease = replay.lease, .module = module, .input = input, .stop = {}});
    all.output += part.output;
    all.gas_used += part.gas_used;
    all.exit_code = part.exit_code;
    if (part.status != agent::Status::ok) return part;
  }
  return all;
}

Result<Exit> compare(const Replay& claimed, const agent::Report& found) {
  const std::string output = sha256(found.output).to_string();
  const auto differs = [](std::string_view what, const auto& here, const auto& there) {
    std::cout << what << ": " << here << " here, " << there << " in the receipt\n";
    return Exit::failure;
  };
  if (found.status != agent::Status::ok) return differs("status", to_string(found.status), "ok");
  if (output != claimed.output_sha256) return differs("output", output, claimed.output_sha256);
  if (found.exit_code != claimed.exit_code) {
    return differs("exit code", found.exit_code, claimed.exit_code);
  }
  if (found.gas_used != claimed.gas_used) return differs("gas", found.gas_used, claimed.gas_used);
  std::cout << "the same: output " << output << ", " << found.gas_used << " gas\n";
  return Exit::success;
}

Result<std::string> download(Session& session, const std::string& target) {
  std::string bytes;
  const Result<> done = session.download(target, [&bytes](std::string_view part) -> Result<> {
    if (bytes.size() + part.size() > kMaxModuleBytes) return fail(Code::too_large, "too large");
    bytes += part;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return bytes;
}

Result<Exit> replay(Session& session, const ReceiptArguments& arguments,
                    const wasm::CompilerProgram& program) {
  const auto answer = session.get(path_of(arguments.task) + "/receipt");
  if (!answer) return std::unexpected(answer.error());
  json::Document document;
  const auto object = read(document, *answer);
  if (!object) return std::unexpected(object.error());
  const auto receipt = object->find("receipt");
  if (!receipt) return fail(Code::malformed, "the server's answer is no receipt");
  auto claimed = read_replay(*receipt);
  if (!claimed) return std::unexpected(claimed.error());
  const auto module =
      download(session, "/modules/" + claimed->lease.module_id.to_string() + "/content");
  if (!module) return std::unexpected(module.error());
  const auto input = download(session, path_of(arguments.task) + "/input");
  if (!input) return std::unexpected(input.error());
  if (sha256(*input).to_string() != text_at(*receipt, "input.sha256")) {
    std::cout << "the input that the server gives is not the one of the receipt\n";
    return Exit::failure;
  }
  const auto found = run_again(*claimed, *module, *input, program);
  if (!found) return std::unexpected(found.error());
  return compare(*claimed, *found);
}

}  // namespace

void add_receipts(CLI::App& app, Commands& commands, const wasm::CompilerProgram& compiler) {
  CLI::App* group = app.add_subcommand("receipts", "Receipts of tasks, and their log");
  group->require_subcommand(1);
  auto arguments = std::make_shared<ReceiptArguments>();
  const auto add = [&](const char* name, const char* help) {
    return group->add_subcommand(name, help);
  };
  const auto takes_task = [&](CLI::App* verb) {
    verb->add_option("TASK", arguments->task, "id of a completed task")->required();
  };
  constexpr const char* kKeyHelp = "verifier key of the log, or a file with such keys";

  CLI::App* got = add("get", "Print a receipt with the proof that it is in the log");
  takes_task(got);
  commands.push_back({got, [arguments](Session& session) { return get(session, *arguments); }});

  CLI::App* verified = add("verify", "Verify a receipt offline");
  verified->add_option("FILE", arguments->file, "a receipt with its evidence, as a server gives it")
      ->required();
  verified->add_option("--key", arguments->key, kKeyHelp)->required();
  verified->add_flag("--json", arguments->json, "print the receipt");
  commands.push_back({verified, [arguments](Session&) { return verify(*arguments); }});

  CLI::App* watched = add("monitor", "Follow the log: exit 1 if it did anything but grow");
  watched->add_option("--key", arguments->key, kKeyHelp);
  watched->add_option("--state", arguments->state, "file with the checkpoint seen last")
      ->capture_default_str();
  watched->add_option("--interval", arguments->interval, "seconds between looks")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  watched->add_flag("--once", arguments->once, "look once and exit");
  commands.push_back(
      {watched, [arguments](Session& session) { return monitor(session, *arguments); }});

  CLI::App* replayed = add("replay", "Run a task again here, and compare with its receipt");
  takes_task(replayed);
  commands.push_back({replayed, [arguments, &compiler](Session& session) {
                        return replay(session, *arguments, compiler);
                      }});
}

}  // namespace vcp::cli
