// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/committer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "vcp/store/memory.hpp"

namespace vcp::store {
namespace {

/// A memory backend whose commits wait for a permit each, so that a test decides what queues up.
class GatedBackend final : public Backend {
 public:
  Result<> commit(const Batch& batch) override {
    entered.release();
    permits.acquire();
    ++commits;
    return records.commit(batch);
  }
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return records.get(table, key);
  }
  Result<> scan(
      Table table, std::string_view first, std::string_view last, Order order,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return records.scan(table, first, last, order, visit);
  }

  MemoryBackend records;
  std::counting_semaphore<> entered{0};
  std::counting_semaphore<> permits{0};
  int commits = 0;
};

Batch put(const std::string& key, const std::string& value) {
  Batch batch;
  batch.put(Table::nodes, key, value);
  return batch;
}

/// Commits and waits for the answer.
Result<> commit(Committer& committer, std::uint64_t number, Batch batch) {
  std::promise<Result<>> answer;
  committer.commit(number, std::move(batch),
                   [&answer](const Result<>& result) { answer.set_value(result); });
  return answer.get_future().get();
}

TEST(Committer, TheRecordIsThereWhenTheAnswerComes) {
  MemoryBackend backend;
  Committer committer(backend);
  ASSERT_TRUE(commit(committer, 1, put("a", "1")));
  EXPECT_EQ(backend.get(Table::nodes, "a").value(), "1");
  EXPECT_EQ(committer.durable(), 1U);
  EXPECT_EQ(committer.queued(), 0U);
  EXPECT_FALSE(committer.failure());
}

TEST(Committer, TheNumberOfTheLastCommitIsInTheStore) {
  MemoryBackend backend;
  EXPECT_EQ(last_commit(backend).value(), 0U);
  Committer committer(backend);
  ASSERT_TRUE(commit(committer, 1, put("a", "1")));
  ASSERT_TRUE(commit(committer, 2, put("a", "2")));
  EXPECT_EQ(last_commit(backend).value(), 2U);
}

TEST(Committer, GoesOnFromTheLastCommitOfTheStore) {
  MemoryBackend backend;
  {
    Committer committer(backend);
    ASSERT_TRUE(commit(committer, 1, put("a", "1")));
  }
  Committer committer(backend);
  EXPECT_EQ(committer.durable(), 1U);
  EXPECT_TRUE(commit(committer, 2, put("a", "2")));
}

TEST(Committer, CommitsAnEmptyBatchForItsNumber) {
  MemoryBackend backend;
  Committer committer(backend);
  ASSERT_TRUE(commit(committer, 1, Batch()));
  EXPECT_EQ(last_commit(backend).value(), 1U);
}

TEST(Committer, WritesWhatWaitsAsOneCommit) {
  GatedBackend backend;
  std::vector<Committer::Sample> samples;
  {
    Committer committer(backend,
                        [&samples](const Committer::Sample& sample) { samples.push_back(sample); });
    committer.commit(1, put("a", "1"), [](const Result<>&) {});
    backend.entered.acquire();
    for (std::uint64_t number = 2; number <= 5; ++number) {
      committer.commit(number, put("a", std::to_string(number)), [](const Result<>&) {});
    }
    EXPECT_EQ(committer.queued(), 5U);
    backend.permits.release(2);
  }
  EXPECT_EQ(backend.commits, 2);
  EXPECT_EQ(backend.get(Table::nodes, "a").value(), "5");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].batches, 4U);
  EXPECT_EQ(samples[1].writes, 5U);  // one each, and the number of the last
}

TEST(Committer, ALargeQueueIsWrittenInSeveralCommits) {
  GatedBackend backend;
  {
    Committer committer(backend);
    committer.commit(1, put("a", "1"), [](const Result<>&) {});
    backend.entered.acquire();
    const std::string large(3 << 20, 'x');
    for (std::uint64_t number = 2; number <= 5; ++number) {
      committer.commit(number, put("large", large), [](const Result<>&) {});
    }
    backend.permits.release(3);
  }
  EXPECT_EQ(backend.commits, 3);
}

