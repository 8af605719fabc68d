// SPDX-License-Identifier: Apache-2.0
#include "openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "openapi_schemas.hpp"
#include "results.hpp"
#include "submission.hpp"
#include "vcp/api/api.hpp"
#include "vcp/base/json.hpp"
#include "vcp/store/memory.hpp"

namespace vcp::api {
namespace {

using http::Method;
using http::Role;
using http::Route;
using json::Kind;
using json::Value;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// --- Set-up

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "vcp-openapi-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The API as the server makes it, on a store in memory.
class ServedApi {
 public:
  [[nodiscard]] Api& api() { return api_; }

 private:
  [[nodiscard]] coordinator::Options options() {
    coordinator::Options options;
    options.receipts.keys = {log::SignerKey::generate("log.example", random_).value()};
    return options;
  }

  TemporaryDirectory directory_;
  asio::io_context io_;
  SystemClock clock_;
  SystemRandom random_;
  store::MemoryBackend backend_;
  store::ContentStore files_ = store::ContentStore::open(directory_.path(), random_).value();
  std::unique_ptr<coordinator::Coordinator> coordinator_ =
      coordinator::Coordinator::open(io_, backend_, files_, clock_, random_, options(), {}).value();
  wasm::Compiler compiler_{wasm::CompilerProgram::at("/nonexistent")};
  std::unique_ptr<coordinator::FlJobs> fl_jobs_ =
      coordinator::FlJobs::open(*coordinator_, backend_, io_, {}).value();
  Api api_{{.coordinator = *coordinator_,
            .fl_jobs = *fl_jobs_,
            .compiler = compiler_,
            .spool_directory = directory_.path(),
            .limits = {},
            .metrics = [] { return std::string(); },
            .draining = [] { return false; }}};
};

/// A parsed document with what it was parsed from.
class Parsed {
 public:
  explicit Parsed(std::string text) : text_(std::move(text)), root_(document_.parse(text_)) {}

  [[nodiscard]] bool is_json() const { return root_.has_value(); }
  [[nodiscard]] Value root() const { return *root_; }

  /// The value at the end of a way through members; nothing if there is none.
  [[nodiscard]] std::optional<Value> at(std::initializer_list<std::string_view> members) const {
    std::optional<Value> value = root();
    for (const std::string_view member : members) {
      if (value) value = value->find(member);
    }
    return value;
  }

 private:
  std::string text_;
  json::Document document_;
  Result<Value> root_;
};

std::set<std::string> names_of(const std::optional<Value>& object) {
  std::set<std::string> names;
  if (!object) return names;
  for (const json::Item& item : *object) names.emplace(item.name);
  return names;
}

std::vector<std::string> texts_of(const std::optional<Value>& array, std::string_view member) {
  std::vector<std::string> texts;
  if (!array) return texts;
  for (const json::Item& item : *array) {
    const auto text = item.value.find(member);
    if (text) texts.push_back(text->as_string().value_or(""));
  }
  return texts;
}

void collect_references(Value value, std::vector<std::string>& references) {
  for (const json::Item& item : value) {
    if (item.name == "$ref" && item.value.is(Kind::string)) {
      references.push_back(*item.value.as_string());
    } else if (item.value.is(Kind::object) || item.value.is(Kind::array)) {
      collect_references(item.value, references);
    }
  }
}

/// Whether "#/components/schemas/Task" and the like lead somewhere.
bool resolves(Value root, std::string_view reference) {
  if (!reference.starts_with("#/")) return false;
  reference.remove_prefix(2);
  std::optional<Value> value = root;
  while (value && !reference.empty()) {
    const std::string_view token = reference.substr(0, reference.find('/'));
    value = value->find(token);
    reference.remove_prefix(std::min(reference.size(), token.size() + 1));
  }
  return value.has_value();
}

std::set<std::string_view> schema_names() {
  std::set<std::string_view> names;
  for (const Schema& schema : schemas()) names.insert(schema.name);
  return names;
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "get";
    case Method::post:
      return "post";
    case Method::put:
      return "put";
    default:
      return "delete";
  }
}

/// A route to try one property of.
Route plain_route() {
  return {.method = Method::get,
          .pattern = "/things",
          .roles = {Role::admin},
          .handler = http::Reply(),
          .tag = "Tasks",
          .summary = "Things"};
}

Parsed render_one(const Route& route) { return Parsed(render_openapi(std::span(&route, 1))); }

Parsed schema_named(std::string_view name) {
  const auto all = schemas();
  return Parsed(std::string(std::ranges::find(all, name, &Schema::name)->json));
}

/// `{"a":null,"b":null}` for the members of an object schema.
std::string all_null(std::string_view name) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  for (const std::string& member : names_of(schema_named(name).at({"properties"}))) {
    writer.member(member, nullptr);
  }
  writer.end_object();
  return body;
}

