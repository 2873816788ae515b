// larder-sim: hit ratios of a trace under the server's policies. Exit status: 0 done; 1 the trace could not be read or
// replayed; 2 an option is wrong.
#include <cstdio>

#include "tools/sim/options.h"
#include "tools/sim/progress_bar.h"
#include "tools/sim/report.h"
#include "tools/sim/simulation.h"

namespace larder::sim {

namespace {

constexpr int kFailed = 1;
constexpr int kWrongOption = 2;

int complain(const Status& status, int exit_status) {
  std::fprintf(stderr, "larder-sim: %s\n", status.message().c_str());
  return exit_status;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : complain({StatusCode::kIo, "the result could not be written"}, kFailed);
}

int run(int argc, const char* const* argv) {
  const Result<SimOptions> parsed = parse_sim_options(argc, argv);
  if (!parsed.is_ok()) return complain(parsed.status(), kWrongOption);
  const SimOptions& options = parsed.value();
  if (!options.help.empty()) return print(options.help);

  const Result<Trace> trace = load_trace(options);
  if (!trace.is_ok()) return complain(trace.status(), kFailed);
  Result<Plan> plan = plan_runs(options, trace.value());
  if (!plan.is_ok()) return complain(plan.status(), kFailed);
  if (!plan.value().is_exact()) {
    std::fprintf(stderr,
                 "larder-sim: sizes are too far apart to be counted exactly: a capacity is right to within 32 KiB\n");
  }
  RequestCount progress;
  {
    const ProgressBar bar(progress, plan.value().runs.size() * trace.value().requests().size());
    execute_runs(options, trace.value(), plan.value(), progress);
  }
  const std::string too_small = sizes_without_room(options, plan.value().runs);
  if (!too_small.empty()) {
    std::fprintf(
        stderr, "larder-sim: nothing could be stored at %s%s\n", too_small.c_str(),
        options.real ? ": with --real a size is the server's maxmemory, which has to hold its tables too" : "");
  }
  return print(report(options, trace.value(), plan.value().runs));
}

}  // namespace

}  // namespace larder::sim

int main(int argc, char** argv) {
  return larder::sim::run(argc, argv);
}
