// SPDX-License-Identifier: Apache-2.0
#include "admission.hpp"

#include <algorithm>
#include <functional>

#include "ascii.hpp"
#include "field_rules.hpp"
#include "problem.hpp"

namespace vcp::http {
namespace {

using Refusal = std::optional<Response>;

constexpr std::string_view kChallenge = "Bearer realm=\"vcp\"";

Response with_header(Response response, std::string_view name, std::string_view value) {
  response.headers.emplace_back(name, value);
  return response;
}

Response unauthenticated(std::string_view why, std::string_view challenge) {
  Response response = problem(Error{.code = Code::unauthenticated, .message = std::string(why)});
  return with_header(std::move(response), "WWW-Authenticate", challenge);
}

Response forbidden(Role role) {
  Response response = problem(
      Error{.code = Code::forbidden,
            .message = "a token of role " + std::string(to_string(role)) + " may not do this"});
  return with_header(std::move(response), "WWW-Authenticate",
                     std::string(kChallenge) + ", error=\"insufficient_scope\"");
}

/// With several Authorization headers nobody can tell which one counts, so none does.
std::optional<std::string_view> token_of(const Request& request) {
  const auto is_authorization = [](const auto& header) {
    return iequals(header.first, "Authorization");
  };
  if (std::ranges::count_if(request.headers, is_authorization) > 1) return std::nullopt;
  return bearer_token(request.header("Authorization"));
}

/// 401 and 403; sets the principal.
Refusal check_principal(const Context& context, const Route& route, Request& request) {
  const std::string_view authorization = request.header("Authorization");
  const std::optional<std::string_view> token = token_of(request);
  request.principal = {};
  if (!request.has_header("Authorization") || token) {
    std::optional<Principal> known = context.authenticate(token.value_or(""));
    if (known) request.principal = std::move(*known);
  }
  if (route.roles.contains(request.principal.role) || route.roles.contains(Role::none)) return {};
  if (request.principal.role != Role::none) return forbidden(request.principal.role);
  if (authorization.empty()) return unauthenticated("a bearer token is required", kChallenge);
  return unauthenticated("the token does not serve",
                         std::string(kChallenge) + ", error=\"invalid_token\"");
}

/// RateLimit-Policy and RateLimit as draft-ietf-httpapi-ratelimit-headers-11 has them.
void append_rate_fields(std::string& fields, std::string_view name, std::uint32_t rate,
                        const Limiter::Verdict& verdict) {
  const std::string quoted = '"' + std::string(name) + '"';
  fields += "RateLimit-Policy: " + quoted + ";q=" + std::to_string(rate) + ";w=1\r\n";
  fields += "RateLimit: " + quoted + ";r=" + std::to_string(verdict.remaining) + ";t=1\r\n";
}

bool take(std::optional<Limiter>& limiter, std::string_view name, std::uint64_t key,
          std::string& rate_fields, std::uint32_t& wait_ms) {
  if (!limiter) return true;
  const Limiter::Verdict verdict = limiter->take(key, steady_ms());
  append_rate_fields(rate_fields, name, limiter->rate(), verdict);
  wait_ms = std::max(wait_ms, verdict.milliseconds_to);
  return verdict.allowed;
}

/// 429. A request without a good token counts for its address.
Refusal check_rates(Context& context, const Peer& peer, const Request& request,
                    std::string& rate_fields) {
  rate_fields.clear();
  if (peer.loopback && context.options.rates.loopback_exempt) return {};
  std::uint32_t wait_ms = 0;
  bool allowed = take(context.address_limiter, "address", peer.rate_key, rate_fields, wait_ms);
  if (allowed && !request.principal.token_id.empty()) {
    const std::uint64_t key = std::hash<std::string>{}(request.principal.token_id);
    allowed = take(context.token_limiter, "token", key, rate_fields, wait_ms);
  }
  if (allowed) return {};
  return problem(Error{.code = Code::rate_limited, .message = "too many requests"},
                 (wait_ms + 999) / 1000);
}

/// 415 and 413 of a request that has a body.
Refusal check_body(const Route& route, const Head& head, std::uint64_t content_length,
                   const Request& request) {
  if (!head.chunked && content_length == 0) return {};
  const std::string_view coding = request.header("Content-Encoding");
  if (!coding.empty() && !iequals(coding, "identity")) {
    return with_header(problem(Error{.code = Code::unsupported_type,
                                     .message = "bodies with a content coding are not read"}),
                       "Accept-Encoding", "identity");
  }
  if (!route.media_types.empty() &&
      !is_media_type_of(request.header("Content-Type"), route.media_types)) {
    std::string message = "the body must be";
    for (std::string_view type : route.media_types) message += " " + std::string(type);
    return problem(Error{.code = Code::unsupported_type, .message = std::move(message)});
  }
  if (content_length > body_limit(route)) {
    return problem(Error{.code = Code::too_large,
                         .message = "the body is larger than the " +
                                    std::to_string(route.body_limit) + " bytes taken here"});
  }
  return {};
}

Response allow_answer(const Endpoint& endpoint, bool asked) {
  Response response =
      asked ? Response{.status = 204} : refusal(405, "this path does not know the method");
  return with_header(std::move(response), "Allow", endpoint.allow);
}

}  // namespace

Admission admit(Context& context, const Peer& peer, const Head& head, std::uint64_t content_length,
                Request& request, std::string& rate_fields) {
  rate_fields.clear();
  if (request.path == "*") {
    return {.refusal = with_header(Response{.status = 204}, "Allow",
                                   "GET, HEAD, POST, PUT, DELETE, OPTIONS")};
  }
  const Result<const Endpoint*> endpoint = context.router.find(request.path, request.params);
  if (!endpoint) return {.refusal = problem(endpoint.error())};
  const Route* route = (*endpoint)->route(request.method);
  if (route == nullptr) {
    return {.refusal = allow_answer(**endpoint, request.method == Method::options)};
  }
  Admission admission{.route = route};
  Refusal unknown = check_principal(context, *route, request);
  admission.refusal = check_rates(context, peer, request, rate_fields);
  if (!admission.refusal) admission.refusal = std::move(unknown);
  if (!admission.refusal) admission.refusal = check_body(*route, head, content_length, request);
  return admission;
}

}  // namespace vcp::http
