#include "larder/advisor/advisor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "advisor/item_weigher.h"
#include "advisor/policy_chooser.h"
#include "advisor/traffic_model.h"
#include "larder/stats/cache_figures.h"

namespace larder {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::array kFactors = {0.125, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0};
static_assert(kFactors.back() == TrafficModel::kFactorMax);

// What one key takes, at the most: in the window; in all miniature caches together, of five policies.
constexpr std::uint64_t kWindowKeyBytes = 72;
constexpr std::uint64_t kMiniItemBytes = std::uint64_t{5} * 112;
// Of the memory, in tenths: for the window.
constexpr std::uint64_t kWindowTenths = 4;
// Of maxmemory.
constexpr std::uint64_t kMemoryShare = 100;

// Counts halve in an hour, a little each minute.
constexpr std::int64_t kFadeEveryNs = 60 * kSecondNs;
const double kFade = std::exp2(-1.0 / 60);

// A share that gives too many events is lowered below what would just do.
constexpr double kAim = 0.8;
constexpr std::int64_t kRestrainEveryNs = kSecondNs / 5;
// After so long with far fewer keys and events than there may be, the sample begins anew with so much more.
constexpr int kQuietSeconds = 60;
constexpr std::uint64_t kFewEventsShare = 8;
constexpr std::uint64_t kRaise = 4;
// Of a store that is all but empty: what it began with covers some of what its first items take.
constexpr double kItemShareMax = 1.2;
// Less can be said of fewer look-ups.
constexpr double kQueriesMin = 1'000;
constexpr double kFiguresWindowS = 300;
// What lies so far below the end of the curve is as good as the end.
constexpr double kWorkingSetLoss = 0.01;

std::uint64_t lookups(const RequestTotals& totals) {
  return totals.hits + totals.misses;
}

// A size that may be beyond what 64 bits hold: a limit on items may be near that already.
std::uint64_t whole(double size) {
  return static_cast<std::uint64_t>(std::min(size, 0x1p63));
}

}  // namespace

Advisor::Advisor(ShardedStore& store, const Statistics& statistics, AccessTap& tap)
    : store_(store), statistics_(statistics), tap_(tap), chooser_(std::make_unique<PolicyChooser>()) {}

Advisor::~Advisor() = default;

void Advisor::step(TimeMs now_ms, std::int64_t monotonic_ns) {
  watch_load(monotonic_ns);
  if (!enabled()) {
    if (model_) turn_off();
    return;
  }
  if (!model_) return turn_on(now_ms, monotonic_ns);
  const std::uint64_t restarts = restarts_.load(std::memory_order_relaxed);
  if (restarts != restarts_seen_) model_->forget_counts();
  restarts_seen_ = restarts;
  count_queries();
  // What comes while the events are taken belongs to the next moment: that may take long.
  const Load now{tap_.offered(), monotonic_ns};
  const std::uint64_t dropped = tap_.dropped();
  take_events(now_ms);
  restrain(now, dropped);
  choose(now_ms);
  if (monotonic_ns - second_.began_ns < kSecondNs) return;
  events_per_s_ = (now.offered_before - second_.offered_before) * kSecondNs /
                  static_cast<std::uint64_t>(monotonic_ns - second_.began_ns);
  second_ = now;
  end_second(now_ms, monotonic_ns);
}

// --- On and off ---

void Advisor::turn_on(TimeMs now_ms, std::int64_t monotonic_ns) {
  model_ = std::make_unique<TrafficModel>();
  look_at_store(now_ms);
  model_->begin(first_threshold(), store_.budget().used_items() == 0, now_ms);
  queries_seen_ = lookups(statistics_.totals());
  lost_seen_ = tap_.dropped_lookups();
  second_ = while_ = step_ = {tap_.offered(), monotonic_ns};
  dropped_seen_ = tap_.dropped();
  settles_ = false;
  chooser_->clear();
  fade_ns_ = monotonic_ns;
  quiet_seconds_ = 0;
  tap_.set_threshold(model_->threshold());
  publish(now_ms);
}

void Advisor::turn_off() {
  tap_.set_threshold(0);
  AccessEvent forgotten;
  while (tap_.take(forgotten)) {
  }
  model_.reset();
  events_per_s_ = 0;
  set_report({});
}

// So that it need not begin with far too many events: a look-up or a write is one, and a request at least one of both.
void Advisor::watch_load(std::int64_t monotonic_ns) {
  const std::int64_t passed_ns = monotonic_ns - watched_.since_ns;
  if (passed_ns < kSecondNs) return;
  const RequestTotals totals = statistics_.totals();
  const std::uint64_t uses = std::max(lookups(totals), totals.requests);
  const bool is_first = watched_.since_ns == 0;
  watched_.per_s = is_first ? 0 : 1e9 * static_cast<double>(uses - watched_.before) / static_cast<double>(passed_ns);
  watched_.before = uses;
  watched_.since_ns = monotonic_ns;
}

SampleThreshold Advisor::first_threshold() const {
  constexpr auto kAllowed = kAim * static_cast<double>(kEventsPerSecondMax);
  const double share = std::min(1.0, kAllowed / std::max(1.0, watched_.per_s));
  return static_cast<SampleThreshold>(share * static_cast<double>(kAllKeys));
}

