#include "publishing/news.h"

namespace publishing {

News::News(io::Supervisor& supervisor, const base::Clock& clock, const Tell& tell,
           const Sleep& sleep)
    : supervisor_(supervisor), clock_(clock), tell_(tell), sleep_(sleep) {}

void News::changed(const base::WorkspaceId& workspace, const base::PostId& post,
                   const base::TargetId& target) {
  if (!tell_) return;
  const base::Instant now = clock_.now();
  // A clock that was set back begins anew, too.
  if (now < slice_began_ || now >= slice_began_ + slice) {
    slice_began_ = now;
    told_ = 0;
  }
  if (told_ < one_by_one_max) {
    ++told_;
    tell_(workspace, {{"type", "target"}, {"id", target.value}, {"post_id", post.value}});
    return;
  }
  many_.insert(workspace);
  if (std::exchange(waiting_, true)) return;
  supervisor_.start_once("publishing.news", [this] { return tell_of_many(); });
}

io::Task<> News::tell_of_many() {
  // Also when it is ended: whoever waits for news shall not miss the last ones.
  struct End {
    News& self;
    ~End() {
      self.waiting_ = false;
      for (const base::WorkspaceId& workspace : std::exchange(self.many_, {})) {
        self.tell_(workspace, {{"type", "resync"}, {"id", ""}});
      }
    }
  } end{*this};
  co_await sleep_(slice);
}

}  // namespace publishing
