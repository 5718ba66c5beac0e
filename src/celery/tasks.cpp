#include "celery/tasks.h"

#include <fmt/format.h>

namespace celery {
namespace {

// The API's names of fields as the task knows them.
Outcome refusal(base::Error error) {
  constexpr std::string_view part = "parts[0].";
  for (base::FieldError& field : error.fields) {
    if (field.field.starts_with(part)) field.field.erase(0, part.size());
    if (field.field.starts_with("variants")) field.field = "accounts";
    if (field.field.starts_with("when.")) field.field = "when";
  }
  return failure(error);
}

bool is_worth_another_try(int status) { return status == 408 || status == 429 || status >= 500; }

json::object post_input(const UploadWanted& wanted, const std::vector<base::MediaId>& media,
                        const std::vector<base::AccountId>& accounts) {
  json::array ids;
  for (const base::MediaId& id : media) ids.emplace_back(id.value);
  json::array variants;
  for (const base::AccountId& account : accounts) {
    variants.push_back(json::object{{"account_id", account.value}});
  }
  json::object input = wanted.other;
  input["parts"] = json::array{json::object{{"text", wanted.text}, {"media", std::move(ids)}}};
  input["variants"] = std::move(variants);
  input["when"] = wanted.when;
  return input;
}

json::object result_of(const base::PostId& post, const posts::PostInput& input,
                       std::optional<base::Instant> due) {
  json::array accounts;
  for (const posts::Variant& variant : input.variants) accounts.emplace_back(variant.account.value);
  return {{"post_id", post.value},
          {"due_at", due ? json::value(base::format_rfc3339(*due)) : json::value(nullptr)},
          {"accounts", std::move(accounts)}};
}

}  // namespace

bool is_known(std::string_view task_name) {
  return task_name == auto_upload_name || task_name == ai_process_name;
}

Tasks::Tasks(TaskDoors doors, Ledger& ledger)
    : doors_(std::move(doors)), captioning_(doors_.captions), ledger_(ledger) {}

io::Task<Outcome> Tasks::run(accounts::Principal who, Task task) {
  Outcome outcome;
  if (task.has_links) {
    outcome = failure("NotImplementedError",
                      "links, chains and chords are not carried out here: wait for the result and "
                      "go on in the producer");
  } else if (task.name == auto_upload_name) {
    outcome = co_await auto_upload(std::move(who), task);
  } else if (task.name == ai_process_name) {
    outcome = co_await ai_process(std::move(who), task);
  } else {
    outcome = failure("NotImplementedError", fmt::format("there is no task {} here", task.name));
  }
  if (outcome.status == Outcome::Status::retry) co_return outcome;
  co_return co_await ledger_.settle(
      {.task = task.id, .name = task.name, .outcome = std::move(outcome)});
}

io::Task<Outcome> Tasks::auto_upload(accounts::Principal who, Task task) {
  const auto wanted = read_upload(task);
  if (!wanted) co_return failure(wanted.error());
  const auto connected = co_await doors_.accounts.list(who.workspace);
  const auto accounts = find_accounts(*wanted, connected);
  if (!accounts) co_return failure(accounts.error());
  std::vector<base::MediaId> media;
  for (const MediaWanted& medium : wanted->media) {
    auto fetched = co_await fetch(who.workspace, medium);
    if (!fetched) co_return std::move(fetched.error());
    media.push_back(std::move(*fetched));
  }
  co_return co_await make_post(std::move(who), std::move(task),
                               post_input(*wanted, media, *accounts));
}

io::Task<Outcome> Tasks::make_post(accounts::Principal who, Task task, json::object body) {
  const auto input = posts::read_post_input(json::value(std::move(body)));
  if (!input) co_return refusal(input.error());
  // What is written stands there only if the post does.
  const auto written = std::make_shared<Outcome>();
  const auto alongside = [this, written, task_id = task.id, name = task.name, input = *input](
                             db::Session& session, base::PostId post,
                             std::optional<base::Instant> due) {
    *written = success(result_of(post, input, due));
    return ledger_.write(session,
                         {.task = task_id, .name = name, .outcome = *written, .post = post.value});
  };
  const auto post = co_await doors_.posts.create(std::move(who), *input, alongside);
  if (post) co_return std::move(*written);
  // Another delivery of the same task was quicker: its outcome is ours.
  if (auto standing = co_await ledger_.find(task.id)) co_return std::move(*standing);
  if (is_worth_another_try(post.error().status)) co_return retry(post.error().message);
  co_return refusal(post.error());
}

io::Task<std::expected<base::MediaId, Outcome>> Tasks::fetch(base::WorkspaceId workspace,
                                                             MediaWanted wanted) {
  if (!wanted.id.empty()) co_return base::MediaId{std::move(wanted.id)};
  constexpr int redirects_max = 3;
  const auto refused = [](std::string message) {
    return std::unexpected(failure("ValueError", "media: " + message));
  };
  const auto answer = co_await doors_.http.send({.url = wanted.url,
                                                 .headers = {},
                                                 .body_max = media::media_bytes_max,
                                                 .redirects_max = redirects_max});
  if (!answer) {
    const std::string& code = answer.error().code;
    const bool final = code == "blocked_address" || code == "bad_url" || code == "too_large";
    if (final) co_return refused(answer.error().message);
    co_return std::unexpected(retry("media: " + answer.error().message));
  }
  if (answer->status != 200) {
    std::string message = fmt::format("the server of a picture answers {}", answer->status);
    if (is_worth_another_try(answer->status)) {
      co_return std::unexpected(retry("media: " + std::move(message)));
    }
    co_return refused(std::move(message));
  }
  const auto stored =
      co_await doors_.media.upload(std::move(workspace), answer->body, wanted.alt_text);
  if (stored) co_return stored->id;
  if (is_worth_another_try(stored.error().status)) {
    co_return std::unexpected(retry("media: " + stored.error().message));
  }
  co_return std::unexpected(failure(stored.error()));
}

io::Task<Outcome> Tasks::ai_process(accounts::Principal who, Task task) {
  auto asked = bind_arguments(task, {"topic", "network"});
  if (!asked) co_return failure(asked.error());
  auto caption = co_await captioning_.compose(std::move(who.workspace), std::move(*asked));
  if (!caption) co_return failure(caption.error());
  co_return success(std::move(*caption));
}

}  // namespace celery
