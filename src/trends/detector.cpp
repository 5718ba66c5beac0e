#include "trends/detector.h"

#include "trends/explanation.h"
#include "trends/mention_counter.h"
#include "trends/ranking.h"
#include "trends/snapshot.h"
#include "trends/stories.h"
#include "trends/taking_back.h"

#include <algorithm>
#include <bit>

namespace trends {

namespace {

constexpr double hot_score = 3;        // enters the list of what may be shown
constexpr double cold_score = 0.5;     // leaves it
constexpr double promising_score = 1;  // evidence is kept from here on
// A topic that rises to so many times what it rose to before is young again: what was talked about
// for days is news on the day that it happens.
constexpr double renewed = 2;

DetectorOptions checked(DetectorOptions options) {
  const auto sized = [](std::size_t wanted, std::size_t least) {
    return std::bit_ceil(std::max(wanted, least));
  };
  options.admission_slots = sized(options.admission_slots, 1024);
  options.background_cells = sized(options.background_cells, 1024);
  options.tracked_max = sized(options.tracked_max, 256);
  options.evidence_max = std::max<std::size_t>(options.evidence_max, 16);
  options.admission_authors = std::clamp(options.admission_authors, 1.0, 3.0);
  options.late_max =
      std::clamp<base::Duration>(options.late_max, base::Duration{0}, std::chrono::hours{24});
  options.tick = std::max<base::Duration>(options.tick, std::chrono::seconds{1});
  return options;
}

bool contains_text(const Trend& trend, std::string_view text) {
  const auto has = [&](const std::string& topic) { return topic.find(text) != std::string::npos; };
  return has(trend.topic) || std::ranges::any_of(trend.aliases, has);
}

bool has_share(const std::vector<Share>& shares, std::string_view name) {
  return std::ranges::any_of(shares, [&](const Share& share) { return share.name == name; });
}

std::span<const std::string_view> append(const std::vector<std::string>& texts,
                                         std::vector<std::string_view>& names) {
  names.insert(names.end(), texts.begin(), texts.end());
  return std::span(names).last(texts.size());
}

MentionView view_of(const Mention& mention, std::vector<std::string_view>& names) {
  return {.id = mention.id,
          .at = mention.at,
          .author = mention.author,
          .text = mention.text,
          .language = mention.language,
          .tags = append(mention.tags, names),
          .links = append(mention.links, names),
          .url = mention.url,
          .repost = mention.repost,
          .weight = mention.weight};
}

}  // namespace

Tables::Tables(DetectorOptions wanted)
    : options(checked(wanted)),
      half_life(base::to_seconds(options.baseline_half_life) / 1800),
      epoch_steps(static_cast<Step>(std::max<std::int64_t>(
          1, options.admission_window / std::chrono::seconds{2 * step_seconds}))),
      tokenizer(options.kinds),
      admission(options.admission_slots, static_cast<unsigned>(options.admission_authors)),
      background(options.background_cells, half_life),
      tracked(options.tracked_max),
      stream(half_life),
      evidence(options.evidence_max),
      recent_ids(std::size_t{1} << 16) {}

class Detector::Impl {
 public:
  explicit Impl(DetectorOptions options) : tables(options) {}

  void tick(base::Instant now);
  std::vector<Trend> top(const TrendQuery& query) const;

  Tables tables;
  MentionCounter counter{tables};

 private:
  void judge(std::uint32_t number, const StreamView& stream);
  void begin_evidence(std::uint32_t number);
  bool make_room(double score, Step now);
  void end_evidence(std::uint32_t entry);
  void cool();
  void adapt_admission();

