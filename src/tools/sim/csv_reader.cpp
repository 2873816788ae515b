#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "larder/base/text.h"
#include "tools/sim/line_reader.h"

namespace larder::sim {

namespace {

// The names under which published traces have these columns.
constexpr std::array<std::string_view, 4> kIdNames = {"id", "key", "obj_id", "object"};
constexpr std::array<std::string_view, 4> kSizeNames = {"size", "size_bytes", "obj_size", "bytes"};

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

template <std::size_t N>
std::optional<std::size_t> find_column(const std::vector<std::string_view>& columns,
                                       const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool named = std::any_of(names.begin(), names.end(),
                                   [&](std::string_view name) { return equals_ignore_case(columns[i], name); });
    if (named) return i;
  }
  return {};
}

class CsvReader final : public LineReader {
 public:
  CsvReader(std::unique_ptr<InputFile> file, std::string columns)
      : LineReader(std::move(file)), columns_(std::move(columns)) {}

  bool next(Access& access) override {
    std::string_view line;
    while (read_line(line)) {
      if (line.empty()) continue;
      if (!knows_columns_) {
        knows_columns_ = true;
        const bool is_head = columns_.empty() || line == columns_;
        if (!take_columns(columns_.empty() ? line : columns_)) return false;
        if (is_head) continue;
      }
      return parse(line, access);
    }
    return false;
  }

 private:
  bool take_columns(std::string_view head) {
    const std::vector<std::string_view> names = split(head);
    const std::optional<std::size_t> id = find_column(names, kIdNames);
    if (!id) {
      return fail(columns_.empty()
                      ? "the first line names no column 'id'; say what the columns are: --columns time,id,size"
                      : "--columns " + printable(columns_) + " has no 'id'; write for example time,id,size");
    }
    id_column_ = *id;
    size_column_ = find_column(names, kSizeNames);
    fields_ = names.size();
    return true;
  }

  bool parse(std::string_view line, Access& access) {
    std::string_view id;
    std::string_view size;
    std::size_t fields = 0;
    for (std::string_view rest = line;; ++fields) {
      const std::size_t comma = rest.find(',');
      const std::string_view field = rest.substr(0, comma);
      if (fields == id_column_) id = field;
      if (size_column_ && fields == *size_column_) size = field;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    ++fields;
    if (fields != fields_) {
      return fail(std::to_string(fields) + " fields where there are " + std::to_string(fields_) + " columns");
    }
    if (id.empty()) return fail("the id is empty");
    if (line.find('"') != std::string_view::npos) return fail("quoted fields are not understood");
    access.set_id(id);
    access.size_bytes = 1;
    if (!size_column_) return true;
    const std::optional<std::uint64_t> bytes = parse_uint64(size);
    if (!bytes) return fail("the size '" + printable(size) + "' is not a number of bytes");
    access.size_bytes = *bytes;
    return true;
  }

  const std::string columns_;
  bool knows_columns_ = false;
  std::size_t fields_ = 0;
  std::size_t id_column_ = 0;
  std::optional<std::size_t> size_column_;
};

}  // namespace

std::unique_ptr<AccessReader> make_csv_reader(std::unique_ptr<InputFile> file, const std::string& columns) {
  return std::make_unique<CsvReader>(std::move(file), columns);
}

}  // namespace larder::sim
