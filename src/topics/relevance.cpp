#include "topics/relevance.h"

#include "base/json.h"

#include <algorithm>
#include <set>

namespace topics {
namespace {

constexpr double of_name = 1;
constexpr double of_alias = 0.9;
constexpr double of_samples = 0.8;
constexpr double of_term = 0.4;
constexpr double share_min = 0.1;  // of a language or source that counts as one of the trend's

const json::array& list_of(const json::object& object, std::string_view name) {
  static const json::array none;
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::string_view text_of(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string()) : std::string_view();
}

bool has_one_of(const json::object& trend, std::string_view shares,
                const std::vector<std::string>& wanted) {
  const json::array& list = list_of(trend, shares);
  if (wanted.empty() || list.empty()) return true;
  return std::ranges::any_of(list, [&](const json::value& entry) {
    const json::value* share = base::find(entry, "/share");
    return share != nullptr && share->is_number() && share->to_number<double>() >= share_min &&
           std::ranges::find(wanted, base::text_at(entry, "/id")) != wanted.end();
  });
}

class Rating {
 public:
  Rating(const Matcher& matcher, const json::object& trend) : matcher_(matcher), trend_(trend) {}

  std::map<std::size_t, Relevance> rate() {
    const json::value* label = trend_.if_contains("label");
    if (label != nullptr) name(text_of(*label), of_name);
    for (const json::value& alias : list_of(trend_, "aliases")) name(text_of(alias), of_alias);
    for (const json::value& term : list_of(trend_, "terms")) {
      for (const auto& hit : matcher_.match({.texts = {text_of(term)}})) raise(hit, of_term);
    }
    rate_samples();
    std::erase_if(rated_, [&](const auto& entry) {
      const Interest& interest = matcher_.lists()[entry.first].second;
      return excluded_.contains(entry.first) ||
             !has_one_of(trend_, "languages", interest.languages) ||
             !has_one_of(trend_, "sources", interest.sources);
    });
    return std::move(rated_);
  }

 private:
  void name(std::string_view text, double value) {
    // A name that is a link is one.
    for (const auto& hit : matcher_.match_all({.texts = {text}, .links = {text}})) {
      raise(hit, value);
      if (!hit.unless.empty()) excluded_.insert(hit.list);
    }
  }

  void rate_samples() {
    const json::array& samples = list_of(trend_, "samples");
    std::map<std::size_t, std::pair<int, Matcher::Hit>> fitting;
    for (const json::value& sample : samples) {
      const std::string text = base::text_at(sample, "/text");
      const std::string author = base::text_at(sample, "/author");
      for (const auto& hit : matcher_.match({.texts = {text}, .author = author})) {
        auto& [count, first] = fitting.try_emplace(hit.list, 0, hit).first->second;
        ++count;
      }
    }
    for (const auto& [list, found] : fitting) {
      raise(found.second, of_samples * found.first / static_cast<double>(samples.size()));
    }
  }

  void raise(const Matcher::Hit& hit, double value) {
    Relevance& rated = rated_[hit.list];
    if (value > rated.value) rated = {.value = value, .by = std::string(hit.by)};
  }

  const Matcher& matcher_;
  const json::object& trend_;
  std::map<std::size_t, Relevance> rated_;
  std::set<std::size_t> excluded_;
};

}  // namespace

std::map<std::size_t, Relevance> relevance(const Matcher& matcher, const json::object& trend) {
  return Rating(matcher, trend).rate();
}

}  // namespace topics
