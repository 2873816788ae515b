// ReplyWriter into a buffer that is emptied after each batch, as one that was sent.
#include <benchmark/benchmark.h>

#include <string>

#include "larder/base/limits.h"
#include "larder/protocol/reply_writer.h"
#include "micro.h"

namespace larder {
namespace {

// `write` appends one reply.
template <class Write>
void write_batches(benchmark::State& state, Write&& write) {
  constexpr std::int64_t kReplies = limits::kBatchRequestsMax;
  ReplyBuffer buffer;
  ReplyWriter writer(buffer, RespVersion::k2);
  for (auto _ : state) {
    for (std::int64_t reply = 0; reply < kReplies; ++reply) write(writer, reply);
    benchmark::DoNotOptimize(buffer.size());
    benchmark::ClobberMemory();
    buffer.clear();
  }
  report_each(state, state.iterations() * kReplies);
}

void write_ok(benchmark::State& state) {
  write_batches(state, [](ReplyWriter& writer, std::int64_t) { writer.ok(); });
}

void write_null(benchmark::State& state) {
  write_batches(state, [](ReplyWriter& writer, std::int64_t) { writer.null(); });
}

void write_integer(benchmark::State& state) {
  write_batches(state, [](ReplyWriter& writer, std::int64_t reply) { writer.integer(1'000 * reply); });
}

void write_bulk(benchmark::State& state) {
  const std::string value(static_cast<std::size_t>(state.range(0)), 'v');
  write_batches(state, [&](ReplyWriter& writer, std::int64_t) { writer.bulk(value); });
}

void write_array_of_100_bulks(benchmark::State& state) {
  constexpr std::size_t kElements = 100;
  const std::string value(kMicroValueBytes, 'v');
  write_batches(state, [&](ReplyWriter& writer, std::int64_t) {
    writer.array(kElements);
    for (std::size_t element = 0; element < kElements; ++element) writer.bulk(value);
  });
}

BENCHMARK(write_ok);
BENCHMARK(write_null);
BENCHMARK(write_integer);
BENCHMARK(write_bulk)->Arg(kMicroValueBytes)->Arg(4096);
BENCHMARK(write_array_of_100_bulks);

}  // namespace
}  // namespace larder
