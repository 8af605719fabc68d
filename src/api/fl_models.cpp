// SPDX-License-Identifier: Apache-2.0
// Models on their way out, first models and updates on their way in.
#include <charconv>
#include <cmath>

#include "answers.hpp"
#include "content.hpp"
#include "fl_access.hpp"
#include "fl_render.hpp"
#include "fl_terms.hpp"
#include "handlers.hpp"
#include "vcp/fl/incoming.hpp"
#include "vcp/fl/round.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Contents;
using coordinator::Coordinator;
using coordinator::Created;
using coordinator::FlFile;
using coordinator::FlJob;
using coordinator::FlJobView;
using coordinator::FlMetrics;
using coordinator::FlModel;
using coordinator::FlState;
using coordinator::FlUpdate;
using http::Exchange;
using http::Request;
using http::Role;
using store::ContentStore;

namespace {

constexpr std::string_view kSafetensors = "application/vnd.safetensors";
constexpr std::string_view kRoundHeader = "X-FL-Round";
constexpr std::uint64_t kMaxSamples = 1ULL << 53;
constexpr std::array<std::string_view, 2> kMetricNames{"loss", "accuracy"};

// --- Receiving

/// A model or an update that was checked and is on disk.
struct Received {
  Contents::Pin pin;
  std::uint64_t size;
  fl::Layout layout;

  [[nodiscard]] FlFile file() const { return {.digest = pin.digest(), .size = size}; }
};

Error too_large(std::uint64_t max_bytes) {
  return {.code = Code::too_large,
          .message = "the file may have " + std::to_string(max_bytes) + " bytes"};
}

/// Refuses what says that it is too long before any of it is read.
Result<> check_length(const Request& request, std::uint64_t max_bytes) {
  const std::string_view text = request.header("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error == std::errc{} && length > max_bytes) return std::unexpected(too_large(max_bytes));
  return {};
}

/// Checks the body and writes it to disk as it comes.
Async<Result<Received>> receive(State& api, Exchange& exchange, fl::IncomingModel incoming,
                                std::uint64_t max_bytes) {
  if (const Result<> fits = check_length(exchange.request(), max_bytes); !fits) {
    co_return std::unexpected(fits.error());
  }
  std::uint64_t size = 0;
  std::optional<fl::Layout> layout;
  CheckPart check = [&](std::string_view part) -> Result<> {
    if (!part.empty()) {
      const Result<> fine = incoming.append(part);
      size += part.size();
      return fine && size > max_bytes ? std::unexpected(too_large(max_bytes)) : fine;
    }
    auto whole = incoming.finish();
    if (!whole) return std::unexpected(whole.error());
    layout = std::move(*whole);
    return {};
  };
  auto received = co_await receive_content(api, exchange, std::move(check));
  if (!received) co_return std::unexpected(received.error());
  co_return Received{
      .pin = std::move(received->pin), .size = received->size, .layout = std::move(*layout)};
}

Result<fl::Layout> read_layout(const ContentStore& files, const FlFile& model) {
  const auto prefix = files.read(model.digest, 0, fl::kLengthBytes);
  if (!prefix) return std::unexpected(prefix.error());
  const auto length = fl::parse_header_length(*prefix);
  if (!length) return std::unexpected(length.error());
  const auto header = files.read(model.digest, fl::kLengthBytes, *length);
  if (!header) return std::unexpected(header.error());
  return fl::parse_header(*header);
}

// --- The first model

Async<Result<FlJobView>> set_model(State& api, Exchange& exchange) {
  const auto job = find_fl_job(api, exchange.request());
  if (!job) co_return std::unexpected(job.error());
  if (job->job->state != FlState::waiting) {
    co_return fail(Code::conflict, "the job has its first model");
  }
  fl::IncomingModel incoming;
  const auto received =
      co_await receive(api, exchange, std::move(incoming), api.services.limits.fl_model_bytes);
  if (!received) co_return std::unexpected(received.error());
  Coordinator::Command<FlJobView> command = [&jobs = api.services.fl_jobs, id = job->job->id,
                                             file = received->file()](Coordinator::Writer& writer) {
    return jobs.set_model(writer, id, file);
  };
  co_return co_await api.coordinator().apply(std::move(command));
}

// --- Updates

/// What the path, the query and the token say of an update.
Result<FlUpdate> parse_update(const Request& request, const FlJob& job, std::uint64_t round) {
  const auto query = Query::parse(request, {"client_id", "num_samples", "kind"});
  if (!query) return std::unexpected(query.error());
  const bool bound = request.principal.role == Role::fl_client;
  const std::string_view client =
      query->find("client_id")
          .value_or(bound ? std::string_view(request.principal.subject) : std::string_view());
  if (bound && client != request.principal.subject) {
    return fail(Code::forbidden, "this token is for another client");
  }
  if (!is_client_id(client)) {
    return fail_field("?client_id", "must be 1 to 64 letters, digits, '_', '-' and '.'");
  }
  if (!query->find("num_samples")) return fail_field("?num_samples", "missing");
  const auto samples =
      query->integer("num_samples", 1, job.terms.max_samples.value_or(kMaxSamples), 0);
  if (!samples) return std::unexpected(samples.error());
  const std::string_view kind = query->find("kind").value_or("weights");
  if (kind != "weights" && kind != "delta") {
    return fail_field("?kind", "must be weights or delta");
  }
  return FlUpdate{.client = std::string(client),
                  .round = round,
                  .file = {},
                  .num_samples = *samples,
                  .kind = kind == "delta" ? fl::Kind::delta : fl::Kind::weights};
}

/// What the client says that it measured, in the metadata of its file.
Result<FlMetrics> read_metrics(const fl::Layout& layout) {
  FlMetrics metrics;
  for (const std::string_view name : kMetricNames) {
    const auto found = layout.metadata.find(std::string(name));
    if (found == layout.metadata.end()) continue;
    const std::string& text = found->second;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
      return fail(Code::invalid, "the metadata's " + std::string(name) + " is not a finite number");
    }
    metrics.emplace(name, value);
  }
  return metrics;
}

/// The difference from the model, L2. A private job takes none that is not finite.
Result<double> measure_norm(State& api, const FlUpdate& update, const FlFile& model,
                            bool must_be_finite) {
  const ContentStore& files = api.coordinator().contents().files();
  const fl::Update measured{.client_id = update.client,
                            .file = files.path(update.file.digest),
                            .num_samples = update.num_samples,
                            .kind = update.kind};
  const auto norms = fl::update_norms(files.path(model.digest), measured, fl::serial());
  if (!norms) return std::unexpected(norms.error());
  if (must_be_finite && !(std::isfinite(norms->l1) && std::isfinite(norms->l2))) {
    return fail(Code::invalid, "the norm of the update is not finite");
  }
  return norms->l2;
}

std::string render_accepted(const FlJob& job, const FlUpdate& update) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("job_id", job.id.to_string())
      .member("round", update.round)
      .member("client_id", update.client)
      .member("num_samples", update.num_samples)
      .member("kind", update.kind == fl::Kind::delta ? "delta" : "weights")
      .end_object();
  return body;
}

