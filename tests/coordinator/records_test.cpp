// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/records.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <tuple>

#include "random_records.hpp"

namespace vcp::coordinator {
namespace {

constexpr int kRounds = 300;

// What two records have in common is what `encode` writes of them.

bool equal(const mesh::Node& a, const mesh::Node& b) {
  const auto durable = [](const mesh::Node& n) {
    return std::tie(n.registration, n.registered_at, n.last_seen, n.draining, n.safe_mode,
                    n.consecutive_errors, n.completed, n.failed, n.disputed, n.valid_in_a_row);
  };
  return durable(a) == durable(b);
}
bool equal(const mesh::Task& a, const mesh::Task& b) {
  const auto durable = [](const mesh::Task& t) {
    return std::tie(t.id, *t.spec, t.status, t.created_at, t.updated_at, t.not_before, t.started,
                    t.leases, t.answers, t.failures, t.recheck, t.reason, t.detail);
  };
  const bool same_result =
      a.assembled && b.assembled ? *a.assembled == *b.assembled : a.assembled == b.assembled;
  return durable(a) == durable(b) && same_result;
}
bool equal(const ContentRecord& a, const ContentRecord& b) {
  return a.size == b.size && a.references == b.references;
}
bool equal(const EndedCounts& a, const EndedCounts& b) {
  return a.completed == b.completed && a.failed == b.failed && a.cancelled == b.cancelled &&
         a.forgotten == b.forgotten;
}
bool equal(const FlJob& a, const FlJob& b) { return encode(a) == encode(b); }
template <std::equality_comparable T>
bool equal(const T& a, const T& b) {
  return a == b;
}

struct Nodes {
  static auto make(RandomRecords& records) { return records.node(); }
  static auto decode(std::string_view bytes) { return decode_node(bytes); }
};
struct Tasks {
  static auto make(RandomRecords& records) { return records.task(); }
  static auto decode(std::string_view bytes) { return decode_task(bytes); }
};
struct Tokens {
  static auto make(RandomRecords& records) { return records.token(); }
  static auto decode(std::string_view bytes) { return decode_token(bytes); }
};
struct Modules {
  static auto make(RandomRecords& records) { return records.module(); }
  static auto decode(std::string_view bytes) { return decode_module(bytes); }
};
struct Blobs {
  static auto make(RandomRecords& records) { return records.blob(); }
  static auto decode(std::string_view bytes) { return decode_blob(bytes); }
};
struct Circuits {
  static auto make(RandomRecords& records) { return records.circuit(); }
  static auto decode(std::string_view bytes) { return decode_circuit(bytes); }
};
struct Answers {
  static auto make(RandomRecords& records) { return records.answer(); }
  static auto decode(std::string_view bytes) { return decode_answer(bytes); }
};
struct ContentRecords {
  static auto make(RandomRecords& records) { return records.content(); }
  static auto decode(std::string_view bytes) { return decode_content(bytes); }
};
struct Counts {
  static auto make(RandomRecords& records) { return records.counts(); }
  static auto decode(std::string_view bytes) { return decode_counts(bytes); }
};
struct EventLists {
  static auto make(RandomRecords& records) { return records.events(); }
  static auto decode(std::string_view bytes) { return decode_events(bytes); }
};

struct FlJobRecords {
  static auto make(RandomRecords& records) { return records.fl_job(); }
  static auto decode(std::string_view bytes) { return decode_fl_job(bytes); }
};
struct FlUpdateRecords {
  static auto make(RandomRecords& records) { return records.fl_update(); }
  static auto decode(std::string_view bytes) { return decode_fl_update(bytes); }
};
struct FlRoundRecords {
  static auto make(RandomRecords& records) { return records.fl_round(); }
  static auto decode(std::string_view bytes) { return decode_fl_round(bytes); }
};

template <class Kind>
class Records : public testing::Test {
 protected:
  auto make() { return Kind::make(records_); }

 private:
  RandomRecords records_{1};
};

using Kinds =
    testing::Types<Nodes, Tasks, Tokens, Modules, Blobs, Circuits, Answers, ContentRecords, Counts,
                   EventLists, FlJobRecords, FlUpdateRecords, FlRoundRecords>;
TYPED_TEST_SUITE(Records, Kinds);

TYPED_TEST(Records, AreReadAsTheyWereWritten) {
  for (int i = 0; i < kRounds; ++i) {
    const auto record = this->make();
    const auto read = TypeParam::decode(encode(record));
    ASSERT_TRUE(read.has_value());
    EXPECT_TRUE(equal(record, *read)) << "record " << i;
  }
}

TYPED_TEST(Records, CutAnywhereAreCorrupt) {
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = encode(this->make());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto read = TypeParam::decode(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(read.has_value()) << "the first " << size << " of " << bytes.size();
      EXPECT_EQ(read.error().code, Code::corrupt);
    }
  }
}

TYPED_TEST(Records, WithBytesAfterTheirEndAreCorrupt) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(TypeParam::decode(encode(this->make()) + '\0').has_value());
  }
}

