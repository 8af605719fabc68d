// SPDX-License-Identifier: Apache-2.0
#include "spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace vcp::api {
namespace {

std::unexpected<Error> failed(std::string what) {
  const int number = errno;
  return fail(number == ENOSPC ? Code::no_space : Code::io,
              what + ": " + std::generic_category().message(number));
}

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

Result<> Spool::push(std::string_view bytes) {
  if (file_size() > 0 || memory_.size() + bytes.size() > kMaxMemory) return push_to_file(bytes);
  memory_.append(bytes);
  return {};
}

Result<> Spool::push_to_file(std::string_view bytes) {
  if (written_ + bytes.size() > kMaxFile) {
    return fail(Code::no_space, "the client leaves too many answers");
  }
  if (file_ < 0) {
    file_ = ::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) return failed("cannot make a file for answers");
  }
  while (!bytes.empty()) {
    const auto count = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(written_));
    if (count < 0) return failed("cannot keep answers");
    written_ += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::string> Spool::pop() {
  if (!memory_.empty() || file_size() == 0) return std::exchange(memory_, {});
  std::string part(static_cast<std::size_t>(std::min<std::uint64_t>(file_size(), kPart)), '\0');
  const auto count = ::pread(file_, part.data(), part.size(), static_cast<off_t>(read_));
  if (count < 0) return failed("cannot read kept answers");
  part.resize(static_cast<std::size_t>(count));
  read_ += part.size();
  if (read_ == written_) {
    if (::ftruncate(file_, 0) != 0) return failed("cannot empty the file of answers");
    read_ = written_ = 0;
  }
  return part;
}

}  // namespace vcp::api
