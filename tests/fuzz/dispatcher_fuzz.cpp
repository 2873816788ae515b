// Any bytes, as requests of several clients and what happens around them (support/dispatcher_run.h). Seeds: one for
// every command of the table (write_seeds).
#include <cstddef>
#include <cstdint>

#include "support/dispatcher_run.h"

namespace {

// More of one input finds nothing that many inputs do not.
constexpr std::size_t kStepsMax = 400;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  larder::test::ByteChoices choices(data, size);
  larder::test::DispatcherRun run(choices);
  for (std::size_t i = 0; i < kStepsMax && !choices.used_up(); ++i) run.step();
  run.finish();
  return 0;
}
