#include <array>

#include "tools/sim/access_reader.h"

namespace larder::sim {

namespace {

constexpr std::size_t kRecordBytes = 24;
constexpr std::size_t kIdAt = 4;
constexpr std::size_t kSizeAt = 12;

// Little-endian, whatever this machine is.
std::uint64_t load(const char* from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

class OracleReader final : public AccessReader {
 public:
  explicit OracleReader(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

  bool next(Access& access) override {
    if (!status_.is_ok()) return false;
    std::array<char, kRecordBytes> record;
    const std::size_t got = file_->read(record.data(), record.size());
    ++records_;
    if (got != record.size()) {
      if (!file_->status().is_ok()) {
        status_ = file_->status();
      } else if (got != 0) {
        status_ = Status::invalid(where() + ": only " + std::to_string(got) + " of its 24 bytes are there");
      }
      return false;
    }
    access.text = {};
    access.number = load(record.data() + kIdAt, sizeof(std::uint64_t));
    access.size_bytes = load(record.data() + kSizeAt, sizeof(std::uint32_t));
    return true;
  }
  const Status& status() const override { return status_; }
  std::string where() const override { return file_->name() + ": record " + std::to_string(records_); }

 private:
  std::unique_ptr<InputFile> file_;
  Status status_;
  std::uint64_t records_ = 0;
};

}  // namespace

std::unique_ptr<AccessReader> make_oracle_reader(std::unique_ptr<InputFile> file) {
  return std::make_unique<OracleReader>(std::move(file));
}

}  // namespace larder::sim
