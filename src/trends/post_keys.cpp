#include "trends/post_keys.h"

namespace trends {

namespace {

std::string_view sign_of(Kind kind) {
  return kind == Kind::tag ? "#" : kind == Kind::cashtag ? "$" : "";
}

}  // namespace

std::string PostKeys::topic(const Token& token) const {
  std::string topic(sign_of(token.kind));
  topic.append(names, parts[token.part].name, parts[token.part].length);
  if (token.kind == Kind::bigram) {
    topic += ' ';
    topic.append(names, parts[token.second].name, parts[token.second].length);
  }
  return topic;
}

std::string PostKeys::spelling(const Token& token) const {
  const Part& first = parts[token.part];
  const Part& last = token.kind == Kind::bigram ? parts[token.second] : first;
  const std::string_view from = first.in_names != 0 ? std::string_view(names) : text;
  std::string spelling(sign_of(token.kind));
  spelling += from.substr(first.begin, last.end - first.begin);
  return spelling;
}

}  // namespace trends
