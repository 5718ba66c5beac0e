// PostBatch: a few posts with texts of their own, so that the detector can take them together.
//
// Why: a reader's texts die with its next post, and the detector is fastest when it looks up the
// keys of several posts ahead. Fixed memory; views stay valid until clear().
#pragma once

#include "trends/detector.h"

#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace trends {

class PostBatch {
 public:
  static constexpr std::size_t posts_max = 16;

  PostBatch() : bytes_(bytes_max), lists_(posts_max * 2 * list_max) { views_.reserve(posts_max); }

  // False when it does not fit (any more), and then it was not added.
  bool add(const MentionView& mention) {
    if (views_.size() == posts_max) return false;
    if (mention.tags.size() > list_max || mention.links.size() > list_max) return false;
    if (size_of(mention) > bytes_max - used_) return false;
    MentionView& view = views_.emplace_back(mention);
    for (std::string_view* text : {&view.id, &view.author, &view.text, &view.language, &view.url})
      *text = keep(*text);
    view.tags = keep(mention.tags);
    view.links = keep(mention.links);
    return true;
  }

  bool empty() const { return views_.empty(); }
  std::span<const MentionView> views() const { return views_; }
  void clear() {
    views_.clear();
    used_ = 0;
    lists_used_ = 0;
  }

 private:
  static constexpr std::size_t bytes_max = std::size_t{1} << 16;
  static constexpr std::size_t list_max = 64;

  static std::size_t size_of(const MentionView& mention) {
    std::size_t size = mention.id.size() + mention.author.size() + mention.text.size() +
                       mention.language.size() + mention.url.size();
    for (const auto tag : mention.tags) size += tag.size();
    for (const auto link : mention.links) size += link.size();
    return size;
  }

  std::string_view keep(std::string_view text) {
    char* const to = bytes_.data() + used_;
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    used_ += text.size();
    return {to, text.size()};
  }

  std::span<const std::string_view> keep(std::span<const std::string_view> list) {
    std::string_view* const to = lists_.data() + lists_used_;
    for (std::size_t i = 0; i < list.size(); ++i) to[i] = keep(list[i]);
    lists_used_ += list.size();
    return {to, list.size()};
  }

  std::vector<char> bytes_;
  std::vector<std::string_view> lists_;
  std::vector<MentionView> views_;
  std::size_t used_ = 0;
  std::size_t lists_used_ = 0;
};

}  // namespace trends
