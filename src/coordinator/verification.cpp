// SPDX-License-Identifier: Apache-2.0
// What a task in verification needs beside the core's decision: its ranks run again, its proof
// verified, and the parts of a gang put together. All happens on the pool and comes back as a
// command.
#include <spdlog/spdlog.h>

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "loop.hpp"
#include "proof_check.hpp"
#include "vcp/coordinator/handover.hpp"

namespace vcp::coordinator {

using mesh::Judgement;
using mesh::Task;
using mesh::TaskResult;
using mesh::Verdict;

namespace {

/// How long to wait before a verification that could not be done is tried again.
constexpr std::chrono::seconds kTryAgain{1};

/// A verdict, and what keeps an assembled output on disk until it is recorded.
struct Verified {
  Verdict verdict;
  std::optional<Contents::Pin> pin;
};

/// In what the two runs differ; nothing if they are the same to the last byte and unit of gas.
std::optional<std::string> difference(const mesh::Answer& claimed, const mesh::Report& found) {
  if (claimed.outcome != found.outcome) {
    return "it ended with " + std::string(to_string(found.outcome)) + ", not with " +
           std::string(to_string(claimed.outcome));
  }
  if (claimed.result->output_sha256 != found.result.output_sha256) {
    return "its output is " + found.result.output_sha256.to_string() + ", not " +
           claimed.result->output_sha256.to_string();
  }
  if (claimed.result->exit_code != found.result.exit_code) {
    return "it exited with " + std::to_string(found.result.exit_code) + ", not with " +
           std::to_string(claimed.result->exit_code);
  }
  if (claimed.result->gas_used != found.result.gas_used) {
    return "it used " + std::to_string(found.result.gas_used) + " gas, not " +
           std::to_string(claimed.result->gas_used);
  }
  return std::nullopt;
}

/// Whether what the claim says depends on generated code or on speed, and so on the machine.
bool depends_on_machine(const mesh::Answer& claimed) {
  return claimed.outcome == mesh::Outcome::stack_overflow;
}

Result<> run_again(const Task& task, const Rerun& rerun, Verdict& verdict) {
  for (const mesh::Answer& answer : task.answers) {
    if (answer.judgement != Judgement::open || depends_on_machine(answer)) continue;
    const auto found = rerun(task, answer.lease.rank);
    if (!found) return std::unexpected(found.error());
    if (auto differs = difference(answer, *found)) {
      verdict.refused.push_back({.epoch = answer.lease.epoch, .detail = std::move(*differs)});
    }
  }
  return {};
}

Result<> verify_proof(const Task& task, Contents& contents, ProofVerifier& proofs,
                      Verdict& verdict) {
  const mesh::Answer* answer = task.believed(0);
  if (!answer) return fail(Code::internal, "a task awaits its proof without an answer");
  auto flaw = find_flaw(task, *answer->result, contents.files(), proofs);
  if (!flaw) return std::unexpected(flaw.error());
  if (*flaw) {
    verdict.refused.push_back({.epoch = answer->lease.epoch,
                               .reason = mesh::Outcome::proof_invalid,
                               .detail = std::move(**flaw)});
  }
  return {};
}

/// The answers to all ranks as one: their outputs in the order of ranks, gas and logs added up.
Result<> assemble(const Task& task, Contents& contents, Verified& verified) {
  const std::uint32_t ranks = task.spec->requirements.min_nodes;
  auto writer = contents.create();
  if (!writer) return std::unexpected(writer.error());
  auto whole = std::make_shared<TaskResult>();
  Sha256 hash;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    const mesh::Answer* answer = task.believed(rank);
    if (!answer) return fail(Code::internal, "a rank has no answer");
    const TaskResult& part = *answer->result;
    Result<std::string> bytes = part.output.content ? contents.files().read(*part.output.content)
                                                    : Result<std::string>(part.output.bytes);
    if (!bytes) return std::unexpected(bytes.error());
    hash.update(*bytes);
    if (const Result<> written = writer->append(*bytes); !written) return written;
    const bool inlined = whole->output.size + bytes->size() <= kMaxRecordBytes;
    whole->output.size += bytes->size();
    if (inlined) whole->output.bytes += *bytes;
    whole->gas_used += part.gas_used;
    whole->execution_time_ms = std::max(whole->execution_time_ms, part.execution_time_ms);
    whole->log_truncated |= part.log_truncated;
  }
  whole->output_sha256 = hash.finish();
  if (whole->output.size > kMaxRecordBytes) {
    auto pin = contents.finish(std::move(*writer));
    if (!pin) return std::unexpected(pin.error());
    whole->output.bytes.clear();
    whole->output.content = pin->digest();
    verified.pin.emplace(std::move(*pin));
  }
  verified.verdict.assembled = std::move(whole);
  return {};
}

Result<> check(const Task& task, const Rerun& rerun, Contents& contents, ProofVerifier& proofs,
               Verified& verified) {
  if (task.spec->verification.mode == mesh::VerificationMode::proof) {
    return verify_proof(task, contents, proofs, verified.verdict);
  }
  if (task.recheck) {
    if (const Result<> done = run_again(task, rerun, verified.verdict); !done) return done;
  }
  const bool ran_well = std::ranges::all_of(
      task.answers, [](const mesh::Answer& answer) { return answer.outcome == mesh::Outcome::ok; });
  if (task.spec->requirements.min_nodes == 1 || !verified.verdict.refused.empty() || !ran_well) {
    return {};
  }
  return assemble(task, contents, verified);
}

}  // namespace

void Coordinator::Loop::verify(TaskPtr task) {
  coordinator_.pool_.post([this, task = std::move(task)] {
    auto verified = std::make_unique<Verified>();
    const Result<> done =
        check(*task, options_.rerun, coordinator_.contents_, coordinator_.proofs_, *verified);
    if (!done) {
      spdlog::warn("cannot verify task {} now: {}", task->id.to_string(), done.error().message);
      return verify_later(task);
    }
    enqueue([this, id = task->id, verified = std::move(verified)](Result<Turn*> turn) {
      if (turn) apply_verdict(**turn, id, verified->verdict);
    });
  });
}

void Coordinator::Loop::apply_verdict(Turn& turn, const TaskId& task, const Verdict& verdict) {
  core_.verified(turn.writer.now, task, verdict);
  const TaskPtr ended = core_.find_task(task);
  if (!ended || ended->assembled != verdict.assembled || !ended->assembled) return;
  const mesh::Payload& output = ended->assembled->output;
  if (output.content) {
    coordinator_.contents_.refer(turn.writer.batch, turn.writer.commit, *output.content,
                                 output.size);
  }
}

void Coordinator::Loop::verify_later(TaskPtr task) {
  auto timer = std::make_shared<asio::steady_timer>(io_, kTryAgain);
  timer->async_wait([this, timer, task = std::move(task)](const boost::system::error_code& gone) {
    if (!gone && !gate_.failure()) verify(task);
  });
}

}  // namespace vcp::coordinator
