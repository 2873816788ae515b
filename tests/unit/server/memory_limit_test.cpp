#include "server/memory_limit.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/cpu_limit.h"
#include "server/option_resolution.h"

namespace larder {
namespace {

// A root directory with the files of /proc and /sys that say what there is.
class LimitsTest : public testing::Test {
 protected:
  LimitsTest() {
    std::string pattern = testing::TempDir() + "larder_limits_XXXXXX";
    root_ = mkdtemp(pattern.data());
    put("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:        1000 kB\n");
  }
  ~LimitsTest() override { std::filesystem::remove_all(root_); }

  void put(const std::string& path, std::string_view text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  Maxmemory maxmemory(std::string_view text) { return resolve_maxmemory(text, "--maxmemory", memory_base(root_)); }

  std::filesystem::path root_;
};

constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t percent(std::uint64_t bytes, std::uint64_t p) {
  return bytes / 100 * p;
}

TEST_F(LimitsTest, WithoutAControlGroupAutoIsAQuarterOfRam) {
  const Maxmemory found = maxmemory("auto");
  EXPECT_EQ(found.bytes, percent(16 * kGiB, 25));
  EXPECT_EQ(found.source, "auto: 25% of 16.00G of RAM");
}

TEST_F(LimitsTest, AutoIsThreeQuartersOfTheLimitOfItsOwnGroup) {
  put("proc/self/cgroup", "0::/app/cache\n");
  put("sys/fs/cgroup/app/cache/memory.max", "2147483648\n");
  const Maxmemory found = maxmemory("auto");
  EXPECT_EQ(found.bytes, percent(2 * kGiB, 75));
  EXPECT_EQ(found.source, "auto: 75% of the cgroup limit of 2.00G");
}

TEST_F(LimitsTest, TheTightestLimitOnTheWayUpCounts) {
  put("proc/self/cgroup", "0::/pod/app\n");
  put("sys/fs/cgroup/pod/app/memory.max", "max\n");
  put("sys/fs/cgroup/pod/memory.max", "1073741824\n");
  put("sys/fs/cgroup/memory.max", "4294967296\n");
  EXPECT_EQ(memory_base(root_).bytes, kGiB);
}

TEST_F(LimitsTest, AContainerSeesItsLimitAtTheRoot) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_EQ(memory_base(root_).bytes, kGiB);
}

// The path is the host's, but only the container's own part of the tree is mounted.
TEST_F(LimitsTest, APathThatIsNotVisibleFallsBackToWhatIs) {
  put("proc/self/cgroup", "5:memory:/docker/0123abcd\n0::/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(memory_base(root_).bytes, kGiB / 2);
}

TEST_F(LimitsTest, VersionOneNamesItsControllers) {
  put("proc/self/cgroup", "7:cpu,cpuacct:/x\n4:memory:/x/y\n");
  put("sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "3221225472\n");
  put("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(memory_base(root_).bytes, 3 * kGiB);
  EXPECT_TRUE(memory_base(root_).limited);
}

TEST_F(LimitsTest, ALimitAboveTheRamIsNone) {
  put("proc/self/cgroup", "4:memory:/\n");
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(memory_base(root_).limited);
  EXPECT_EQ(memory_base(root_).bytes, 16 * kGiB);
}

TEST_F(LimitsTest, APercentageIsOfTheSameBase) {
  EXPECT_EQ(maxmemory("50%").bytes, percent(16 * kGiB, 50));
  EXPECT_EQ(maxmemory("50%").source, "--maxmemory 50% of 16.00G of RAM");
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/memory.max", "1073741824\n");
  EXPECT_EQ(maxmemory("50%").bytes, percent(kGiB, 50));
}

TEST_F(LimitsTest, ASizeIsItself) {
  EXPECT_EQ(maxmemory("1048576").bytes, 1048576u);
  EXPECT_EQ(maxmemory("1048576").source, "--maxmemory");
  EXPECT_EQ(maxmemory("0").bytes, 0u);
}

TEST_F(LimitsTest, WhereNothingIsKnownThereIsNoLimit) {
  std::filesystem::remove(root_ / "proc/meminfo");
  EXPECT_EQ(maxmemory("auto").bytes, 0u);
  EXPECT_NE(maxmemory("auto").source.find("unknown"), std::string::npos);
}

TEST_F(LimitsTest, TheProcessorQuotaIsTheSmallestOnTheWayUp) {
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
  put("proc/self/cgroup", "0::/a\n");
  put("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
  put("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 1.5);
}

TEST_F(LimitsTest, VersionOneHasQuotaAndPeriodApart) {
  put("proc/self/cgroup", "7:cpuacct,cpu:/a\n");
  put("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000\n");
  put("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cpu_quota(root_), 0.5);
  EXPECT_EQ(usable_cores(root_), 1u);
}

TEST_F(LimitsTest, ResolvingPutsNumbersInThePlaceOfAuto) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "100000 100000\n");
  put("sys/fs/cgroup/memory.max", "1073741824\n");
  Options options;
  resolve_options(options, root_);
  EXPECT_EQ(options.integer("threads"), 1);
  EXPECT_EQ(static_cast<std::uint64_t>(options.integer("maxmemory")), percent(kGiB, 75));
  EXPECT_GE(options.integer("shards"), 1);
  EXPECT_EQ(options.origin("maxmemory"), "auto: 75% of the cgroup limit of 1.00G");

  // Doing it twice changes nothing.
  const std::string once = options.to_toml();
  resolve_options(options, root_);
  EXPECT_EQ(options.to_toml(), once);
}

}  // namespace
}  // namespace larder
