#include "trends/tick_summary.h"

#include "trends/archive.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <tuple>

namespace trends {

namespace {

constexpr std::string_view magic = "STTICK__";
constexpr std::uint32_t version = 2;
constexpr std::size_t sources_max = 4096;

// Cuts at a character, never inside one.
void cut(std::string& text, std::size_t max) {
  if (text.size() <= max) return;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  text.resize(max);
}

void bound(std::vector<std::string>& list) {
  if (list.size() > TickSummary::list_max) list.resize(TickSummary::list_max);
  for (auto& text : list) cut(text, TickSummary::text_max);
}

Mention bounded(Mention mention) {
  for (std::string* text :
       {&mention.id, &mention.author, &mention.text, &mention.language, &mention.url})
    cut(*text, TickSummary::text_max);
  bound(mention.tags);
  bound(mention.links);
  if (std::isnan(mention.weight)) mention.weight = 1;  // it has no place in an order
  return mention;
}

bool is_bounded(const Mention& mention) {
  const auto fits = [](const std::string& text) { return text.size() <= TickSummary::text_max; };
  return fits(mention.id) && fits(mention.author) && fits(mention.text) && fits(mention.language) &&
         fits(mention.url) && std::ranges::all_of(mention.tags, fits) &&
         std::ranges::all_of(mention.links, fits) && mention.tags.size() <= TickSummary::list_max &&
         mention.links.size() <= TickSummary::list_max && !std::isnan(mention.weight);
}

template <class Visitor>
void visit_mention(Visitor& visitor, Mention& mention) {
  visit(visitor, mention.id);
  visit(visitor, mention.at);
  visit(visitor, mention.author);
  visit(visitor, mention.text);
  visit(visitor, mention.language);
  visit(visitor, mention.tags);
  visit(visitor, mention.links);
  visit(visitor, mention.url);
  auto repost = static_cast<std::uint8_t>(mention.repost);
  visit(visitor, repost);
  mention.repost = repost != 0;
  visit(visitor, mention.weight);
}

// A total order: only mentions that are equal in all that counts are neither before nor behind.
auto order_of(const Mention& mention) {
  return std::tie(mention.at, mention.id, mention.author, mention.text, mention.language,
                  mention.tags, mention.links, mention.url, mention.repost, mention.weight);
}

}  // namespace

std::uint32_t TickSummary::number_of(std::string_view source) {
  const auto place = std::ranges::find(sources_, source);
  const auto number = static_cast<std::uint32_t>(place - sources_.begin());
  if (place == sources_.end()) sources_.emplace_back(source);
  return number;
}

void TickSummary::add(std::string_view source, std::span<const Mention> mentions) {
  const std::uint32_t number = number_of(source);
  for (const Mention& mention : mentions)
    entries_.push_back({.source = number, .mention = bounded(mention)});
}

void TickSummary::take_back(std::string_view source, std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    if (id.empty() || id.size() > text_max || gone_.size() >= mentions_max) continue;
    gone_.push_back({.source = std::string(source), .id = id});
  }
}

void TickSummary::merge(TickSummary other) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& source : other.sources_) numbers.push_back(number_of(source));
  entries_.reserve(entries_.size() + other.entries_.size());
  for (Entry& entry : other.entries_) {
    entry.source = numbers[entry.source];
    entries_.push_back(std::move(entry));
  }
  std::ranges::move(other.gone_, std::back_inserter(gone_));
}

void TickSummary::clear() {
  sources_.clear();
  entries_.clear();
  gone_.clear();
}

bool TickSummary::before(const Entry& a, const Entry& b) const {
  if (a.mention.at != b.mention.at) return a.mention.at < b.mention.at;
  if (a.source != b.source) return sources_[a.source] < sources_[b.source];
  return order_of(a.mention) < order_of(b.mention);
}

// A mention without an id is the same only as itself: two people may say the same at one time.
bool TickSummary::same(const Entry& a, const Entry& b) const {
  return a.source == b.source && !a.mention.id.empty() && a.mention.at == b.mention.at &&
         a.mention.id == b.mention.id;
}

void TickSummary::drop_known(RecentIds& known) {
  std::ranges::sort(entries_, [&](const Entry& a, const Entry& b) { return before(a, b); });
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.mention.id.empty()) return false;
    const std::string name = sources_[entry.source] + '\n' + entry.mention.id;
    if (known.contains(name)) return true;
    known.add(name);
    return false;
  });
}

void TickSummary::feed(Detector& detector, base::Instant now) {
  std::ranges::sort(entries_, [&](const Entry& a, const Entry& b) { return before(a, b); });
  const auto repeated =
      std::ranges::unique(entries_, [&](const Entry& a, const Entry& b) { return same(a, b); });
  entries_.erase(repeated.begin(), repeated.end());
  std::vector<Mention> run;
  for (std::size_t i = 0; i < entries_.size();) {
    const std::uint32_t source = entries_[i].source;
    run.clear();
    for (; i < entries_.size() && entries_[i].source == source; ++i)
      run.push_back(std::move(entries_[i].mention));
    detector.feed(sources_[source], run, now);
  }
  std::map<std::string, std::vector<std::string>> gone;
  for (Gone& each : gone_) gone[std::move(each.source)].push_back(std::move(each.id));
  for (const auto& [source, ids] : gone) detector.take_back(source, ids);
  clear();
}

template <class Visitor>
void TickSummary::archive(Visitor& visitor) {
  const std::size_t names = visit_count(visitor, sources_.size(), sources_max);
  if constexpr (Visitor::reading) sources_.resize(names);
  for (auto& source : sources_) visit(visitor, source);
  const std::size_t count = visit_count(visitor, entries_.size(), mentions_max);
  for (std::size_t i = 0; visitor.ok() && i < count; ++i) {
    // One by one: a damaged count must not take memory that the bytes do not fill.
    if constexpr (Visitor::reading) entries_.emplace_back();
    visit(visitor, entries_[i].source);
    visit_mention(visitor, entries_[i].mention);
  }
  const std::size_t taken_back = visit_count(visitor, gone_.size(), mentions_max);
  for (std::size_t i = 0; visitor.ok() && i < taken_back; ++i) {
    if constexpr (Visitor::reading) gone_.emplace_back();
    visit(visitor, gone_[i].source);
    visit(visitor, gone_[i].id);
  }
}

std::string TickSummary::encode() const {
  SnapshotWriter writer(magic, version);
  const_cast<TickSummary*>(this)->archive(writer);  // a writer only reads
  return writer.finish();
}

base::Result<TickSummary> TickSummary::decode(std::string_view bytes) {
  SnapshotReader reader(bytes, magic, version);
  if (!reader.ok()) return base::invalid("summary", "is not a summary of this version");
  TickSummary summary;
  summary.archive(reader);
  const bool sound = std::ranges::all_of(summary.entries_, [&](const Entry& entry) {
    return entry.source < summary.sources_.size() && is_bounded(entry.mention);
  });
  if (!reader.finish() || !sound) return base::invalid("summary", "is damaged or cut short");
  return summary;
}

}  // namespace trends
