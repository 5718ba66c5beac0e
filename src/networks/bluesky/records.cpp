#include "networks/bluesky/records.h"

#include "networks/bluesky/dag_cbor.h"
#include "networks/bluesky/facets.h"
#include "networks/bluesky/tid.h"

namespace networks::bluesky {
namespace {

json::object images_embed(const std::vector<Picture>& pictures) {
  json::array images;
  for (const auto& picture : pictures) {
    json::object image{{"image", picture.blob}, {"alt", picture.alt_text}};
    if (picture.width > 0 && picture.height > 0) {
      image["aspectRatio"] = {{"width", picture.width}, {"height", picture.height}};
    }
    images.push_back(std::move(image));
  }
  return {{"$type", "app.bsky.embed.images"}, {"images", std::move(images)}};
}

json::object strong_ref(const json::object& of) {
  return {{"uri", of.at("uri")}, {"cid", of.at("cid")}};
}

}  // namespace

json::array make_records(const std::vector<PostText>& posts, const ThreadPlan& plan,
                         const Key& key) {
  json::array writes;
  std::optional<json::object> root;
  std::optional<json::object> parent;
  if (plan.reply_to) {
    parent = strong_ref(*plan.reply_to);
    const auto* first = plan.reply_to->if_contains("root");
    root = first != nullptr && first->is_object() ? strong_ref(first->get_object()) : *parent;
  }
  for (std::size_t i = 0; i < posts.size(); ++i) {
    // A millisecond between the parts keeps them in order wherever they are sorted by time.
    const auto created_at = key.created_at + std::chrono::milliseconds(i);
    json::object record{{"$type", "app.bsky.feed.post"},
                        {"text", posts[i].text},
                        {"createdAt", base::format_rfc3339(created_at)}};
    if (!plan.language.empty()) record["langs"] = json::array{plan.language};
    if (auto facets = make_facets(posts[i].text, plan.known); !facets.empty()) {
      record["facets"] = std::move(facets);
    }
    if (!posts[i].pictures.empty()) record["embed"] = images_embed(posts[i].pictures);
    if (parent) record["reply"] = {{"root", *root}, {"parent", *parent}};
    const std::string rkey = make_tid(key, i);
    json::object write{{"rkey", rkey},
                       {"uri", "at://" + plan.did + "/app.bsky.feed.post/" + rkey},
                       {"cid", record_cid(record)},
                       {"record", std::move(record)}};
    parent = strong_ref(write);
    if (!root) root = parent;
    writes.push_back(std::move(write));
  }
  return writes;
}

json::object make_reference(const json::array& writes) {
  json::array parts;
  for (const auto& write : writes) parts.push_back(strong_ref(write.get_object()));
  json::object reference = parts.back().get_object();
  const auto& first = writes.front().at("record").get_object();
  const auto* reply = first.if_contains("reply");
  reference["root"] = reply != nullptr ? reply->at("root") : parts.front();
  reference["parts"] = std::move(parts);
  return reference;
}

}  // namespace networks::bluesky
