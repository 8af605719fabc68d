// SPDX-License-Identifier: Apache-2.0
#include "cli/modules.hpp"

#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/print.hpp"
#include "vcp/base/hash.hpp"
#include "vcp/base/time.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kMaxModuleBytes = std::size_t{64} << 20;
constexpr std::size_t kReadBytes = std::size_t{1} << 20;

struct ModuleArguments {
  std::string id;
  std::string file;
  ListArguments list;
  bool json = false;
};

std::string path_of(const ModuleArguments& arguments) {
  return "/modules/" + client::percent_encode(arguments.id);
}

Result<std::string> upload(Session& session, const std::string& path) {
  auto bytes = read_file(path, kMaxModuleBytes);
  if (!bytes) return bytes;
  bool is_binary = bytes->starts_with(std::string_view("\0asm", 4));
  return session.post("/modules", *bytes, is_binary ? "application/wasm" : "text/wat");
}

Columns columns() {
  Time now = SystemClock().now();
  return {.header = {"MODULE", "ABI", "SIZE", "AGE"},
          .row = [now](const json::Value& module) -> std::vector<std::string> {
            return {text_at(module, "module_id"), text_at(module, "abi"), text_at(module, "size"),
                    age(text_at(module, "created_at"), now)};
          }};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  if (!file) return fail(Code::io, path + ": cannot be read");
  std::istream& in = path == "-" ? std::cin : file;
  std::string bytes;
  std::string part(kReadBytes, '\0');
  while (in.read(part.data(), static_cast<std::streamsize>(part.size())) || in.gcount() > 0) {
    bytes.append(part, 0, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > max_bytes) {
      return fail(Code::too_large, path + ": is over " + std::to_string(max_bytes) + " bytes");
    }
  }
  if (in.bad()) return fail(Code::io, path + ": cannot be read");
  return bytes;
}

Result<std::string> module_id_of(Session& session, const std::string& module) {
  if (Digest::parse(module)) return module;
  auto answer = upload(session, module);
  if (!answer) return answer;
  json::Document document;
  auto object = read(document, *answer);
  if (!object) return std::unexpected(std::move(object.error()));
  return text_at(*object, "module_id");
}

void add_modules(CLI::App& app, Commands& commands) {
  CLI::App* modules = app.add_subcommand("modules", "Upload, list and remove modules");
  auto arguments = std::make_shared<ModuleArguments>();

  CLI::App* add_app = modules->add_subcommand("add", "Upload a module and print its id");
  add_app->add_option("file", arguments->file, "WebAssembly, binary or text")->required();
  add_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({add_app, [arguments](Session& s) {
                        return print_member(upload(s, arguments->file), "module_id",
                                            arguments->json);
                      }});

  CLI::App* show_app = modules->add_subcommand("show", "Show a module");
  show_app->add_option("id", arguments->id, "the module")->required();
  show_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({show_app, [arguments](Session& s) {
                        return print_object(s.get(path_of(*arguments)), arguments->json);
                      }});

  CLI::App* remove_app = modules->add_subcommand("rm", "Remove a module that no task needs");
  remove_app->add_option("id", arguments->id, "the module")->required();
  commands.push_back(
      {remove_app, [arguments](Session& s) { return quietly(s.remove(path_of(*arguments))); }});

  add_list(
      *modules, "List modules", commands,
      [arguments](CLI::App& verb) { declare_list(verb, arguments->list); },
      [arguments](Session& s) { return print_list(s, "/modules", arguments->list, columns()); });
}

}  // namespace vcp::cli
