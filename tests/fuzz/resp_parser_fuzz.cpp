// Any bytes, as a stream of requests: however it is cut into pieces, the parser must find the same requests and the
// same error. Seeds: the request bytes of protocol/vectors as they are; the cuts come from the input's own bytes.
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>

#include "larder/base/check.h"
#include "support/parser_driver.h"

namespace {

using larder::test::ParserDriver;
using larder::test::Transcript;

void compare_cuts(std::string_view stream, const larder::ParseLimits& limits, std::uint32_t seed) {
  const Transcript whole = larder::test::parse_whole(stream, limits);

  std::minstd_rand random(seed);
  ParserDriver in_pieces(stream, [&random] { return random() % 4 == 0 ? random() % 70'000 : random() % 8; });
  in_pieces.set_limits(limits);
  LARDER_CHECK(in_pieces.run() == whole);

  ParserDriver without_bodies(stream, [&random] { return random() % 300; });
  without_bodies.set_limits(limits);
  without_bodies.skip_bodies();
  const Transcript skipped = without_bodies.run();
  LARDER_CHECK(skipped.error == whole.error && skipped.requests.size() == whole.requests.size());

  // Every byte for itself, where that is not too slow.
  if (stream.size() <= 2'000) LARDER_CHECK(larder::test::parse_in_pieces(stream, 1, limits) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  std::uint32_t seed = static_cast<std::uint32_t>(size);
  for (const char c : stream) seed = seed * 31 + static_cast<unsigned char>(c);
  compare_cuts(stream, {}, seed);
  compare_cuts(stream, {.arguments_max = 100, .bulk_bytes_max = 1 << 20, .authenticated = false}, seed);
  return 0;
}
