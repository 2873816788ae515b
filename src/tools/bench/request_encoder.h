// Requests as bytes. What is the same in all requests of a kind is written once, when this is made; a request is then a
// copy of it with the digits of its key, and a value, written over or after. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "larder/base/hash.h"
#include "tools/bench/key_format.h"
#include "tools/bench/options.h"
#include "tools/bench/out_batch.h"
#include "tools/bench/request.h"
#include "tools/bench/values.h"

namespace larder::bench {

class RequestEncoder {
 public:
  // Keys and values must outlive it. All its requests are of `batch_keys` keys each.
  RequestEncoder(const LoadOptions& options, const KeyFormat& keys, const Values& values, std::uint32_t batch_keys);

  // Appends one request; returns how many bytes of keys and values it stores. `sizes` draws the values' sizes, if they
  // have several. REQUIRES: as many keys as it was made for.
  std::uint64_t encode(RequestKind kind, std::span<const std::uint32_t> keys, SplitMix64& sizes, OutBatch& batch) const;

 private:
  // open, and for each key: item (with the key, and with the value's length if there is but one), value; close.
  struct Shape {
    std::string open;
    std::string item;
    std::size_t key_end = 0;  // within item
    bool has_value = false;
    std::string close;
  };

  std::array<Shape, kRequestKinds> resp_shapes(std::uint32_t expire_s, std::uint32_t batch_keys) const;
  std::array<Shape, kRequestKinds> memcached_shapes(std::uint32_t expire_s) const;
  Shape shape(const std::string& open, const std::string& before_key, const std::string& after_key) const;
  Shape storing(Shape shape, const std::string& close) const;
  std::uint64_t add_value(std::uint32_t key, SplitMix64& sizes, OutBatch& batch) const;

  const KeyFormat& keys_;
  const Values& values_;
  const SizeRange sizes_;
  std::array<Shape, kRequestKinds> shapes_;
};

}  // namespace larder::bench
