// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/config.hpp"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <ostream>
#include <ranges>
#include <string>
#include <vector>

namespace vcp {
namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

using Texts = std::vector<std::string>;

std::unexpected<Error> invalid(std::string_view subject, std::string_view problem) {
  return fail(Code::invalid, std::string(subject) + ": " + std::string(problem));
}

bool takes_several(const CLI::Option& option) { return option.get_items_expected_max() > 1; }

/// The shortest text that reads back as `value`.
std::string shortest(double value) {
  std::array<char, 32> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end};
}

/// What CLI11 calls the type of the option's values, without the checks that it adds after it.
std::string type_name(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

bool is_boolean(const CLI::Option& option) {
  return option.get_items_expected_max() == 0 || type_name(option) == "BOOLEAN";
}

bool is_integer(const CLI::Option& option) {
  const std::string type = type_name(option);
  return type == "INT" || type == "UINT";
}

bool is_number(const CLI::Option& option) {
  return is_integer(option) || type_name(option) == "FLOAT";
}

/// What a value of the option has to be, for a person.
std::string wanted(const CLI::Option& option) {
  if (is_boolean(option)) return "true or false";
  const std::string type = type_name(option);
  if (type == "INT") return "an integer";
  if (type == "UINT") return "an integer of at least 0";
  if (type == "FLOAT") return "a number";
  return type == "TEXT" ? "a string" : option.get_type_name();
}

/// CLI11 reads "nan" and "inf" as numbers, and no range excludes the first.
Result<> check_finite(const CLI::Option& option, std::string_view subject) {
  if (type_name(option) != "FLOAT") return {};
  for (const std::string& value : option.results()) {
    if (std::isfinite(std::strtod(value.c_str(), nullptr))) continue;
    return invalid(subject, "'" + value + "' is not a finite number");
  }
  return {};
}

/// Gives the option values that came from `subject`, and so checks, converts and stores them.
Result<> assign(CLI::Option& option, const Texts& values, std::string_view subject) {
  try {
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
    return check_finite(option, subject);
  } catch (const CLI::ConversionError&) {
    return invalid(subject, "'" + CLI::detail::join(values) + "' is not " + wanted(option));
  } catch (const CLI::Error& error) {
    // CLI11 begins its messages with the flag, which is not what the user wrote.
    const std::string flag = option.get_name() + ": ";
    const std::string_view message = error.what();
    return invalid(subject, message.starts_with(flag) ? message.substr(flag.size()) : message);
  }
}

/// The options of an app that are settings, by their names in snake_case.
class Settings {
 public:
  explicit Settings(CLI::App& app) : config_(app.get_option_no_throw("--config")) {
    for (CLI::Option* option : app.get_options()) {
      const bool is_setting = !option->get_lnames().empty() && option != app.get_help_ptr() &&
                              option != app.get_help_all_ptr() && option != app.get_version_ptr();
      if (is_setting) options_.emplace(key(*option), option);
    }
  }

  [[nodiscard]] const std::map<std::string, CLI::Option*>& all() const { return options_; }

  /// The option that a key of the file sets; null if there is none. The file cannot name a file.
  [[nodiscard]] CLI::Option* find(const std::string& key) const {
    const auto found = options_.find(key);
    return found == options_.end() || found->second == config_ ? nullptr : found->second;
  }

  /// The configuration file, if one was named.
  [[nodiscard]] std::optional<std::string> file() const {
    if (config_ == nullptr || config_->count() == 0) return std::nullopt;
    return config_->as<std::string>();
  }

 private:
  static std::string key(const CLI::Option& option) {
    std::string name = option.get_lnames().front();
    std::ranges::replace(name, '-', '_');
    return name;
  }

  CLI::Option* config_;
  std::map<std::string, CLI::Option*> options_;
};

/// `required()` looks at the flags alone, so it is taken off while they are parsed.
class Requirements {
 public:
  explicit Requirements(const Settings& settings) {
    for (CLI::Option* option : settings.all() | std::views::values) {
      if (option->get_required()) required_.push_back(option->required(false));
    }
  }
  ~Requirements() { restore(); }
  Requirements(const Requirements&) = delete;
  Requirements& operator=(const Requirements&) = delete;

  /// As the help shows them.
  void restore() const {
    for (CLI::Option* option : required_) option->required(true);
  }

  [[nodiscard]] Result<> check() const {
    for (const CLI::Option* option : required_) {
      if (option->count() == 0) return invalid(option->get_name(), "is required");
    }
    return {};
  }

 private:
  std::vector<CLI::Option*> required_;
};

Result<Outcome> parse_flags(CLI::App& app, int argc, const char* const* argv,
                            const Settings& settings, const Requirements& requirements,
                            std::ostream& out) {
  try {
    app.parse(argc, argv);
    for (const CLI::Option* option : settings.all() | std::views::values) {
      const Result<> done = check_finite(*option, option->get_name());
      if (!done) return std::unexpected(done.error());
    }
    return Outcome::run;
  } catch (const CLI::CallForHelp&) {
    requirements.restore();
    out << app.help();
    return Outcome::exit;
  } catch (const CLI::CallForAllHelp&) {
    requirements.restore();
    out << app.help("", CLI::AppFormatMode::All);
    return Outcome::exit;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << '\n';
    return Outcome::exit;
  } catch (const CLI::Error& error) {
    return fail(Code::invalid, error.what());
  }
}

Result<> read_environment(const Settings& settings, const Environment& environment) {
  for (const auto& [key, option] : settings.all()) {
    if (option->count() > 0) continue;
    std::string variable = "VCP_" + key;
    std::ranges::transform(variable, variable.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const char* const value = environment(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    const Texts values = takes_several(*option) ? CLI::detail::split(value, ',') : Texts{value};
    if (Result<> done = assign(*option, values, variable); !done) return done;
  }
  return {};
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return fail(Code::io, path + ": cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxFileBytes) return fail(Code::too_large, path + ": is over 1 MiB");
  return text;
}

/// A TOML file applied to the settings that nothing has set before.
class File {
 public:
  File(std::string path, const Settings& settings) : path_(std::move(path)), settings_(settings) {}

  Result<> apply() {
    const Result<std::string> text = read_text(path_);
    if (!text) return std::unexpected(text.error());
    try {
      return apply_table(toml::parse(*text, path_), {});
    } catch (const toml::parse_error& error) {
      return fail(Code::malformed, at(error.source()) + ": " + std::string(error.description()));
    }
  }

 private:
  /// `path` names the table: "tls." or nothing.
  Result<> apply_table(const toml::table& table, const std::string& path) {
    for (const auto& [name, node] : table) {
      const std::string key = path + std::string(name.str());
      const toml::table* const inner = node.as_table();
      Result<> done = inner != nullptr ? apply_table(*inner, key + ".") : apply_value(node, key);
      if (!done) return done;
    }
    return {};
  }

  Result<> apply_value(const toml::node& node, const std::string& key) {
    const std::string subject = at(node.source()) + ": " + key;
    std::string name = key;
    std::ranges::replace(name, '.', '_');
    CLI::Option* const option = settings_.find(name);
    if (option == nullptr) return invalid(subject, "is not a setting");
    const auto [first, is_new] = lines_.emplace(name, node.source().begin.line);
    if (!is_new)
      return invalid(subject, "is set in line " + std::to_string(first->second) + " already");

    Result<Texts> values = read_values(node, *option, subject);
    if (!values) return std::unexpected(values.error());
    if (option->count() > 0 || values->empty()) return {};
    return assign(*option, *values, subject);
  }

  static Result<Texts> read_values(const toml::node& node, const CLI::Option& option,
                                   const std::string& subject) {
    Texts values;
    const toml::array* const array = takes_several(option) ? node.as_array() : nullptr;
    if (array == nullptr) {
      Result<std::string> value = read_scalar(node, option, subject);
      if (!value) return std::unexpected(value.error());
      values.push_back(*std::move(value));
      return values;
    }
    for (const toml::node& element : *array) {
      Result<std::string> value = read_scalar(element, option, subject);
      if (!value) return std::unexpected(value.error());
      values.push_back(*std::move(value));
    }
    return values;
  }

  /// The text of a value whose TOML type suits the option, as a flag would give it.
  static Result<std::string> read_scalar(const toml::node& node, const CLI::Option& option,
                                         const std::string& subject) {
    // A type name that the program chose says nothing of the type.
    const bool may_be_number = type_name(option) != "TEXT";
    if (is_boolean(option)) {
      if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
    } else if (const auto* integer = node.as_integer(); integer != nullptr && may_be_number) {
      return std::to_string(integer->get());
    } else if (const auto* real = node.as_floating_point();
               real != nullptr && may_be_number && !is_integer(option)) {
      return shortest(real->get());
    } else if (const auto* text = node.as_string(); text != nullptr && !is_number(option)) {
      return text->get();
    }
    return invalid(subject, "expected " + wanted(option));
  }

  [[nodiscard]] std::string at(const toml::source_region& source) const {
    return path_ + ":" + std::to_string(source.begin.line);
  }

  const std::string path_;
  const Settings& settings_;
  std::map<std::string, toml::source_index> lines_;
};

}  // namespace

Result<Outcome> parse_settings(CLI::App& app, int argc, const char* const* argv,
                               const Environment& environment, std::ostream& out) {
  const Settings settings(app);
  const Requirements requirements(settings);
  const Result<Outcome> outcome = parse_flags(app, argc, argv, settings, requirements, out);
  if (outcome != Outcome::run) return outcome;

  Result<> done = read_environment(settings, environment);
  if (const std::optional<std::string> path = settings.file(); done && path) {
    done = File(*path, settings).apply();
  }
  if (done) done = requirements.check();
  if (!done) return std::unexpected(done.error());
  return Outcome::run;
}

}  // namespace vcp
