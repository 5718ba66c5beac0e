// What a person writes once, and what it becomes on each account.
//
// A post is text and media in one or more parts, a variant for each account that it goes to, and a
// time. For each variant there is one target (or one for each part, where the network takes a
// thread part by part); targets have the states, the post only shows them.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "media/item.h"
#include "posts/target_state.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace posts {

namespace json = boost::json;
using media::MediaItem;

inline constexpr std::size_t parts_max = 25;
inline constexpr std::size_t variants_max = 50;
inline constexpr std::size_t media_per_part_max = 20;
inline constexpr std::size_t media_per_post_max = 100;
inline constexpr std::size_t text_bytes_max = 100'000;  // of one part
inline constexpr std::size_t post_bytes_max = 500'000;  // of all parts of all variants

struct Part {
  std::string text;
  std::vector<base::MediaId> media;
  bool operator==(const Part&) const = default;
};

struct Variant {
  base::AccountId account;
  std::vector<Part> parts;  // empty: the post's own
};

enum class WhenType { draft, now, at, next_slot };
std::string_view to_string(WhenType type);

// What a person means: an instant, or wall-clock time in a zone, or "as soon as there is a slot".
struct When {
  WhenType type = WhenType::draft;
  std::optional<base::Instant> at;
  std::optional<std::string> local;
  std::string time_zone;  // empty: the workspace's
};

enum class TooLatePolicy { publish, ask, drop };
std::string_view to_string(TooLatePolicy policy);

// What happens when it could not go out within `after` of its time.
struct TooLate {
  TooLatePolicy policy = TooLatePolicy::publish;
  std::chrono::seconds after{3600};
};

struct PostInput {
  std::vector<Part> parts;
  std::string language;
  std::vector<Variant> variants;
  When when;
  TooLate too_late;
  std::optional<std::string> trend;
};

struct Target {
  base::TargetId id;
  base::AccountId account;
  std::string account_handle;
  std::string network;
  int part = 0;
  bool whole = true;  // all parts in one request
  TargetState state = TargetState::draft;
  std::string state_reason;
  std::optional<base::Instant> due_at;
  std::optional<base::Instant> retry_at;
  std::string remote_id;
  std::string url;
  std::optional<base::Instant> published_at;
  int attempts = 0;
  int uncertain = 0;  // attempts that may have reached the network without a clear answer
};

// Which occurrence of which series a post is.
struct Occurrence {
  std::string series;
  std::string local;   // the wall time that the rule names: "2026-11-23T09:00:00"
  bool apart = false;  // somebody changed it alone: it goes its own way
};

// What a person should know, though nothing refuses it.
struct Warning {
  base::AccountId account;
  std::string handle;
  base::FieldError notice;
};

struct Post {
  base::PostId id;
  base::WorkspaceId workspace;
  base::UserId author_id;
  std::string author;  // a name for people
  base::UserId changed_by;
  std::optional<base::UserId> approved_by;  // as it stands: an edit takes the approval away
  std::string approver;                     // a name for people
  std::optional<Occurrence> occurrence;
  std::vector<Part> parts;
  std::vector<Variant> variants;
  std::string language;
  WhenType when_type = WhenType::draft;
  std::optional<base::Instant> due_at;
  std::optional<std::string> local;
  std::string time_zone;
  TooLate too_late;
  std::optional<std::string> trend;
  std::int64_t version = 1;
  base::Instant created_at;
  base::Instant updated_at;
  std::vector<Target> targets;    // in order of account, then part
  std::vector<MediaItem> media;   // all that its parts use
  std::vector<Warning> warnings;  // of the change that this answers

  PostState state() const;
};

struct TimelineEntry {
  std::string id;
  base::TargetId target;
  base::Instant at;
  std::string event;
  std::string actor;
  std::string message;
  json::object details;
};

// The parts that an account gets: its variant's own, else the post's.
const std::vector<Part>& parts_for(const std::vector<Part>& own,
                                   const std::vector<Variant>& variants,
                                   const base::AccountId& account);

// Every media id that the parts and variants name, each once.
std::vector<base::MediaId> media_of(const std::vector<Part>& parts,
                                    const std::vector<Variant>& variants);

// Two texts with the same hash read alike to a person (case, width and spaces aside).
std::string text_hash(const std::vector<Part>& parts);
// Folded text of everything, for finding.
std::string search_text(const std::vector<Part>& parts, const std::vector<Variant>& variants);

// The columns `parts` and `variants`.
std::string parts_to_column(const std::vector<Part>& parts);
std::vector<Part> parts_from_column(std::string_view text);
std::string variants_to_column(const std::vector<Variant>& variants);
std::vector<Variant> variants_from_column(std::string_view text);

}  // namespace posts
