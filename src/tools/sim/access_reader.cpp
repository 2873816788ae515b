#include "tools/sim/access_reader.h"

#include <array>

#include "larder/base/text.h"

namespace larder::sim {

namespace {

struct NamedFormat {
  TraceFormat format;
  std::string_view name;
  std::array<std::string_view, 2> endings;
};
constexpr std::array<NamedFormat, 4> kFormats = {{
    {TraceFormat::kIds, "ids", {".txt", ".ids"}},
    {TraceFormat::kCsv, "csv", {".csv", ".csv"}},
    {TraceFormat::kOracle, "oracle", {".oraclegeneral", ".oraclegeneral.bin"}},
    {TraceFormat::kMooncake, "mooncake", {".jsonl", ".jsonl"}},
}};

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

}  // namespace

void Access::set_id(std::string_view id) {
  const std::optional<std::uint64_t> as_number = parse_uint64(id);
  text = as_number ? std::string_view{} : id;
  number = as_number.value_or(0);
}

Result<TraceFormat> parse_trace_format(std::string_view name) {
  for (const NamedFormat& known : kFormats) {
    if (equals_ignore_case(name, known.name)) return known.format;
  }
  return Status::invalid("'" + printable(name) + "' is not a trace format; choose ids, csv, oracle or mooncake");
}

Result<TraceFormat> trace_format_of(std::string_view path) {
  const std::string lower = to_lower(path);
  std::string_view name = lower;
  // The others are refused when the file is opened, with the way to unpack them.
  for (const std::string_view packed : {".gz", ".zst", ".xz", ".bz2"}) {
    if (ends_with(name, packed)) name.remove_suffix(packed.size());
  }
  for (const NamedFormat& known : kFormats) {
    for (const std::string_view ending : known.endings) {
      if (ends_with(name, ending)) return known.format;
    }
  }
  return Status::invalid("the name of '" + printable(path) +
                         "' does not tell its format; add --format ids, csv, oracle or mooncake");
}

Result<std::unique_ptr<AccessReader>> open_trace(const std::string& path, TraceFormat format,
                                                 const std::string& columns) {
  Result<std::unique_ptr<InputFile>> opened = InputFile::open(path);
  if (!opened.is_ok()) return opened.status();
  std::unique_ptr<InputFile> file = std::move(opened.value());
  switch (format) {
    case TraceFormat::kIds:
      return make_ids_reader(std::move(file));
    case TraceFormat::kCsv:
      return make_csv_reader(std::move(file), columns);
    case TraceFormat::kOracle:
      return make_oracle_reader(std::move(file));
    case TraceFormat::kMooncake:
      break;
  }
  return make_mooncake_reader(std::move(file));
}

}  // namespace larder::sim
