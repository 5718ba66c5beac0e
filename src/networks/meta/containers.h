// Publishing in two steps, as Threads and Instagram want it: a container is made (nobody sees it),
// the network fetches the pictures into it, and then the container is published, once. Its id is
// the key of the post.
#pragma once

#include "networks/meta/graph.h"
#include "networks/steps.h"
#include "networks/window.h"
#include "networks/wording.h"

#include <string>
#include <variant>

namespace networks::meta {

// Where the two APIs differ.
struct Dialect {
  std::string label;
  std::string version;        // "/v1.0"
  std::string create;         // edge that makes containers: "threads", "media"
  std::string publish;        // edge that publishes them
  std::string list;           // edge that lists the account's own posts
  std::string quota;          // edge that tells how much of the day is used up
  std::string text;           // parameter and field with the words
  std::string status;         // field of a container
  std::string refresh_grant;  // "th_refresh_token"
  std::string user_fields;    // of /me
  bool names_images = true;   // media_type=IMAGE is said, not concluded
};

enum class ContainerStatus { working, finished, published, failed, expired };

struct ContainerState {
  ContainerStatus status = ContainerStatus::working;
  std::string words;  // why it failed
};

class Containers {
 public:
  Containers(const Dialect& dialect, Graph graph, Account account)
      : dialect_(dialect), graph_(std::move(graph)), account_(std::move(account)) {}

  // The id of a finished container, or why there is none yet. Pictures must have public addresses.
  io::Task<std::variant<std::string, Prepared>> make(Content content, Steps* steps);

  io::Task<std::expected<ContainerState, Failure>> state_of(std::string container);
  // The post that was made of a published container: one with these words, of this time; nothing
  // when the list has none.
  io::Task<std::expected<std::optional<Published>, Failure>> post_of(std::string text,
                                                                     base::Instant made_at);
  // Where a post can be seen; "" when the network does not say.
  io::Task<std::string> permalink_of(std::string post);

 private:
  io::Task<std::expected<std::string, Outcome>> create(Parameters parameters);
  io::Task<std::optional<Prepared>> make_items(Part part, Steps* steps);
  io::Task<std::expected<bool, Outcome>> is_finished(std::string container);
  Parameters parameters_of(const Content& content, const Steps& steps) const;
  Parameters parameters_of(const Image& image) const;
  std::string edge(std::string_view name) const;

  const Dialect& dialect_;
  Graph graph_;
  Account account_;
};

Published published(const std::string& id, const std::string& permalink);

}  // namespace networks::meta
