// SPDX-License-Identifier: Apache-2.0
#include "response_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "ascii.hpp"
#include "problem.hpp"
#include "vcp/base/hash.hpp"

namespace vcp::http {
namespace {

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nDate: ";

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end);
}

/// Two digits.
void append_pair(std::string& out, unsigned number) {
  out.push_back(static_cast<char>('0' + number / 10));
  out.push_back(static_cast<char>('0' + number % 10));
}

void append_status_line(std::string& out, unsigned status) {
  if (status == 200) {
    out += kOk;
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out += reason_phrase(status);
  out += "\r\nDate: ";
}

/// What a handler puts into a field must not end the field.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t start = out.size();
  out += value;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }, ' ');
  out += "\r\n";
}

void append_framing(std::string& out, const Framing& framing) {
  switch (framing.kind) {
    case Framing::Kind::length:
      out += "Content-Length: ";
      append_number(out, framing.length);
      out += "\r\n";
      return;
    case Framing::Kind::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      return;
    case Framing::Kind::until_close:
      return;
  }
}

std::string* find_header(Response& response, std::string_view name) {
  for (auto& [known, value] : response.headers) {
    if (iequals(known, name)) return &value;
  }
  return nullptr;
}

std::string make_etag(std::string_view body) {
  return '"' + sha256(body).hex().substr(0, 32) + '"';
}

std::string_view without_weakness(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

}  // namespace

bool has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& out, const Response& response, const Framing& framing,
                 const HeadContext& context) {
  append_status_line(out, response.status);
  out += context.date;
  out += "\r\n";
  if (has_body(response.status)) {
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
    append_framing(out, framing);
  }
  if (!context.request_id.empty()) append_field(out, "X-Request-Id", context.request_id);
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  out += context.extra;
  if (!context.keep_alive) {
    out += "Connection: close\r\n";
  } else if (context.says_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

std::string_view DateText::at(std::int64_t seconds) {
  if (seconds == seconds_) return text_;
  using namespace std::chrono;
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds moment{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(moment);
  const year_month_day date(day);
  const hh_mm_ss clock(moment - day);
  seconds_ = seconds;
  text_ = kDays[weekday(day).c_encoding()];
  text_ += ", ";
  append_pair(text_, unsigned{date.day()});
  text_ += ' ';
  text_ += kMonths[unsigned{date.month()} - 1];
  text_ += ' ';
  append_number(text_, static_cast<std::uint64_t>(int{date.year()}));
  text_ += ' ';
  append_pair(text_, static_cast<unsigned>(clock.hours().count()));
  text_ += ':';
  append_pair(text_, static_cast<unsigned>(clock.minutes().count()));
  text_ += ':';
  append_pair(text_, static_cast<unsigned>(clock.seconds().count()));
  text_ += " GMT";
  return text_;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  bool matches = false;
  for_each_in_list(if_none_match, [&](std::string_view candidate) {
    matches = candidate == "*" || without_weakness(candidate) == without_weakness(etag);
    return !matches;
  });
  return matches;
}

void apply_etag(const Request& request, Response& response) {
  if (response.status != 200) return;
  if (request.method != Method::get && request.method != Method::head) return;
  if (find_header(response, "ETag") == nullptr) {
    response.headers.emplace_back("ETag", make_etag(response.body));
  }
  if (!etag_matches(request.header("If-None-Match"), *find_header(response, "ETag"))) return;
  response.status = 304;
  response.body.clear();
}

}  // namespace vcp::http
