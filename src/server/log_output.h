// Where the log goes: standard error, or a file that can be opened anew after it was moved away (log rotation).
// Installs itself as spdlog's default logger; open() comes before any other thread, reopen() from any.
#pragma once

#include <spdlog/sinks/dist_sink.h>

#include <memory>
#include <string>
#include <string_view>

#include "larder/base/status.h"

namespace larder {

class LogOutput {
 public:
  LogOutput();

  // An empty path: standard error. Errors: kIo.
  Status open(const std::string& path);
  // Does nothing for standard error. Errors: kIo; the log then goes on to the old file.
  Status reopen();

 private:
  std::string path_;
  // Changes what is behind it under its own lock, while others log.
  std::shared_ptr<spdlog::sinks::dist_sink_mt> sink_;
};

// `level` is a value of --loglevel.
void set_log_level(std::string_view level);

}  // namespace larder
