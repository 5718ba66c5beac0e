#include "networks/meta/containers.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/address.h"
#include "networks/fields.h"

namespace networks::meta {
namespace {

constexpr std::chrono::seconds permalink_timeout{5};

std::string item_name(std::size_t i) { return fmt::format("item {}", i); }

ContainerStatus status_of(std::string_view text) {
  if (text == "FINISHED") return ContainerStatus::finished;
  if (text == "PUBLISHED") return ContainerStatus::published;
  if (text == "EXPIRED") return ContainerStatus::expired;
  if (text == "ERROR") return ContainerStatus::failed;
  return ContainerStatus::working;
}

}  // namespace

Published published(const std::string& id, const std::string& permalink) {
  return {.remote_id = id, .url = web_address(permalink), .reference = {{"id", id}}};
}

io::Task<std::variant<std::string, Prepared>> Containers::make(Content content, Steps* steps) {
  const auto& part = content.parts.front();
  for (const auto& image : part.media) {
    if (image.public_url.empty()) {
      co_return Rejected{.code = "no_public_address",
                         .reason = dialect_.label +
                                   " fetches pictures from this server, and cannot reach it yet. "
                                   "Whoever runs the server gives it a public address "
                                   "(PUBLIC_URL)."};
    }
  }
  if (part.media.size() > 1) {
    if (auto not_yet = co_await make_items(part, steps)) co_return std::move(*not_yet);
  }
  if (steps->text("container").empty()) {
    auto id = co_await create(parameters_of(content, *steps));
    if (!id) co_return while_preparing(std::move(id.error()));
    co_await steps->set("container", *id);
  }
  const auto id = steps->text("container");
  auto not_yet = co_await steps->finish(
      "container", [this, id] { return is_finished(id); },
      dialect_.label + " is preparing the post.");
  if (not_yet) co_return std::move(*not_yet);
  co_return id;
}

io::Task<std::optional<Prepared>> Containers::make_items(Part part, Steps* steps) {
  for (std::size_t i = 0; i < part.media.size(); ++i) {
    if (!steps->text(item_name(i)).empty()) continue;
    auto parameters = parameters_of(part.media[i]);
    parameters.emplace_back("is_carousel_item", "true");
    auto id = co_await create(std::move(parameters));
    if (!id) co_return while_preparing(std::move(id.error()));
    co_await steps->set(item_name(i), *id);
  }
  for (std::size_t i = 0; i < part.media.size(); ++i) {
    const auto id = steps->text(item_name(i));
    auto not_yet = co_await steps->finish(
        item_name(i), [this, id] { return is_finished(id); },
        dialect_.label + " is fetching the pictures.");
    if (not_yet) co_return not_yet;
  }
  co_return std::nullopt;
}

std::string Containers::edge(std::string_view name) const {
  return fmt::format("{}/{}/{}", dialect_.version, base::url_encode(account_.remote_id), name);
}

Parameters Containers::parameters_of(const Image& image) const {
  Parameters parameters{{"image_url", image.public_url}};
  if (dialect_.names_images) parameters.emplace_back("media_type", "IMAGE");
  if (!image.alt_text.empty()) parameters.emplace_back("alt_text", image.alt_text);
  return parameters;
}

Parameters Containers::parameters_of(const Content& content, const Steps& steps) const {
  const auto& part = content.parts.front();
  Parameters parameters;
  if (part.media.empty()) {
    parameters.emplace_back("media_type", "TEXT");
  } else if (part.media.size() == 1) {
    parameters = parameters_of(part.media.front());
  } else {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < part.media.size(); ++i) items.push_back(steps.text(item_name(i)));
    parameters.emplace_back("media_type", "CAROUSEL");
    parameters.emplace_back("children", base::join(items, ","));
  }
  if (!part.text.empty()) parameters.emplace_back(dialect_.text, part.text);
  if (content.reply_to) {
    parameters.emplace_back("reply_to_id", text_field(*content.reply_to, "id"));
  }
  return parameters;
}

io::Task<std::expected<std::string, Outcome>> Containers::create(Parameters parameters) {
  auto reply = co_await graph_.post(edge(dialect_.create), std::move(parameters));
  if (!reply) co_return std::unexpected(std::move(reply.error().outcome));
  auto id = text_field(*reply, "id");
  if (id.empty()) {
    co_return std::unexpected(
        Unknown{dialect_.label + ": the answer to a container cannot be read"});
  }
  co_return id;
}

io::Task<std::expected<ContainerState, Failure>> Containers::state_of(std::string container) {
  auto fields = dialect_.status;
  if (fields == "status") fields += ",error_message";
  if (fields == "status_code") fields += ",status";
  const auto reply = co_await graph_.get(
      fmt::format("{}/{}", dialect_.version, base::url_encode(container)), {{"fields", fields}});
  if (!reply) co_return std::unexpected(reply.error());
  auto words = text_field(*reply, "error_message");
  if (words.empty()) words = text_field(*reply, "status");
  co_return ContainerState{.status = status_of(text_field(*reply, dialect_.status)),
                           .words = clean_words(words)};
}

// Also of a container that somebody else published in the meantime: it cannot be used again.
io::Task<std::expected<bool, Outcome>> Containers::is_finished(std::string container) {
  auto state = co_await state_of(std::move(container));
  if (!state) {
    // Containers cannot always be read back at once: a refusal to show one is no verdict on it.
    if (std::holds_alternative<Rejected>(state.error().outcome)) co_return false;
    co_return std::unexpected(std::move(state.error().outcome));
  }
  switch (state->status) {
    case ContainerStatus::working:
      co_return false;
    case ContainerStatus::finished:
      co_return true;
    case ContainerStatus::failed:
      co_return std::unexpected(Rejected{
          .code = "container_failed",
          .reason = fmt::format("{} could not make the post: {}", dialect_.label, state->words)});
    case ContainerStatus::published:
    case ContainerStatus::expired:
      break;
  }
  co_return std::unexpected(Rejected{
      .code = "container_gone",
      .reason = dialect_.label + " has thrown the prepared post away: schedule it again."});
}

io::Task<std::expected<std::optional<Published>, Failure>> Containers::post_of(
    std::string text, base::Instant made_at) {
  const auto& context = graph_.context();
  const auto reply =
      co_await graph_.get(edge(dialect_.list),
                          {{"fields", "id,permalink,timestamp," + dialect_.text}, {"limit", "50"}});
  if (!reply) co_return std::unexpected(reply.error());
  const auto window = window_from(made_at, {}, context.clock->now());
  const auto wanted = wording_of(text);
  const auto* posts = array_field(*reply, "data");
  if (posts == nullptr) co_return std::nullopt;
  std::optional<Published> oldest;  // the list begins with the newest
  for (const auto& post : *posts) {
    const auto likeness =
        limit_by_age(compare(wanted, wording_of(base::text_at(post, "/" + dialect_.text))),
                     parse_created_at(base::text_at(post, "/timestamp")), window);
    const auto id = base::text_at(post, "/id");
    if (likeness != Likeness::same || id.empty()) continue;
    if (context.others != nullptr && co_await context.others->include(account_.id, id)) continue;
    oldest = published(id, base::text_at(post, "/permalink"));
  }
  co_return oldest;
}

io::Task<std::string> Containers::permalink_of(std::string post) {
  const auto reply =
      co_await graph_.get(fmt::format("{}/{}", dialect_.version, base::url_encode(post)),
                          {{"fields", "permalink"}}, permalink_timeout);
  co_return reply ? text_field(*reply, "permalink") : "";
}

}  // namespace networks::meta
