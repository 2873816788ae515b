// CPU time of processes and threads, as the kernel counts it. Stateless.
#pragma once

#include <string_view>

#include "larder/base/status.h"

namespace larder::bench {

struct CpuTimes {
  double user_s = 0;
  double system_s = 0;
};

constexpr CpuTimes operator-(const CpuTimes& a, const CpuTimes& b) {
  return {a.user_s - b.user_s, a.system_s - b.system_s};
}

// Of all threads of a process, in steps of 10 ms. Errors: kIo.
Result<CpuTimes> process_cpu(int pid);
// The same from the text of /proc/PID/stat. Errors: kInvalidArgument.
Result<CpuTimes> parse_process_stat(std::string_view text, long ticks_per_second);
// Of the calling thread.
CpuTimes thread_cpu();

}  // namespace larder::bench
