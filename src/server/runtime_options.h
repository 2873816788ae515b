// The options while the server runs: CONFIG GET and CONFIG SET. Owns the Options; a change is checked as a whole, then
// applied through the hook of its option, and taken back if a later one of the same call cannot be applied.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/base/mutex.h"
#include "larder/commands/services.h"
#include "server/options.h"

namespace larder {

class RuntimeOptions final : public RuntimeConfig {
 public:
  // Makes the canonical text take effect, and may replace it (a percentage by bytes). An error's message says why not.
  using Hook = std::function<Status(std::string& text)>;

  explicit RuntimeOptions(Options options) : options_(std::move(options)) {}

  // Takes a change back.
  using Undo = std::function<void()>;

  // Before the server runs: one for every option that may be changed at run time.
  void on_change(std::string_view name, Hook hook);
  // Likewise, for one whose text does not say all that there was: is called before its hook. Other changes are taken
  // back by the hook, with the text that was.
  void before_change(std::string_view name, std::function<Undo()> keep);

  std::vector<std::pair<std::string, std::string>> get(std::string_view glob) const override;
  Status set(std::span<const std::pair<std::string_view, std::string_view>> changes) override;
  bool is_secret(std::string_view name) const override;

  // A copy, as they are now.
  Options options() const;

 private:
  struct Change {
    std::size_t row = 0;
    std::string text;
  };
  static Result<std::vector<Change>> check(std::span<const std::pair<std::string_view, std::string_view>> changes);
  Status apply(std::size_t row, std::string text) REQUIRES_LOCK(mutex_);

  void take_back(const Change& change, const Undo& undo, const Options& before) REQUIRES_LOCK(mutex_);

  std::map<std::string, Hook, std::less<>> hooks_;
  std::map<std::string, std::function<Undo()>, std::less<>> keepers_;
  mutable Mutex mutex_;
  Options options_ GUARDED_BY(mutex_);
};

}  // namespace larder
