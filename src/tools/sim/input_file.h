// A trace file as a stream, plain or compressed with gzip (told by its content). One thread.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "larder/base/status.h"

namespace larder::sim {

class InputFile {
 public:
  // "-" is the standard input. Errors: kIo; what is compressed in another way is refused by name.
  static Result<std::unique_ptr<InputFile>> open(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // The next line without its line ending, valid until the next call. False at the end or after an error.
  bool read_line(std::string_view& line);
  // Up to `size` bytes; fewer only at the end or after an error.
  std::size_t read(char* to, std::size_t size);

  const Status& status() const { return status_; }
  const std::string& name() const { return name_; }
  // "FILE:LINE" of the line read last.
  std::string where() const { return name_ + ":" + std::to_string(line_number_); }

 private:
  InputFile(std::string name, gzFile file) : name_(std::move(name)), file_(file) {}
  // Gets more bytes behind those not yet used. False: there are none.
  bool fill();
  Status refuse_other_compression();

  const std::string name_;
  gzFile file_;
  Status status_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is not yet used
  std::size_t end_ = 0;
  std::uint64_t line_number_ = 0;
};

}  // namespace larder::sim
