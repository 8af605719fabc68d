// SPDX-License-Identifier: Apache-2.0
// The route table as an OpenAPI 3.1 document: what a route takes and answers follows from its own
// properties, so that the document cannot say what the server does not do.
#include "openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>

#include "openapi_schemas.hpp"
#include "vcp/base/json.hpp"
#include "vcp/base/version.hpp"

namespace vcp::api {

using http::Method;
using http::Role;
using http::Route;
using json::Writer;

namespace {

constexpr std::string_view kDescription =
    "Submit WebAssembly tasks to a mesh of nodes and read their results. Errors are "
    "`application/problem+json` (RFC 9457), with the fields that are wrong. Every GET answers HEAD "
    "too. Every answer has `X-Request-Id`.";

constexpr std::string_view kLines = "application/x-ndjson";
constexpr std::string_view kBytes = "application/octet-stream";
constexpr std::string_view kSafetensors = "application/vnd.safetensors";
constexpr std::string_view kEvents = "text/event-stream";

constexpr std::array kRoles{Role::admin, Role::submitter, Role::reader,
                            Role::join,  Role::node,      Role::fl_client};

struct Tag {
  std::string_view name;
  std::string_view description;
};

constexpr std::array kTags{
    Tag{"Tasks", "Submit programs with their input, wait, and read what they gave."},
    Tag{"Modules", "WebAssembly modules, named by their SHA-256."},
    Tag{"Blobs", "Large inputs, named by their SHA-256."},
    Tag{"Proofs", "Groth16 proofs over BN254, and the circuits that they are verified against."},
    Tag{"Federated learning", "Models that clients train together without showing their data."},
    Tag{"Nodes", "The machines that run tasks, and what they call: heartbeats, leases, results."},
    Tag{"Log", "The transparency log of receipts, as C2SP tlog-tiles lays it out. Public."},
    Tag{"Tokens", "Who may do what."},
    Tag{"System", "Health, numbers and this reference."},
};

/// A parameter that routes name; `tag` is empty if it means the same everywhere.
struct Parameter {
  std::string_view name;
  std::string_view tag;
  std::string_view description;
  std::string_view schema;
};

constexpr std::array kQueryParameters{
    Parameter{"limit", "", "How many items a page has at most.",
              R"({"type":"integer","minimum":1,"maximum":1000,"default":100})"},
    Parameter{"cursor", "", "Where the page begins: the `next_cursor` of the page before.",
              R"({"type":"string"})"},
    Parameter{"wait", "Nodes", "Seconds to wait for work if there is none yet.",
              R"({"type":"number","minimum":0,"maximum":60,"default":0})"},
    Parameter{"wait", "Tasks", "Seconds to wait for the task to end.",
              R"({"type":"number","minimum":0,"maximum":3600,"default":0})"},
    Parameter{"max", "", "How many leases at most; no more than the node has slots free are given.",
              R"({"type":"integer","minimum":1,"maximum":4096,"default":1})"},
    Parameter{"status", "Nodes", "Only nodes in this state.",
              R"({"$ref":"#/components/schemas/NodeStatus"})"},
    Parameter{"status", "Tasks", "Only tasks in this state.",
              R"({"$ref":"#/components/schemas/TaskStatus"})"},
    Parameter{"region", "", "Only nodes of this region.", R"({"type":"string"})"},
    Parameter{"type", "", "Only nodes of this type.",
              R"({"$ref":"#/components/schemas/NodeType"})"},
    Parameter{"task_type", "", "Only tasks of this type.",
              R"({"$ref":"#/components/schemas/TaskType"})"},
    Parameter{"module_id", "", "Only tasks of this module.",
              R"({"$ref":"#/components/schemas/Digest"})"},
    Parameter{"state", "", "Only jobs in this state.",
              R"({"$ref":"#/components/schemas/FlState"})"},
    Parameter{"round", "", "The model that this round trains from; the newest if not given.",
              R"({"type":"integer","minimum":1})"},
    Parameter{"client_id", "", "Whose update it is; with an `fl_client` token it need not be said.",
              R"({"type":"string","minLength":1,"maxLength":64,"pattern":"^[A-Za-z0-9_.-]+$"})"},
    Parameter{"num_samples", "", "How many samples the client trained on; required.",
              R"({"type":"integer","minimum":1,"maximum":9007199254740992})"},
    Parameter{"kind", "", "What the file holds.",
              R"({"type":"string","enum":["weights","delta"],"default":"weights"})"},
    Parameter{"types", "", "Only events of these types: task, node, round, with commas between.",
              R"({"type":"string","examples":["task,node"]})"},
    Parameter{"created_after", "", "Only tasks made after this time.",
              R"({"type":"string","format":"date-time"})"},
    Parameter{"created_before", "", "Only tasks made before this time.",
              R"({"type":"string","format":"date-time"})"},
};

/// What `{id}` is, by the segment before it.
constexpr std::array kPathParameters{
    Parameter{"tasks", "", "The task's id.", R"({"$ref":"#/components/schemas/TaskId"})"},
    Parameter{"nodes", "", "The node's id.", R"({"$ref":"#/components/schemas/NodeId"})"},
    Parameter{"modules", "", "The module's id.", R"({"$ref":"#/components/schemas/Digest"})"},
    Parameter{"blobs", "", "The blob's id.", R"({"$ref":"#/components/schemas/Digest"})"},
    Parameter{"circuits", "", "The circuit's id.", R"({"$ref":"#/components/schemas/Digest"})"},
    Parameter{"proofs", "", "The proof's id.", R"({"$ref":"#/components/schemas/Digest"})"},
    Parameter{"jobs", "", "The job's id.", R"({"type":"string","format":"uuid"})"},
    Parameter{"rounds", "", "The round's number.", R"({"type":"integer","minimum":1})"},
    Parameter{"tokens", "", "The token's id.", R"({"type":"string","format":"uuid"})"},
    Parameter{"tile", "",
              "LEVEL/INDEX of a tile or entries/INDEX of a bundle, and .p/WIDTH if it is "
              "partial.",
              R"({"type":"string","examples":["0/x001/234.p/56"]})"},
};

constexpr Parameter kIdempotencyKey{
    "Idempotency-Key", "",
    "Makes a repetition safe: the same key and body get the first answer again for 24 hours.",
    R"({"type":"string","minLength":1,"maxLength":255})"};
constexpr Parameter kIfNoneMatch{"If-None-Match", "",
                                 "The `ETag` of an answer before: 304 if it still holds.",
                                 R"({"type":"string"})"};
constexpr Parameter kLastEventId{"Last-Event-ID", "", "Go on after the event with this id.",
                                 R"({"type":"string","pattern":"^[0-9]+$"})"};
constexpr Parameter kRange{"Range", "", "One range of bytes (RFC 9110, section 14).",
                           R"({"type":"string","examples":["bytes=0-1023"]})"};

struct Status {
  unsigned number;
  std::string_view name;
  std::string_view description;
  std::string_view header = {};
};

/// Every problem that a route may answer with, as the components name it.
constexpr std::array kProblems{
    Status{400, "Malformed", "Not well-formed: no JSON, no UTF-8, a member given twice."},
    Status{401, "Unauthenticated", "No token, or one that does not serve.", "WWW-Authenticate"},
    Status{403, "Forbidden", "The token's role may not do this."},
    Status{404, "NotFound", "Not there, or another owner's."},
    Status{408, "TimedOut", "The request came too slowly."},
    Status{409, "Conflict", "At odds with the present state, as the detail says."},
    Status{413, "TooLarge", "The body is over its limit."},
    Status{415, "UnsupportedType", "Not a media type that is taken here, or a coded body."},
    Status{416, "RangeNotSatisfiable", "The range is outside of the content.", "Content-Range"},
    Status{422, "Invalid", "Well-formed, but wrong: `errors` has every wrong field."},
    Status{429, "RateLimited", "Too many requests.", "Retry-After"},
    Status{503, "Unavailable", "Not now: full, draining, or the store has failed.", "Retry-After"},
    Status{507, "NoSpace", "The disk is full; nothing was written."},
};

constexpr std::string_view kSecuritySchemes = R"({
  "bearer": {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of POST /api/v1/tokens. An operation lists the roles that may call it."
  }
})";

constexpr std::string_view kHeaders = R"({
  "Location": {"description": "Where what was made is.", "schema": {"type": "string"}},
  "Link": {"description": "With `rel=\"next\"`: the next page.", "schema": {"type": "string"}},
  "ETag": {"description": "Changes when the content does.", "schema": {"type": "string"}},
  "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}},
  "WWW-Authenticate": {"description": "The scheme: Bearer.", "schema": {"type": "string"}},
  "Content-Range": {"description": "The part, and the size of all.", "schema": {"type": "string"}}
})";

// --- What follows from a route's properties

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_public(const Route& route) { return route.roles.contains(Role::none); }

bool is_stream(const Route& route) { return std::holds_alternative<http::Stream>(route.handler); }

bool takes_lines(const Route& route) { return contains(route.media_types, kLines); }

/// Some routes allow a body only so that clients may send an empty one.
bool takes_body(const Route& route) {
  return route.body_limit > 0 && (!route.media_types.empty() || is_stream(route));
}

/// A batch makes tasks too, though its own status is 200.
bool creates(const Route& route) {
  return route.method == Method::post &&
         (route.success_status == 201 || route.success_status == 202 ||
          route.request_schema == "TaskSubmission");
}

/// What is named by its content or by its owner may be there already: then the status is 200.
bool may_exist_already(const Route& route) {
  constexpr std::array<std::string_view, 5> kNamed{"Node", "Module", "Blob", "Circuit", "FlUpdate"};
  const bool made = route.success_status == 201 || route.success_status == 202;
  return made && contains(kNamed, route.response_schema);
}

bool serves_events(const Route& route) { return route.pattern.ends_with("/events"); }

/// Content of some size, sent from where it lies.
bool serves_content(const Route& route) {
  return route.method == Method::get && is_stream(route) && !serves_events(route);
}

bool is_list(const Route& route) { return contains(route.query, "cursor"); }

/// The words of a route promise the statuses that its properties do not show.
bool mentions(const Route& route, unsigned status) {
  const std::string text = std::to_string(status);
  return route.summary.contains(text) || route.detail.contains(text);
}

bool may_answer(const Route& route, unsigned status) {
  const bool has_path_parameter = route.pattern.contains('{');
  switch (status) {
    case 400:
      return takes_body(route) || has_path_parameter;
    case 401:
    case 403:
      return !is_public(route);
    case 404:
      return has_path_parameter;
    case 408:
    case 413:
    case 415:
      return takes_body(route);
    case 409:
      return creates(route) || mentions(route, status);
    case 416:
      return serves_content(route);
    case 422:
      return takes_body(route) || !route.query.empty();
    case 507:
      return route.method != Method::get;
    default:
      return true;
  }
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get:
      return "get";
    case Method::post:
      return "post";
    case Method::put:
      return "put";
    case Method::del:
      return "delete";
    default:
      return "options";
  }
}

/// A pattern as OpenAPI has it, which knows no parameter over several segments.
std::string openapi_path(std::string_view pattern) {
  std::string path(pattern);
  if (const std::size_t rest = path.find("...}"); rest != path.npos) path.erase(rest, 3);
  return path;
}

/// "post" and "/api/v1/nodes/{id}/drain" are "post_nodes_id_drain".
std::string operation_id(const Route& route) {
  constexpr std::string_view kBase = "/api/v1";
  std::string_view path = route.pattern;
  if (path.starts_with(kBase)) path.remove_prefix(kBase.size());
  std::string id(method_name(route.method));
  for (const char c : path) {
    if (c == '/' || c == '.') id.push_back('_');
    if (c != '/' && c != '.' && c != '{' && c != '}') id.push_back(c);
  }
  return id;
}

/// What a route answers with that has no schema.
std::string_view content_type(const Route& route) {
  if (takes_lines(route)) return kLines;
  if (serves_events(route)) return kEvents;
  if (!route.response_schema.empty()) return "application/json";
  if (route.pattern == "/openapi.json") return "application/json";
  if (route.pattern == "/metrics" || route.pattern == "/log/checkpoint" ||
      route.pattern == "/log/key") {
    return "text/plain";
  }
  if (route.pattern == "/docs") return "text/html";
  if (route.pattern.ends_with("/model")) return kSafetensors;
  if (route.pattern.ends_with("/modules/{id}/content")) return "application/wasm";
  return kBytes;
}

/// "16 MiB", or bytes if it is no whole number of those.
std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kMebibyte = 1 << 20;
  if (bytes % kMebibyte != 0) return fmt::format("{} bytes", bytes);
  return fmt::format("{} MiB", bytes / kMebibyte);
}

std::string_view success_description(unsigned status) {
  switch (status) {
    case 201:
      return "Made, and on disk.";
    case 202:
      return "Accepted, and on disk.";
    case 204:
      return "Done.";
    default:
      return "As asked.";
  }
}

// --- The parts of an operation

std::string reference(std::string_view section, std::string_view name) {
  return fmt::format("#/components/{}/{}", section, name);
}

void write_reference(Writer& writer, std::string_view section, std::string_view name) {
  writer.begin_object().member("$ref", reference(section, name)).end_object();
}

void write_header(Writer& writer, std::string_view name) {
  write_reference(writer.key(name), "headers", name);
}

void write_parameter(Writer& writer, std::string_view in, std::string_view name,
                     const Parameter& parameter) {
  writer.begin_object().member("name", name).member("in", in);
  if (in == "path") writer.member("required", true);
  writer.member("description", parameter.description).key("schema").raw(parameter.schema);
  writer.end_object();
}

/// The row for a name under a tag; a plain text if there is none.
const Parameter& find_parameter(std::span<const Parameter> rows, std::string_view name,
                                std::string_view tag) {
  static constexpr Parameter kOther{"", "", "", R"({"type":"string"})"};
  const auto found = std::ranges::find_if(rows, [&](const Parameter& row) {
    return row.name == name && (row.tag.empty() || row.tag == tag);
  });
  return found == rows.end() ? kOther : *found;
}

void write_path_parameters(Writer& writer, std::string_view pattern) {
  std::string_view before;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string_view segment = pattern.substr(0, pattern.find('/'));
    if (segment.starts_with('{')) {
      const std::string_view name = segment.substr(1, segment.find_first_of(".}") - 1);
      write_parameter(writer, "path", name, find_parameter(kPathParameters, before, ""));
    }
    before = segment;
    pattern.remove_prefix(segment.size());
  }
}

void write_parameters(Writer& writer, const Route& route) {
  writer.key("parameters").begin_array();
  write_path_parameters(writer, route.pattern);
  for (const std::string_view name : route.query) {
    write_parameter(writer, "query", name, find_parameter(kQueryParameters, name, route.tag));
  }
  const auto header = [&](const Parameter& parameter) {
    write_parameter(writer, "header", parameter.name, parameter);
  };
  if (creates(route)) header(kIdempotencyKey);
  if (route.etag || serves_content(route)) header(kIfNoneMatch);
  if (serves_content(route)) header(kRange);
  if (serves_events(route)) header(kLastEventId);
  writer.end_array();
}

/// One entry of a `content` object. Lines are described by the schema of one of them.
void write_media_type(Writer& writer, std::string_view type, std::string_view schema) {
  writer.key(type).begin_object().key("schema").begin_object();
  if (!schema.empty()) writer.member("$ref", reference("schemas", schema));
  if (type == kLines) writer.member("description", "One such object a line.");
  writer.end_object().end_object();
}

void write_request_body(Writer& writer, const Route& route) {
  writer.key("requestBody")
      .begin_object()
      .member("description", "At most " + size_text(route.body_limit) + ".")
      .member("required", true)
      .key("content")
      .begin_object();
  if (route.media_types.empty()) write_media_type(writer, kBytes, route.request_schema);
  for (const std::string_view type : route.media_types) {
    write_media_type(writer, type, route.request_schema);
  }
  writer.end_object().end_object();
}

void write_success(Writer& writer, const Route& route, unsigned status) {
  writer.key(std::to_string(status))
      .begin_object()
      .member("description", status == route.success_status ? success_description(status)
                                                            : "It was there already.");
  writer.key("headers").begin_object();
  if (status == 201) write_header(writer, "Location");
  if (is_list(route)) write_header(writer, "Link");
  if (route.etag || serves_content(route)) write_header(writer, "ETag");
  writer.end_object();
  if (status != 204) {
    writer.key("content").begin_object();
    write_media_type(writer, content_type(route), route.response_schema);
    writer.end_object();
  }
  writer.end_object();
}

void write_range(Writer& writer, const Route& route) {
  writer.key("206").begin_object().member("description", "The range asked for.");
  writer.key("headers").begin_object();
  write_header(writer, "Content-Range");
  writer.end_object();
  writer.key("content").begin_object();
  write_media_type(writer, content_type(route), "");
  writer.end_object().end_object();
}

void write_responses(Writer& writer, const Route& route) {
  writer.key("responses").begin_object();
  if (may_exist_already(route)) write_success(writer, route, 200);
  write_success(writer, route, route.success_status);
  if (serves_content(route)) write_range(writer, route);
  if (route.etag || serves_content(route)) {
    writer.key("304").begin_object().member("description", "As the client has it.").end_object();
  }
  for (const Status& problem : kProblems) {
    if (!may_answer(route, problem.number)) continue;
    write_reference(writer.key(std::to_string(problem.number)), "responses", problem.name);
  }
  writer.end_object();
}

/// Each role that may call the route is an alternative of its own.
void write_security(Writer& writer, const Route& route) {
  writer.key("security").begin_array();
  for (const Role role : kRoles) {
    if (is_public(route) || !route.roles.contains(role)) continue;
    writer.begin_object().key("bearer").begin_array().string(to_string(role)).end_array();
    writer.end_object();
  }
  writer.end_array();
}

void write_operation(Writer& writer, const Route& route) {
  writer.key(method_name(route.method)).begin_object();
  writer.key("tags").begin_array().string(route.tag).end_array();
  writer.member("operationId", operation_id(route)).member("summary", route.summary);
  if (!route.detail.empty()) writer.member("description", route.detail);
  write_security(writer, route);
  write_parameters(writer, route);
  if (takes_body(route)) write_request_body(writer, route);
  write_responses(writer, route);
  writer.end_object();
}

// --- The parts of the document

/// In the order of the table, the operations of one path together.
void write_paths(Writer& writer, std::span<const Route> routes) {
  writer.key("paths").begin_object();
  for (const Route& first : routes) {
    const auto same_path = [&first](const Route& route) { return route.pattern == first.pattern; };
    if (&*std::ranges::find_if(routes, same_path) != &first) continue;
    writer.key(openapi_path(first.pattern)).begin_object();
    for (const Route& route : routes | std::views::filter(same_path)) {
      write_operation(writer, route);
    }
    writer.end_object();
  }
  writer.end_object();
}

void write_problems(Writer& writer) {
  writer.key("responses").begin_object();
  for (const Status& problem : kProblems) {
    writer.key(problem.name).begin_object().member("description", problem.description);
    if (!problem.header.empty()) {
      writer.key("headers").begin_object();
      write_header(writer, problem.header);
      writer.end_object();
    }
    writer.key("content").begin_object();
    write_media_type(writer, "application/problem+json", "Problem");
    writer.end_object().end_object();
  }
  writer.end_object();
}

void write_components(Writer& writer) {
  writer.key("components").begin_object();
  writer.key("securitySchemes").raw(kSecuritySchemes);
  writer.key("headers").raw(kHeaders);
  write_problems(writer);
  writer.key("schemas").begin_object();
  for (const Schema& schema : schemas()) writer.key(schema.name).raw(schema.json);
  writer.end_object().end_object();
}

void write_info(Writer& writer) {
  writer.member("openapi", "3.1.0")
      .key("info")
      .begin_object()
      .member("title", "Ambient VCP")
      .member("version", kVersion)
      .member("description", kDescription)
      .key("license")
      .begin_object()
      .member("name", "Apache-2.0")
      .member("identifier", "Apache-2.0")
      .end_object()
      .end_object();
  writer.key("servers").begin_array().begin_object().member("url", "/").end_object().end_array();
  writer.key("tags").begin_array();
  for (const Tag& tag : kTags) {
    writer.begin_object().member("name", tag.name).member("description", tag.description);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace

std::string render_openapi(std::span<const Route> routes) {
  std::string document;
  Writer writer(document);
  writer.begin_object();
  write_info(writer);
  write_paths(writer, routes);
  write_components(writer);
  writer.end_object();
  return document;
}

}  // namespace vcp::api
