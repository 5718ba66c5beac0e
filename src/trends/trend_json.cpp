#include "trends/trend_json.h"

#include "base/json.h"
#include "base/text.h"
#include "trends/category.h"
#include "trends/concentration.h"

#include <algorithm>
#include <cmath>

namespace trends {
namespace {

constexpr std::size_t terms_max = 12;
constexpr std::size_t aliases_max = 12;
constexpr std::size_t closed_points_max = 96;

double finite(double value) { return std::isfinite(value) ? value : 0; }

double rounded(double value) { return std::round(finite(value) * 1000) / 1000; }

json::array shares(const std::vector<Share>& list) {
  json::array out;
  for (const Share& share : list) {
    out.push_back(json::object{{"id", share.name}, {"share", rounded(share.share)}});
  }
  return out;
}

json::array samples(const std::vector<Sample>& list) {
  json::array out;
  for (const Sample& sample : list) {
    out.push_back(json::object{{"id", sample.id},
                               {"source", sample.source},
                               {"text", sample.text},
                               {"author", sample.author},
                               {"url", sample.url},
                               {"at", base::to_micros(sample.at)}});
  }
  return out;
}

json::array terms(const std::vector<CoTerm>& list) {
  json::array out;
  for (const CoTerm& term : list) {
    if (out.size() >= terms_max) break;
    out.emplace_back(term.text);
  }
  return out;
}

json::array co_terms(const std::vector<CoTerm>& list) {
  json::array out;
  for (const CoTerm& term : list) {
    if (out.size() >= terms_max) break;
    out.push_back(json::object{{"text", term.text},
                               {"kind", kind_name(term.kind)},
                               {"share", rounded(term.share)},
                               {"strength", rounded(term.strength)}});
  }
  return out;
}

// What it is called beside its label.
json::array other_names(const Trend& trend, const std::string& label) {
  json::array names;
  const std::string shown = base::fold(label);
  if (trend.kind != Kind::link && base::fold(trend.topic) != shown) names.emplace_back(trend.topic);
  for (const std::string& alias : trend.aliases) {
    if (names.size() < aliases_max && base::fold(alias) != shown) names.emplace_back(alias);
  }
  return names;
}

json::array texts(const auto& list, std::size_t max) {
  json::array out;
  for (const auto& text : list) {
    if (out.size() >= max) break;
    out.emplace_back(text);
  }
  return out;
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
  std::vector<std::string> list;
  const json::value* stored = object.if_contains(key);
  if (stored == nullptr || !stored->is_array()) return list;
  for (const json::value& text : stored->get_array()) {
    if (text.is_string()) list.emplace_back(text.get_string());
  }
  return list;
}

double number_of(const json::object& object, std::string_view key) {
  const json::value* stored = object.if_contains(key);
  return stored != nullptr && stored->is_number() ? finite(stored->to_number<double>()) : 0;
}

json::object peak_json(const StoryPeak& peak) {
  return {{"score", rounded(peak.score)},
          {"authors", rounded(peak.authors)},
          {"posts", rounded(peak.posts)},
          {"expected", rounded(peak.expected)},
          {"at", base::to_micros(peak.at)}};
}

// The ids of a list of shares.
json::array ids_of(const json::object& stored, std::string_view key) {
  json::array ids;
  const json::value* list = stored.if_contains(key);
  if (list == nullptr || !list->is_array()) return ids;
  for (const json::value& share : list->get_array()) ids.emplace_back(base::text_at(share, "/id"));
  return ids;
}

json::value or_empty_list(const json::object& stored, std::string_view key) {
  const json::value* list = stored.if_contains(key);
  return list != nullptr && list->is_array() ? *list : json::value(json::array{});
}

json::value category_in(const json::object& stored) {
  const json::value* category = stored.if_contains("category");
  return category != nullptr ? *category : json::value(nullptr);
}

void show_time(json::object& object, std::string_view key, base::Duration shift) {
  const json::value* stored = object.if_contains(key);
  const std::int64_t micros = stored != nullptr && stored->is_int64() ? stored->get_int64() : 0;
  object[key] = base::format_rfc3339(base::from_micros(micros) + shift);
}

}  // namespace

json::object to_stored(const Trend& trend, const KnownStory& story) {
  json::array sparkline;
  for (const double authors : trend.sparkline) sparkline.emplace_back(rounded(authors));
  json::array voices;
  for (const std::uint32_t voice : trend.voices) voices.emplace_back(voice);
  const std::string_view category = category_of(trend);
  return {{"topic", trend.topic},
          {"label", story.label},
          {"kind", kind_name(trend.kind)},
          {"category", category.empty() ? json::value(nullptr) : json::value(category)},
          {"score", rounded(trend.score)},
          {"posts", rounded(trend.posts)},
          {"authors", rounded(trend.authors)},
          {"expected", rounded(trend.expected)},
          {"ratio", rounded(trend.ratio)},
          {"since", base::to_micros(trend.since)},
          {"peak_at", base::to_micros(trend.last_peak)},
          {"coordinated", trend.coordinated},
          {"flags", texts(flags_of(trend.concentration), terms_max)},
          {"sparkline", std::move(sparkline)},
          {"sources", shares(trend.sources)},
          {"languages", shares(trend.languages)},
          {"aliases", other_names(trend, story.label)},
          {"terms", terms(trend.co_terms)},
          {"co_terms", co_terms(trend.co_terms)},
          {"explanation", trend.explanation},
          {"samples", samples(trend.samples)},
          {"posts_per_author", rounded(trend.concentration.posts_per_author)},
          {"effective_authors", rounded(trend.concentration.effective_authors)},
          {"duplicate_share", rounded(trend.concentration.duplicate_share)},
          {"top_author_share", rounded(trend.concentration.top_author_share)},
          {"story", json::object{{"led", texts(story.led, KnownStory::led_max)},
                                 {"voices", std::move(voices)},
                                 {"label_name", story.label_name},
                                 {"peak", peak_json(story.peak)}}}};
}

KnownStory from_stored(const json::object& stored) {
  KnownStory story;
  const json::value body(stored);
  story.label = base::text_at(body, "/label");
  story.words.push_back(bare_name(base::text_at(body, "/topic")));
  story.words.push_back(bare_name(base::fold(story.label)));
  for (const std::string_view key : {"aliases", "terms"}) {
    for (const std::string& name : texts_of(stored, key)) story.words.push_back(bare_name(name));
  }
  std::ranges::sort(story.words);
  story.words.erase(std::unique(story.words.begin(), story.words.end()), story.words.end());
  const json::value* kept = stored.if_contains("story");
  if (kept == nullptr || !kept->is_object()) {  // of an older version
    story.led.push_back(bare_name(base::text_at(body, "/topic")));
    return story;
  }
  story.led = texts_of(kept->get_object(), "led");
  story.label_name = base::text_at(*kept, "/label_name");
  if (const json::value* voices = base::find(*kept, "/voices");
      voices != nullptr && voices->is_array()) {
    boost::system::error_code ignored;  // what does not fit is 0
    for (const json::value& voice : voices->get_array()) {
      if (voice.is_number()) story.voices.push_back(voice.to_number<std::uint32_t>(ignored));
    }
  }
  if (const json::value* peak = base::find(*kept, "/peak"); peak != nullptr && peak->is_object()) {
    const json::object& at_peak = peak->get_object();
    story.peak = {.score = number_of(at_peak, "score"),
                  .authors = number_of(at_peak, "authors"),
                  .posts = number_of(at_peak, "posts"),
                  .expected = number_of(at_peak, "expected"),
                  .at = base::from_micros(base::integer_at(*peak, "/at"))};
  }
  return story;
}

std::vector<TrendPoint> thinned(const std::vector<TrendPoint>& series, std::size_t max) {
  if (series.size() <= max) return series;
  std::vector<TrendPoint> kept;
  for (std::size_t part = 0; part < max; ++part) {
    const auto begin = series.begin() + static_cast<std::ptrdiff_t>(part * series.size() / max);
    const auto end = series.begin() + static_cast<std::ptrdiff_t>((part + 1) * series.size() / max);
    kept.push_back(*std::ranges::max_element(begin, end, {}, &TrendPoint::observed));
  }
  return kept;
}

json::object to_closed(const json::object& stored, const std::vector<TrendPoint>& series) {
  json::object closed = stored;
  closed["samples"] = json::array{};
  if (json::value* story = closed.if_contains("story"); story != nullptr && story->is_object()) {
    story->get_object().erase("voices");
  }
  json::array points;
  for (const TrendPoint& point : thinned(series, closed_points_max)) {
    points.push_back(
        json::array{base::to_micros(point.at), rounded(point.observed), rounded(point.expected)});
  }
  closed["series"] = std::move(points);
  return closed;
}

std::vector<TrendPoint> closed_series(const json::object& stored) {
  std::vector<TrendPoint> series;
  const json::value* points = stored.if_contains("series");
  if (points == nullptr || !points->is_array()) return series;
  for (const json::value& point : points->get_array()) {
    if (!point.is_array() || point.get_array().size() != 3) continue;
    const json::array& parts = point.get_array();
    if (!parts[0].is_int64() || !parts[1].is_number() || !parts[2].is_number()) continue;
    series.push_back({.at = base::from_micros(parts[0].get_int64()),
                      .observed = parts[1].to_number<double>(),
                      .expected = parts[2].to_number<double>()});
  }
  return series;
}

json::object to_detail(const json::object& stored, const Shown& shown) {
  json::object out = stored;
  out["id"] = shown.id;
  out["generated"] = shown.generated;
  out["first_seen_at"] = base::format_rfc3339(shown.first_seen_at);
  out["seen_at"] = base::format_rfc3339(shown.seen_at);
  show_time(out, "since", shown.shift);
  show_time(out, "peak_at", shown.shift);
  for (const auto* key : {"topic", "story", "series"}) out.erase(key);
  // Bodies of an older version know less.
  for (const auto* key : {"flags", "co_terms"}) out[key] = or_empty_list(stored, key);
  out["category"] = category_in(stored);
  out["top_author_share"] = number_of(stored, "top_author_share");
  if (json::value* list = out.if_contains("samples"); list != nullptr && list->is_array()) {
    for (json::value& sample : list->get_array()) {
      if (sample.is_object()) show_time(sample.get_object(), "at", shown.shift);
    }
  }
  return out;
}

json::object to_summary(const json::object& stored, const Shown& shown) {
  json::object out = to_detail(stored, shown);
  for (const auto* key : {"samples", "posts_per_author", "effective_authors", "duplicate_share",
                          "top_author_share", "co_terms"}) {
    out.erase(key);
  }
  return out;
}

json::object to_past(const json::object& stored, const Shown& shown) {
  const json::value* kept = stored.if_contains("story");
  const json::value* peak = kept != nullptr ? base::find(*kept, "/peak") : nullptr;
  json::object past;
  for (const auto* key : {"label", "kind", "coordinated"}) {
    if (const json::value* value = stored.if_contains(key)) past[key] = *value;
  }
  for (const auto* key : {"aliases", "terms", "flags"}) past[key] = or_empty_list(stored, key);
  for (const auto* key : {"sources", "languages"}) past[key] = ids_of(stored, key);
  const bool has_peak = peak != nullptr && peak->is_object();
  const json::object& numbers = has_peak ? peak->get_object() : stored;
  for (const auto* key : {"score", "authors", "posts", "expected"}) {
    past[key] = number_of(numbers, key);
  }
  past["category"] = category_in(stored);
  past["since"] = base::integer_at(json::value(stored), "/since");
  show_time(past, "since", shown.shift);
  past["peak_at"] =
      has_peak ? base::integer_at(*peak, "/at") : base::integer_at(json::value(stored), "/peak_at");
  show_time(past, "peak_at", shown.shift);
  past["id"] = shown.id;
  past["first_seen_at"] = base::format_rfc3339(shown.first_seen_at);
  past["seen_at"] = base::format_rfc3339(shown.seen_at);
  past["generated"] = shown.generated;
  return past;
}

}  // namespace trends
