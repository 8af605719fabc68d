// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace vcp::client {

namespace {

/// The longest name of DNS; an address is shorter.
constexpr std::size_t kMaxHostBytes = 253;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_char(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; }

bool is_ipv6_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.';
}

bool is_path_char(char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; }

std::unexpected<Error> bad_url(std::string_view text, std::string_view why) {
  return fail(Code::invalid, std::string(text) + ": " + std::string(why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  auto [stop, ec] = std::from_chars(text.data(), end, port);
  if (ec != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

/// Takes the host off the front of `rest`; empty if there is none.
std::string take_host(std::string_view& rest) {
  if (rest.starts_with('[')) {
    std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return {};
    std::string_view host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    return std::ranges::all_of(host, is_ipv6_char) ? std::string(host) : std::string();
  }
  auto stop = std::ranges::find_if_not(rest, is_host_char);
  std::string host(rest.begin(), stop);
  rest.remove_prefix(host.size());
  return host;
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    url.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad_url(text, "a URL that begins with http:// or https:// is needed");
  }

  url.host = take_host(rest);
  if (url.host.empty() || url.host.size() > kMaxHostBytes) return bad_url(text, "no host in it");
  if (rest.starts_with(':')) {
    std::size_t end = std::min(rest.find('/'), rest.size());
    auto port = parse_port(rest.substr(1, end - 1));
    if (!port) return bad_url(text, "the port must be a number from 1 to 65535");
    url.port = *port;
    rest.remove_prefix(end);
  }
  if (!rest.empty() && !rest.starts_with('/')) return bad_url(text, "unexpected after the host");
  if (!std::ranges::all_of(rest, is_path_char)) return bad_url(text, "unexpected in the path");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  url.path = rest;
  return url;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace vcp::client
