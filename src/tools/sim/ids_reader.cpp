#include "tools/sim/line_reader.h"

namespace larder::sim {

namespace {

class IdsReader final : public LineReader {
 public:
  using LineReader::LineReader;

  bool next(Access& access) override {
    std::string_view line;
    while (read_line(line)) {
      if (line.empty() || line.front() == '#') continue;
      access.set_id(line);
      access.size_bytes = 1;
      return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<AccessReader> make_ids_reader(std::unique_ptr<InputFile> file) {
  return std::make_unique<IdsReader>(std::move(file));
}

}  // namespace larder::sim
