#include <nlohmann/json.hpp>
#include <vector>

#include "tools/sim/line_reader.h"

namespace larder::sim {

namespace {

class MooncakeReader final : public LineReader {
 public:
  using LineReader::LineReader;

  bool next(Access& access) override {
    while (next_block_ == blocks_.size()) {
      std::string_view line;
      if (!read_line(line)) return false;
      if (line.empty()) continue;
      if (!take_blocks(line)) return false;
    }
    access.text = {};
    access.number = blocks_[next_block_++];
    access.size_bytes = 1;
    return true;
  }

 private:
  bool take_blocks(std::string_view line) {
    const nlohmann::json request = nlohmann::json::parse(line, nullptr, false);
    if (request.is_discarded()) return fail("this is not JSON");
    if (!request.is_object() || !request.contains("hash_ids")) return fail("this is no object with a field 'hash_ids'");
    const nlohmann::json& ids = request["hash_ids"];
    if (!ids.is_array()) return fail("'hash_ids' is not a list");
    blocks_.clear();
    next_block_ = 0;
    for (const nlohmann::json& id : ids) {
      if (!id.is_number_unsigned()) return fail("'hash_ids' has something else than whole numbers from 0 on");
      blocks_.push_back(id.get<std::uint64_t>());
    }
    return true;
  }

  std::vector<std::uint64_t> blocks_;
  std::size_t next_block_ = 0;
};

}  // namespace

std::unique_ptr<AccessReader> make_mooncake_reader(std::unique_ptr<InputFile> file) {
  return std::make_unique<MooncakeReader>(std::move(file));
}

}  // namespace larder::sim