TYPED_TEST(Records, WithAFlippedByteAreCorruptOrAnotherRecord) {
  for (int i = 0; i < 20; ++i) {
    std::string bytes = encode(this->make());
    for (char& byte : bytes) {
      const char good = byte;
      for (const int flip : {0x01, 0x80, 0xff}) {
        byte = static_cast<char>(good ^ flip);
        if (const auto read = TypeParam::decode(bytes)) {
          EXPECT_EQ(encode(*read), bytes);
        }
      }
      byte = good;
    }
  }
}

TYPED_TEST(Records, OfAnotherVersionAreRefused) {
  std::string bytes = encode(this->make());
  for (const char version : {'\0', '\2', '\x7f', '\xff'}) {
    bytes.front() = version;
    const auto read = TypeParam::decode(bytes);
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, Code::corrupt);
  }
}

constexpr char kVersion = '\1';

/// The greatest number that can be written.
const std::string kHuge = std::string(9, '\xff') + '\1';

TEST(RecordDecoding, RefusesATextThatIsLongerThanTheRecord) {
  const std::string id(16, 'i');
  const std::string secret(32, 's');
  EXPECT_FALSE(decode_token(kVersion + id + secret + kHuge + "role").has_value());
}

TEST(RecordDecoding, RefusesMoreElementsThanTheRecordHasBytes) {
  mesh::TaskSpec spec;
  mesh::Task task;
  task.spec = std::make_shared<const mesh::TaskSpec>(spec);
  const std::string bytes = encode(task);
  // A count of one byte, that of `argv`, stands after type, owner, module, function and args.
  const std::size_t argv = 1 + 16 + 1 + 1 + 1 + 32 + 1 + 1;
  ASSERT_TRUE(decode_task(bytes).has_value());
  ASSERT_EQ(bytes[argv], '\0');
  EXPECT_FALSE(decode_task(bytes.substr(0, argv) + kHuge + bytes.substr(argv + 1)).has_value());
}

TEST(RecordDecoding, RefusesNumbersThatDoNotFit) {
  const std::string too_long = std::string(10, '\xff') + '\1';
  const std::string too_great = std::string(9, '\xff') + '\2';
  EXPECT_TRUE(decode_content(kVersion + kHuge + kHuge).has_value());
  EXPECT_FALSE(decode_content(kVersion + too_long + '\0').has_value());
  EXPECT_FALSE(decode_content(kVersion + too_great + '\0').has_value());
}

TEST(RecordDecoding, RefusesNumbersThatAreSpelledLongerThanNeeded) {
  using std::string_literals::operator""s;
  EXPECT_TRUE(decode_content("\1\0\0"s).has_value());
  EXPECT_FALSE(decode_content("\1\x80\0\0"s).has_value());
}

TEST(RecordDecoding, RefusesLabelsOutOfOrderOrTwice) {
  mesh::Node node;
  node.registration.labels = {{"aa", "1"}, {"bb", "2"}};
  const std::string bytes = encode(node);
  const std::size_t second = bytes.find("bb");
  for (const std::string name : {"aa", "a0"}) {
    std::string wrong = bytes;
    wrong.replace(second, 2, name);
    EXPECT_FALSE(decode_node(wrong).has_value()) << name;
  }
}

TEST(RecordDecoding, RefusesATaskThatSaysNothingOfWhatToDo) {
  EXPECT_FALSE(decode_task(encode(mesh::Task{})).has_value());
}

TEST(RecordDecoding, RefusesAnFlJobWithoutTheModelThatItsRoundTrainsFrom) {
  RandomRecords records(1);
  FlJob job = records.fl_job();
  job.state = FlState::running;
  EXPECT_TRUE(decode_fl_job(encode(job)).has_value());
  job.models.back().round = job.round + 1;
  EXPECT_FALSE(decode_fl_job(encode(job)).has_value());
}

TEST(OwnedKey, SortsAnOwnersKeysTogether) {
  EXPECT_LT(owned_key("a", "\xff"), owned_key("ab", ""));
  EXPECT_LT(owned_key("a", "1"), owned_key("a", "2"));
}

}  // namespace
}  // namespace vcp::coordinator
