#include "tools/sim/synthetic.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/text.h"

namespace larder::sim {

namespace {

// The reference's ids begin at 1.
constexpr std::uint64_t kFirstId = 1;
// Eight bytes of memory for each object while its requests are drawn; and what a Trace may hold.
constexpr std::uint64_t kObjectsMax = 1'000'000'000;
constexpr std::uint64_t kRequestsMax = 4'000'000'000;

// Draws ranks 0, 1, ... in proportion to (rank + 1)^-alpha. The order of the sums and the way from 64 bits to a double
// are fixed: others reproduce the same trace from the description.
class ZipfRanks {
 public:
  ZipfRanks(std::uint64_t ranks, double alpha, std::uint64_t seed) : random_(seed) {
    cumulated_.reserve(ranks);
    double sum = 0;
    for (std::uint64_t rank = 0; rank < ranks; ++rank) {
      sum += std::pow(static_cast<double>(rank + 1), -alpha);
      cumulated_.push_back(sum);
    }
  }
  std::uint64_t draw() {
    const double unit = static_cast<double>(random_.next() >> 11) * 0x1.0p-53;
    const auto found = std::upper_bound(cumulated_.begin(), cumulated_.end(), unit * cumulated_.back());
    return static_cast<std::uint64_t>(found - cumulated_.begin());
  }

 private:
  SplitMix64 random_;
  std::vector<double> cumulated_;
};

class Synthetic : public AccessReader {
 public:
  explicit Synthetic(SyntheticOptions options) : options_(std::move(options)) {}

  bool next(Access& access) final {
    if (made_ == options_.requests) return false;
    access = {{}, make_id(made_++), 1};
    return true;
  }
  const Status& status() const final { return status_; }
  std::string where() const final { return options_.name + ": request " + std::to_string(made_); }

 protected:
  // The object of the request of this number, from 0 on; asked for once each, in order.
  virtual std::uint64_t make_id(std::uint64_t request) = 0;
  const SyntheticOptions options_;

 private:
  const Status status_;
  std::uint64_t made_ = 0;
};

class Zipf final : public Synthetic {
 public:
  explicit Zipf(const SyntheticOptions& options)
      : Synthetic(options), ranks_(options.objects, options.alpha, options.seed) {}

 private:
  std::uint64_t make_id(std::uint64_t) override { return kFirstId + ranks_.draw(); }
  ZipfRanks ranks_;
};

class Scan final : public Synthetic {
 public:
  explicit Scan(const SyntheticOptions& options)
      : Synthetic(options),
        ranks_(options.objects, options.alpha, options.seed),
        stretch_(std::max<std::uint64_t>(1, options.objects / 10)),
        scanned_(kFirstId + options.objects) {}

 private:
  std::uint64_t make_id(std::uint64_t request) override {
    return request / stretch_ % 2 == 1 ? scanned_++ : kFirstId + ranks_.draw();
  }
  ZipfRanks ranks_;
  const std::uint64_t stretch_;
  std::uint64_t scanned_;  // the next object that a scan meets
};

class Loop final : public Synthetic {
 public:
  using Synthetic::Synthetic;

 private:
  std::uint64_t make_id(std::uint64_t request) override { return kFirstId + request % options_.objects; }
};

class Shift final : public Synthetic {
 public:
  explicit Shift(const SyntheticOptions& options)
      : Synthetic(options),
        ranks_(options.objects, options.alpha, options.seed),
        phase_requests_(options.requests / kPhases + 1) {}

 private:
  static constexpr std::uint64_t kPhases = 4;
  // The objects stay the same; who is popular among them moves on by a quarter of them.
  std::uint64_t make_id(std::uint64_t request) override {
    const std::uint64_t phase = request / phase_requests_;
    return kFirstId + (ranks_.draw() + phase * (options_.objects / kPhases)) % options_.objects;
  }
  ZipfRanks ranks_;
  const std::uint64_t phase_requests_;
};

}  // namespace

Result<std::unique_ptr<AccessReader>> make_synthetic(SyntheticOptions options) {
  options.name = to_lower(options.name);
  if (options.name == "zipf099") {
    options = {.name = options.name, .objects = 1'000'000, .requests = 5'000'000, .alpha = 0.99, .seed = 42};
    return std::unique_ptr<AccessReader>(std::make_unique<Zipf>(options));
  }
  if (options.objects == 0 || options.objects > kObjectsMax) {
    return Status::invalid("--objects must be from 1 to " + std::to_string(kObjectsMax));
  }
  if (options.requests == 0 || options.requests > kRequestsMax) {
    return Status::invalid("--requests must be from 1 to " + std::to_string(kRequestsMax));
  }
  if (!(options.alpha >= 0)) return Status::invalid("--alpha must not be negative");
  if (options.name == "zipf") return std::unique_ptr<AccessReader>(std::make_unique<Zipf>(options));
  if (options.name == "scan") return std::unique_ptr<AccessReader>(std::make_unique<Scan>(options));
  if (options.name == "loop") return std::unique_ptr<AccessReader>(std::make_unique<Loop>(options));
  if (options.name == "shift") return std::unique_ptr<AccessReader>(std::make_unique<Shift>(options));
  return Status::invalid("'" + printable(options.name) +
                         "' is not a synthetic workload; choose zipf, scan, loop, shift or zipf099");
}

}  // namespace larder::sim
