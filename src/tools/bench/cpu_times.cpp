#include "tools/bench/cpu_times.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace larder::bench {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Result<CpuTimes> process_cpu(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return Status(StatusCode::kIo, "--server-pid: there is no process " + std::to_string(pid));
  return parse_process_stat(text, ::sysconf(_SC_CLK_TCK));
}

Result<CpuTimes> parse_process_stat(std::string_view text, long ticks_per_second) {
  // The second field is the name in brackets and may have anything in it; utime and stime are the 14th and 15th.
  constexpr int kFieldsBetween = 11;
  const std::size_t name_end = text.rfind(')');
  if (name_end != std::string_view::npos) {
    std::istringstream fields{std::string(text.substr(name_end + 1))};
    std::string skipped;
    for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    if (fields >> user >> system) {
      return CpuTimes{user / static_cast<double>(ticks_per_second), system / static_cast<double>(ticks_per_second)};
    }
  }
  return Status::invalid("this is no /proc/PID/stat");
}

CpuTimes thread_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return {seconds_of(usage.ru_utime), seconds_of(usage.ru_stime)};
}

}  // namespace larder::bench
