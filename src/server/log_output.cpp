#include "server/log_output.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace larder {

namespace {

constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v";

}  // namespace

LogOutput::LogOutput() : sink_(std::make_shared<spdlog::sinks::dist_sink_mt>()) {}

Status LogOutput::open(const std::string& path) {
  path_ = path;
  if (path_.empty()) {
    sink_->set_sinks({std::make_shared<spdlog::sinks::stderr_color_sink_mt>()});
  } else if (Status status = reopen(); !status.is_ok()) {
    return status;
  }
  auto logger = std::make_shared<spdlog::logger>("larder", sink_);
  logger->set_pattern(kPattern);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  return Status::ok();
}

Status LogOutput::reopen() {
  if (path_.empty()) return Status::ok();
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path_);
    file->set_pattern(kPattern);
    sink_->set_sinks({std::move(file)});
  } catch (const spdlog::spdlog_ex& error) {
    return Status(StatusCode::kIo, std::string("the log file cannot be opened: ") + error.what());
  }
  return Status::ok();
}

void set_log_level(std::string_view level) {
  if (level == "debug" || level == "verbose") {
    spdlog::set_level(spdlog::level::debug);
  } else if (level == "warning") {
    spdlog::set_level(spdlog::level::warn);
  } else if (level == "error") {
    spdlog::set_level(spdlog::level::err);
  } else {
    spdlog::set_level(spdlog::level::info);
  }
}

}  // namespace larder