/// Where a parser says something that begins with these words.
template <class T>
std::set<std::string> complaints(const Result<T>& parsed, std::string_view words) {
  std::set<std::string> pointers;
  if (parsed) return pointers;
  for (const FieldError& error : parsed.error().fields) {
    if (error.detail.starts_with(words)) pointers.insert(error.pointer);
  }
  return pointers;
}

template <class T>
std::set<std::string> unknown_members(const Result<T>& parsed) {
  return complaints(parsed, "unknown member");
}

template <class T>
std::set<std::string> missing_members(const Result<T>& parsed) {
  return complaints(parsed, "missing");
}

Result<Submission> parse_submission_text(const std::string& text) {
  json::Document document;
  const auto body = document.parse(text);
  return parse_submission(*body);
}

// --- Schemas

TEST(Schemas, EachIsAnObjectOfJson) {
  for (const Schema& schema : schemas()) {
    const Parsed parsed{std::string(schema.json)};
    ASSERT_TRUE(parsed.is_json()) << schema.name;
    EXPECT_TRUE(parsed.root().is(Kind::object)) << schema.name;
  }
}

TEST(Schemas, NamesAreUnique) { EXPECT_EQ(schema_names().size(), schemas().size()); }

TEST(Schemas, RequiredMembersAreDescribed) {
  for (const Schema& schema : schemas()) {
    const Parsed parsed{std::string(schema.json)};
    const auto required = parsed.at({"required"});
    if (!required || !parsed.at({"properties"})) continue;
    for (const json::Item& item : *required) {
      EXPECT_TRUE(parsed.at({"properties", *item.value.as_string()}))
          << schema.name << " " << item.value.source();
    }
  }
}

TEST(Schemas, SubmissionParserKnowsEveryMember) {
  EXPECT_THAT(unknown_members(parse_submission_text(all_null("TaskSubmission"))), IsEmpty());
}

TEST(Schemas, SubmissionParserKnowsEveryRequirement) {
  const auto parsed = parse_submission_text("{\"requirements\":" + all_null("Requirements") + "}");
  EXPECT_THAT(unknown_members(parsed), IsEmpty());
}

TEST(Schemas, SubmissionParserKnowsEveryLimit) {
  const auto parsed = parse_submission_text("{\"limits\":" + all_null("TaskLimits") + "}");
  EXPECT_THAT(unknown_members(parsed), IsEmpty());
}

TEST(Schemas, SubmissionRequiresWhatItsParserMisses) {
  const Parsed schema = schema_named("TaskSubmission");
  EXPECT_EQ(schema.at({"required"})->source(), R"(["task_type", "requirements"])");
  EXPECT_THAT(missing_members(parse_submission_text("{}")),
              UnorderedElementsAre("/task_type", "/requirements", "/module_id"));
}

TEST(Schemas, RequirementsRequireWhatTheirParserMisses) {
  const Parsed schema = schema_named("Requirements");
  EXPECT_EQ(schema.at({"required"})->source(), R"(["min_nodes", "max_execution_time_sec"])");
  EXPECT_THAT(
      missing_members(parse_submission_text(
          R"({"task_type":"computation","wasm_module":"","requirements":{}})")),
      UnorderedElementsAre("/requirements/min_nodes", "/requirements/max_execution_time_sec"));
}

