// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "answers.hpp"
#include "fields.hpp"
#include "fl_terms.hpp"
#include "handlers.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::FlJobId;
using coordinator::Token;
using http::Role;

namespace {

using TokenPtr = coordinator::TokenRegistry::Ptr;

std::string render(const Token& token, const std::string& secret) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (!secret.empty()) writer.member("token", secret);
  writer.member("token_id", token.id.to_string())
      .member("role", token.role)
      .member("owner", token.owner)
      .member("name", token.name)
      .member("created_at", to_rfc3339(token.created_at))
      .key("expires_at");
  if (token.expires_at) {
    writer.string(to_rfc3339(*token.expires_at));
  } else {
    writer.null();
  }
  if (!token.node.empty()) writer.member("node_id", token.node);
  if (token.fl) {
    writer.key("fl")
        .begin_object()
        .member("job_id", token.fl->job.to_string())
        .member("client_id", token.fl->client)
        .end_object();
  }
  writer.end_object();
  return body;
}

/// The job and the client that an `fl_client` token is for. It belongs to the job's owner.
void parse_fl_client(Fields& fields, State& api, const http::Principal& maker, Token& token) {
  auto given = fields.required_object("fl");
  if (!given) return;
  const auto id = FlJobId::parse(given->require("job_id", given->text("job_id", {0, 64})));
  coordinator::FlClient client{
      .job = id.value_or(FlJobId{}),
      .client = given->require("client_id", given->text("client_id", {0, 64}))};
  if (!is_client_id(client.client)) {
    given->fail("client_id", "must be 1 to 64 letters, digits, '_', '-' and '.'");
  }
  given->finish();
  const auto job = id ? api.services.fl_jobs.find(*id) : std::nullopt;
  if (!job || !sees(maker, job->job->owner)) {
    return given->fail("job_id", "there is no such FL job");
  }
  if (fields.has("owner") && token.owner != job->job->owner) {
    fields.fail("owner", "must be the job's owner, if it is given");
  }
  token.owner = job->job->owner;
  token.fl = std::move(client);
}

Result<Token> parse_token(json::Value body, State& api, const http::Principal& maker) {
  const Time now = api.now();
  FieldErrors errors;
  Fields fields(body, "", errors);
  Token token;
  token.created_at = now;
  if (body.is(json::Kind::object)) {
    const Role role = fields.require("role", fields.choice("role", http::parse_role));
    if (role == Role::node) fields.fail("role", "node tokens come from registering a node");
    token.role = to_string(role);
    token.owner = fields.text("owner", {1, 64}).value_or("default");
    const bool plain =
        std::ranges::none_of(token.owner, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!plain || !consists_of_name_characters(token.owner, "_-")) {
      fields.fail("owner", "may have a-z, 0-9, _ and - only");
    }
    token.name = fields.text("name", {0, 256}).value_or("");
    token.expires_at = fields.time("expires_at");
    if (token.expires_at && *token.expires_at <= now) fields.fail("expires_at", "is in the past");
    if (role == Role::fl_client) parse_fl_client(fields, api, maker, token);
    fields.finish();
  }
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  return token;
}

bool may_make(Role maker, json::Value body) {
  if (maker == Role::admin) return true;
  const auto role = body.find("role");
  return role && role->as_plain_string() == to_string(Role::fl_client);
}

}  // namespace

std::string make_secret(Random& random) {
  std::string bytes(32, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return "vcp_" + to_hex(bytes);
}

Async<Result<std::string>> make_admin_token(Coordinator& coordinator) {
  const std::string secret = make_secret(coordinator.random());
  Coordinator::Command<bool> record = [&secret](Coordinator::Writer& writer) {
    writer.put_token({.id = writer.next_token_id(),
                      .secret = sha256(secret),
                      .role = std::string(to_string(Role::admin)),
                      .owner = "default",
                      .name = "made at the first start",
                      .node = {},
                      .created_at = writer.now,
                      .expires_at = {}});
    return Result<bool>(true);
  };
  const auto recorded = co_await coordinator.apply(std::move(record));
  if (!recorded) co_return std::unexpected(recorded.error());
  co_return secret;
}

Async<Handled> post_token(State& api, http::Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  if (!may_make(request.principal.role, *body)) {
    co_return fail(Code::forbidden, "a submitter makes fl_client tokens only");
  }
  auto token = parse_token(*body, api, request.principal);
  const std::string secret = make_secret(api.coordinator().random());
  Result<Token>* const made = &token;
  Coordinator::Command<Coordinator::Render> record =
      [made, &secret,
       &jobs = api.services.fl_jobs](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    // Only here, so that a repetition gets the first answer even after the token has expired.
    if (!*made) return std::unexpected(made->error());
    Token& fresh = **made;
    if (fresh.fl && !jobs.find(fresh.fl->job)) return not_found("FL job");  // deleted meanwhile
    fresh.secret = sha256(secret);
    fresh.id = writer.next_token_id();
    writer.put_token(fresh);
    // What is kept for a repetition has no secret in it.
    Answer answer{.status = 201, .body = render(fresh, ""), .subject = fresh.id.to_string()};
    return [answer = std::move(answer)] { return answer; };
  };
  auto created = co_await api.coordinator().create(*once, std::move(record));
  if (!created) co_return std::unexpected(created.error());
  if (!created->replayed) created->answer.body = render(*token, secret);
  http::Response response = created_response(*created, "/api/v1/tokens/");
  response.headers.emplace_back("Cache-Control", "no-store");
  co_return response;
}

Async<Handled> list_tokens(State& api, http::Request& request) {
  const auto query = Query::parse(request, {kLimitName, kCursorName});
  if (!query) co_return std::unexpected(query.error());
  const auto limit = limit_of(*query);
  if (!limit) co_return std::unexpected(limit.error());
  const auto cursor = cursor_of(*query);
  if (!cursor) co_return std::unexpected(cursor.error());

  std::vector<TokenPtr> tokens = api.coordinator().tokens().all();
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  std::optional<std::string> last;
  std::optional<std::string> next;
  std::size_t count = 0;
  for (const TokenPtr& token : tokens) {
    if (*cursor && token->id.view() <= std::string_view(**cursor)) continue;
    if (count == *limit) {
      next = last;
      break;
    }
    ++count;
    last = token->id.view();
    writer.raw(render(*token, ""));
  }
  writer.end_array();
  co_return list_response(request, std::move(items), next);
}

Async<Handled> delete_token(State& api, http::Request& request) {
  const auto id = TokenId::parse(request.param("id"));
  Coordinator::Command<bool> erase = [id](Coordinator::Writer& writer) -> Result<bool> {
    if (!id || !writer.coordinator.tokens().find(*id)) return not_found("token");
    writer.erase_token(*id);
    return true;
  };
  const auto erased = co_await api.coordinator().apply(std::move(erase));
  if (!erased) co_return std::unexpected(erased.error());
  co_return no_content();
}

http::Authenticator Api::authenticator() const {
  return [&coordinator = state_->services.coordinator](
             std::string_view secret) -> std::optional<http::Principal> {
    const auto token = coordinator.tokens().authenticate(sha256(secret), coordinator.clock().now());
    if (!token) return std::nullopt;
    const auto role = http::parse_role(token->role);
    if (!role) return std::nullopt;
    return http::Principal{.role = *role,
                           .owner = token->owner,
                           .token_id = token->id.to_string(),
                           .subject = token->fl ? token->fl->client : token->node,
                           .job = token->fl ? token->fl->job.to_string() : std::string()};
  };
}

}  // namespace vcp::api
