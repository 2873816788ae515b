#include "support/vectors.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace larder::test {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kLineEnd = "\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<char> simple_escape(char letter) {
  switch (letter) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
    case '"':
      return letter;
    default:
      return std::nullopt;
  }
}

// Decodes one byte at the front of `text`, escaped or not. False: an unknown escape.
bool decode_byte(std::string_view& text, std::string& bytes) {
  if (text.front() != '\\') {
    bytes.push_back(text.front());
    text.remove_prefix(1);
    return true;
  }
  if (text.size() >= 4 && text[1] == 'x') {
    unsigned value = 0;
    if (std::from_chars(text.data() + 2, text.data() + 4, value, 16).ptr != text.data() + 4) return false;
    bytes.push_back(static_cast<char>(value));
    text.remove_prefix(4);
    return true;
  }
  const auto byte = text.size() >= 2 ? simple_escape(text[1]) : std::nullopt;
  if (!byte) return false;
  bytes.push_back(*byte);
  text.remove_prefix(2);
  return true;
}

bool decode(std::string_view text, std::string& bytes) {
  while (!text.empty()) {
    if (!decode_byte(text, bytes)) return false;
  }
  return true;
}

// Reads a quoted string, and its repetition if there is one, off the front of `text`.
bool read_quoted(std::string_view& text, std::string& bytes) {
  text.remove_prefix(1);
  std::string once;
  while (!text.empty() && text.front() != '"') {
    if (!decode_byte(text, once)) return false;
  }
  if (text.empty()) return false;
  text.remove_prefix(1);
  std::size_t times = 1;
  if (text.starts_with('*')) {
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), times);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  for (; times > 0; --times) bytes += once;
  return true;
}

bool read_words(std::string_view text, std::vector<std::string>& words) {
  for (text = trim(text); !text.empty(); text = trim(text)) {
    std::string word;
    if (text.front() == '"') {
      if (!read_quoted(text, word)) return false;
    } else {
      const std::size_t length = std::min(text.find_first_of(kBlanks), text.size());
      word = text.substr(0, length);
      text.remove_prefix(length);
    }
    words.push_back(std::move(word));
  }
  return true;
}

bool read_raw(std::string_view text, std::string& bytes) {
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (text.front() != '"' || !read_quoted(text, bytes)) return false;
  }
  return true;
}

void append_bulk(std::string& bytes, std::string_view word) {
  bytes += '$' + std::to_string(word.size()) + "\r\n";
  bytes.append(word).append(kLineEnd);
}

void add_bytes(std::vector<ReplyPart>& parts, std::string_view bytes) {
  if (parts.empty() || parts.back().kind != ReplyPart::Kind::kBytes) parts.push_back({ReplyPart::Kind::kBytes, {}});
  parts.back().bytes += bytes;
}

// The wildcard named between the braces. Nothing: there is no such one.
std::optional<ReplyPart> wildcard(std::string_view name) {
  if (name == "int") return ReplyPart{ReplyPart::Kind::kInteger, {}};
  if (name == "line") return ReplyPart{ReplyPart::Kind::kLine, {}};
  if (name == "reply") return ReplyPart{ReplyPart::Kind::kReply, {}};
  if (!name.starts_with("bulk")) return std::nullopt;
  ReplyPart part{ReplyPart::Kind::kBulk, {}};
  if (!decode(trim(name.substr(4)), part.bytes)) return std::nullopt;
  return part;
}

bool read_reply_line(std::string_view line, std::vector<ReplyPart>& parts) {
  bool own_line_end = false;
  while (!line.empty()) {
    const std::size_t open = std::min(line.find("{{"), line.size());
    std::string bytes;
    if (!decode(line.substr(0, open), bytes)) return false;
    if (!bytes.empty()) add_bytes(parts, bytes);
    line.remove_prefix(open);
    if (line.empty()) break;
    const std::size_t close = line.find("}}");
    if (close == std::string_view::npos) return false;
    auto part = wildcard(line.substr(2, close - 2));
    if (!part) return false;
    line.remove_prefix(close + 2);
    own_line_end = part->kind == ReplyPart::Kind::kBulk || part->kind == ReplyPart::Kind::kReply;
    if (own_line_end && (open != 0 || !line.empty())) return false;
    parts.push_back(std::move(*part));
  }
  if (!own_line_end) add_bytes(parts, kLineEnd);
  return true;
}

