#include "trends/trend_json.h"

#include "base/json.h"

#include <cmath>

namespace trends {
namespace {

constexpr std::size_t terms_max = 12;
constexpr std::size_t aliases_max = 12;

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

json::array aliases(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& alias : list) {
    if (out.size() >= aliases_max) break;
    out.emplace_back(alias);
  }
  return out;
}

void show_time(json::object& object, std::string_view key, base::Duration shift) {
  const json::value* stored = object.if_contains(key);
  const std::int64_t micros = stored != nullptr && stored->is_int64() ? stored->get_int64() : 0;
  object[key] = base::format_rfc3339(base::from_micros(micros) + shift);
}

}  // namespace

json::object to_stored(const Trend& trend) {
  json::array sparkline;
  for (const double authors : trend.sparkline) sparkline.emplace_back(rounded(authors));
  return {{"topic", trend.topic},
          {"label", trend.label},
          {"kind", kind_name(trend.kind)},
          {"score", rounded(trend.score)},
          {"posts", rounded(trend.posts)},
          {"authors", rounded(trend.authors)},
          {"expected", rounded(trend.expected)},
          {"ratio", rounded(trend.ratio)},
          {"since", base::to_micros(trend.since)},
          {"peak_at", base::to_micros(trend.last_peak)},
          {"coordinated", trend.coordinated},
          {"sparkline", std::move(sparkline)},
          {"sources", shares(trend.sources)},
          {"languages", shares(trend.languages)},
          {"aliases", aliases(trend.aliases)},
          {"terms", terms(trend.co_terms)},
          {"explanation", trend.explanation},
          {"samples", samples(trend.samples)},
          {"posts_per_author", rounded(trend.concentration.posts_per_author)},
          {"effective_authors", rounded(trend.concentration.effective_authors)},
          {"duplicate_share", rounded(trend.concentration.duplicate_share)}};
}

json::object to_detail(const json::object& stored, const Shown& shown) {
  json::object out = stored;
  out["id"] = shown.id;
  out["generated"] = shown.generated;
  out["seen_at"] = base::format_rfc3339(shown.seen_at);
  show_time(out, "since", shown.shift);
  show_time(out, "peak_at", shown.shift);
  out.erase("topic");
  if (json::value* list = out.if_contains("samples"); list != nullptr && list->is_array()) {
    for (json::value& sample : list->get_array()) {
      if (sample.is_object()) show_time(sample.get_object(), "at", shown.shift);
    }
  }
  return out;
}

json::object to_summary(const json::object& stored, const Shown& shown) {
  json::object out = to_detail(stored, shown);
  for (const auto* key : {"samples", "posts_per_author", "effective_authors", "duplicate_share"}) {
    out.erase(key);
  }
  return out;
}

}  // namespace trends
