// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include <algorithm>
#include <array>

#include "vcp/base/json.hpp"

namespace vcp::http {
namespace {

// Escaping can make six bytes of one, so these keep a problem under 64 KiB whatever it says.
constexpr std::size_t kMaxMessageBytes = 1024;  // stands twice
constexpr std::size_t kMaxFieldTextBytes = 512;
constexpr std::size_t kMaxInstanceBytes = 512;
constexpr std::size_t kMaxFieldsBytes = 40 * 1024;

struct Status {
  unsigned number;
  std::string_view phrase;
  std::string_view error;  ///< the `error` member of a problem
};

constexpr std::array kStatuses = {
    Status{200, "OK", ""},
    Status{201, "Created", ""},
    Status{202, "Accepted", ""},
    Status{204, "No Content", ""},
    Status{206, "Partial Content", ""},
    Status{301, "Moved Permanently", ""},
    Status{302, "Found", ""},
    Status{303, "See Other", ""},
    Status{304, "Not Modified", ""},
    Status{307, "Temporary Redirect", ""},
    Status{308, "Permanent Redirect", ""},
    Status{400, "Bad Request", "malformed"},
    Status{401, "Unauthorized", "unauthenticated"},
    Status{403, "Forbidden", "forbidden"},
    Status{404, "Not Found", "not_found"},
    Status{405, "Method Not Allowed", "method_not_allowed"},
    Status{408, "Request Timeout", "timed_out"},
    Status{409, "Conflict", "conflict"},
    Status{410, "Gone", "gone"},
    Status{411, "Length Required", "length_required"},
    Status{412, "Precondition Failed", "precondition_failed"},
    Status{413, "Content Too Large", "too_large"},
    Status{414, "URI Too Long", "uri_too_long"},
    Status{415, "Unsupported Media Type", "unsupported_type"},
    Status{416, "Range Not Satisfiable", "range_not_satisfiable"},
    Status{417, "Expectation Failed", "expectation_failed"},
    Status{422, "Unprocessable Content", "invalid"},
    Status{429, "Too Many Requests", "rate_limited"},
    Status{431, "Request Header Fields Too Large", "header_too_large"},
    Status{500, "Internal Server Error", "internal"},
    Status{501, "Not Implemented", "not_implemented"},
    Status{503, "Service Unavailable", "unavailable"},
    Status{505, "HTTP Version Not Supported", "version_not_supported"},
    Status{507, "Insufficient Storage", "no_space"},
};

const Status* find_status(unsigned number) {
  const auto* found = std::ranges::lower_bound(kStatuses, number, {}, &Status::number);
  return found != kStatuses.end() && found->number == number ? found : nullptr;
}

/// At most `limit` bytes, without half a UTF-8 sequence at the end.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

void write_fields(json::Writer& writer, const std::vector<FieldError>& fields,
                  const std::string& out) {
  const std::size_t start = out.size();
  writer.key("errors").begin_array();
  for (const FieldError& field : fields) {
    if (out.size() - start > kMaxFieldsBytes) break;
    writer.begin_object()
        .member("pointer", cut(field.pointer, kMaxFieldTextBytes))
        .member("detail", cut(field.detail, kMaxFieldTextBytes))
        .end_object();
  }
  writer.end_array();
}

/// The problem object (RFC 9457, section 3). There is no page for each kind of problem, so the type
/// is "about:blank" and the title the status's phrase; `error` tells the kinds apart.
std::string render(unsigned status, std::string_view error, const Error& what,
                   std::string_view instance) {
  std::string out;
  out.reserve(256 + what.message.size() * 2);
  const std::string_view message = cut(what.message, kMaxMessageBytes);
  json::Writer writer(out);
  writer.begin_object()
      .member("type", "about:blank")
      .member("title", reason_phrase(status))
      .member("status", status)
      .member("detail", message);
  if (!instance.empty()) writer.member("instance", cut(instance, kMaxInstanceBytes));
  if (!what.fields.empty()) write_fields(writer, what.fields, out);
  writer.member("error", error).member("message", message).end_object();
  return out;
}

bool wants_retry_after(Code code) {
  return code == Code::rate_limited || code == Code::unavailable;
}

}  // namespace

std::string_view reason_phrase(unsigned status) {
  const Status* known = find_status(status);
  return known != nullptr ? known->phrase : "Unknown";
}

unsigned status_of(Code code) {
  switch (code) {
    case Code::malformed:
      return 400;
    case Code::invalid:
      return 422;
    case Code::unauthenticated:
      return 401;
    case Code::forbidden:
      return 403;
    case Code::not_found:
      return 404;
    case Code::conflict:
      return 409;
    case Code::too_large:
      return 413;
    case Code::unsupported_type:
      return 415;
    case Code::timed_out:
      return 408;
    case Code::rate_limited:
      return 429;
    case Code::unavailable:
      return 503;
    case Code::no_space:
      return 507;
    case Code::corrupt:
    case Code::io:
    case Code::internal:
      return 500;
  }
  return 500;
}

std::string problem_json(const Error& error, std::string_view instance) {
  return render(status_of(error.code), to_string(error.code), error, instance);
}

Response problem(const Error& error, std::optional<unsigned> retry_after_sec) {
  Response response{
      .status = status_of(error.code), .content_type = kProblemType, .body = problem_json(error)};
  if (!retry_after_sec && wants_retry_after(error.code)) retry_after_sec = 1;
  if (retry_after_sec)
    response.headers.emplace_back("Retry-After", std::to_string(*retry_after_sec));
  return response;
}

Response refusal(unsigned status, std::string_view detail) {
  const Status* known = find_status(status);
  Error what{.code = Code::malformed, .message = std::string(detail)};
  return Response{.status = status,
                  .content_type = kProblemType,
                  .body = render(status, known != nullptr ? known->error : "malformed", what, {})};
}

void add_instance(Response& response, std::string_view instance) {
  if (response.content_type != kProblemType || instance.empty()) return;
  if (!response.body.ends_with('}')) return;
  response.body.pop_back();
  response.body += ",\"instance\":" + json::quote(cut(instance, kMaxInstanceBytes)) + "}";
}

}  // namespace vcp::http
