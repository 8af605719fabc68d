// SPDX-License-Identifier: Apache-2.0
// From the JSON of a job to what it asks for.
#include "fl_terms.hpp"

#include <cmath>
#include <limits>

#include "fields.hpp"

namespace vcp::api {

using coordinator::FlTerms;

namespace {

constexpr std::uint64_t kMaxRounds = 100'000;
constexpr std::uint64_t kMaxClients = 10'000;  // each is an open file when a round is closed
constexpr std::uint64_t kMaxSamples = 1ULL << 53;
constexpr double kMaxTimeoutSec = 30 * 24 * 60 * 60;
constexpr Range<double> kAny{std::numeric_limits<double>::lowest(),
                             std::numeric_limits<double>::max()};

/// Notes the wrong fields of a part of the body that stands at `pointer`.
void add(FieldErrors& errors, const std::string& pointer, const Error& error) {
  for (const FieldError& field : error.fields) {
    errors.add(pointer + field.pointer, field.detail);
  }
}

void parse_strategy(Fields& fields, FlTerms& terms) {
  auto given = fields.required_object("strategy");
  if (!given) return;
  terms.strategy.name = given->require("name", given->text("name", {1, 64}));
  const auto info = fl::find_strategy(terms.strategy.name);
  if (!info) {
    if (!terms.strategy.name.empty()) given->fail("name", "there is no such strategy");
    return;
  }
  for (const fl::Parameter& parameter : info->parameters) {
    if (const auto value = given->number(parameter.name, kAny)) {
      terms.strategy.parameters.emplace(parameter.name, *value);
    }
  }
  given->finish();
  auto validated = fl::validate_strategy(terms.strategy, terms.min_clients);
  if (!validated) return add(fields.errors(), fields.pointer("strategy"), validated.error());
  terms.strategy = std::move(*validated);
  if (terms.target() > kMaxClients) given->fail("buffer_size", "must be at most 10000");
}

fl::AdaptiveClipping parse_adaptive(Fields given) {
  fl::AdaptiveClipping adaptive;
  adaptive.target_quantile =
      given.require("target_quantile", given.number("target_quantile", kAny));
  adaptive.learning_rate = given.number("learning_rate", kAny).value_or(adaptive.learning_rate);
  adaptive.count_stddev = given.require("count_stddev", given.number("count_stddev", kAny));
  given.finish();
  return adaptive;
}

void parse_privacy(Fields& fields, FlTerms& terms) {
  auto given = fields.object("privacy");
  if (!given) return;
  fl::Privacy privacy;
  privacy.mechanism = given->require("mechanism", given->choice("mechanism", fl::parse_mechanism));
  privacy.clip = given->require("clip", given->number("clip", kAny));
  privacy.noise_multiplier = given->number("noise_multiplier", kAny);
  privacy.epsilon = given->number("epsilon", kAny);
  privacy.delta = given->number("delta", kAny);
  if (auto adaptive = given->object("adaptive")) {
    privacy.adaptive = parse_adaptive(std::move(*adaptive));
  }
  given->finish();
  terms.privacy = privacy;
}

void parse_cohort(Fields& fields, FlTerms& terms) {
  const Range<std::uint64_t> clients{1, kMaxClients};
  terms.min_clients =
      fields.require("min_clients", fields.integer("min_clients", clients), std::uint64_t{1});
  terms.target_clients = fields.integer("target_clients", clients).value_or(terms.min_clients);
  if (terms.target_clients < terms.min_clients) {
    fields.fail("target_clients", "must not be below min_clients");
  }
  const double seconds =
      fields.require("round_timeout_sec", fields.number("round_timeout_sec", {1, kMaxTimeoutSec}));
  terms.round_timeout_ms = static_cast<std::uint64_t>(std::llround(seconds * 1'000));
}

}  // namespace

Result<FlRequest> parse_fl_job(json::Value body, const Limits& limits) {
  FieldErrors errors;
  Fields fields(body, "", errors);
  FlRequest asked;
  FlTerms& terms = asked.terms;
  if (body.is(json::Kind::object)) {
    terms.name = fields.require("name", fields.text("name", {1, 256}));
    terms.rounds =
        fields.require("rounds", fields.integer("rounds", {1, kMaxRounds}), std::uint64_t{1});
    parse_cohort(fields, terms);
    parse_strategy(fields, terms);
    terms.max_samples = fields.integer("max_samples_per_client", {1, kMaxSamples});
    terms.max_update_bytes = fields.integer("max_update_bytes", {1, limits.fl_model_bytes})
                                 .value_or(limits.fl_model_bytes);
    parse_privacy(fields, terms);
    fields.finish();
  }
  if (terms.privacy && errors.empty()) {
    auto plan = fl::PrivacyPlan::make(*terms.privacy, terms.strategy, terms.rounds);
    if (plan) {
      asked.plan = std::move(*plan);
    } else {
      add(errors, fields.pointer("privacy"), plan.error());
    }
  }
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  return asked;
}

bool is_client_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && consists_of_name_characters(text, "_-.");
}

}  // namespace vcp::api
