// SPDX-License-Identifier: Apache-2.0
// Reads any JSON as a federated learning job: what is accepted keeps to the limits, and what is
// refused says where it is wrong.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "fl_terms.hpp"

namespace {

using namespace vcp;

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_pointer(const FieldError& field) {
  return field.pointer.empty() || field.pointer.starts_with('/');
}

void check(const api::FlRequest& asked) {
  const coordinator::FlTerms& terms = asked.terms;
  require(terms.rounds >= 1 && terms.rounds <= 100'000);
  require(terms.min_clients >= 1 && terms.min_clients <= terms.target_clients);
  require(terms.target_clients <= 10'000 && terms.target() >= 1 && terms.target() <= 10'000);
  require(terms.least() <= terms.target());
  require(terms.round_timeout_ms >= 1'000);
  require(fl::validate_strategy(terms.strategy, terms.min_clients) == terms.strategy);
  require(terms.privacy.has_value() == asked.plan.has_value());
  if (asked.plan) require(asked.plan->noise_multiplier() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Document document;
  const auto body = document.parse({reinterpret_cast<const char*>(data), size});
  if (!body) return 0;
  const auto asked = api::parse_fl_job(*body, {});
  if (asked) {
    check(*asked);
  } else {
    const Error& error = asked.error();
    require(error.code == Code::invalid && !error.fields.empty());
    require(std::ranges::all_of(error.fields, is_pointer));
  }
  return 0;
}
