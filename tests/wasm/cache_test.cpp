// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "sandbox.hpp"

namespace vcp::wasm {
namespace {

namespace fs = std::filesystem;

std::string module_number(int number) {
  return assemble("(module (func (export \"f\") (result i32) (i32.const " + std::to_string(number) +
                  ")))");
}

class Cache : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = (fs::temp_directory_path() / "vcp-cache-XXXXXX").string();
    ASSERT_NE(mkdtemp(path.data()), nullptr);
    directory_ = path;
  }

  void TearDown() override { fs::remove_all(directory_); }

  ModuleCache open(Compiler with, CacheOptions options = {}) {
    options.directory = directory_ / "modules";
    return ModuleCache::open(engine_, std::move(with), std::move(options)).value();
  }

  ModuleCache open() { return open(compiler()); }

  /// A cache that can only give what it has.
  ModuleCache open_without_compiler() { return open(Compiler(CompilerProgram::at("/bin/false"))); }

  std::vector<fs::path> files() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(directory_ / "modules")) {
      if (entry.path().filename() != "key") paths.push_back(entry.path());
    }
    return paths;
  }

  std::string run(const CompiledModule& module) {
    return engine_.execute(module, Invocation{.function = "f"}).output;
  }

  Engine engine_ = Engine::create().value();
  fs::path directory_;
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

TEST_F(Cache, ModuleIsCompiledOnce) {
  const std::string binary = module_number(1);
  ModuleCache cache = open();
  EXPECT_EQ(cache.find(sha256(binary)), nullptr);
  const auto first = cache.get(sha256(binary), binary).value();
  EXPECT_EQ(cache.get(sha256(binary), binary).value(), first);
  EXPECT_EQ(cache.find(sha256(binary)), first);
  EXPECT_EQ(run(*first), "[1]");
}

TEST_F(Cache, ModuleIsThereAfterARestart) {
  const std::string binary = module_number(2);
  ASSERT_TRUE(open().get(sha256(binary), binary));
  ModuleCache cache = open_without_compiler();
  const auto found = cache.find(sha256(binary));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(run(*found), "[2]");
}

TEST_F(Cache, FileThatWasChangedAnywhereIsCompiledAnew) {
  const std::string binary = module_number(3);
  ASSERT_TRUE(open().get(sha256(binary), binary));
  const fs::path path = files().at(0);
  const std::string good = read(path);
  for (const std::size_t at : {std::size_t{0}, std::size_t{33}, good.size() / 2, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write(path, bad);
    EXPECT_EQ(open_without_compiler().find(sha256(binary)), nullptr) << at;
    EXPECT_EQ(run(*open().get(sha256(binary), binary).value()), "[3]");
  }
  EXPECT_EQ(read(path).size(), good.size());
}

TEST_F(Cache, FileThatWasCutOrEmptiedIsNotUsed) {
  const std::string binary = module_number(4);
  ASSERT_TRUE(open().get(sha256(binary), binary));
  const fs::path path = files().at(0);
  const std::string good = read(path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
    write(path, good.substr(0, size));
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(open_without_compiler().find(sha256(binary)), nullptr) << size;
  }
}

TEST_F(Cache, FileCannotStandInForAnother) {
  const std::string one = module_number(5);
  const std::string two = module_number(6);
  ASSERT_TRUE(open().get(sha256(one), one));
  const fs::path first = files().at(0);
  const std::string bytes = read(first);
  fs::remove(first);
  ASSERT_TRUE(open().get(sha256(two), two));
  write(files().at(0), bytes);
  EXPECT_EQ(open_without_compiler().find(sha256(two)), nullptr);
}

TEST_F(Cache, FileThatOthersCanWriteIsNotUsed) {
  const std::string binary = module_number(7);
  ASSERT_TRUE(open().get(sha256(binary), binary));
  fs::permissions(files().at(0), fs::perms::group_write, fs::perm_options::add);
  EXPECT_EQ(open_without_compiler().find(sha256(binary)), nullptr);
}

TEST_F(Cache, DirectoryOpenToOthersIsRefused) {
  fs::create_directory(directory_ / "modules");
  fs::permissions(directory_ / "modules", fs::perms::owner_all | fs::perms::group_read);
  const auto cache = ModuleCache::open(engine_, compiler(), {.directory = directory_ / "modules"});
  ASSERT_FALSE(cache);
  EXPECT_EQ(cache.error().code, Code::io);
  EXPECT_THAT(cache.error().message, testing::HasSubstr("mode 0700"));
}

TEST_F(Cache, KeyIsPrivate) {
  (void)open();
  struct stat status{};
  ASSERT_EQ(stat((directory_ / "modules" / "key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Cache, BytesOfAnotherDigestAreRefused) {
  ModuleCache cache = open();
  const auto got = cache.get(sha256("other"), module_number(8));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::invalid);
}

TEST_F(Cache, ModuleThatCannotRunIsNotKept) {
  ModuleCache cache = open();
  const std::string binary = assemble("(module (func))");
  EXPECT_FALSE(cache.get(sha256(binary), binary));
  EXPECT_FALSE(cache.get(sha256(binary), binary));
  EXPECT_TRUE(files().empty());
}

TEST_F(Cache, LeastRecentlyUsedFilesGoOverTheBudget) {
  const std::string first = module_number(9);
  ASSERT_TRUE(open().get(sha256(first), first));
  const fs::path oldest = files().at(0);
  fs::last_write_time(oldest, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const std::uint64_t bytes = fs::file_size(oldest);
  ModuleCache cache = open(compiler(), {.disk_bytes = bytes * 2 + bytes / 2});
  for (const int number : {10, 11}) {
    const std::string binary = module_number(number);
    ASSERT_TRUE(cache.get(sha256(binary), binary));
  }
  EXPECT_EQ(files().size(), 2U);
  EXPECT_FALSE(fs::exists(oldest));
}

TEST_F(Cache, MemoryKeepsTheMostRecentOnly) {
  ModuleCache cache = open(compiler(), {.memory_bytes = 1});
  const std::string one = module_number(12);
  const std::string two = module_number(13);
  const std::weak_ptr<const CompiledModule> first = cache.get(sha256(one), one).value();
  EXPECT_FALSE(first.expired());
  ASSERT_TRUE(cache.get(sha256(two), two));
  EXPECT_TRUE(first.expired());
}

TEST_F(Cache, ManyThreadsAndCachesOnOneDirectoryAgree) {
  std::vector<std::string> binaries;
  for (int number = 20; number < 24; ++number) binaries.push_back(module_number(number));
  ModuleCache one = open();
  ModuleCache two = open();
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        ModuleCache& cache = i % 2 == 0 ? one : two;
        for (std::size_t number = 0; number < binaries.size(); ++number) {
          const auto module = cache.get(sha256(binaries[number]), binaries[number]);
          ASSERT_TRUE(module) << module.error().message;
          EXPECT_EQ(run(**module), "[" + std::to_string(20 + number) + "]");
        }
      });
    }
  }
  EXPECT_EQ(files().size(), binaries.size());
}

}  // namespace
}  // namespace vcp::wasm
