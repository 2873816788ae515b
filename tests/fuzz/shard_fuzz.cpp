// Any bytes, as decisions of the model (support/store_model.h): which operation, on which key, with how large a value.
// A shard with small segments and little memory must agree with a plain std::map after every step.
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "larder/base/check.h"
#include "support/choices.h"
#include "support/store_model.h"

namespace {

using larder::test::ByteChoices;
using larder::test::StoreModel;

constexpr std::size_t kStepsBetweenChecks = 64;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteChoices choices(data, size);
  StoreModel::Options options{.shards = 1, .maxmemory_bytes = 1 << 20, .seed = 1};
  options.policy = larder::kPolicyKinds[choices.below(larder::kPolicyKinds.size())];
  options.maxitems = choices.below(2) == 0 ? 0 : 1 + choices.below(100);
  StoreModel model(options, choices);
  bool agree = true;
  for (std::size_t step = 1; agree && !choices.used_up(); ++step) {
    agree =
        model.step(choices.below(StoreModel::kOperations)) && (step % kStepsBetweenChecks != 0 || model.compare_all());
  }
  agree = agree && model.compare_all();
  if (!agree) std::fprintf(stderr, "%s\n", model.failure().c_str());
  LARDER_CHECK(agree);
  return 0;
}
