// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/coordinator.hpp"

#include "loop.hpp"

namespace vcp::coordinator {

using mesh::TaskPtr;
using store::Table;

// --- Life

Coordinator::Coordinator(asio::io_context& io, store::Backend& backend, store::ContentStore& files,
                         const Clock& clock, Random& random, Options options, Observer observer)
    : clock_(clock),
      random_(random),
      pool_(io, options.stepped ? 0 : options.pool_threads, options.max_pool_queue),
      nodes_(observer.copied_out),
      tasks_(backend, options.keep_ended_in_memory, observer.copied_out),
      events_(options.keep_events),
      receipts_(backend, random, options.receipts),
      contents_(files, backend, [this](const Digest& digest) { remove_later(digest); }),
      proofs_(files, std::move(options.receipt_verifiers), random,
              std::move(observer.verified_proofs)) {}

Coordinator::~Coordinator() { pool_.stop(); }

Result<std::unique_ptr<Coordinator>> Coordinator::open(asio::io_context& io,
                                                       store::Backend& backend,
                                                       store::ContentStore& files,
                                                       const Clock& clock, Random& random,
                                                       Options options, Observer observer) {
  const auto last_commit = store::last_commit(backend);
  if (!last_commit) return std::unexpected(last_commit.error());
  std::unique_ptr<Coordinator> coordinator(
      new Coordinator(io, backend, files, clock, random, options, observer));
  coordinator->loop_ =
      std::make_unique<Loop>(*coordinator, io, backend, options, observer, *last_commit);
  const Result<> loaded = coordinator->loop_->load();
  if (!loaded) return std::unexpected(loaded.error());
  if (const Result<> swept = coordinator->contents_.remove_all_unused(); !swept) {
    return std::unexpected(swept.error());
  }
  coordinator->loop_->start();
  return coordinator;
}

void Coordinator::close() { loop_->close(); }

void Coordinator::remove_later(const Digest& digest) {
  pool_.post([this, digest] { contents_.remove_if_unused(digest); });
}

// --- Writing

void Coordinator::enqueue(Step step) { loop_->enqueue(std::move(step)); }

Async<Result<std::vector<Result<Created>>>> Coordinator::create_all(
    std::vector<Creation> creations) {
  using Outcomes = std::vector<Result<Created>>;
  return suspend<Result<Outcomes>>([this, creations = std::move(creations)](auto resume) mutable {
    enqueue([this, creations = std::move(creations),
             resume = std::move(resume)](Result<Turn*> turn) mutable {
      if (!turn) return resume(std::unexpected(turn.error()));
      auto outcomes = std::make_unique<Outcomes>(creations.size());
      for (std::size_t i = 0; i < creations.size(); ++i) {
        decide(**turn, std::move(creations[i]), (*outcomes)[i]);
      }
      (*turn)->when_durable.push_back([outcomes = std::move(outcomes), resume = std::move(resume)](
                                          const Result<>& durable) mutable {
        if (durable) return resume(std::move(*outcomes));
        resume(std::unexpected(durable.error()));
      });
    });
  });
}

Async<Result<Created>> Coordinator::create(std::optional<Once> once, Command<Render> command) {
  std::vector<Creation> one;
  one.push_back({.once = std::move(once), .command = std::move(command)});
  auto outcomes = co_await create_all(std::move(one));
  if (!outcomes) co_return std::unexpected(outcomes.error());
  co_return std::move(outcomes->front());
}

void Coordinator::decide(Turn& turn, Creation creation, Result<Created>& outcome) {
  if (creation.once) {
    auto known = loop_->find_answer(turn, *creation.once);
    if (!known) {
      outcome = std::unexpected(known.error());
      return;
    }
    if (*known) {
      outcome = Created{.answer = std::move(**known), .replayed = true};
      return;
    }
  }
  auto render = creation.command(turn.writer);
  if (!render) {
    outcome = std::unexpected(render.error());
    return;
  }
  if (creation.once) loop_->claim(turn, *creation.once);
  // Placement may still change what was made, and a repetition must get the same answer.
  turn.after_placement.push_back([this, &turn, &outcome, once = std::move(creation.once),
                                  render = std::move(*render)]() mutable {
    outcome->answer = render();
    if (once) loop_->keep_answer(turn, *once, outcome->answer);
  });
}

void Coordinator::Writer::put_token(Token token) {
  batch.put(Table::tokens, std::string(token.id.view()), encode(token));
  coordinator.tokens_.put(std::move(token));
}

void Coordinator::Writer::erase_token(const TokenId& id) {
  batch.erase(Table::tokens, std::string(id.view()));
  coordinator.tokens_.erase(id);
}

void Coordinator::Writer::put_module(Module module) {
  batch.put(Table::modules, owned_key(module.owner, module.digest.view()), encode(module));
  coordinator.contents_.refer(batch, commit, module.digest, module.size);
  coordinator.modules_.put(std::move(module));
}

void Coordinator::Writer::erase_module(const Module& module) {
  batch.erase(Table::modules, owned_key(module.owner, module.digest.view()));
  coordinator.modules_.erase(module.owner, module.digest);
  release(module.digest);
}

void Coordinator::Writer::put_blob(Blob blob) {
  batch.put(Table::blobs, owned_key(blob.owner, blob.digest.view()), encode(blob));
  coordinator.contents_.refer(batch, commit, blob.digest, blob.size);
  coordinator.blobs_.put(std::move(blob));
}

void Coordinator::Writer::erase_blob(const Blob& blob) {
  batch.erase(Table::blobs, owned_key(blob.owner, blob.digest.view()));
  coordinator.blobs_.erase(blob.owner, blob.digest);
  release(blob.digest);
}

void Coordinator::Writer::put_circuit(Circuit circuit) {
  batch.put(Table::circuits, owned_key(circuit.owner, circuit.digest.view()), encode(circuit));
  coordinator.contents_.refer(batch, commit, circuit.digest, circuit.size);
  coordinator.circuits_.put(std::move(circuit));
}

void Coordinator::Writer::announce(Event::OfRound round) {
  coordinator.loop_->announce({.at = now, .subject = std::move(round)});
}

void Coordinator::Writer::release(const Digest& digest) {
  if (!coordinator.contents_.release(batch, commit, digest)) return;
  std::vector<DurableGate::Resume> removal;
  removal.emplace_back([&owner = coordinator, digest](const Result<>& durable) {
    if (durable) owner.remove_later(digest);
  });
  coordinator.loop_->gate().wait(commit, std::move(removal));
}

TokenId Coordinator::Writer::next_token_id() { return coordinator.loop_->ids().next<TokenId>(now); }

Result<TaskPtr> Coordinator::Writer::submit(mesh::TaskSpec spec) {
  auto task = core.submit(now, std::move(spec));
  if (!task) return task;
  const mesh::Payload& input = (*task)->spec->input;
  if (input.content) coordinator.contents_.refer(batch, commit, *input.content, input.size);
  return task;
}

Result<TaskPtr> Coordinator::Writer::report(const mesh::Report& report) {
  if (const TaskPtr active = core.find_task(report.task)) {
    const std::size_t answers = active->answers.size();
    auto task = core.report(now, report);
    if (!task || (*task)->answers.size() == answers) return task;
    for (const mesh::Payload* payload : report.result.payloads()) {
      if (!payload->content) continue;
      coordinator.contents_.refer(batch, commit, *payload->content, payload->size);
    }
    return task;
  }
  core.note_late(now, report);
  const Result<TaskPtr> ended = coordinator.tasks_.find(report.task);
  if (!ended) return ended;
  if (!*ended) return fail(Code::not_found, "no such task");
  return answer_late_report(*ended, report);
}

Result<TaskPtr> Coordinator::Writer::cancel(const TaskId& id) {
  if (core.find_task(id)) return core.cancel(now, id);
  const Result<TaskPtr> ended = coordinator.tasks_.find(id);
  if (!ended) return ended;
  if (!*ended) return fail(Code::not_found, "no such task");
  return fail(Code::conflict,
              "the task has ended: it is " + std::string(to_string((*ended)->status)));
}

// --- Waiting

Async<Result<std::vector<mesh::Offer>>> Coordinator::lease(NodeId node, std::uint32_t max,
                                                           Duration wait) {
  using Offers = Result<std::vector<mesh::Offer>>;
  return suspend<Offers>([this, node = std::move(node), max, wait](auto resume) mutable {
    enqueue([this, node = std::move(node), max, wait,
             resume = std::move(resume)](Result<Turn*> turn) mutable {
      if (!turn) return resume(std::unexpected(turn.error()));
      loop_->poll(**turn, node, max, wait, std::move(resume));
    });
  });
}

void Coordinator::end_polls_of(NodeId node) {
  enqueue([node = std::move(node)](Result<Turn*> turn) {
    if (turn) (*turn)->writer.core.end_polls(node);
  });
}

Async<Result<TaskPtr>> Coordinator::ended(TaskId id, Duration wait) {
  return suspend<Result<TaskPtr>>([this, id, wait](auto resume) mutable {
    enqueue([this, id, wait, resume = std::move(resume)](Result<Turn*> turn) mutable {
      if (!turn) return resume(std::unexpected(turn.error()));
      loop_->watch(**turn, id, wait, std::move(resume));
    });
  });
}

Async<Result<>> Coordinator::durable(std::uint64_t commit) {
  if (loop_->gate().passed(commit)) co_return Result<>{};
  auto start = [this, commit](auto resume) mutable {
    std::vector<DurableGate::Resume> resumes;
    resumes.emplace_back(
        [resume = std::move(resume)](const Result<>& durable) mutable { resume(durable); });
    loop_->gate().wait(commit, std::move(resumes));
  };
  co_return co_await suspend<Result<>>(std::move(start));
}

Async<Result<>> Coordinator::durable_now() {
  return suspend<Result<>>([this](auto resume) mutable {
    loop_->gate().wait_for_begun(
        [resume = std::move(resume)](const Result<>& durable) mutable { resume(durable); });
  });
}

// --- Stepping

void Coordinator::Steps::commit() { coordinator_.loop_->step_commits(); }
bool Coordinator::Steps::work() { return coordinator_.pool_.step(); }
std::optional<Time> Coordinator::Steps::wakes_at() const { return coordinator_.loop_->wakes_at(); }
void Coordinator::Steps::wake() { coordinator_.loop_->wake(); }

// --- Reading

Statistics Coordinator::statistics() const { return loop_->statistics(); }
std::optional<Error> Coordinator::failure() const { return loop_->gate().failure(); }
std::size_t Coordinator::queued_commands() const { return loop_->queued(); }
std::size_t Coordinator::queued_commits() const { return loop_->queued_commits(); }

}  // namespace vcp::coordinator
