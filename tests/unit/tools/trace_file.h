// A trace in a file of its own, gone at the end of the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace larder::sim {

enum class Packing { kNone, kGzip };

class TraceFile {
 public:
  explicit TraceFile(std::string_view content, Packing packing = Packing::kNone) {
    std::string pattern = testing::TempDir() + "larder_trace_XXXXXX";
    const int descriptor = mkstemp(pattern.data());
    EXPECT_GE(descriptor, 0);
    path_ = pattern;
    // "T": as it is, without compression.
    const gzFile file = gzdopen(descriptor, packing == Packing::kGzip ? "wb" : "wbT");
    EXPECT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())), static_cast<int>(content.size()));
    EXPECT_EQ(gzclose(file), Z_OK);
  }
  ~TraceFile() { std::remove(path_.c_str()); }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace larder::sim