TEST(Schemas, ReportParserKnowsEveryMember) {
  const std::string text = all_null("TaskResultReport");
  json::Document document;
  const auto body = document.parse(text);
  EXPECT_THAT(unknown_members(parse_report(*body, {})), IsEmpty());
}

// --- The route table

TEST(RouteTable, HasNoMethodAndPatternTwice) {
  ServedApi served;
  std::set<std::pair<Method, std::string_view>> seen;
  for (const Route& route : served.api().routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
  }
}

TEST(RouteTable, SaysOfEveryRouteWhatItIs) {
  ServedApi served;
  for (const Route& route : served.api().routes()) {
    EXPECT_FALSE(route.tag.empty()) << route.pattern;
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
  }
}

TEST(RouteTable, NamesSchemasThatExist) {
  ServedApi served;
  const auto names = schema_names();
  for (const Route& route : served.api().routes()) {
    for (const std::string_view name : {route.request_schema, route.response_schema}) {
      EXPECT_TRUE(name.empty() || names.contains(name)) << route.pattern << " " << name;
    }
  }
}

TEST(RouteTable, EveryJsonBodyHasASchema) {
  ServedApi served;
  for (const Route& route : served.api().routes()) {
    const bool takes_json =
        std::ranges::find(route.media_types, "application/json") != route.media_types.end();
    EXPECT_TRUE(!takes_json || !route.request_schema.empty()) << route.pattern;
  }
}

// --- The document of the whole API

TEST(OpenApi, HasEveryRouteAsAnOperation) {
  ServedApi served;
  const Parsed document(served.api().openapi());
  ASSERT_TRUE(document.is_json());
  std::size_t operations = 0;
  const Value paths = document.at({"paths"}).value();
  for (const json::Item& path : paths) operations += path.value.size();
  const auto routes = served.api().routes();
  EXPECT_EQ(operations, routes.size());
  for (const Route& route : routes) {
    std::string path(route.pattern);
    if (const std::size_t rest = path.find("...}"); rest != path.npos) path.erase(rest, 3);
    EXPECT_TRUE(document.at({"paths", path, name_of(route.method)})) << route.pattern;
  }
}

TEST(OpenApi, EveryReferenceResolves) {
  ServedApi served;
  const Parsed document(served.api().openapi());
  std::vector<std::string> references;
  collect_references(document.root(), references);
  EXPECT_THAT(references, Not(IsEmpty()));
  for (const std::string& reference : references) {
    EXPECT_TRUE(resolves(document.root(), reference)) << reference;
  }
}

TEST(OpenApi, OperationIdsAreUnique) {
  ServedApi served;
  const Parsed document(served.api().openapi());
  std::set<std::string> ids;
  const Value paths = document.at({"paths"}).value();
  for (const json::Item& path : paths) {
    for (const json::Item& operation : path.value) {
      const std::string id = *operation.value.find("operationId")->as_string();
      EXPECT_TRUE(ids.insert(id).second) << id;
    }
  }
}

TEST(OpenApi, EveryTagIsDescribed) {
  ServedApi served;
  const Parsed document(served.api().openapi());
  const auto described = texts_of(document.at({"tags"}), "name");
  for (const Route& route : served.api().routes()) {
    EXPECT_THAT(described, Contains(route.tag)) << route.pattern;
  }
}

TEST(OpenApi, EveryParameterIsDescribed) {
  ServedApi served;
  const Parsed document(served.api().openapi());
  const Value paths = document.at({"paths"}).value();
  for (const json::Item& path : paths) {
    for (const json::Item& operation : path.value) {
      const Value parameters = operation.value.find("parameters").value();
      for (const json::Item& parameter : parameters) {
        EXPECT_NE(parameter.value.find("description")->as_string(), "")
            << path.name << " " << parameter.value.source();
      }
    }
  }
}

// --- What one route's properties say

