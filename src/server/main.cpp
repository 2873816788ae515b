// The program: reads the options, does the one thing that is asked for, and while it serves, waits for signals.
// Exit status: 0 done; 1 it could not be done; 2 an option is wrong.
#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>

#include "larder/base/version.h"
#include "server/address_space.h"
#include "server/command_line.h"
#include "server/healthcheck.h"
#include "server/log_output.h"
#include "server/option_resolution.h"
#include "server/options.h"
#include "server/process_limits.h"
#include "server/server.h"
#include "server/signals.h"

namespace larder {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongOption = 2;
constexpr std::chrono::seconds kHealthcheckTimeLimit{2};

int complain(const Status& status, int exit_status) {
  std::fprintf(stderr, "larder: %s\n", status.message().c_str());
  return exit_status;
}

int healthcheck(const Options& options) {
  const Result<HealthAnswer> answer = check_health(options, kHealthcheckTimeLimit);
  if (!answer.is_ok()) return complain(answer.status(), kFailed);
  std::printf("%s answers (%.1f ms)\n", answer.value().where.c_str(),
              static_cast<double>(answer.value().took.count()) / 1e3);
  return 0;
}

int check_config(Options options) {
  resolve_options(options);
  std::printf("%s", options.to_toml().c_str());
  for (const std::string& note : options.notes) std::printf("# %s\n", note.c_str());
  return 0;
}

int serve(const Options& options) {
  take_signals();
  LogOutput log;
  if (const Status status = log.open(options.text("logfile")); !status.is_ok()) return complain(status, kFailed);
  set_log_level(options.text("loglevel"));

  Options resolved = options;
  resolve_options(resolved);
  const auto shards = static_cast<std::uint32_t>(resolved.integer("shards"));
  if (const Status status = check_address_space(shards); !status.is_ok()) return complain(status, kFailed);
  tune_allocator();
  Server server({.options = resolved});
  if (const Status status = server.start(); !status.is_ok()) return complain(status, kFailed);

  while (wait_for_signal() == SignalEvent::kReopenLog) {
    if (const Status status = log.reopen(); !status.is_ok()) spdlog::error("{}", status.message());
    spdlog::info("Log opened anew after SIGHUP");
  }
  spdlog::info("Stopping: no new connections; what was received is answered");
  make_next_stop_immediate();
  server.stop();
  spdlog::info("Stopped");
  return 0;
}

int run(int argc, const char* const* argv) {
  const Result<CommandLine> line = parse_command_line(argc, argv);
  if (!line.is_ok()) return complain(line.status(), kWrongOption);
  if (line.value().action == Action::kShowHelp) {
    std::printf("%s", help_text().c_str());
    return 0;
  }
  if (line.value().action == Action::kShowVersion) {
    std::printf("larder %s (Redis protocol as of %s)\n", kVersion, kRedisVersion);
    return 0;
  }
  const Result<Options> options = load_options(line.value().flags, larder_environment());
  if (!options.is_ok()) return complain(options.status(), kWrongOption);
  if (line.value().action == Action::kCheckConfig) return check_config(options.value());
  if (line.value().action == Action::kHealthcheck) return healthcheck(options.value());
  return serve(options.value());
}

}  // namespace

}  // namespace larder

int main(int argc, char** argv) {
  return larder::run(argc, argv);
}
