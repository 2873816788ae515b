// Plays the network for a RespParser: hands it a stream of bytes in pieces of any size, collects bodies, and writes
// down what came out. For unit tests and fuzzers: the same stream cut in different ways must give the same transcript.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/check.h"
#include "larder/protocol/resp_parser.h"

namespace larder::test {

struct ParsedRequest {
  std::vector<std::string> arguments;
  std::vector<std::size_t> blobs;  // indices of the arguments that have a block
  bool body_skipped = false;
  std::size_t wire_bytes = 0;

  bool operator==(const ParsedRequest&) const = default;
};

struct Transcript {
  std::vector<ParsedRequest> requests;
  std::string error;         // empty: none
  bool mid_request = false;  // at the end of a stream without error
  // Not part of the comparison: what it took.
  std::size_t bytes_presented = 0;  // sum of the sizes of all inputs
  std::size_t unconsumed_max = 0;   // largest rest that had to be kept for the next call

  bool operator==(const Transcript& other) const {
    return requests == other.requests && error == other.error && mid_request == other.mid_request;
  }
};

class ParserDriver {
 public:
  using PieceBytes = std::function<std::size_t()>;

  // `piece_bytes` says how long the next piece is; what exceeds the stream's rest is cut.
  ParserDriver(std::string_view stream, PieceBytes piece_bytes)
      : stream_(stream), piece_bytes_(std::move(piece_bytes)) {}

  void set_limits(const ParseLimits& limits) { parser_.set_limits(limits); }
  void skip_bodies() { skip_bodies_ = true; }

  Transcript run() {
    while (step()) {
    }
    transcript_.mid_request = transcript_.error.empty() && parser_.mid_request();
    return std::move(transcript_);
  }

 private:
  // Bytes received and not consumed.
  std::string_view rest() const { return stream_.substr(consumed_, received_ - consumed_); }

  bool receive() {
    if (received_ == stream_.size()) return false;
    received_ += std::min(std::max<std::size_t>(piece_bytes_(), 1), stream_.size() - received_);
    return true;
  }

  // False: the stream or its sense has ended.
  bool step() {
    // A block of exactly this size, so that a sanitizer sees every byte read beyond it.
    const std::size_t size = rest().size();
    const std::unique_ptr<char[]> input(new char[size]);
    std::memcpy(input.get(), rest().data(), size);
    transcript_.bytes_presented += size;
    const ParseResult result = parser_.parse({input.get(), size}, request_);
    LARDER_CHECK(result.consumed <= size);
    consumed_ += result.consumed;
    transcript_.unconsumed_max = std::max(transcript_.unconsumed_max, rest().size());
    switch (result.state) {
      case ParseResult::State::kRequest:
        write_down();
        return true;
      case ParseResult::State::kNeedMore:
        return receive();
      case ParseResult::State::kNeedBody:
        return take_body(result.body_bytes);
      case ParseResult::State::kError:
        transcript_.error = result.error;
        return false;
    }
    return false;
  }

  void write_down() {
    ParsedRequest parsed;
    for (std::size_t i = 0; i < request_.size(); ++i) {
      parsed.arguments.emplace_back(request_[i]);
      const Blob* blob = request_.blob(i);
      if (blob == nullptr) continue;
      LARDER_CHECK(blob->view() == request_[i]);
      parsed.blobs.push_back(i);
    }
    parsed.body_skipped = request_.body_skipped();
    parsed.wire_bytes = request_.wire_bytes();
    transcript_.requests.push_back(std::move(parsed));
  }

  bool take_body(std::size_t bytes) {
    LARDER_CHECK(bytes >= limits::kBodyBytesMin);
    if (stream_.size() - consumed_ < bytes) return false;
    while (rest().size() < bytes) receive();
    if (skip_bodies_) {
      parser_.body_skipped();
    } else {
      BlobRef body = Blob::allocate(bytes);
      std::memcpy(body->data(), rest().data(), bytes);
      parser_.body_received(std::move(body));
    }
    consumed_ += bytes;
    return true;
  }

  const std::string_view stream_;
  const PieceBytes piece_bytes_;
  bool skip_bodies_ = false;
  RespParser parser_;
  Request request_;
  Transcript transcript_;
  std::size_t received_ = 0;
  std::size_t consumed_ = 0;
};

inline Transcript parse_whole(std::string_view stream, const ParseLimits& parse_limits = {}) {
  ParserDriver driver(stream, [&] { return stream.size(); });
  driver.set_limits(parse_limits);
  return driver.run();
}

inline Transcript parse_in_pieces(std::string_view stream, std::size_t piece_bytes,
                                  const ParseLimits& parse_limits = {}) {
  ParserDriver driver(stream, [piece_bytes] { return piece_bytes; });
  driver.set_limits(parse_limits);
  return driver.run();
}

}  // namespace larder::test