TEST(Committer, AnswersInTheOrderOfTheNumbers) {
  MemoryBackend backend;
  std::vector<std::uint64_t> answered;
  {
    Committer committer(backend);
    for (std::uint64_t number = 1; number <= 1000; ++number) {
      committer.commit(number, put("a", "1"),
                       [&answered, number](const Result<>&) { answered.push_back(number); });
    }
  }
  ASSERT_EQ(answered.size(), 1000U);
  EXPECT_TRUE(std::ranges::is_sorted(answered));
}

TEST(Committer, ANumberIsDurableBeforeItsAnswer) {
  MemoryBackend backend;
  Committer committer(backend);
  std::promise<std::uint64_t> durable;
  committer.commit(1, put("a", "1"),
                   [&](const Result<>&) { durable.set_value(committer.durable()); });
  EXPECT_EQ(durable.get_future().get(), 1U);
}

TEST(Committer, AnAnswerMayCommitAgain) {
  MemoryBackend backend;
  Committer committer(backend);
  std::promise<void> second;
  committer.commit(1, put("a", "1"), [&](const Result<>&) {
    committer.commit(2, put("a", "2"), [&](const Result<>&) { second.set_value(); });
  });
  second.get_future().wait();
  EXPECT_EQ(backend.get(Table::nodes, "a").value(), "2");
}

TEST(Committer, TheDestructorWritesWhatIsQueued) {
  GatedBackend backend;
  int answered = 0;
  {
    Committer committer(backend);
    for (std::uint64_t number = 1; number <= 10; ++number) {
      committer.commit(number, put(std::to_string(number), "1"),
                       [&answered](const Result<>& result) { answered += result ? 1 : 0; });
    }
    backend.permits.release(10);
  }
  EXPECT_EQ(answered, 10);
  EXPECT_EQ(last_commit(backend).value(), 10U);
}

TEST(Committer, TheFirstFailureIsToldToItsWholeGroupAndKept) {
  MemoryBackend backend;
  backend.fail_commits({.code = Code::no_space, .message = "full"});
  Committer committer(backend);
  const Result<> result = commit(committer, 1, put("a", "1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::no_space);
  EXPECT_EQ(committer.failure()->message, "full");
  EXPECT_EQ(committer.durable(), 0U);
}

TEST(Committer, NothingIsWrittenAfterAFailure) {
  GatedBackend backend;
  int failed = 0;
  const auto count = [&failed](const Result<>& result) { failed += result ? 0 : 1; };
  {
    Committer committer(backend);
    backend.records.fail_commits({.code = Code::io, .message = "no disk"});
    committer.commit(1, put("a", "1"), count);
    backend.entered.acquire();
    committer.commit(2, put("b", "1"), count);
    backend.permits.release(2);
  }
  EXPECT_EQ(failed, 2);
  EXPECT_EQ(backend.commits, 1);
}

TEST(Committer, AStoreThatCannotBeReadFailsEveryCommit) {
  MemoryBackend backend;
  Batch batch;
  batch.put(Table::meta, "commit", "garbage");
  ASSERT_TRUE(backend.commit(batch));
  Committer committer(backend);
  EXPECT_EQ(committer.failure()->code, Code::corrupt);
  EXPECT_FALSE(commit(committer, 1, put("a", "1")));
}

TEST(Committer, ManyThreadsMayAskWhileOneCommits) {
  MemoryBackend backend;
  Committer committer(backend);
  std::jthread reader([&committer](const std::stop_token& stop) {
    std::uint64_t last = 0;
    while (!stop.stop_requested()) {
      const std::uint64_t durable = committer.durable();
      EXPECT_GE(durable, last);
      EXPECT_FALSE(committer.failure());
      last = durable;
    }
  });
  for (std::uint64_t number = 1; number <= 200; ++number) {
    ASSERT_TRUE(commit(committer, number, put("a", "1")));
  }
}

}  // namespace
}  // namespace vcp::store
