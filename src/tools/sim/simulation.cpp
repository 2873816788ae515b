#include "tools/sim/simulation.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "tools/sim/access_reader.h"
#include "tools/sim/belady.h"
#include "tools/sim/store_replay.h"
#include "tools/sim/synthetic.h"

namespace larder::sim {

namespace {

void execute(const SimOptions& options, const Trace& trace, const std::vector<RequestNumber>& next,
             const CountedSizes* counted_sizes, SimRun& run, RequestCount& progress) {
  const auto begin = std::chrono::steady_clock::now();
  if (run.policy == kBelady) {
    run.result = replay_belady(trace, next, run.capacity, progress);
  } else {
    run.result = replay_store(trace,
                              {.policy = *run.policy,
                               .capacity = run.capacity,
                               .real = options.real,
                               .counted_sizes = counted_sizes,
                               .shards = options.shards,
                               .hash_seed = options.hash_seed,
                               .ms_per_request = options.ms_per_request},
                              progress);
  }
  run.result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

std::string policy_label(PolicyChoice policy) {
  return std::string(policy ? policy_name(*policy) : kBeladyName);
}

Result<Trace> load_trace(const SimOptions& options) {
  Result<std::unique_ptr<AccessReader>> reader = options.trace_path.empty()
                                                     ? make_synthetic(options.synthetic)
                                                     : open_trace(options.trace_path, options.format, options.columns);
  if (!reader.is_ok()) return reader.status();
  return Trace::load(*reader.value());
}

Result<Plan> plan_runs(const SimOptions& options, const Trace& trace) {
  Plan plan;
  bool counts_sizes = false;
  for (const PolicyChoice policy : options.policies) {
    counts_sizes |= policy != kBelady && options.unit == CapacityUnit::kBytes && !options.real;
    for (std::size_t size = 0; size < options.sizes.size(); ++size) {
      plan.runs.push_back({policy, size, capacity_for(options.sizes[size], options.unit, trace), {}});
    }
  }
  if (!counts_sizes) return plan;
  Result<CountedSizes> sizes = CountedSizes::make(trace);
  if (!sizes.is_ok()) return sizes.status();
  plan.counted_sizes = std::move(sizes.value());
  return plan;
}

void execute_runs(const SimOptions& options, const Trace& trace, Plan& plan, RequestCount& progress) {
  std::vector<SimRun>& runs = plan.runs;
  const bool with_belady =
      std::any_of(runs.begin(), runs.end(), [](const SimRun& run) { return run.policy == kBelady; });
  const std::vector<RequestNumber> next = with_belady ? next_uses(trace) : std::vector<RequestNumber>{};
  const CountedSizes* const counted_sizes = plan.counted_sizes ? &*plan.counted_sizes : nullptr;
  std::atomic<std::size_t> next_run{0};
  const auto work = [&] {
    for (std::size_t i = next_run.fetch_add(1); i < runs.size(); i = next_run.fetch_add(1)) {
      execute(options, trace, next, counted_sizes, runs[i], progress);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::min<std::size_t>(options.jobs, runs.size()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

std::string sizes_without_room(const SimOptions& options, const std::vector<SimRun>& runs) {
  std::string sizes;
  for (std::size_t index = 0; index < options.sizes.size(); ++index) {
    const bool without_room = std::any_of(runs.begin(), runs.end(), [&](const SimRun& run) {
      return run.size_index == index && run.policy != kBelady && run.result.stored == 0;
    });
    if (without_room) sizes += (sizes.empty() ? "" : ", ") + options.sizes[index].text;
  }
  return sizes;
}

}  // namespace larder::sim