/// Fills in what the bytes of an update say, and what they come to.
Async<Result<Contents::Pin>> take_update(State& api, Exchange& exchange, const FlJob& job,
                                         FlUpdate& update) {
  const FlModel* const model = job.model(update.round);
  if (model == nullptr) co_return fail(Code::conflict, "the model of this round is not kept");
  coordinator::Pool& pool = api.coordinator().pool();
  std::move_only_function<Result<fl::Layout>()> read = [&api, &file = model->file] {
    return read_layout(api.coordinator().contents().files(), file);
  };
  auto expected = co_await pool.run(std::move(read));
  if (!expected) co_return std::unexpected(expected.error());
  fl::IncomingModel incoming(std::move(*expected));
  auto received = co_await receive(api, exchange, std::move(incoming), job.terms.max_update_bytes);
  if (!received) co_return std::unexpected(received.error());
  update.file = received->file();
  auto metrics = read_metrics(received->layout);
  if (!metrics) co_return std::unexpected(metrics.error());
  const bool is_private = job.terms.privacy.has_value();
  if (!is_private) update.metrics = std::move(*metrics);
  std::move_only_function<Result<double>()> measure = [&api, &update, &file = model->file,
                                                       is_private] {
    return measure_norm(api, update, file, is_private);
  };
  const auto norm = co_await pool.run(std::move(measure));
  if (!norm) co_return std::unexpected(norm.error());
  update.norm = *norm;
  co_return std::move(received->pin);
}

