// INCR, DECR and their relatives. The float results were taken from Redis 7.0.15.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "support/command_runner.h"

namespace larder::test {
namespace {

const std::string kOverflow = error("ERR increment or decrement would overflow");
const std::string kNotInteger = error("ERR value is not an integer or out of range");
const std::string kNotFloat = error("ERR value is not a valid float");
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

class CounterCommands : public testing::Test {
 protected:
  ~CounterCommands() override { runner_.store().check_invariants(); }

  std::string run(const std::vector<std::string>& arguments) { return runner_.run(arguments); }

  CommandRunner runner_;
};

TEST_F(CounterCommands, CountFromNothing) {
  EXPECT_EQ(run({"INCR", "a"}), integer(1));
  EXPECT_EQ(run({"DECR", "b"}), integer(-1));
  EXPECT_EQ(run({"INCRBY", "c", "-7"}), integer(-7));
  EXPECT_EQ(run({"DECRBY", "d", "-7"}), integer(7));
  EXPECT_EQ(run({"GET", "d"}), bulk("7"));
}

TEST_F(CounterCommands, KeepTheExpiry) {
  run({"SET", "k", "1", "EX", "100"});
  run({"INCR", "k"});
  run({"INCRBYFLOAT", "k", "0.5"});
  EXPECT_EQ(run({"GET", "k"}), bulk("2.5"));
  EXPECT_EQ(run({"TTL", "k"}), integer(100));
  runner_.advance_ms(100'000);
  EXPECT_EQ(run({"INCR", "k"}), integer(1));
  EXPECT_EQ(run({"TTL", "k"}), integer(-1));
}

TEST_F(CounterCommands, StopAtTheEdgesOfTheRange) {
  run({"SET", "n", std::to_string(kMax)});
  EXPECT_EQ(run({"INCR", "n"}), kOverflow);
  EXPECT_EQ(run({"INCRBY", "n", "0"}), integer(kMax));
  EXPECT_EQ(run({"INCRBY", "n", std::to_string(kMin)}), integer(-1));
  run({"SET", "n", std::to_string(kMin)});
  EXPECT_EQ(run({"DECR", "n"}), kOverflow);
  EXPECT_EQ(run({"DECRBY", "n", std::to_string(kMax)}), kOverflow);
  EXPECT_EQ(run({"INCRBY", "n", std::to_string(kMin)}), kOverflow);
  EXPECT_EQ(run({"GET", "n"}), bulk(std::to_string(kMin)));
  EXPECT_EQ(run({"DECRBY", "n", std::to_string(kMin)}), error("ERR decrement would overflow"));
}

TEST_F(CounterCommands, OnlyStrictDecimalsAreIntegers) {
  for (const std::string value : {"abc", "", " 1", "1 ", "007", "+1", "-0", "1.0", "11111111111111111111"}) {
    run({"SET", "k", value});
    EXPECT_EQ(run({"INCR", "k"}), kNotInteger) << value;
    EXPECT_EQ(run({"GET", "k"}), bulk(value));
    EXPECT_EQ(run({"INCRBY", "fresh", value}), kNotInteger) << value;
    EXPECT_EQ(run({"DECRBY", "fresh", value}), kNotInteger) << value;
  }
  run({"SET", "k", std::string(100'000, '1')});
  EXPECT_EQ(run({"INCR", "k"}), kNotInteger);
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1"}), kNotFloat);
  EXPECT_EQ(run({"EXISTS", "fresh"}), integer(0));
}

struct FloatSum {
  const char* value;
  const char* increment;
  const char* sum;
};

class FloatCounter : public testing::TestWithParam<FloatSum> {};

TEST_P(FloatCounter, PrintsAsRedisDoes) {
  CommandRunner runner;
  runner.run({"SET", "k", GetParam().value});
  EXPECT_EQ(runner.run({"INCRBYFLOAT", "k", GetParam().increment}), bulk(GetParam().sum));
  EXPECT_EQ(runner.run({"GET", "k"}), bulk(GetParam().sum));
}

INSTANTIATE_TEST_SUITE_P(
    Sums, FloatCounter,
    testing::Values(FloatSum{"0", "0", "0"}, FloatSum{"0", "-0", "0"}, FloatSum{"0", "0.1", "0.1"},
                    FloatSum{"0.1", "0.2", "0.3"}, FloatSum{"10.50", "0.1", "10.6"}, FloatSum{"5.0e3", "2.0e2", "5200"},
                    FloatSum{"3.0e3", "5.0", "3005"}, FloatSum{"1", "-1", "0"}, FloatSum{"-1", "0.5", "-0.5"},
                    FloatSum{"3", "1.1", "4.1"}, FloatSum{"0", ".5", "0.5"}, FloatSum{"0", "+3", "3"},
                    FloatSum{"1e-17", "0", "0.00000000000000001"}, FloatSum{"1e-18", "0", "0"},
                    FloatSum{"1e-5", "1e-5", "0.00002"}, FloatSum{"123456789012345678", "0.5", "123456789012345678.5"},
                    FloatSum{"9007199254740993", "1", "9007199254740994"},
                    FloatSum{"9223372036854775807", "1", "9223372036854775808"},
                    FloatSum{"18446744073709551615", "1", "18446744073709551616"},
                    FloatSum{"1e20", "1", "100000000000000000000"}, FloatSum{"1e25", "1", "10000000000000000000000000"},
                    FloatSum{"0.1", "-0.1", "0"}, FloatSum{"2.5", "-5", "-2.5"},
                    FloatSum{"100", "1e-16", "100.0000000000000001"},
                    FloatSum{"99999999999", "0.99999999", "99999999999.9999999925494194"},
                    FloatSum{"1.23456789012345678", "1", "2.23456789012345678"}, FloatSum{"-0.5", "0.5", "0"},
                    FloatSum{"3.14159265358979", "2.71828182845904", "5.85987448204883"},
                    FloatSum{"1e22", "1e21", "11000000000000000000000"},
                    FloatSum{"17179869184", "-0.0000001", "17179869183.99999990034848452"},
                    FloatSum{"-352334.47", "-210.0", "-352544.46999999999999886"},
                    FloatSum{"-855127.42666491", "-811.739916121", "-855939.16658103100002108"},
                    FloatSum{"-884002.15045059", "-570.6", "-884572.75045059000001402"},
                    FloatSum{"-132708.6", "-518.67399975", "-133227.27399974999998733"},
                    FloatSum{"-150961.621714972", "-752.396", "-151714.01771497200000738"},
                    FloatSum{"261251.831463474", "895.417884914", "262147.24934838800001558"},
                    FloatSum{"171083.0", "953.0", "172036"},
                    FloatSum{"113329.8", "-420.78", "112909.01999999999999602"},
                    FloatSum{"81371.771064285", "-383.0363517961", "80988.7347124889000014"},
                    FloatSum{"-638547.240152125", "142.409", "-638404.83115212500001689"}));

TEST_F(CounterCommands, FloatsRefuseWhatIsNotANumber) {
  for (const std::string value : {"abc", "", " 1", "1 ", "nan", "1e5000", "1..2"}) {
    EXPECT_EQ(run({"INCRBYFLOAT", "k", value}), kNotFloat) << value;
    run({"SET", "bad", value});
    EXPECT_EQ(run({"INCRBYFLOAT", "bad", "1"}), kNotFloat) << value;
  }
  EXPECT_EQ(run({"EXISTS", "k"}), integer(0));
}

TEST_F(CounterCommands, FloatsStayFinite) {
  const std::string not_finite = error("ERR increment would produce NaN or Infinity");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "inf"}), not_finite);
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "-inf"}), not_finite);
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1e4932"}).substr(0, 7), "$4933\r\n");
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1e4932"}), not_finite);
  EXPECT_EQ(run({"STRLEN", "k"}), integer(4933));
}

TEST_F(CounterCommands, FloatsAreBulkStringsInBothVersions) {
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1.5"}), bulk("1.5"));
  run({"HELLO", "3"});
  EXPECT_EQ(run({"INCRBYFLOAT", "k", "1.5"}), bulk("3"));
}

}  // namespace
}  // namespace larder::test