class FileParser {
 public:
  explicit FileParser(std::string file) : file_(std::move(file)) {}

  Result<std::vector<Vector>> parse(std::string_view text) {
    for (std::size_t number = 1; !text.empty(); ++number) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      const std::string_view line = trim(text.substr(0, length));
      text.remove_prefix(std::min(length + 1, text.size()));
      if (line.empty() || line.front() == '#') continue;
      const std::string problem = read_line(line);
      if (!problem.empty()) return Status::invalid(file_ + ":" + std::to_string(number) + ": " + problem);
    }
    for (const Vector& vector : vectors_) {
      if (vector.request.empty()) return Status::invalid(vector.title() + ": has no request");
      if (vector.reply.empty() && !vector.closes) return Status::invalid(vector.title() + ": expects nothing");
    }
    return std::move(vectors_);
  }

 private:
  // Both return what is wrong with the line; empty: nothing.
  std::string read_line(std::string_view line) {
    const std::size_t length = std::min(line.find_first_of(kBlanks), line.size());
    const std::string_view mark = line.substr(0, length);
    const std::string_view rest = trim(line.substr(length));
    if (mark == "==") return begin_case(rest);
    if (mark.front() == '@') return set_option(mark.substr(1), rest);
    if (vectors_.empty()) return "a line before the first case";
    Vector& vector = vectors_.back();
    if (vector.closes) return "a line behind 'closed'";
    if (mark == "closed") {
      vector.closes = true;
      return {};
    }
    return read_bytes(vector, mark, rest);
  }

  std::string begin_case(std::string_view name) {
    if (name.empty()) return "a case without a name";
    if (!names_.insert(std::string(name)).second) return "a second case of this name";
    vectors_.push_back(defaults_);
    vectors_.back().file = file_;
    vectors_.back().name = name;
    return {};
  }

  std::string set_option(std::string_view name, std::string_view value) {
    if (name.empty() || value.empty()) return "an option has a name and a value";
    Vector& target = vectors_.empty() ? defaults_ : vectors_.back();
    if (name == "differs") {
      target.differs = value;
    } else {
      target.options[std::string(name)] = value;
    }
    return {};
  }

  static std::string read_bytes(Vector& vector, std::string_view mark, std::string_view rest) {
    std::vector<std::string> words;
    std::string raw;
    if (mark == "<") return read_reply_line(rest, vector.reply) ? "" : "an escape or wildcard that is not known";
    if (mark == ">" || mark == "<$") {
      if (!read_words(rest, words)) return "a quoted word that is not well formed";
      if (words.empty() || (mark == "<$" && words.size() != 1)) return "the wrong number of words";
      if (mark == "<$") {
        append_bulk(raw, words.front());
        add_bytes(vector.reply, raw);
        return {};
      }
      vector.request += '*' + std::to_string(words.size()) + "\r\n";
      for (const std::string& word : words) append_bulk(vector.request, word);
      return {};
    }
    if (mark != ">>" && mark != "<<") return "a line that begins with none of the known marks";
    if (!read_raw(rest, raw)) return "raw bytes that are not a row of quoted strings";
    if (mark == ">>") {
      vector.request += raw;
    } else {
      add_bytes(vector.reply, raw);
    }
    return {};
  }

  const std::string file_;
  Vector defaults_;
  std::vector<Vector> vectors_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::vector<Vector>> parse_vectors(std::string_view text, const std::string& file) {
  return FileParser(file).parse(text);
}

Result<std::vector<Vector>> load_vectors(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Status(StatusCode::kIo, "cannot read " + file.string());
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return parse_vectors(text, file.filename().string());
}

Result<std::vector<Vector>> load_all_vectors(const std::filesystem::path& directory) {
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".vec") files.insert(entry.path());
  }
  if (error || files.empty()) return Status(StatusCode::kIo, "no .vec files in " + directory.string());
  std::vector<Vector> all;
  for (const auto& file : files) {
    auto vectors = load_vectors(file);
    if (!vectors.is_ok()) return vectors.status();
    std::move(vectors.value().begin(), vectors.value().end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace larder::test
