// A trace as a stream of accesses, whatever it is stored in. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "larder/base/status.h"
#include "tools/sim/input_file.h"

namespace larder::sim {

struct Access {
  // The object's name. Empty: it is `number`. Valid until the next call on the reader.
  std::string_view text;
  std::uint64_t number = 0;
  std::uint64_t size_bytes = 1;

  // A decimal number without leading zeros is a number, everything else a text.
  void set_id(std::string_view id);
};

class AccessReader {
 public:
  virtual ~AccessReader() = default;
  // False at the end or after an error, which status() tells.
  virtual bool next(Access& access) = 0;
  virtual const Status& status() const = 0;
  // Of the access read last, as errors name it.
  virtual std::string where() const = 0;
};

// An id a line; empty lines and lines that begin with '#' are passed over.
std::unique_ptr<AccessReader> make_ids_reader(std::unique_ptr<InputFile> file);
// Fields between commas. `columns`: what they are, in order, for example "time,id,size"; of these `id` is needed,
// `size` used, and every other name passed over. Empty: the first line names them.
std::unique_ptr<AccessReader> make_csv_reader(std::unique_ptr<InputFile> file, const std::string& columns);
// libCacheSim's oracleGeneral: packed little-endian records of time u32, id u64, size u32, next access i64.
std::unique_ptr<AccessReader> make_oracle_reader(std::unique_ptr<InputFile> file);
// Mooncake's JSON lines: each of a request's `hash_ids` is an access, in order.
std::unique_ptr<AccessReader> make_mooncake_reader(std::unique_ptr<InputFile> file);

enum class TraceFormat : std::uint8_t { kIds, kCsv, kOracle, kMooncake };
// "ids", "csv", "oracle", "mooncake". Errors: kInvalidArgument.
Result<TraceFormat> parse_trace_format(std::string_view name);
// By the file's name: .txt, .csv, .oracleGeneral(.bin), .jsonl, each also with .gz (or what open_trace() refuses).
// Errors: kInvalidArgument.
Result<TraceFormat> trace_format_of(std::string_view path);
// Errors: of the file's opening. `columns` is for CSV alone.
Result<std::unique_ptr<AccessReader>> open_trace(const std::string& path, TraceFormat format,
                                                 const std::string& columns);

}  // namespace larder::sim
