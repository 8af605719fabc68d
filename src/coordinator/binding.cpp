// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/binding.hpp"

#include <array>
#include <charconv>
#include <expected>
#include <utility>
#include <vector>

#include "vcp/base/json.hpp"

namespace vcp::coordinator {
namespace {

using zk::Fr;

constexpr std::size_t kMaxBoundOutput = std::size_t{4} << 20;

constexpr std::array<std::pair<std::string_view, HalfOfHash::Of>, 4> kHashes{
    {{"module_sha256", HalfOfHash::Of::module},
     {"input_sha256", HalfOfHash::Of::input},
     {"output_sha256", HalfOfHash::Of::output},
     {"task_id", HalfOfHash::Of::task}}};

std::optional<Binding> parse_half(std::string_view entry) {
  const bool high = entry.ends_with(".hi");
  if (!high && !entry.ends_with(".lo")) return std::nullopt;
  entry.remove_suffix(3);
  for (const auto& [name, of] : kHashes) {
    if (entry == name) return HalfOfHash{.of = of, .high = high};
  }
  return std::nullopt;
}

std::optional<Binding> parse_element(std::string_view entry) {
  constexpr std::string_view kHead = "output[";
  if (!entry.starts_with(kHead) || !entry.ends_with(']')) return std::nullopt;
  const std::string_view digits = entry.substr(kHead.size(), entry.size() - kHead.size() - 1);
  OutputElement element;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, element.index);
  const bool canonical = digits.size() == 1 || !digits.starts_with('0');
  if (error != std::errc{} || stop != end || !canonical) return std::nullopt;
  return element;
}

Fr half(const Digest& digest, bool high) {
  constexpr std::size_t kHalf = 16;
  return Fr::from_be(std::string(kHalf, '\0').append(digest.view().substr(high ? 0 : kHalf, kHalf)))
      .value();
}

/// What signals must be, or why that cannot be said.
class Expected {
 public:
  explicit Expected(const BoundRun& run) : run_(run) {}

  std::expected<Fr, std::string> operator()(const LiteralSignal& literal) { return literal.value; }

  std::expected<Fr, std::string> operator()(const HalfOfHash& hash) {
    switch (hash.of) {
      case HalfOfHash::Of::module:
        return half(run_.module, hash.high);
      case HalfOfHash::Of::input:
        return half(run_.input, hash.high);
      case HalfOfHash::Of::task:
        return half(run_.task, hash.high);
      case HalfOfHash::Of::output:
        break;
    }
    if (!output_) output_ = sha256(run_.output);
    return half(*output_, hash.high);
  }

  std::expected<Fr, std::string> operator()(const OutputElement& element) {
    if (!elements_ && !read_elements()) return std::unexpected("the output is no JSON array");
    const std::string name = "output[" + std::to_string(element.index) + "]";
    if (element.index >= elements_->size()) return std::unexpected("there is no " + name);
    const json::Value& value = (*elements_)[element.index];
    const auto number =
        value.is(json::Kind::number) ? Fr::from_decimal(value.source()) : std::nullopt;
    if (!number) return std::unexpected(name + " is no integer from 0 to r - 1");
    return *number;
  }

 private:
  bool read_elements() {
    if (run_.output.size() > kMaxBoundOutput) return false;
    const auto parsed = document_.parse(run_.output);
    if (!parsed || !parsed->is(json::Kind::array)) return false;
    elements_.emplace();
    for (const json::Item& item : *parsed) elements_->push_back(item.value);
    return true;
  }

  const BoundRun& run_;
  std::optional<Digest> output_;
  json::Document document_;
  std::optional<std::vector<json::Value>> elements_;
};

}  // namespace

std::optional<Binding> parse_binding(std::string_view entry) {
  constexpr std::string_view kLiteral = "literal:";
  if (entry == "any") return AnySignal{};
  if (entry.starts_with(kLiteral)) {
    const auto value = Fr::from_decimal(entry.substr(kLiteral.size()));
    if (!value) return std::nullopt;
    return LiteralSignal{*value};
  }
  auto half = parse_half(entry);
  return half ? half : parse_element(entry);
}

std::optional<std::string> find_unbound(std::span<const std::string> bind,
                                        std::span<const Fr> signals, const BoundRun& run) {
  if (bind.size() != signals.size()) {
    return "there are " + std::to_string(signals.size()) + " public signals, and bind has " +
           std::to_string(bind.size()) + " entries";
  }
  Expected expected(run);
  for (std::size_t i = 0; i < bind.size(); ++i) {
    const auto wanted = std::visit(
        [&]<class B>(const B& binding) -> std::expected<Fr, std::string> {
          if constexpr (std::is_same_v<B, AnySignal>) {
            return signals[i];
          } else {
            return expected(binding);
          }
        },
        parse_binding(bind[i]).value());
    if (!wanted) return wanted.error();
    if (*wanted != signals[i]) {
      return "public signal " + std::to_string(i) + " is not bound: it is not " + bind[i];
    }
  }
  return std::nullopt;
}

}  // namespace vcp::coordinator
