// Expected failures as values. A StatusCode says what kind of failure it was; a Status adds a sentence for the user
// where the code alone does not say enough; Result<T> is a value or a Status. The wire text of a code is written in one
// place, protocol/reply_writer. No exceptions cross a layer.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "larder/base/check.h"

namespace larder {

enum class StatusCode : unsigned char {
  kOk,
  kNotFound,         // no such key, connection, option, ...
  kNotStored,        // a condition (NX, XX, GT, ...) did not hold; nothing was changed
  kNeedsRoom,        // Shard only: make room for Op::needed, then repeat the call; nothing was changed
  kOutOfMemory,      // maxmemory is reached and the policy may not evict
  kTooLarge,         // can never fit: larger than all of maxmemory
  kInvalidArgument,  // the message says what was wrong and what would be right
  kIo,               // a file or socket failed; the message names it
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message = {}) : code_(code), message_(std::move(message)) {}  // NOLINT: implicit

  static Status ok() { return {}; }
  static Status invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

  bool is_ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  // Empty where the code says it all.
  const std::string& message() const { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                           // NOLINT: implicit
  Result(Status status) : status_(std::move(status)) { LARDER_CHECK(!status_.is_ok()); }  // NOLINT: implicit

  bool is_ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  // REQUIRES: is_ok().
  T& value() & {
    LARDER_CHECK(is_ok());
    return *value_;
  }
  const T& value() const& {
    LARDER_CHECK(is_ok());
    return *value_;
  }
  // Of a temporary: by value, so that `for (x : f().value())` has something to walk over.
  T value() && {
    LARDER_CHECK(is_ok());
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace larder
