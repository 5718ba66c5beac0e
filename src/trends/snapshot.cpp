#include "trends/snapshot.h"

#include "trends/archive.h"

namespace trends {

namespace {

constexpr std::string_view magic = "STTRENDS";
constexpr std::uint32_t version = 4;

template <class Visitor>
void visit_post(Visitor& visitor, StoredPost& post) {
  visit(visitor, post.bytes);
  visit(visitor, post.id_length);
  visit(visitor, post.author_length);
  visit(visitor, post.url_length);
  visit(visitor, post.at);
  visit(visitor, post.author_hash);
  visit(visitor, post.saying);
  visit(visitor, post.references);
  visit(visitor, post.source);
  visit(visitor, post.language);
  visit(visitor, post.repost);
  visit(visitor, post.keys);
}

template <class Visitor, class T>
void visit_whole(Visitor& visitor, LazyArray<T>& array) {
  visitor.bytes(array.data(), array.size() * sizeof(T));
}

}  // namespace

template <class Visitor>
void PostStore::archive(Visitor& visitor) {
  const std::size_t count = visit_count(visitor, posts_.size(), 1 << 20);
  if constexpr (Visitor::reading) posts_.resize(count);
  for (auto& post : posts_) visit_post(visitor, post);
  visit(visitor, free_);
  visit(visitor, ring_);
  visit(visitor, next_);
  if constexpr (Visitor::reading) {
    filters_.clear();
    for (const std::uint32_t post : ring_)
      filters_.push_back(post < posts_.size() ? filter_of(post) : 0);
  }
}

template <class Visitor>
void EvidencePool::archive(Visitor& visitor) {
  visit(visitor, used_);
  visit(visitor, entries_);
  visit(visitor, free_);
}

template <class Visitor>
void AuthorBlocks::archive(Visitor& visitor) {
  end_ = static_cast<std::uint32_t>(visit_count(visitor, end_, blocks_.size()));
  visitor.bytes(blocks_.data(), end_ * sizeof(Block));
  visit(visitor, free_);
}

template <class Visitor>
void Tracked::archive(Visitor& visitor) {
  end_ = static_cast<std::uint32_t>(visit_count(visitor, end_, records_.size()));
  visitor.bytes(records_.data(), end_ * sizeof(Record));
  authors_.archive(visitor);
  if constexpr (Visitor::reading) names_.resize(end_);
  for (auto& name : names_) {
    visit(visitor, name.topic);
    visit(visitor, name.label);
  }
  visit(visitor, free_);
  visit(visitor, used_);
  visit(visitor, hand_);
  if constexpr (Visitor::reading) {
    for (std::uint32_t i = 0; visitor.ok() && i < end_; ++i) {
      if (records_[i].used()) insert(records_[i].key, i);
    }
  }
}

template <class Visitor>
void Stream::archive(Visitor& visitor) {
  visit(visitor, timeline_);
  visit_whole(visitor, bits_);
  visit(visitor, ones_);
  visit(visitor, level_);
}

template <class Visitor>
void Registry::archive(Visitor& visitor) {
  visit(visitor, names_);
  visit(visitor, last_);
}

namespace {

template <class Visitor>
void visit_tables(Visitor& visitor, Tables& tables) {
  tables.tracked.archive(visitor);
  visit_whole(visitor, tables.admission.lines());
  visit_whole(visitor, tables.background.cells());
  visit_whole(visitor, tables.recent_ids);
  tables.stream.archive(visitor);
  tables.posts.archive(visitor);
  tables.evidence.archive(visitor);
  tables.sources.archive(visitor);
  tables.languages.archive(visitor);
  visit(visitor, tables.dirty);
  visit(visitor, tables.hot);
  visit(visitor, tables.ticks);
  visit(visitor, tables.evicted);
  visit(visitor, tables.uses_demanded);
  tables.admission.demand_uses(static_cast<unsigned>(tables.uses_demanded));
  visit(visitor, tables.kept_step);
  visit(visitor, tables.kept_in_step);
  visit(visitor, tables.stats);
}

// What must be equal for the bytes to mean the same.
std::array<std::uint64_t, 7> layout_of(const Tables& tables) {
  return {tables.options.admission_slots,
          tables.options.background_cells,
          tables.options.tracked_max,
          tables.options.evidence_max,
          static_cast<std::uint64_t>(tables.options.baseline_half_life.count()),
          static_cast<std::uint64_t>(tables.options.admission_window.count()),
          sizeof(Record) << 32 | sizeof(Evidence)};
}

}  // namespace

std::string write_snapshot(const Tables& tables) {
  SnapshotWriter writer(magic, version);
  auto layout = layout_of(tables);
  visit(writer, layout);
  visit_tables(writer, const_cast<Tables&>(tables));  // a writer only reads
  return writer.finish();
}

base::Result<void> read_snapshot(std::string_view snapshot, Tables& tables) {
  SnapshotReader reader(snapshot, magic, version);
  if (!reader.ok()) return base::invalid("snapshot", "is not a snapshot of this version");
  const auto wanted = layout_of(tables);
  auto layout = wanted;
  visit(reader, layout);
  if (reader.ok() && layout != wanted) {
    return base::invalid(
        "snapshot",
        "was made with other sizes or half-lives; start without it or restore the options");
  }
  visit_tables(reader, tables);
  if (!reader.finish()) return base::invalid("snapshot", "is damaged or cut short");
  return {};
}

}  // namespace trends
