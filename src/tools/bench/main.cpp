// larder-bench: loads a server, or is the server that costs next to nothing. Exit status: 0 done; 1 the server could
// not be reached or its replies were wrong; 2 an option is wrong.
#include <cstdio>
#include <string>

#include "larder/base/clock.h"
#include "tools/bench/load.h"
#include "tools/bench/null_server.h"
#include "tools/bench/options.h"
#include "tools/bench/progress.h"
#include "tools/bench/report.h"

namespace larder::bench {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongOption = 2;

int complain(const Status& status, int exit_status) {
  std::fprintf(stderr, "larder-bench: %s\n", status.message().c_str());
  return exit_status;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : complain({StatusCode::kIo, "the result could not be written"}, kFailed);
}

int load(const BenchOptions& options) {
  ProgressLine progress(options.progress);
  const SystemClock clock;
  const Result<LoadResult> result =
      run_load(options.load, clock, [&progress](const Tick& tick) { progress.show(tick); });
  if (!result.is_ok()) return complain(result.status(), kFailed);
  // Those who read JSON see the number of errors alone.
  if (options.json && result.value().load.figures.errors > 0) {
    std::fprintf(stderr, "larder-bench: the first error: %s\n", result.value().load.figures.first_error.c_str());
  }
  return print(options.json ? report_json(options.load, result.value()) : report_text(options.load, result.value()));
}

int run(int argc, const char* const* argv) {
  const Result<BenchOptions> parsed = parse_bench_options(argc, argv);
  if (!parsed.is_ok()) return complain(parsed.status(), kWrongOption);
  const BenchOptions& options = parsed.value();
  if (!options.help.empty()) return print(options.help);
  if (!options.null_server) return load(options);
  const Status status = serve_until_signal(options.floor);
  return status.is_ok() ? 0 : complain(status, kFailed);
}

}  // namespace

}  // namespace larder::bench

int main(int argc, char** argv) {
  return larder::bench::run(argc, argv);
}
