// Reading: one reader of one source at work, and what is to be known about it. A part of the
// runner.
#pragma once

#include "jobs/leases.h"
#include "trends/intake.h"
#include "trends/language.h"
#include "trends/runner.h"

namespace trends {

// Mentions per minute, as an average that forgets within some minutes.
class Rate {
 public:
  void add(double count, std::chrono::steady_clock::time_point now);
  double per_minute(std::chrono::steady_clock::time_point now) const;

 private:
  double value_ = 0;
  std::chrono::steady_clock::time_point at_{};
};

// Which of a source's authors are read: those of one part.
struct AuthorPart {
  std::string id;  // "ID", or "ID#1/3"
  std::size_t index = 0;
  std::size_t of = 1;
};
// The same in every process and version.
bool is_in_part(const Mention& mention, const AuthorPart& part);

// Of languages, some ten microseconds each.
inline constexpr double detections_per_second = 500;

class Runner::Reading final : public Sink {
 public:
  // `standing` is moved as mentions are counted.
  Reading(Runner& runner, const Source& source, SourceRow row, AuthorPart part, jobs::Lease lease,
          Standing& standing);

  void start();
  // Cancels the reader and waits until it is gone.
  io::Task<> stop();

  io::Task<> take(Batch batch) override;
  void connected() override;
  void note(std::string message) override;

  const SourceRow& row() const { return row_; }
  jobs::Lease& lease() { return lease_; }
  bool lease_ran_out() const;
  // Somebody asked to read now.
  void wake_if_asked(const std::optional<base::Instant>& fetch_at);
  SourceStatus status() const;

 private:
  enum class Ending { finished, failed, asked_to_wait };
  struct Attempt {
    Ending ending = Ending::finished;
    std::string reason = {};
    std::chrono::milliseconds wait{0};
  };

  io::Task<> work();
  io::Task<Attempt> attempt();
  std::chrono::milliseconds settle(const Attempt& attempt, std::chrono::milliseconds backoff);
  std::vector<Mention> sift(Batch& batch);
  void counted(const std::vector<std::string>& ids, const std::string& cursor,
               std::optional<base::Instant> newest);

  Runner& runner_;
  const Source& source_;
  SourceRow row_;
  AuthorPart part_;
  jobs::Lease lease_;
  Standing& standing_;
  std::string run_;
  SourceStatus status_;
  std::string note_;
  Rate rate_;
  RecentIds recent_;
  LanguageDetector languages_{detections_per_second};
  std::optional<base::Instant> asked_at_;
  io::Event wake_;
  io::Supervisor supervisor_;
};

}  // namespace trends
