#include "tools/sim/input_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace larder::sim {

namespace {

constexpr std::size_t kReadBytes = std::size_t{256} * 1024;
constexpr unsigned kInflateBufferBytes = 256 * 1024;
// A longer line is no trace: the longest of ours, a prompt's blocks, have some ten thousand bytes.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

struct Signature {
  std::string_view bytes;
  const char* kind;
  const char* command;
};
constexpr std::array<Signature, 3> kOtherCompressions = {{{"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"},
                                                          {"\xfd"
                                                           "7zXZ",
                                                           "xz", "xz -dc"},
                                                          {"BZh", "bzip2", "bzip2 -dc"}}};

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::open(const std::string& path) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path;
  errno = 0;
  gzFile file = standard_input ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    return Status(StatusCode::kIo, name + ": " + (errno != 0 ? std::strerror(errno) : "cannot be opened"));
  }
  gzbuffer(file, kInflateBufferBytes);
  std::unique_ptr<InputFile> input(new InputFile(name, file));
  input->fill();
  if (!input->status_.is_ok()) return input->status_;
  if (Status refused = input->refuse_other_compression(); !refused.is_ok()) return refused;
  return input;
}

InputFile::~InputFile() {
  gzclose(file_);
}

Status InputFile::refuse_other_compression() {
  const std::string_view head(buffer_.data() + begin_, end_ - begin_);
  for (const Signature& other : kOtherCompressions) {
    if (head.substr(0, other.bytes.size()) != other.bytes) continue;
    return {StatusCode::kIo, name_ + " is compressed with " + other.kind + "; unpack it into the simulator: " +
                                 other.command + " FILE | larder-sim --format FORMAT -"};
  }
  return {};
}

bool InputFile::fill() {
  if (!status_.is_ok()) return false;
  if (begin_ != 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kReadBytes) buffer_.resize(std::max(2 * buffer_.size(), end_ + kReadBytes));
  const int got = gzread(file_, buffer_.data() + end_, static_cast<unsigned>(kReadBytes));
  int error = Z_OK;
  const char* const message = gzerror(file_, &error);
  // What comes before a broken or missing end is used; then the error is told.
  if (got < static_cast<int>(kReadBytes) && error != Z_OK) {
    const bool system = error == Z_ERRNO;
    status_ = {StatusCode::kIo,
               name_ + ": " + (system ? std::strerror(errno) : "broken gzip data (" + std::string(message) + ")")};
  }
  if (got > 0) end_ += static_cast<std::size_t>(got);
  return got > 0;
}

bool InputFile::read_line(std::string_view& line) {
  std::size_t searched = 0;
  const char* newline = nullptr;
  while (true) {
    const std::size_t unsearched = end_ - begin_ - searched;
    if (unsearched != 0) {
      newline = static_cast<const char*>(std::memchr(buffer_.data() + begin_ + searched, '\n', unsearched));
    }
    if (newline != nullptr) break;
    searched = end_ - begin_;
    if (searched > kLineBytesMax) {
      ++line_number_;
      status_ = {StatusCode::kIo, where() + ": the line has no end within 64 MiB; is this a text file?"};
      return false;
    }
    if (!fill()) break;
  }
  if (!status_.is_ok() && newline == nullptr) return false;
  const std::size_t length =
      newline != nullptr ? static_cast<std::size_t>(newline - (buffer_.data() + begin_)) : end_ - begin_;
  if (newline == nullptr && length == 0) return false;
  line = {buffer_.data() + begin_, length};
  begin_ += length + (newline != nullptr ? 1 : 0);
  ++line_number_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return true;
}

std::size_t InputFile::read(char* to, std::size_t size) {
  std::size_t copied = 0;
  while (copied < size && (begin_ != end_ || fill())) {
    const std::size_t part = std::min(size - copied, end_ - begin_);
    std::memcpy(to + copied, buffer_.data() + begin_, part);
    begin_ += part;
    copied += part;
  }
  return copied;
}

}  // namespace larder::sim
