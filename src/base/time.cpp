// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/time.hpp"

#include <algorithm>

namespace vcp {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

using namespace std::chrono_literals;

/// What four digits of year can say.
constexpr Time kFirst = sys_days(0000y / 1 / 1);
constexpr Time kLast = sys_days(9999y / 12 / 31) + days(1) - Duration(1);

/// Writes `value` as `width` decimal digits at `out`.
void put(char* out, int width, unsigned value) {
  for (int i = width - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes a text apart from its front; after the first thing that does not fit it is `failed()`.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// A number of exactly `width` digits from `low` to `high`.
  int number(std::size_t width, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value * 10 + digit();
    if (value < low || value > high) failed_ = true;
    return value;
  }

  void expect(char c) {
    if (!accept(c)) failed_ = true;
  }

  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A fraction of a second after its point, cut to milliseconds.
  Duration fraction() {
    int milliseconds = digit() * 100;
    for (int unit = 10; !rest_.empty() && is_digit(rest_.front()); unit /= 10) {
      milliseconds += digit() * unit;
    }
    return Duration(milliseconds);
  }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  int digit() {
    if (rest_.empty() || !is_digit(rest_.front())) {
      failed_ = true;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

/// time-offset of RFC 3339: what the written time is ahead of UTC.
minutes scan_offset(Scanner& scanner) {
  if (scanner.accept('Z') || scanner.accept('z')) return minutes(0);
  const bool behind = scanner.accept('-');
  if (!behind) scanner.expect('+');
  const hours hour(scanner.number(2, 0, 23));
  scanner.expect(':');
  const minutes offset = hour + minutes(scanner.number(2, 0, 59));
  return behind ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(Time time) {
  time = std::clamp(time, kFirst, kLast);
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const auto milliseconds = static_cast<unsigned>((time - day).count());

  std::string text = "0000-00-00T00:00:00.000Z";
  put(&text[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put(&text[5], 2, static_cast<unsigned>(date.month()));
  put(&text[8], 2, static_cast<unsigned>(date.day()));
  put(&text[11], 2, milliseconds / 3'600'000);
  put(&text[14], 2, milliseconds / 60'000 % 60);
  put(&text[17], 2, milliseconds / 1'000 % 60);
  put(&text[20], 3, milliseconds % 1'000);
  return text;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const std::chrono::year year(scanner.number(4, 0, 9999));
  scanner.expect('-');
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2, 1, 12)));
  scanner.expect('-');
  const std::chrono::day day(static_cast<unsigned>(scanner.number(2, 1, 31)));
  if (!scanner.accept('t')) scanner.expect('T');
  const hours hour(scanner.number(2, 0, 23));
  scanner.expect(':');
  const minutes minute(scanner.number(2, 0, 59));
  scanner.expect(':');
  const seconds second(scanner.number(2, 0, 60));
  const Duration fraction = scanner.accept('.') ? scanner.fraction() : Duration(0);
  const minutes offset = scan_offset(scanner);

  const year_month_day date(year, month, day);
  if (scanner.failed() || !scanner.at_end() || !date.ok()) return std::nullopt;
  const auto whole = sys_days(date) + hour + minute + second - offset;
  if (second == 60s) {
    // A leap second ends a month of UTC. As in POSIX, it is the second after it.
    const sys_days next = floor<days>(whole);
    if (whole != next || year_month_day(next).day() != std::chrono::day(1)) return std::nullopt;
  }
  const Time time = whole + fraction;
  if (time < kFirst || time > kLast) return std::nullopt;
  return time;
}

SystemClock::SystemClock()
    : start_(floor<Duration>(std::chrono::system_clock::now())),
      steady_start_(std::chrono::steady_clock::now()) {}

Time SystemClock::now() const {
  return start_ + floor<Duration>(std::chrono::steady_clock::now() - steady_start_);
}

}  // namespace vcp