/// What stands for the body where a request is recognized: the bytes, and what is said of them.
Digest fingerprint(const Request& request, const Digest& content) {
  Sha256 hash;
  hash.update(content.view());
  hash.update(request.query);
  return hash.finish();
}

Async<Result<Created>> accept_update(State& api, Exchange& exchange, const FlJobView& view,
                                     std::uint64_t round) {
  const Request& request = exchange.request();
  auto update = parse_update(request, *view.job, round);
  if (!update) co_return std::unexpected(update.error());
  if (!request.has_header("Idempotency-Key")) {
    // Then it may be a repetition, which is told once all of it is here.
    const Result<> may = api.services.fl_jobs.may_send(view.job->id, round, update->client);
    if (!may) co_return std::unexpected(may.error());
  }
  const auto pin = co_await take_update(api, exchange, *view.job, *update);
  if (!pin) co_return std::unexpected(pin.error());
  const auto once = once_of(request, fingerprint(request, pin->digest()));
  if (!once) co_return std::unexpected(once.error());
  Coordinator::Command<Coordinator::Render> command =
      [&jobs = api.services.fl_jobs, &job = *view.job,
       &update = *update](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    const auto repeated = jobs.accept(writer, job.id, update);
    if (!repeated) return std::unexpected(repeated.error());
    Answer answer{.status = *repeated ? 200U : 202U,
                  .body = render_accepted(job, update),
                  .subject = update.client};
    return [answer = std::move(answer)] { return answer; };
  };
  co_return co_await api.coordinator().create(*once, std::move(command));
}

/// The problem of an update; where it comes at the wrong time, with the round that is open.
http::Response refuse_update(const Error& error, const std::optional<FlJobView>& view) {
  http::Response response = http::problem(error);
  if (error.code != Code::conflict || !view) return response;
  const FlState state = view->job->state;
  const bool open = state == FlState::running || state == FlState::paused;
  response.body.pop_back();
  response.body += ",\"open_round\":" + (open ? std::to_string(view->job->round) : "null") + "}";
  return response;
}

// --- Models on their way out

struct Readable {
  FlModel model;
  std::uint64_t commit;
};

Result<Readable> find_model(State& api, const Request& request) {
  const auto job = find_fl_job(api, request);
  if (!job) return std::unexpected(job.error());
  const auto query = Query::parse(request, {"round"});
  if (!query) return std::unexpected(query.error());
  const auto round = query->integer("round", 1, UINT64_MAX, job->job->round);
  if (!round) return std::unexpected(round.error());
  const FlModel* const model = job->job->model(*round);
  if (model == nullptr) return not_found("model: it is not there yet, or not kept any more");
  return Readable{.model = *model, .commit = job->commit};
}

}  // namespace

Async<void> put_fl_model(State& api, Exchange& exchange) {
  const auto job = co_await set_model(api, exchange);
  http::Response response =
      job ? json_response(render_fl_job(*job), 201) : http::problem(job.error());
  if (job) response.headers.emplace_back("Location", std::string(exchange.request().path));
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

Async<void> get_fl_model(State& api, Exchange& exchange) {
  const auto found = find_model(api, exchange.request());
  if (!found) {
    co_await send_problem(exchange, found.error());
    co_return;
  }
  const Result<> durable = co_await api.coordinator().durable(found->commit);
  if (!durable) {
    co_await send_problem(exchange, durable.error());
    co_return;
  }
  ContentHead head{.media_type = kSafetensors,
                   .headers = {{std::string(kRoundHeader), std::to_string(found->model.round)}}};
  const FlFile& file = found->model.file;
  co_await send_content(api, exchange, file.digest, file.size, std::move(head));
}

Async<void> post_fl_update(State& api, Exchange& exchange) {
  const Request& request = exchange.request();
  const auto round = fl_round_of(request);
  const auto view = find_fl_job(api, request);
  if (!round || !view) {
    const Error error = view ? round.error() : view.error();
    co_await send_problem(exchange, error);
    co_return;
  }
  const auto created = co_await accept_update(api, exchange, *view, *round);
  http::Response response =
      created ? created_response(*created, "")
              : refuse_update(created.error(), api.services.fl_jobs.find(view->job->id));
  const Result<> sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

}  // namespace vcp::api
