#include "posts/post.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

#include <algorithm>

namespace posts {

namespace {

json::array parts_json(const std::vector<Part>& parts) {
  json::array array;
  for (const Part& part : parts) {
    json::array media;
    for (const base::MediaId& id : part.media) media.emplace_back(id.value);
    array.push_back(json::object{{"text", part.text}, {"media", std::move(media)}});
  }
  return array;
}

std::vector<Part> parts_of(const json::value& value) {
  std::vector<Part> parts;
  for (const json::value& item : value.as_array()) {
    Part part{.text = base::text_at(item, "/text"), .media = {}};
    for (const json::value& id : item.at("media").as_array()) {
      part.media.push_back({std::string(id.as_string())});
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

json::value stored(std::string_view text) {
  auto value = base::parse_json(text);
  CHECK(value.has_value());
  return std::move(*value);
}

std::string one_space(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space) out += c;
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace

std::string_view to_string(WhenType type) {
  switch (type) {
    case WhenType::draft:
      return "draft";
    case WhenType::now:
      return "now";
    case WhenType::at:
      return "at";
    case WhenType::next_slot:
      return "next_slot";
  }
  return "draft";
}

std::string_view to_string(TooLatePolicy policy) {
  switch (policy) {
    case TooLatePolicy::publish:
      return "publish";
    case TooLatePolicy::ask:
      return "ask";
    case TooLatePolicy::drop:
      return "drop";
  }
  return "publish";
}

PostState Post::state() const {
  std::vector<TargetState> states;
  for (const Target& target : targets) states.push_back(target.state);
  return derive_post_state(states);
}

const std::vector<Part>& parts_for(const std::vector<Part>& own,
                                   const std::vector<Variant>& variants,
                                   const base::AccountId& account) {
  for (const Variant& variant : variants) {
    if (variant.account == account && !variant.parts.empty()) return variant.parts;
  }
  return own;
}

std::vector<base::MediaId> media_of(const std::vector<Part>& parts,
                                    const std::vector<Variant>& variants) {
  std::vector<base::MediaId> ids;
  auto take = [&ids](const std::vector<Part>& from) {
    for (const Part& part : from) ids.insert(ids.end(), part.media.begin(), part.media.end());
  };
  take(parts);
  for (const Variant& variant : variants) take(variant.parts);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::string text_hash(const std::vector<Part>& parts) {
  std::string all;
  for (const Part& part : parts) all += one_space(base::fold(part.text)) + '\x1f';
  return base::hex(base::sha256(all)).substr(0, 32);
}

std::string search_text(const std::vector<Part>& parts, const std::vector<Variant>& variants) {
  std::string all;
  auto take = [&all](const std::vector<Part>& from) {
    for (const Part& part : from) all += part.text + '\n';
  };
  take(parts);
  for (const Variant& variant : variants) take(variant.parts);
  return base::fold(all);
}

std::string parts_to_column(const std::vector<Part>& parts) {
  return json::serialize(parts_json(parts));
}

std::vector<Part> parts_from_column(std::string_view text) { return parts_of(stored(text)); }

std::string variants_to_column(const std::vector<Variant>& variants) {
  json::array array;
  for (const Variant& variant : variants) {
    array.push_back(
        json::object{{"account_id", variant.account.value}, {"parts", parts_json(variant.parts)}});
  }
  return json::serialize(array);
}

std::vector<Variant> variants_from_column(std::string_view text) {
  std::vector<Variant> variants;
  const json::value value = stored(text);
  for (const json::value& item : value.as_array()) {
    variants.push_back(
        {.account = {base::text_at(item, "/account_id")}, .parts = parts_of(item.at("parts"))});
  }
  return variants;
}

}  // namespace posts