// --- Learning ---

// Before the events are taken, so that what is put meanwhile is counted with the next.
void Advisor::count_queries() {
  const std::uint64_t queries = lookups(statistics_.totals());
  const std::uint64_t lost = tap_.dropped_lookups();
  model_->count_queries(static_cast<double>(queries - queries_seen_), static_cast<double>(lost - lost_seen_));
  queries_seen_ = queries;
  lost_seen_ = lost;
}

void Advisor::take_events(TimeMs now_ms) {
  AccessEvent event;
  // As many as the ring holds: what comes meanwhile can wait.
  for (std::size_t taken = 0; taken < AccessTap::kEventsMax && tap_.take(event); ++taken) {
    // What was put before the threshold fell says nothing of what it is now.
    if (!is_sampled(event.hash, model_->threshold())) continue;
    model_->apply(event, now_ms);
  }
  tap_.set_threshold(model_->threshold());
}

// At once where events were dropped, otherwise as often as can be said how many they are.
void Advisor::restrain(const Load& now, std::uint64_t dropped) {
  const auto lower = [&](const Load& since) {
    const double seconds = static_cast<double>(now.began_ns - since.began_ns) / 1e9;
    const double events = static_cast<double>(now.offered_before - since.offered_before);
    const double allowed = static_cast<double>(kEventsPerSecondMax) * seconds;
    if (seconds <= 0 || events <= allowed) return false;
    model_->lower_threshold(kAim * allowed / events);
    tap_.set_threshold(model_->threshold());
    return true;
  };
  const bool lost_some = dropped != std::exchange(dropped_seen_, dropped);
  const bool while_is_over = now.began_ns - while_.began_ns >= kRestrainEveryNs;
  if (settles_) {
    // Some of it came under the former threshold.
    settles_ = false;
    while_ = now;
  } else {
    settles_ = (lost_some && lower(step_)) || (while_is_over && lower(while_));
    if (while_is_over) while_ = now;
  }
  step_ = now;
}

// --- Choosing ---

PolicyKind Advisor::first_policy() {
  return PolicyChooser::kFirst;
}

void Advisor::set_policy(std::optional<PolicyKind> policy) {
  const LockGuard guard(choice_mutex_);
  chooses_.store(!policy, std::memory_order_relaxed);
  if (policy) {
    store_.set_policy(*policy);
  } else if (!PolicyChooser::is_candidate(store_.policy())) {
    store_.set_policy(PolicyChooser::kFirst);
  }
}

void Advisor::choose(TimeMs now_ms) {
  const TrafficModel::MiniCounts counts = model_->take_mini_counts();
  PolicyChooser::Hits hits{};
  std::size_t known = 0;
  for (const TrafficModel::MiniCounts::Hits& of : counts.policies) {
    const std::optional<std::size_t> place = PolicyChooser::place_of(of.policy);
    if (!place) continue;
    hits.at(*place) = of.hits;
    ++known;
  }
  // Other policies are compared, or nothing is ever evicted: what was counted before says nothing of what comes.
  if (known < hits.size() || limits_ == Limits{}) return chooser_->clear();
  chooser_->count(counts.lookups, hits, static_cast<double>(counts.items));
  if (!chooses()) return;
  std::optional<AdvisorReport::Change> change;
  {
    const LockGuard guard(choice_mutex_);
    const PolicyKind now = store_.policy();
    if (!chooses() || !PolicyChooser::is_candidate(now)) return;
    const std::optional<PolicyChooser::Lead> better = chooser_->better_than(now);
    // Of what has not been handed over yet, the policy could tell the next one nothing.
    if (!better || store_.hands_over()) return;
    store_.set_policy(better->policy);
    change = {.from = now, .to = better->policy, .lead = better->hit_ratio, .at_ms = now_ms};
  }
  ++changes_;
  last_change_ = change;
  if (on_change_) on_change_(*change);
}

void Advisor::end_second(TimeMs now_ms, std::int64_t monotonic_ns) {
  look_at_store(now_ms);
  raise_share(now_ms);
  while (monotonic_ns - fade_ns_ >= kFadeEveryNs) {
    model_->fade(kFade);
    fade_ns_ += kFadeEveryNs;
  }
  publish(now_ms);
}

// What the real cache may hold, in the weight of items (ItemWeigher), which differs from policy to policy.
void Advisor::look_at_store(TimeMs now_ms) {
  const StoreStats stats = store_.stats();
  counts_items_ = stats.maxitems != 0;
  const Limits limits{stats.maxmemory_bytes, stats.maxitems};
  if (limits != std::exchange(limits_, limits)) {
    // What was counted is true of another cache.
    model_->forget_counts();
    chooser_->clear();
  }
  empty_bytes_ = stats.startup_bytes;
  item_share_ = item_share(stats);
  if (counts_items_) {
    limit_ = stats.maxitems;
  } else {
    limit_ = stats.maxmemory_bytes != 0 ? stats.maxmemory_bytes : stats.used_bytes;
  }
  const std::uint64_t memory = std::clamp(stats.maxmemory_bytes / kMemoryShare, kBytesMin, kBytesMax) - tap_.bytes();
  model_->set_bounds({.window_keys_max = static_cast<std::size_t>(memory * kWindowTenths / 10 / kWindowKeyBytes),
                      .mini_items_max = static_cast<std::size_t>(memory * (10 - kWindowTenths) / 10 / kMiniItemBytes)});
  model_->set_cache({.capacity = std::max<std::uint64_t>(1, whole(capacity_at(1))),
                     .counts_items = counts_items_,
                     .policy = store_.policy()},
                    now_ms);
}

