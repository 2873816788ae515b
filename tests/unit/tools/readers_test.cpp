#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "unit/tools/lists.h"
#include "unit/tools/trace_file.h"

namespace larder::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::unique_ptr<AccessReader> open(const TraceFile& file, TraceFormat format, const std::string& columns = "") {
  return open_trace(file.path(), format, columns).value();
}

TEST(IdsReader, ReadsALineAnAccess) {
  const TraceFile file("7\n\n# a comment\nuser:1\r\n007\n18446744073709551615");
  const auto reader = open(file, TraceFormat::kIds);
  EXPECT_THAT(read_all(*reader), ElementsAre("7:1", "'user:1':1", "'007':1", "18446744073709551615:1"));
  EXPECT_TRUE(reader->status().is_ok());
}

TEST(IdsReader, ReadsWhatGzipHasPacked) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + "\n";
  const TraceFile file(text, Packing::kGzip);
  const std::vector<std::string> words = read_all(*open(file, TraceFormat::kIds));
  ASSERT_EQ(words.size(), 200'000u);
  for (std::size_t i = 0; i < words.size(); ++i) ASSERT_EQ(words[i], std::to_string(i) + ":1");
}

TEST(IdsReader, ReadsALineLongerThanItsBuffer) {
  const std::string name(1'000'000, 'x');
  const TraceFile file("a\n" + name + "\nb\n");
  EXPECT_THAT(read_all(*open(file, TraceFormat::kIds)), ElementsAre("'a':1", "'" + name + "':1", "'b':1"));
}

TEST(InputFile, TellsThatAFileIsMissing) {
  const auto reader = open_trace("/no/such/trace.txt", TraceFormat::kIds, "");
  EXPECT_EQ(reader.status().message(), "/no/such/trace.txt: No such file or directory");
}

TEST(InputFile, NamesACompressionThatItDoesNotKnow) {
  const TraceFile file("\x28\xb5\x2f\xfd rest");
  EXPECT_THAT(open_trace(file.path(), TraceFormat::kIds, "").status().message(),
              HasSubstr("is compressed with zstd; unpack it into the simulator: zstd -dc FILE"));
}

