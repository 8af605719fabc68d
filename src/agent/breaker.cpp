// SPDX-License-Identifier: Apache-2.0
#include "breaker.hpp"

#include <algorithm>

namespace vcp::agent {

namespace {

/// How far below its bound the temperature must fall before work begins again.
constexpr double kHysteresisC = 5;

/// How long too many errors keep the breaker open before the trial.
constexpr std::chrono::seconds kPause{30};

}  // namespace

void Breaker::measured(std::optional<double> temperature_c, Time now) {
  if (!temperature_c) return;
  if (*temperature_c > limits_.max_temperature_c) {
    state_ = State::hot;
    opened_at_ = now;
  } else if (state_ == State::hot && *temperature_c <= limits_.max_temperature_c - kHysteresisC) {
    state_ = State::trial;
  }
}

void Breaker::succeeded() {
  errors_in_a_row_ = 0;
  if (state_ != State::hot) state_ = State::closed;
}

void Breaker::failed(Time now) {
  ++errors_in_a_row_;
  bool too_many = errors_in_a_row_ >= limits_.max_consecutive_errors;
  if (state_ == State::hot || (state_ == State::closed && !too_many)) return;
  state_ = State::failing;
  opened_at_ = now;
}

bool Breaker::on_trial(Time now) const {
  return state_ == State::trial || (state_ == State::failing && now >= opened_at_ + kPause);
}

std::uint32_t Breaker::admits(std::uint32_t wanted, std::uint32_t unfinished, Time now) const {
  if (state_ == State::closed) return wanted;
  return on_trial(now) && unfinished == 0 ? std::min(wanted, 1U) : 0;
}

std::string Breaker::reason(Time now) const {
  if (state_ == State::closed || on_trial(now)) return {};
  if (state_ == State::hot) return "too hot";
  return std::to_string(errors_in_a_row_) + " errors in a row";
}

}  // namespace vcp::agent