// The weight beside what is taken for it: an index is not always equally full, and leases and tags take something too.
double Advisor::item_share(const StoreStats& stats) {
  const ShardStats& total = stats.total;
  const auto taken = static_cast<double>(stats.used_bytes - std::min(stats.used_bytes, stats.startup_bytes));
  const auto weight = static_cast<double>(total.item_bytes + total.slack_bytes + total.blob_bytes + total.policy_bytes +
                                          total.items * ItemWeigher::kIndexBytes);
  return total.items == 0 || taken <= 0 ? 1 : std::min(kItemShareMax, weight / taken);
}

double Advisor::capacity_at(double factor) const {
  const double size = static_cast<double>(limit_) * factor;
  if (counts_items_) return size;
  std::uint64_t usable = whole(size);
  if (limits_.bytes != 0) usable = factor == 1 ? store_.budget().bytes_max() : store_.budget_bytes_from_start(usable);
  return static_cast<double>(usable - std::min(usable, empty_bytes_)) * item_share_;
}

void Advisor::raise_share(TimeMs now_ms) {
  // A sample that has not yet told anything is not given up for another.
  const bool quiet =
      model_->is_counting() && model_->has_room_for_more() && events_per_s_ < kEventsPerSecondMax / kFewEventsShare;
  quiet_seconds_ = quiet ? quiet_seconds_ + 1 : 0;
  if (quiet_seconds_ < kQuietSeconds) return;
  quiet_seconds_ = 0;
  model_->begin(std::min(kAllKeys, std::max<SampleThreshold>(1, model_->threshold()) * kRaise), false, now_ms);
  tap_.set_threshold(model_->threshold());
}

// --- Telling ---

AdvisorReport Advisor::report() const {
  const LockGuard guard(mutex_);
  return report_;
}

void Advisor::set_report(AdvisorReport report) {
  const LockGuard guard(mutex_);
  report_ = std::move(report);
}

void Advisor::publish(TimeMs now_ms) {
  AdvisorReport report;
  report.enabled = true;
  report.queries = model_->queries();
  report.learning = !model_->is_counting() || report.queries < kQueriesMin;
  report.counts_items = counts_items_;
  report.limit = limit_;
  report.policy = store_.policy();
  if (const auto window = statistics_.series().last(kFiguresWindowS)) {
    const WindowFigures figures = figures_between(window->from, window->to);
    const Sample grown = counters_between(window->from, window->to);
    report.lookups = lookups(grown.requests);
    report.hit_ratio = figures.hit_ratio;
    report.evicted_age_s = figures.evicted_age_s;
    report.evictions = grown.evicted;
  }
  if (report.queries >= kQueriesMin) add_estimates(report);
  report.chooses = chooses();
  report.changes = changes_;
  report.last_change = last_change_;
  if (last_change_) {
    report.last_change_age_s = static_cast<double>(std::max<TimeMs>(0, now_ms - last_change_->at_ms)) / 1e3;
  }
  report.sampled_share = sample_share(model_->threshold());
  report.sampled_keys = model_->keys();
  report.events_per_s = events_per_s_;
  report.dropped_events = tap_.dropped();
  report.bytes = tap_.bytes() + model_->bytes();
  set_report(std::move(report));
}

void Advisor::add_estimates(AdvisorReport& report) const {
  for (const double factor : kFactors) {
    report.curve.push_back({.factor = factor,
                            .size = whole(static_cast<double>(limit_) * factor),
                            .hit_ratio = model_->hit_ratio(capacity_at(factor))});
  }
  report.working_set = working_set();
  for (const TrafficModel::PolicyFigures& figures : model_->policies()) {
    report.policies.push_back({figures.policy, figures.hit_ratio});
    if (figures.policy != report.policy || figures.evicted.weight_ms <= 0) continue;
    report.unused_share = figures.evicted.unused_weight_ms / figures.evicted.weight_ms;
    report.never_read_share = figures.evicted.never_read_weight_ms / figures.evicted.weight_ms;
  }
}

// By halving the interval: the curve only rises.
std::uint64_t Advisor::working_set() const {
  constexpr int kHalvings = 30;
  double low = 0;
  double high = TrafficModel::kFactorMax;
  const double wanted = model_->hit_ratio(capacity_at(high)) - kWorkingSetLoss;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (model_->hit_ratio(capacity_at(middle)) < wanted ? low : high) = middle;
  }
  return whole(high * static_cast<double>(limit_));
}

}  // namespace larder