TEST(InputFile, TellsThatGzipDataEndEarly) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += std::to_string(i * 7'919) + "\n";
  const TraceFile whole(text, Packing::kGzip);
  ASSERT_EQ(truncate(whole.path().c_str(), 1'000), 0);
  const auto reader = open_trace(whole.path(), TraceFormat::kIds, "");
  // The end may be seen when the file is opened already.
  if (!reader.is_ok()) {
    EXPECT_THAT(reader.status().message(), HasSubstr("broken gzip data"));
    return;
  }
  EXPECT_LT(read_all(*reader.value()).size(), 5'000u);
  EXPECT_THAT(reader.value()->status().message(), HasSubstr("broken gzip data"));
}

TEST(CsvReader, TakesColumnsByPlace) {
  const TraceFile file("0,7,512\n1,b,4096\n");
  EXPECT_THAT(read_all(*open(file, TraceFormat::kCsv, "time,id,size")), ElementsAre("7:512", "'b':4096"));
}

TEST(CsvReader, TakesColumnsByTheNamesOfTheFirstLine) {
  const TraceFile file("obj_size,op,obj_id\n512,get,7\n");
  EXPECT_THAT(read_all(*open(file, TraceFormat::kCsv)), ElementsAre("7:512"));
}

TEST(CsvReader, PassesOverAFirstLineThatRepeatsTheColumns) {
  const TraceFile file("time,id\n0,7\n");
  EXPECT_THAT(read_all(*open(file, TraceFormat::kCsv, "time,id")), ElementsAre("7:1"));
}

struct BadCsv {
  const char* content;
  const char* columns;
  const char* message;
};

TEST(CsvReader, TellsFileAndLineOfWhatIsWrong) {
  for (const BadCsv& bad :
       {BadCsv{"1,2,3\n", "",
               ":1: the first line names no column 'id'; say what the columns are: "
               "--columns time,id,size"},
        BadCsv{"1,2\n", "time,size", ":1: --columns time,size has no 'id'; write for example time,id,size"},
        BadCsv{"1,2\n3\n", "time,id", ":2: 1 fields where there are 2 columns"},
        BadCsv{"1,2\n1,2\n1,\n", "time,id", ":3: the id is empty"},
        BadCsv{"1,2\n1,-2\n", "id,size", ":2: the size '-2' is not a number of bytes"},
        BadCsv{"1,\"2\"\n", "time,id", ":1: quoted fields are not understood"}}) {
    const TraceFile file(bad.content);
    const auto reader = open(file, TraceFormat::kCsv, bad.columns);
    read_all(*reader);
    EXPECT_EQ(reader->status().message(), file.path() + bad.message);
  }
}

std::string oracle_record(std::uint32_t time, std::uint64_t id, std::uint32_t size) {
  std::string record;
  const auto put = [&record](std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) record += static_cast<char>(value >> (8 * i));
  };
  put(time, 4);
  put(id, 8);
  put(size, 4);
  put(~std::uint64_t{0}, 8);
  return record;
}

TEST(OracleReader, ReadsRecordsOfTwentyFourBytes) {
  const std::string content = oracle_record(1, 0x0102030405060708, 4'000'000'000) + oracle_record(2, 9, 1);
  for (const Packing packing : {Packing::kNone, Packing::kGzip}) {
    const TraceFile file(content, packing);
    const auto reader = open(file, TraceFormat::kOracle);
    EXPECT_THAT(read_all(*reader), ElementsAre("72623859790382856:4000000000", "9:1"));
    EXPECT_TRUE(reader->status().is_ok());
  }
}

TEST(OracleReader, TellsThatTheLastRecordIsCutOff) {
  const TraceFile file(oracle_record(1, 2, 3) + "abc");
  const auto reader = open(file, TraceFormat::kOracle);
  EXPECT_THAT(read_all(*reader), ElementsAre("2:3"));
  EXPECT_THAT(reader->status().message(), EndsWith(": record 2: only 3 of its 24 bytes are there"));
}

TEST(MooncakeReader, MakesAnAccessOfEachBlock) {
  const TraceFile file(
      "{\"timestamp\": 0, \"hash_ids\": [0, 46]}\n{\"hash_ids\": []}\n\n{\"hash_ids\": [5], \"x\": {}}\n");
  const auto reader = open(file, TraceFormat::kMooncake);
  EXPECT_THAT(read_all(*reader), ElementsAre("0:1", "46:1", "5:1"));
  EXPECT_TRUE(reader->status().is_ok());
}

TEST(MooncakeReader, TellsFileAndLineOfWhatIsWrong) {
  for (const auto& [line, message] :
       {std::pair("{\"hash_ids\": [1", ":2: this is not JSON"),
        std::pair("[]", ":2: this is no object with a field 'hash_ids'"),
        std::pair("{}", ":2: this is no object with a field 'hash_ids'"),
        std::pair("{\"hash_ids\": 3}", ":2: 'hash_ids' is not a list"),
        std::pair("{\"hash_ids\": [-3]}", ":2: 'hash_ids' has something else than whole numbers from 0 on")}) {
    const TraceFile file("{\"hash_ids\": [1]}\n" + std::string(line) + "\n");
    const auto reader = open(file, TraceFormat::kMooncake);
    EXPECT_THAT(read_all(*reader), ElementsAre("1:1"));
    EXPECT_EQ(reader->status().message(), file.path() + message);
  }
}

TEST(TraceFormat, IsToldByTheNameOfTheFile) {
  EXPECT_EQ(trace_format_of("a/b.csv.gz").value(), TraceFormat::kCsv);
  EXPECT_EQ(trace_format_of("b.TXT").value(), TraceFormat::kIds);
  EXPECT_EQ(trace_format_of("w01.oracleGeneral.bin").value(), TraceFormat::kOracle);
  EXPECT_EQ(trace_format_of("w01.oracleGeneral").value(), TraceFormat::kOracle);
  EXPECT_EQ(trace_format_of("x.jsonl").value(), TraceFormat::kMooncake);
  EXPECT_EQ(trace_format_of("w01.oracleGeneral.bin.zst").value(), TraceFormat::kOracle);
  EXPECT_THAT(trace_format_of("-").status().message(), HasSubstr("add --format"));
}

TEST(Trace, NumbersObjectsByTheirFirstAccessAndKeepsTheirFirstSize) {
  const Trace trace = trace_of({{9, 100}, {4, 300}, {9, 7}, {0, 200}});
  EXPECT_THAT(trace.requests(), ElementsAre(0, 1, 0, 2));
  EXPECT_EQ(trace.objects(), 3u);
  EXPECT_EQ(trace.size_bytes(0), 100u);
  EXPECT_EQ(trace.total_bytes(), 600u);
  EXPECT_EQ(trace.smallest_bytes(), 100u);
  EXPECT_EQ(trace.largest_bytes(), 300u);
  EXPECT_EQ(trace.unit_bytes(), 100u);
}

TEST(Trace, KeysAreTheIdsOfTheTrace) {
  const TraceFile file("7\nseven\n07\nseven\n");
  const Trace trace = Trace::load(*open(file, TraceFormat::kIds)).value();
  EXPECT_THAT(trace.requests(), ElementsAre(0, 1, 2, 1));
  Trace::KeyBuffer buffer;
  EXPECT_EQ(trace.key(0, buffer), "7");
  EXPECT_EQ(trace.key(1, buffer), "seven");
  EXPECT_EQ(trace.key(2, buffer), "07");
}

TEST(Trace, RefusesAnIdThatIsNoKeyAndATraceOfNothing) {
  const TraceFile long_id("a\n" + std::string(65'536, 'x') + "\n");
  EXPECT_THAT(Trace::load(*open(long_id, TraceFormat::kIds)).status().message(),
              StartsWith(long_id.path() + ":2: an id of 65536 bytes"));
  const TraceFile nothing("");
  EXPECT_EQ(Trace::load(*open(nothing, TraceFormat::kIds)).status().message(), "there is no access in the trace");
}

}  // namespace
}  // namespace larder::sim
