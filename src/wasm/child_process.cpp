// SPDX-License-Identifier: Apache-2.0
#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace vcp::wasm {
namespace {

constexpr std::size_t kMessageBytes = 2'000;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<Error> unavailable(std::string_view what, int error) {
  return fail(Code::unavailable,
              fmt::format("{}: {}", what, std::generic_category().message(error)));
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return lseek(fd, 0, SEEK_SET) == 0;
}

std::string read_file(int fd, std::size_t limit) {
  struct stat status{};
  if (fstat(fd, &status) != 0) return {};
  std::string bytes(std::min(static_cast<std::size_t>(status.st_size), limit), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> all;
  all.reserve(strings.size() + 1);
  for (const std::string& text : strings) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// The actions and attributes of posix_spawn: three descriptors, default signals, nothing blocked.
class SpawnSetup {
 public:
  SpawnSetup(int input, int output, int message) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, message, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  [[nodiscard]] int spawn(pid_t& child, const std::string& program,
                          const std::vector<std::string>& arguments,
                          const std::vector<std::string>& environment) const {
    return posix_spawn(&child, program.c_str(), &actions_, &attributes_, pointers(arguments).data(),
                       pointers(environment).data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Waits until the child has ended; whether it did so before the deadline.
bool wait_until(pid_t child, std::chrono::milliseconds deadline) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (process.get() < 0 || left.count() <= 0) return false;
    pollfd event{process.get(), POLLIN, 0};
    const int ready = poll(&event, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<ChildResult> run_child(const std::string& program, const std::vector<std::string>& arguments,
                              const std::vector<std::string>& environment, std::string_view input,
                              std::chrono::milliseconds deadline) {
  const Descriptor source(memfd_create("vcp-input", MFD_CLOEXEC));
  const Descriptor output(memfd_create("vcp-output", MFD_CLOEXEC));
  const Descriptor message(memfd_create("vcp-message", MFD_CLOEXEC));
  if (source.get() < 0 || output.get() < 0 || message.get() < 0) {
    return unavailable("no file in memory", errno);
  }
  if (!write_all(source.get(), input)) return unavailable("no file in memory", errno);

  pid_t child = 0;
  const SpawnSetup setup(source.get(), output.get(), message.get());
  if (const int error = setup.spawn(child, program, arguments, environment); error != 0) {
    return unavailable("cannot start " + program, error);
  }
  ChildResult result;
  result.timed_out = !wait_until(child, deadline);
  if (result.timed_out) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return unavailable("cannot wait for " + program, errno);
  }
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  result.output = read_file(output.get(), SIZE_MAX);
  result.message = read_file(message.get(), kMessageBytes);
  return result;
}

}  // namespace vcp::wasm
