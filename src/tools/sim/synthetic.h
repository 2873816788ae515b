// Workloads made on the fly: the same accesses for the same name, figures and seed, on every machine.
//
//   zipf   object k of `objects` is asked for in proportion to 1 / k^alpha
//   scan   zipf traffic into which scans break: after every tenth of `objects` requests, as many objects in order that
//          nobody asks for again
//   loop   all objects in order, over and over: what does not fit as a whole is the worst case of LRU
//   shift  zipf traffic whose popular objects are others in each quarter of the requests: how fast a policy forgets
//   zipf099  zipf with the figures of the reference traces: 1,000,000 objects, 5,000,000 requests, alpha 0.99, seed 42
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "larder/base/status.h"
#include "tools/sim/access_reader.h"

namespace larder::sim {

struct SyntheticOptions {
  std::string name;
  std::uint64_t objects = 100'000;
  std::uint64_t requests = 1'000'000;
  double alpha = 0.99;
  std::uint64_t seed = 42;
};

// Errors: kInvalidArgument. zipf099 has its own figures, whatever the options say.
Result<std::unique_ptr<AccessReader>> make_synthetic(SyntheticOptions options);

}  // namespace larder::sim
