#include "trends/post_keys.h"

namespace trends {

namespace {

std::string_view sign_of(Kind kind) {
  return kind == Kind::tag ? "#" : kind == Kind::cashtag ? "$" : "";
}

}  // namespace

std::string PostKeys::topic(const Token& token) const {
  std::string topic(sign_of(token.kind));
  topic.append(names, token.name, token.name_length);
  if (token.kind == Kind::bigram) {
    topic += ' ';
    topic.append(names, token.second_name, token.second_length);
  }
  return topic;
}

std::string PostKeys::spelling(const Token& token) const {
  std::string spelling(sign_of(token.kind));
  const std::string_view from = token.spelling_in_names ? std::string_view(names) : text;
  spelling += from.substr(token.spelling, token.spelling_length);
  return spelling;
}

}  // namespace trends
