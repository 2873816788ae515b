#include "server/runtime_options.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "larder/base/text.h"
#include "server/option_value.h"

namespace larder {

namespace {

Status failed(std::string_view name, std::string_view why) {
  return Status::invalid("CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
                         std::string(why));
}

// What CONFIG GET answers. The password, which CONFIG SET may change, is shown as Redis does; a secret that no client
// may change is none of theirs.
std::string shown(const OptionRow& row, const std::string& text) {
  const bool hidden = row.type == OptionType::kSecret && row.change != OptionChange::kAtRuntime;
  return hidden && !text.empty() ? "(redacted)" : text;
}

}  // namespace

void RuntimeOptions::on_change(std::string_view name, Hook hook) {
  const OptionRow* row = find_option(name);
  LARDER_CHECK(row != nullptr && row->change == OptionChange::kAtRuntime);
  hooks_.insert_or_assign(std::string(name), std::move(hook));
}

void RuntimeOptions::before_change(std::string_view name, std::function<Undo()> keep) {
  LARDER_CHECK(find_option(name) != nullptr);
  keepers_.insert_or_assign(std::string(name), std::move(keep));
}

std::vector<std::pair<std::string, std::string>> RuntimeOptions::get(std::string_view glob) const {
  std::vector<std::pair<std::string, std::string>> found;
  const LockGuard lock(mutex_);
  // As Redis: a plain name is answered as it was written.
  if (glob.find_first_of("[*?") == std::string_view::npos) {
    const OptionRow* const row = find_option(glob);
    if (row != nullptr) found.emplace_back(glob, shown(*row, options_.text(glob)));
    return found;
  }
  const auto rows = option_table();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (glob_match(glob, rows[i].name, /*ignore_case=*/true)) {
      found.emplace_back(rows[i].name, shown(rows[i], options_.text_of(i)));
    }
  }
  return found;
}

Result<std::vector<RuntimeOptions::Change>> RuntimeOptions::check(
    std::span<const std::pair<std::string_view, std::string_view>> changes) {
  std::vector<Change> checked;
  for (const auto& [name, value] : changes) {
    const OptionRow* row = find_option(name);
    if (row == nullptr) {
      return Status::invalid("Unknown option or number of arguments for CONFIG SET - '" + printable(name) + "'");
    }
    const auto index = static_cast<std::size_t>(row - option_table().data());
    if (row->change != OptionChange::kAtRuntime) return failed(row->name, "can't set immutable config");
    if (std::any_of(checked.begin(), checked.end(), [index](const Change& other) { return other.row == index; })) {
      return failed(row->name, "duplicate parameter");
    }
    Result<std::string> canonical = canonical_option(*row, value);
    if (!canonical.is_ok()) return failed(row->name, canonical.status().message());
    checked.push_back({.row = index, .text = std::move(canonical.value())});
  }
  return checked;
}

bool RuntimeOptions::is_secret(std::string_view name) const {
  const OptionRow* const row = find_option(name);
  return row != nullptr && row->type == OptionType::kSecret;
}

Status RuntimeOptions::apply(std::size_t row, std::string text) {
  const OptionRow& option = option_table()[row];
  const auto hook = hooks_.find(option.name);
  LARDER_CHECK(hook != hooks_.end());
  if (Status status = hook->second(text); !status.is_ok()) return failed(option.name, status.message());
  options_.set_text(row, std::move(text), "CONFIG SET");
  return Status::ok();
}

void RuntimeOptions::take_back(const Change& change, const Undo& undo, const Options& before) {
  if (undo) return undo();
  const Status back = apply(change.row, before.text_of(change.row));
  if (!back.is_ok()) spdlog::error("Taking back a CONFIG SET: {}", back.message());
}

Status RuntimeOptions::set(std::span<const std::pair<std::string_view, std::string_view>> changes) {
  Result<std::vector<Change>> checked = check(changes);
  if (!checked.is_ok()) return checked.status();

  const LockGuard lock(mutex_);
  const Options before = options_;
  std::vector<Undo> undos;
  for (std::size_t i = 0; i < checked.value().size(); ++i) {
    const Change& change = checked.value()[i];
    const auto keeper = keepers_.find(option_table()[change.row].name);
    undos.push_back(keeper == keepers_.end() ? Undo() : keeper->second());
    Status status = apply(change.row, change.text);
    if (status.is_ok()) continue;
    while (i-- > 0) take_back(checked.value()[i], undos[i], before);
    options_ = before;
    return status;
  }
  return Status::ok();
}

Options RuntimeOptions::options() const {
  const LockGuard lock(mutex_);
  return options_;
}

}  // namespace larder
