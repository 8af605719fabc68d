// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <vector>

namespace vcp::cli {

namespace {

/// The words that may follow `app`: what is below it, and its flags.
std::string words_after(const CLI::App& app) {
  std::string words;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += verb->get_name() + " ";
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

void add_cases(const CLI::App& app, const std::string& path, std::string& script) {
  script += "    '" + path + "') words='" + words_after(app) + "' ;;\n";
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    add_cases(*verb, path + "/" + verb->get_name(), script);
  }
}

void add_verbs(const CLI::App& app, const std::string& path, std::string& verbs) {
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::string verb_path = path + "/" + verb->get_name();
    verbs += (verbs.empty() ? "" : "|") + verb_path;
    add_verbs(*verb, verb_path, verbs);
  }
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string verbs;
  add_verbs(app, {}, verbs);
  std::string script =
      "# bash completion for vcp\n"
      "_vcp() {\n"
      "  local word path='' words\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$path/$word\" in\n"
      "    " +
      verbs +
      ") path=\"$path/$word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path\" in\n";
  add_cases(app, {}, script);
  script +=
      "  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
      "}\n"
      "complete -o default -F _vcp vcp\n";
  return script;
}

}  // namespace vcp::cli
