// SPDX-License-Identifier: Apache-2.0
// Reads any JSON as a submission: what is accepted keeps to the limits, and what is refused says
// where it is wrong.
#include "submission.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace vcp;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_pointer(const FieldError& field) {
  return field.pointer.empty() || field.pointer.starts_with('/');
}

void check(const mesh::TaskSpec& spec) {
  require(spec.input.size == spec.input.bytes.size());
  require(spec.priority <= 9);
  require(spec.argv.size() + spec.env.size() <= 1'024);
  require(spec.requirements.min_nodes >= 1 && spec.requirements.min_nodes <= 1'000);
  require(spec.requirements.max_execution_time_sec >= 1);
  require(spec.requirements.max_execution_time_sec <= 3'600);
  require(spec.limits.gas >= 1 && spec.limits.gas <= 10'000'000'000'000);
  require(spec.limits.memory_mb >= 1 && spec.limits.memory_mb <= 4'096);
  require(spec.limits.output_bytes <= std::uint64_t{64} << 20);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Document document;
  const auto body = document.parse({reinterpret_cast<const char*>(data), size});
  if (!body) return 0;
  const auto submission = api::parse_submission(*body);
  if (submission) {
    check(submission->spec);
  } else {
    const Error& error = submission.error();
    require(error.code == Code::invalid && !error.fields.empty());
    require(std::ranges::all_of(error.fields, is_pointer));
  }
  return 0;
}