  // Entries of the evidence pool with their faded scores, weakest last; made once per tick when
  // there is no room.
  std::vector<std::pair<double, std::uint32_t>> weakest_;
};

void Detector::Impl::tick(base::Instant now) {
  tables.stats.now = std::max(tables.stats.now, now);
  ++tables.ticks;
  const Step step = step_of(tables.stats.now);
  tables.stream.advance(step);
  const StreamView stream(tables.stream);
  for (const std::uint32_t number : tables.dirty) {
    if (!tables.tracked[number].dirty) continue;  // gave way to another key since
    tables.tracked[number].dirty = false;
    judge(number, stream);
  }
  tables.dirty.clear();
  weakest_.clear();
  cool();
  adapt_admission();
}

// When records change hands faster than one in 64 per tick, a newcomer must show more uses first:
// otherwise the rare pairs of a fast stream push each other out and nothing is learned.
void Detector::Impl::adapt_admission() {
  const bool hurried = tables.evicted > tables.options.tracked_max / 64;
  tables.uses_demanded = std::clamp(tables.uses_demanded * (hurried ? 1.3 : 0.97), 1.0, 64.0);
  tables.admission.demand_uses(static_cast<unsigned>(tables.uses_demanded));
  tables.evicted = 0;
}

void Detector::Impl::judge(std::uint32_t number, const StreamView& stream) {
  Record& record = tables.tracked[number];
  const double least = std::min(3.0, tables.options.min_authors);
  if (record.lately + record.authors < least / 2) return;  // cannot have so many within a day
  tables.tracked.settle(number, stream.now, tables.half_life);
  const auto peak = evaluate(record, tables.tracked.author_grain(number), stream, least);
  if (!peak) return;
  if (peak->score >= promising_score && record.evidence == 0) begin_evidence(number);
  if (record.peak.score < hot_score || record.peak.authors < tables.options.min_authors) return;
  if (record.hot && peak->score < renewed * record.risen_score) return;
  record.risen = stream.now;
  record.risen_score = record.peak.score;
  if (!record.hot) tables.hot.push_back(number);
  record.hot = true;
}

// Samples from now on, and from what is still in the ring of recent posts.
void Detector::Impl::begin_evidence(std::uint32_t number) {
  Record& record = tables.tracked[number];
  const Step now = tables.stream.timeline().now();
  if (tables.evidence.full() && !make_room(faded_score(record.peak, record.kind, now), now)) return;
  const std::uint32_t entry = tables.evidence.create(number);
  record.evidence = entry + 1;
  Evidence& evidence = tables.evidence[entry];
  const base::Instant oldest = tables.stats.now - std::chrono::hours{24};
  tables.posts.for_recent_with(record.key, [&](std::uint32_t number_of_post) {
    const StoredPost& post = tables.posts[number_of_post];
    if (post.at < oldest) return;
    evidence.count(post.author_hash, post.source, post.language);
    evidence.taken_in_tick = 0;
    if (evidence.wants(post.author_hash, tables.ticks, tables.posts))
      evidence.take(number_of_post, tables.posts);
  });
}

// Takes the place of the weakest, if that is clearly weaker.
bool Detector::Impl::make_room(double score, Step now) {
  if (weakest_.empty()) {
    for (std::uint32_t entry = 0; entry < tables.evidence.end(); ++entry) {
      if (!tables.evidence[entry].used) continue;
      const Record& record = tables.tracked[tables.evidence[entry].record];
      weakest_.emplace_back(faded_score(record.peak, record.kind, now), entry);
    }
    std::ranges::sort(weakest_, std::greater{});
  }
  const auto [least, entry] = weakest_.back();
  if (least * 1.5 >= score) return false;
  weakest_.pop_back();
  end_evidence(entry);
  return true;
}

void Detector::Impl::end_evidence(std::uint32_t entry) {
  tables.tracked[tables.evidence[entry].record].evidence = 0;
  tables.evidence.destroy(entry, tables.posts);
}

// Topics that faded leave the list; evidence that nobody needs makes room.
void Detector::Impl::cool() {
  const Step now = tables.stream.timeline().now();
  std::erase_if(tables.hot, [&](std::uint32_t number) {
    Record& record = tables.tracked[number];
    record.hot = faded_score(record.peak, record.kind, now) >= cold_score;
    return !record.hot;
  });
  for (std::uint32_t entry = 0; entry < tables.evidence.end(); ++entry) {
    if (!tables.evidence[entry].used) continue;
    const Record& record = tables.tracked[tables.evidence[entry].record];
    if (faded_score(record.peak, record.kind, now) < promising_score / 4) end_evidence(entry);
  }
}

std::vector<Trend> Detector::Impl::top(const TrendQuery& query) const {
  const bool filtered = query.kinds != all_kinds || !query.source.empty() ||
                        !query.language.empty() || !query.text.empty();
  std::vector<Trend> trends;
  for (const Story& story : ranked_stories(tables, filtered ? 200 : query.limit)) {
    if (trends.size() == query.limit) break;
    if ((query.kinds & kind_bit(tables.tracked[story.record].kind)) == 0) continue;
    Trend trend = explain(tables, story);
    if (!query.source.empty() && !has_share(trend.sources, query.source)) continue;
    if (!query.language.empty() && !has_share(trend.languages, query.language)) continue;
    if (!query.text.empty() && !contains_text(trend, query.text)) continue;
    trends.push_back(std::move(trend));
  }
  return trends;
}

Detector::Detector(DetectorOptions options) : impl_(std::make_unique<Impl>(options)) {}
Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

void Detector::feed(std::string_view source, std::span<const Mention> mentions, base::Instant now) {
  std::vector<std::string_view> names;
  std::vector<MentionView> views;
  for (std::size_t done = 0; done < mentions.size(); done += views.size()) {
    const auto part =
        mentions.subspan(done, std::min(MentionCounter::together, mentions.size() - done));
    std::size_t listed = 0;
    for (const Mention& mention : part) listed += mention.tags.size() + mention.links.size();
    names.clear();
    names.reserve(listed);  // spans of it must stay where they are
    views.clear();
    for (const Mention& mention : part) views.push_back(view_of(mention, names));
    feed(source, views, now);
  }
}

void Detector::feed(std::string_view source, std::span<const MentionView> mentions,
                    base::Instant now) {
  const std::uint8_t number = impl_->tables.sources.number(source);
  MentionCounter& counter = impl_->counter;
  for (; !mentions.empty();
       mentions = mentions.subspan(std::min(counter.together, mentions.size())))
    counter.take(number, mentions.first(std::min(counter.together, mentions.size())), now);
}

void Detector::take_back(std::string_view source, std::span<const std::string> ids) {
  Tables& tables = impl_->tables;
  trends::take_back(tables, tables.sources.number(source), ids);
}

void Detector::tick(base::Instant now) { impl_->tick(now); }

std::vector<Trend> Detector::top(const TrendQuery& query) const { return impl_->top(query); }

std::optional<Trend> Detector::find(std::string_view id) const {
  const auto key = key_of_trend_id(id);
  const Tables& tables = impl_->tables;
  const std::uint32_t number = key ? tables.tracked.find(*key) : Tracked::none;
  if (number == Tracked::none) return std::nullopt;
  for (const Story& story : ranked_stories(tables, 200)) {
    if (story.record == number) return explain(tables, story);
  }
  const Record& record = tables.tracked[number];
  const double score = faded_score(record.peak, record.kind, tables.stream.timeline().now());
  return explain(tables, {.record = number, .score = score});
}

DetectorStats Detector::stats() const {
  const Tables& tables = impl_->tables;
  DetectorStats stats = tables.stats;
  stats.tracked = tables.tracked.size();
  stats.evidence = tables.evidence.size();
  stats.memory_bytes = tables.admission.lines().size() * sizeof(Admission::Line) +
                       tables.background.cells().size() * sizeof(Background::Cell) +
                       tables.tracked.memory_bytes() + tables.posts.memory_bytes() +
                       tables.evidence.size() * sizeof(Evidence);
  return stats;
}

const DetectorOptions& Detector::options() const { return impl_->tables.options; }

std::string Detector::snapshot() const { return write_snapshot(impl_->tables); }

base::Result<void> Detector::restore(std::string_view snapshot) {
  auto fresh = std::make_unique<Impl>(impl_->tables.options);
  if (auto read = read_snapshot(snapshot, fresh->tables); !read) return read;
  impl_ = std::move(fresh);
  return {};
}

}  // namespace trends
