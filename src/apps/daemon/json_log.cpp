// SPDX-License-Identifier: Apache-2.0
#include "json_log.hpp"

#include <spdlog/details/log_msg.h>

#include <algorithm>
#include <array>

#include "vcp/base/json.hpp"
#include "vcp/base/time.hpp"

namespace vcp::daemon {
namespace {

// What the code logs as name=value; anything else that looks like it may be a client's text.
constexpr std::array<std::string_view, 9> kMembers{
    "method", "path", "status", "ms", "peer", "token_id", "request_id", "traceparent", "commit"};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& entry, spdlog::memory_buf_t& out) override {
    const std::string_view message(entry.payload.data(), entry.payload.size());
    const auto level = spdlog::level::to_string_view(entry.level);
    std::string line;
    json::Writer writer(line);
    writer.begin_object()
        .member("time", to_rfc3339(std::chrono::time_point_cast<Duration>(entry.time)))
        .member("level", std::string_view(level.data(), level.size()))
        .member("message", message);
    write_members(writer, message);
    writer.end_object();
    line.push_back('\n');
    out.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }

 private:
  static void write_members(json::Writer& writer, std::string_view message) {
    std::array<bool, kMembers.size()> written{};
    while (!message.empty()) {
      const std::string_view word = message.substr(0, message.find(' '));
      message.remove_prefix(std::min(message.size(), word.size() + 1));
      const std::size_t equals = word.find('=');
      if (equals == std::string_view::npos) continue;
      const auto member = std::ranges::find(kMembers, word.substr(0, equals));
      if (member == kMembers.end()) continue;
      bool& seen = written[static_cast<std::size_t>(member - kMembers.begin())];
      if (!std::exchange(seen, true)) writer.member(*member, word.substr(equals + 1));
    }
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_json_formatter() {
  return std::make_unique<JsonFormatter>();
}

}  // namespace vcp::daemon
