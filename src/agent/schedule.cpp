// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/schedule.hpp"

#include <algorithm>
#include <ctime>
#include <optional>

namespace vcp::agent {

namespace {

std::optional<int> two_digits(std::string_view text) {
  auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

/// "HH:MM", up to "24:00".
std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  auto hours = two_digits(text.substr(0, 2));
  auto minutes = two_digits(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  auto time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (time > std::chrono::hours(24)) return std::nullopt;
  return time;
}

}  // namespace

Result<> Schedule::add(std::string_view rule) {
  if (rule == "idle") {
    idle_ = true;
    return {};
  }
  if (rule == "mains") {
    mains_ = true;
    return {};
  }
  std::size_t dash = std::min(rule.find('-'), rule.size());
  auto from = parse_time_of_day(rule.substr(0, dash));
  auto until = parse_time_of_day(rule.substr(std::min(dash + 1, rule.size())));
  if (!from || !until || *from == *until) {
    return fail(Code::invalid,
                std::string(rule) + ": must be idle, mains or hours such as 22:00-06:30");
  }
  hours_.push_back({*from, *until});
  return {};
}

bool Schedule::allows(const Moment& moment) const {
  if (idle_ && !moment.idle) return false;
  if (mains_ && !moment.on_mains) return false;
  auto within = [now = moment.time_of_day](const Hours& hours) {
    if (hours.from < hours.until) return now >= hours.from && now < hours.until;
    return now >= hours.from || now < hours.until;
  };
  return hours_.empty() || std::ranges::any_of(hours_, within);
}

std::chrono::minutes local_time_of_day(std::chrono::sys_seconds now) {
  std::time_t seconds = now.time_since_epoch().count();
  std::tm local{};
  localtime_r(&seconds, &local);
  return std::chrono::hours(local.tm_hour) + std::chrono::minutes(local.tm_min);
}

}  // namespace vcp::agent
