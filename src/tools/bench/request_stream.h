// The requests of one thread, one after the other: draws what each is and encodes it. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "larder/base/hash.h"
#include "tools/bench/key_stream.h"
#include "tools/bench/options.h"
#include "tools/bench/out_batch.h"
#include "tools/bench/request.h"
#include "tools/bench/request_encoder.h"

namespace larder::bench {

class RequestStream {
 public:
  // The encoder must outlive it, and be made for the mix's keys a request.
  RequestStream(const RequestEncoder& encoder, KeyStream keys, const MixOptions& mix, std::uint64_t seed)
      : encoder_(encoder), keys_(keys), mix_(mix), random_(seed), batch_keys_(mix.batch_keys) {}

  // Appends the next request to the batch. since_ns is the caller's to fill in.
  Request next(OutBatch& batch) {
    const RequestKind kind = next_kind();
    for (std::uint32_t& key : batch_keys_) key = keys_.next();
    return {.since_ns = 0,
            .written_bytes = encoder_.encode(kind, batch_keys_, random_, batch),
            .keys = mix_.batch_keys,
            .kind = kind};
  }
  // Of the last request. Valid until the next one.
  std::span<const std::uint32_t> keys() const { return batch_keys_; }

 private:
  RequestKind next_kind() {
    if (mix_.touch_percent + mix_.delete_percent > 0) {
      const std::uint64_t percent = random_.below(100);
      if (percent < mix_.touch_percent) return RequestKind::kTouch;
      if (percent < mix_.touch_percent + mix_.delete_percent) return RequestKind::kDelete;
    }
    if (mix_.set_parts == 0) return RequestKind::kGet;
    if (mix_.get_parts == 0) return RequestKind::kSet;
    return random_.below(mix_.get_parts + mix_.set_parts) < mix_.get_parts ? RequestKind::kGet : RequestKind::kSet;
  }

  const RequestEncoder& encoder_;
  KeyStream keys_;
  const MixOptions mix_;
  SplitMix64 random_;
  std::vector<std::uint32_t> batch_keys_;
};

}  // namespace larder::bench
