// RespParser on whole requests in one buffer: a request alone, and batches as a session parses them.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "larder/base/limits.h"
#include "larder/protocol/resp_parser.h"
#include "micro.h"

namespace larder {
namespace {

void append_bulk(std::string& to, std::string_view bytes) {
  to += "$" + std::to_string(bytes.size()) + "\r\n";
  to.append(bytes).append("\r\n");
}

std::string get_request(std::uint64_t number) {
  std::string request = "*2\r\n";
  append_bulk(request, "GET");
  append_bulk(request, micro_key(number).view());
  return request;
}

std::string set_request(std::uint64_t number) {
  std::string request = "*3\r\n";
  append_bulk(request, "SET");
  append_bulk(request, micro_key(number).view());
  append_bulk(request, std::string(kMicroValueBytes, 'v'));
  return request;
}

std::string mget_request(std::uint64_t keys) {
  std::string request = "*" + std::to_string(keys + 1) + "\r\n";
  append_bulk(request, "MGET");
  for (std::uint64_t number = 0; number < keys; ++number) append_bulk(request, micro_key(number).view());
  return request;
}

void parse_one(benchmark::State& state, const std::string& input) {
  RespParser parser;
  Request request;
  for (auto _ : state) {
    const ParseResult result = parser.parse(input, request);
    if (result.state != ParseResult::State::kRequest) std::abort();
    benchmark::DoNotOptimize(request.arguments().data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

// Ten GETs to a SET.
void parse_pipelined(benchmark::State& state) {
  constexpr std::uint64_t kRequests = limits::kBatchRequestsMax;
  constexpr std::uint64_t kOneSetIn = 11;
  std::string input;
  for (std::uint64_t number = 0; number < kRequests; ++number) {
    input += number % kOneSetIn == kOneSetIn - 1 ? set_request(number) : get_request(number);
  }
  RespParser parser;
  std::array<Request, kRequests> batch;
  for (auto _ : state) {
    std::size_t at = 0;
    for (Request& request : batch) {
      const ParseResult result = parser.parse(std::string_view(input).substr(at), request);
      if (result.state != ParseResult::State::kRequest) std::abort();
      at += result.consumed;
    }
    benchmark::DoNotOptimize(batch.data());
    benchmark::ClobberMemory();
  }
  report_each(state, state.iterations() * static_cast<std::int64_t>(kRequests));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(input.size()));
}

BENCHMARK_CAPTURE(parse_one, get, get_request(1));
BENCHMARK_CAPTURE(parse_one, set_100_bytes, set_request(1));
BENCHMARK_CAPTURE(parse_one, mget_100_keys, mget_request(100));
BENCHMARK(parse_pipelined);

}  // namespace
}  // namespace larder
