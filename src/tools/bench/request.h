// One operation of a load, from the draw to its reply.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace larder::bench {

enum class RequestKind : std::uint8_t { kGet, kSet, kTouch, kDelete };
inline constexpr std::size_t kRequestKinds = 4;
inline constexpr std::array<const char*, kRequestKinds> kRequestNames = {"GET", "SET", "TOUCH", "DEL"};

constexpr std::size_t index_of(RequestKind kind) {
  return static_cast<std::size_t>(kind);
}

// One that has been sent and waits for its reply.
struct Request {
  std::int64_t since_ns = 0;        // when it was sent, or due: its latency counts from here
  std::uint64_t written_bytes = 0;  // of keys and values, if it stores any
  std::uint32_t keys = 1;
  RequestKind kind = RequestKind::kGet;
};

}  // namespace larder::bench
