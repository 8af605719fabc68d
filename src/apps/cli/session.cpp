// SPDX-License-Identifier: Apache-2.0
#include "cli/session.hpp"

#include <algorithm>

#include "vcp/client/blocking.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kLargestPage = 1000;
constexpr std::uint64_t kMaxDownloadBytes = std::uint64_t{16} << 30;

constexpr client::Retries kRetries{.attempts = 5};

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const SessionOptions& options) {
  auto url = client::parse_url(options.server);
  if (!url) return std::unexpected(std::move(url.error()));
  std::unique_ptr<Session> session(new Session());
  auto http = client::Http::open(session->io_, std::move(*url), options.ca_file);
  if (!http) return std::unexpected(std::move(http.error()));
  session->http_ = std::move(*http);
  session->api_ = std::make_unique<client::Api>(session->io_, *session->http_, options.token,
                                                session->random_, kRetries);
  return session;
}

Result<std::string> Session::call(client::Request request) {
  auto answer = client::wait_for(io_, api_->call(std::move(request)));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return std::move(answer->body);
}

Result<std::string> Session::get(std::string target, std::chrono::seconds timeout) {
  return call({.target = std::move(target), .timeout = timeout});
}

Result<std::string> Session::get_at_root(std::string target) {
  return call({.target = std::move(target), .at_root = true, .timeout = kTimeout});
}

Result<std::string> Session::post(std::string target, std::string_view body,
                                  std::string_view content_type, std::chrono::seconds timeout) {
  const std::string key = client::make_idempotency_key(random_);
  return call({.verb = client::Verb::post,
               .target = std::move(target),
               .body = body,
               .content_type = content_type,
               .idempotency_key = key,
               .timeout = timeout});
}

Result<std::string> Session::put(std::string target, std::string_view body,
                                 std::string_view content_type) {
  return call({.verb = client::Verb::put,
               .target = std::move(target),
               .body = body,
               .content_type = content_type,
               .timeout = kTimeout});
}

Result<> Session::remove(std::string target) {
  auto answer = call({.verb = client::Verb::del, .target = std::move(target)});
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Result<> Session::download(std::string target, const client::Sink& sink) {
  client::Request request{.target = std::move(target), .max_body_bytes = kMaxDownloadBytes};
  auto answer = client::wait_for(io_, api_->call(std::move(request), sink));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

Result<std::vector<std::string>> Session::list(std::string target, std::size_t limit) {
  std::vector<std::string> items;
  std::string cursor;
  target += target.find('?') == std::string::npos ? '?' : '&';
  do {
    std::size_t page_size = std::min(limit - items.size(), kLargestPage);
    auto body = get(target + "limit=" + std::to_string(page_size) + cursor);
    if (!body) return std::unexpected(std::move(body.error()));
    json::Document document;
    auto page = document.parse(*body, 2 * json::Document::kMaxDepth);
    if (!page) return std::unexpected(std::move(page.error()));
    auto page_items = page->find("items");
    if (!page_items) return fail(Code::malformed, "the server's answer is no list");
    for (const auto& [name, item] : *page_items) items.emplace_back(item.source());
    auto next = page->find("next_cursor");
    auto text = next ? next->as_string() : std::nullopt;
    cursor = text ? "&cursor=" + client::percent_encode(*text) : std::string();
  } while (!cursor.empty() && items.size() < limit);
  return items;
}

}  // namespace vcp::cli
