// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/handover.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace vcp::coordinator {

using mesh::Outcome;

namespace {

constexpr std::uint64_t kMaxInlineInput = std::uint64_t{64} << 10;
constexpr std::uint64_t kMaxInlineInputs = std::uint64_t{8} << 20;  // in one answer

void read_from_disk(const store::ContentStore& files, const mesh::Offer& offer,
                    LeasedInput& input) {
  auto bytes = files.read(*offer.task->spec->input.content);
  if (bytes) {
    input = {.bytes = std::move(*bytes), .as_blob = false};
  } else {
    spdlog::warn("cannot read the input of task {}: {}", offer.task->id.to_string(),
                 bytes.error().message);
  }
}

}  // namespace

Async<std::vector<LeasedInput>> read_inputs(Coordinator& coordinator,
                                            const std::vector<mesh::Offer>& offers) {
  std::vector<LeasedInput> inputs;
  std::vector<std::size_t> to_read;
  std::uint64_t left = kMaxInlineInputs;
  for (const mesh::Offer& offer : offers) {
    const mesh::Payload& input = offer.task->spec->input;
    if (input.content && input.size <= std::min(kMaxInlineInput, left)) {
      left -= input.size;
      to_read.push_back(inputs.size());
    }
    inputs.push_back({.bytes = input.bytes, .as_blob = input.content.has_value()});
  }
  if (to_read.empty()) co_return inputs;

  std::move_only_function<Result<bool>()> read = [&coordinator, &offers, &inputs, &to_read] {
    const store::ContentStore& files = coordinator.contents().files();
    for (const std::size_t i : to_read) read_from_disk(files, offers[i], inputs[i]);
    return Result<bool>(true);
  };
  const Result<bool> done = co_await coordinator.pool().run(std::move(read));
  static_cast<void>(done);  // if the pool is busy, nodes fetch them all
  co_return inputs;
}

std::optional<Outcome> parse_reported(std::string_view text) {
  const auto outcome = mesh::parse_outcome(text);
  if (outcome == Outcome::node_lost) return std::nullopt;
  return outcome == Outcome::cancelled ? Outcome::handed_back : outcome;
}

}  // namespace vcp::coordinator
