#include "trends/lane_work.h"

#include <cstring>
#include <zlib.h>

namespace trends {
namespace {

constexpr std::size_t unpacked_max = 1024ull * 1024 * 1024;
constexpr std::string_view packed_mark = "STZ1";

std::string pack(const std::string& bytes) {
  const std::uint64_t size = bytes.size();
  std::string packed(packed_mark);
  packed.append(reinterpret_cast<const char*>(&size), sizeof size);
  uLongf length = compressBound(bytes.size());
  const std::size_t head = packed.size();
  packed.resize(head + length);
  compress2(reinterpret_cast<Bytef*>(packed.data() + head), &length,
            reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_BEST_SPEED);
  packed.resize(head + length);
  return packed;
}

std::optional<std::string> unpack(std::string_view packed) {
  std::uint64_t size = 0;
  const std::size_t head = packed_mark.size() + sizeof size;
  if (packed.size() < head || !packed.starts_with(packed_mark)) return {};
  std::memcpy(&size, packed.data() + packed_mark.size(), sizeof size);
  if (size > unpacked_max) return {};
  std::string bytes(size, '\0');
  uLongf length = size;
  const int result =
      uncompress(reinterpret_cast<Bytef*>(bytes.data()), &length,
                 reinterpret_cast<const Bytef*>(packed.data() + head), packed.size() - head);
  if (result != Z_OK || length != size) return {};
  return bytes;
}

}  // namespace

Gate::Pass::~Pass() {
  if (!state_) return;
  state_->taken = false;
  state_->freed.notify();
}

io::Task<Gate::Pass> Gate::enter() {
  const auto state = state_;
  while (state->taken) co_await state->freed.wait();
  state->taken = true;
  co_return Pass(state);
}

LaneWork::LaneWork(io::Executor executor, Lane of, std::string of_run, DetectorOptions options)
    : lane(std::move(of)), run(std::move(of_run)), gate(executor), detector_(options) {}

void LaneWork::feed(TickSummary& mentions, base::Instant now) {
  mentions.drop_known(counted_lately_);
  mentions.feed(detector_, now);
  changed = true;
}

void LaneWork::feed_in_own_time(const std::string& source, std::vector<Mention> mentions) {
  if (!std::ranges::is_sorted(mentions, {}, &Mention::at)) {
    std::ranges::sort(mentions, {}, [](const Mention& mention) {
      return std::pair(mention.at, std::string_view(mention.id));
    });
  }
  const base::Duration tick = detector_.options().tick;
  if (next_tick_ == base::Instant{} && !mentions.empty()) next_tick_ = mentions.front().at + tick;
  std::span<const Mention> left(mentions);
  while (!left.empty()) {
    // A gap in a recording is one step, not thousands.
    if (left.front().at - next_tick_ > std::chrono::days{1}) next_tick_ = left.front().at;
    const auto due = std::ranges::upper_bound(left, next_tick_, {}, &Mention::at);
    const auto now_counted = left.first(static_cast<std::size_t>(due - left.begin()));
    left = left.subspan(now_counted.size());
    if (!now_counted.empty()) {
      lane.event_at = std::max(lane.event_at, now_counted.back().at);
      detector_.feed(source, now_counted, lane.event_at);
    }
    if (left.empty()) break;
    lane.event_at = std::max(lane.event_at, next_tick_);
    detector_.tick(lane.event_at);
    next_tick_ += tick;
  }
  changed = true;
}

std::vector<Trend> LaneWork::rank(base::Instant now, std::size_t limit) {
  if (is_live()) {
    lane.event_at = std::max(lane.event_at, now);
    detector_.tick(lane.event_at);
  }
  lane.at = now;
  ranked_at = now;
  changed = false;
  return detector_.top({.limit = limit});
}

std::string LaneWork::snapshot() const { return pack(detector_.snapshot()); }

base::Result<void> LaneWork::restore(std::string_view compressed) {
  const auto bytes = unpack(compressed);
  if (!bytes) {
    return base::fail({.status = 422, .code = "damaged", .message = "It does not unpack."});
  }
  auto restored = detector_.restore(*bytes);
  if (restored) lane.event_at = std::max(lane.event_at, detector_.stats().now);
  return restored;
}

}  // namespace trends
