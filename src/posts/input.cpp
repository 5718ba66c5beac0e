#include "posts/input.h"

#include "base/json.h"
#include "base/text.h"

#include <set>

#include <fmt/format.h>

namespace posts {

namespace {

using base::JsonReader;

Part read_part(JsonReader& in) {
  // clean_utf8 drops control characters: no network shows them, some refuse them.
  Part part{.text = base::clean_utf8(in.text("text", {.max = text_bytes_max})), .media = {}};
  for (std::string& id : in.texts("media", media_per_part_max, {.min = 1, .max = 64})) {
    if (!base::is_uuid(id)) in.error("media", "holds something that is not an id");
    part.media.push_back({std::move(id)});
  }
  return part;
}

std::vector<Part> read_parts(JsonReader& outer, std::string_view name) {
  std::vector<Part> parts;
  const json::array* array = outer.optional_array(name, parts_max);
  if (!array) return parts;
  for (std::size_t i = 0; i < array->size(); ++i) {
    JsonReader in((*array)[i], fmt::format("{}[{}]", outer.path(name), i));
    parts.push_back(read_part(in));
    outer.absorb(in);
  }
  return parts;
}

std::vector<Variant> read_variants(JsonReader& outer) {
  std::vector<Variant> variants;
  std::set<base::AccountId> seen;
  const json::array* array = outer.optional_array("variants", variants_max);
  if (!array) return variants;
  for (std::size_t i = 0; i < array->size(); ++i) {
    JsonReader in((*array)[i], fmt::format("variants[{}]", i));
    Variant variant{.account = {in.text("account_id", {.min = 1, .max = 64})},
                    .parts = read_parts(in, "parts")};
    if (!seen.insert(variant.account).second) in.error("account_id", "is named twice");
    outer.absorb(in);
    variants.push_back(std::move(variant));
  }
  return variants;
}

When read_when(JsonReader& outer, const json::object& object) {
  const json::value value(object);
  JsonReader in(value, "when");
  When when;
  const std::string type = in.text("type", {.min = 1, .max = 20});
  if (type == "now") {
    when.type = WhenType::now;
  } else if (type == "at") {
    when.type = WhenType::at;
  } else if (type == "next_slot") {
    when.type = WhenType::next_slot;
  } else if (type == "repeat") {
    in.error("type", "repeats only as a series: POST /api/series");
  } else if (type != "draft") {
    in.error("type", "is one of draft, now, at, next_slot");
  }
  when.at = in.optional_instant("at");
  when.local = in.optional_text("local", {.max = 32});
  when.time_zone = in.optional_text("time_zone", {.max = 64}).value_or("");
  if (!when.time_zone.empty() && !base::is_time_zone(when.time_zone)) {
    in.error("time_zone", "is not an IANA time zone such as Europe/Paris");
  }
  if (when.type != WhenType::at && (when.at || when.local)) {
    in.error("type", "is not `at`, but a time is given");
  }
  outer.absorb(in);
  return when;
}

TooLate read_too_late(JsonReader& outer, const json::object& object) {
  const json::value value(object);
  JsonReader in(value, "too_late");
  TooLate too_late;
  const std::string policy = in.text("policy", {.min = 1, .max = 20});
  if (policy == "ask") {
    too_late.policy = TooLatePolicy::ask;
  } else if (policy == "drop") {
    too_late.policy = TooLatePolicy::drop;
  } else if (policy != "publish") {
    in.error("policy", "is one of publish, ask, drop");
  }
  too_late.after = std::chrono::seconds{
      in.optional_integer("after_seconds", 60, 2'592'000).value_or(too_late.after.count())};
  outer.absorb(in);
  return too_late;
}

std::size_t bytes_of(const PostInput& input) {
  std::size_t bytes = 0;
  for (const Part& part : input.parts) bytes += part.text.size();
  for (const Variant& variant : input.variants) {
    for (const Part& part : variant.parts) bytes += part.text.size();
  }
  return bytes;
}

// What posts and series have in common.
PostInput read_content(JsonReader& in) {
  PostInput input;
  input.parts = read_parts(in, "parts");
  if (input.parts.empty()) in.error("parts", "needs at least one part");
  input.language = in.optional_text("language", {.max = 35}).value_or("");
  input.variants = read_variants(in);
  if (const json::object* too_late = in.optional_object("too_late")) {
    input.too_late = read_too_late(in, *too_late);
  }
  input.trend = in.optional_text("trend_id", {.max = 200});
  if (media_of(input.parts, input.variants).size() > media_per_post_max) {
    in.error("parts", fmt::format("use more than {} files in all", media_per_post_max));
  }
  if (bytes_of(input) > post_bytes_max) {
    in.error("parts", fmt::format("are longer than {} bytes in all", post_bytes_max));
  }
  return input;
}

}  // namespace

base::Result<PostInput> read_post_input(const json::value& body) {
  JsonReader in(body);
  PostInput input = read_content(in);
  if (const json::object* when = in.optional_object("when")) {
    input.when = read_when(in, *when);
  } else {
    in.error("when", "is missing");
  }
  if (input.when.type != WhenType::draft && input.variants.empty()) {
    in.error("variants", "names no account to publish to");
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return input;
}

base::Result<SeriesInput> read_series_input(const json::value& body,
                                            std::string zone_of_workspace) {
  JsonReader in(body);
  SeriesInput input{.content = read_content(in), .repeat = {}};
  if (input.content.variants.empty()) in.error("variants", "names no account to publish to");
  const json::object* repeat = in.optional_object("repeat");
  if (repeat == nullptr) in.error("repeat", "is missing");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  auto rule = read_recurrence(*repeat, std::move(zone_of_workspace));
  if (!rule) return std::unexpected(rule.error());
  input.repeat = std::move(*rule);
  return input;
}

base::Result<PostChange> read_post_change(const json::value& body) {
  JsonReader in(body);
  PostChange change;
  if (const json::object* when = in.optional_object("when")) change.when = read_when(in, *when);
  if (const json::object* too_late = in.optional_object("too_late")) {
    change.too_late = read_too_late(in, *too_late);
  }
  if (!change.when && !change.too_late) in.error("when", "or too_late is needed");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return change;
}

base::Result<std::string> read_reason(const json::value& body) {
  JsonReader in(body);
  std::string reason = in.text("reason", {.min = 1, .max = 500});
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return base::clean_utf8(reason);
}

}  // namespace posts