TEST(Operation, OfAPublicRouteNeedsNoToken) {
  Route route = plain_route();
  route.roles = {Role::none, Role::admin};
  const Parsed document = render_one(route);
  EXPECT_EQ(document.at({"paths", "/things", "get", "security"})->size(), 0);
  EXPECT_FALSE(document.at({"paths", "/things", "get", "responses", "401"}));
}

TEST(Operation, ListsEachRoleThatMayCallIt) {
  Route route = plain_route();
  route.roles = {Role::admin, Role::node};
  const Parsed document = render_one(route);
  EXPECT_EQ(document.at({"paths", "/things", "get", "security"})->source(),
            R"([{"bearer":["admin"]},{"bearer":["node"]}])");
}

TEST(Operation, ThatCreatesTakesAnIdempotencyKey) {
  Route route = plain_route();
  route.method = Method::post;
  route.success_status = 201;
  const Parsed document = render_one(route);
  EXPECT_THAT(texts_of(document.at({"paths", "/things", "post", "parameters"}), "name"),
              Contains("Idempotency-Key"));
}

TEST(Operation, ThatOnlyReadsTakesNoIdempotencyKey) {
  const Parsed document = render_one(plain_route());
  EXPECT_EQ(document.at({"paths", "/things", "get", "parameters"})->size(), 0);
}

TEST(Operation, WithAnETagMayAnswerThatNothingHasChanged) {
  Route route = plain_route();
  route.etag = true;
  const Parsed document = render_one(route);
  EXPECT_THAT(texts_of(document.at({"paths", "/things", "get", "parameters"}), "name"),
              Contains("If-None-Match"));
  EXPECT_TRUE(document.at({"paths", "/things", "get", "responses", "304"}));
}

TEST(Operation, ThatStreamsContentServesRanges) {
  Route route = plain_route();
  route.handler = http::Stream();
  const Parsed document = render_one(route);
  const auto responses = names_of(document.at({"paths", "/things", "get", "responses"}));
  EXPECT_THAT(responses, testing::IsSupersetOf({"200", "206", "304", "416"}));
  EXPECT_TRUE(document.at(
      {"paths", "/things", "get", "responses", "200", "content", "application/octet-stream"}));
}

TEST(Operation, WithPathParameterMayFindNothing) {
  Route route = plain_route();
  route.pattern = "/api/v1/tasks/{id}/output";
  const Parsed document = render_one(route);
  const auto operation = document.at({"paths", route.pattern, "get"});
  EXPECT_EQ(operation->find("operationId")->as_string(), "get_tasks_id_output");
  EXPECT_THAT(texts_of(operation->find("parameters"), "in"), UnorderedElementsAre("path"));
  EXPECT_TRUE(operation->find("responses")->find("404"));
}

TEST(Operation, WithoutMediaTypesHasNoBodyToSpeakOf) {
  Route route = plain_route();
  route.method = Method::post;
  route.body_limit = 1024;
  const Parsed document = render_one(route);
  EXPECT_FALSE(document.at({"paths", "/things", "post", "requestBody"}));
}

TEST(Operation, OfLinesDescribesOneLine) {
  Route route = plain_route();
  route.method = Method::post;
  route.body_limit = 1024;
  route.media_types = {"application/x-ndjson"};
  route.request_schema = "TaskSubmission";
  const Parsed document = render_one(route);
  const auto schema = document.at(
      {"paths", "/things", "post", "requestBody", "content", "application/x-ndjson", "schema"});
  EXPECT_THAT(std::string(schema->source()), HasSubstr("One such object a line."));
  EXPECT_THAT(std::string(schema->source()), HasSubstr("#/components/schemas/TaskSubmission"));
}

TEST(Operation, MayAnswerTheStatusThatItsSummaryPromises) {
  Route route = plain_route();
  route.summary = "A thing; 409 while it is in use";
  const Parsed document = render_one(route);
  EXPECT_TRUE(document.at({"paths", "/things", "get", "responses", "409"}));
}

}  // namespace
}  // namespace vcp::api
