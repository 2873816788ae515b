// What the readers of text files share: the file, and the first error of theirs or of it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tools/sim/access_reader.h"

namespace larder::sim {

class LineReader : public AccessReader {
 public:
  explicit LineReader(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

  const Status& status() const override { return status_.is_ok() ? file_->status() : status_; }
  std::string where() const override { return file_->where(); }

 protected:
  bool read_line(std::string_view& line) { return status_.is_ok() && file_->read_line(line); }
  // About the line read last. Returns false, as next() then does.
  bool fail(const std::string& message) {
    status_ = Status::invalid(where() + ": " + message);
    return false;
  }
  const std::string& file_name() const { return file_->name(); }

 private:
  std::unique_ptr<InputFile> file_;
  Status status_;
};

}  // namespace larder::sim
