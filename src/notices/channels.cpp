#include "notices/channels.h"

#include "accounts/people.h"
#include "http/url.h"

#include <algorithm>

#include <fmt/format.h>

namespace notices {
namespace {

constexpr std::size_t secret_min = 16;

std::string context_of(const std::string& id) { return "notice channel " + id; }

std::vector<std::string> texts_of(std::string_view array) {
  std::vector<std::string> texts;
  const auto value = base::parse_json(array);
  if (!value || !value->is_array()) return texts;
  for (const json::value& item : value->get_array()) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

std::string array_of(const std::vector<std::string>& texts) {
  return json::serialize(json::array(texts.begin(), texts.end()));
}

std::unexpected<base::Error> none() { return base::not_found("There is no such channel."); }

}  // namespace

std::string_view to_string(ChannelKind kind) {
  return kind == ChannelKind::webhook ? "webhook" : "email";
}

base::Result<ChannelInput> read_channel(const json::value& body) {
  base::JsonReader in(body);
  ChannelInput input{.name = in.text("name", {.min = 1, .max = 100}),
                     .destination = in.text("destination", {.min = 3, .max = 2000}),
                     .secret = in.optional_text("secret", {.max = 200}).value_or(""),
                     .about = in.texts("about", 3, {.min = 1, .max = 20}),
                     .enabled = in.optional_boolean("enabled").value_or(true)};
  const std::string kind = in.text("kind", {.min = 1, .max = 20});
  if (kind == "email") {
    input.kind = ChannelKind::email;
    if (!accounts::is_email(input.destination)) {
      in.error("destination", "must be an e-mail address");
    }
  } else if (kind == "webhook") {
    const auto url = http::parse_url(input.destination);
    if (!url || !url->scheme.starts_with("http")) {
      in.error("destination", "must begin with https:// or http://");
    }
    if (!input.secret.empty() && input.secret.size() < secret_min) {
      in.error("secret", fmt::format("must have at least {} characters", secret_min));
    }
  } else if (!kind.empty()) {
    in.error("kind", "must be webhook or email");
  }
  for (const std::string& about : input.about) {
    if (about != about_rule && about != about_account && about != about_decision) {
      in.error("about", "may hold rule, account and decision");
    }
  }
  if (auto good = in.finish(); !good) return std::unexpected(good.error());
  return input;
}

Channels::Channels(db::Database& database, const base::Clock& clock, const base::Vault& vault)
    : database_(database), clock_(clock), vault_(vault) {}

io::Task<std::vector<Channel>> Channels::read(std::string where, db::Params params) {
  std::vector<Channel> channels;
  for (const db::Row& row : co_await database_.execute(
           "SELECT * FROM notice_channels WHERE " + where + " ORDER BY id", std::move(params))) {
    Channel channel{
        .id = row["id"].text(),
        .workspace = row["workspace_id"].id<base::WorkspaceId>(),
        .input = {.name = row["name"].text(),
                  .kind = row["kind"].text() == "email" ? ChannelKind::email : ChannelKind::webhook,
                  .destination = row["destination"].text(),
                  .about = texts_of(row["about"].text()),
                  .enabled = row["enabled"].boolean()},
        .unsubscribe_token = row["unsubscribe_token"].text(),
        .created_at = row["created_at"].instant(),
        .updated_at = row["updated_at"].instant()};
    if (!row["secret"].text().empty()) {
      channel.input.secret = vault_.open(row["secret"].text(), context_of(channel.id)).value_or("");
    }
    channels.push_back(std::move(channel));
  }
  co_return channels;
}

io::Task<std::vector<Channel>> Channels::list(base::WorkspaceId workspace) {
  co_return co_await read("workspace_id = $1", {workspace});
}

io::Task<base::Result<Channel>> Channels::get(base::WorkspaceId workspace, std::string id) {
  auto found = co_await read("workspace_id = $1 AND id = $2", {workspace, id});
  if (found.empty()) co_return none();
  co_return std::move(found.front());
}

io::Task<std::optional<Channel>> Channels::find(std::string id) {
  auto found = co_await read("id = $1", {id});
  if (found.empty()) co_return std::nullopt;
  co_return std::move(found.front());
}

io::Task<base::Result<Channel>> Channels::add(base::WorkspaceId workspace, ChannelInput input) {
  const std::string id = base::make_uuid7();
  if (input.kind == ChannelKind::webhook && input.secret.empty()) {
    input.secret = base::random_token();
  }
  const std::string sealed =
      input.kind == ChannelKind::webhook ? vault_.seal(input.secret, context_of(id)) : "";
  const auto added = co_await database_.execute(
      "INSERT INTO notice_channels (id, workspace_id, kind, name, destination, secret, about,"
      " enabled, unsubscribe_token, version, created_at, updated_at) SELECT $1, $2, $3, $4, $5,"
      " $6, $7, $8, $9, 1, $10, $10"
      " WHERE (SELECT COUNT(*) FROM notice_channels WHERE workspace_id = $2) < $11",
      {id, workspace, to_string(input.kind), input.name, input.destination, sealed,
       array_of(input.about), input.enabled, base::random_token(), clock_.now(),
       per_workspace_max});
  if (added.affected == 0) {
    co_return base::conflict(
        fmt::format("A workspace has at most {} channels.", per_workspace_max));
  }
  co_return co_await get(workspace, id);
}

io::Task<base::Result<Channel>> Channels::replace(base::WorkspaceId workspace, std::string id,
                                                  ChannelInput input) {
  auto before = co_await get(workspace, id);
  if (!before) co_return before;
  if (before->input.kind != input.kind) {
    co_return base::invalid("kind", "cannot be changed: add another channel");
  }
  if (input.secret.empty()) input.secret = before->input.secret;
  const std::string sealed =
      input.kind == ChannelKind::webhook ? vault_.seal(input.secret, context_of(id)) : "";
  co_await database_.execute(
      "UPDATE notice_channels SET name = $3, destination = $4, secret = $5, about = $6,"
      " enabled = $7, version = version + 1, updated_at = $8 WHERE workspace_id = $1 AND id = $2",
      {workspace, id, input.name, input.destination, sealed, array_of(input.about), input.enabled,
       clock_.now()});
  co_return co_await get(workspace, id);
}

io::Task<base::Result<void>> Channels::remove(base::WorkspaceId workspace, std::string id) {
  const auto removed = co_await database_.execute(
      "DELETE FROM notice_channels WHERE workspace_id = $1 AND id = $2", {workspace, id});
  if (removed.affected == 0) co_return none();
  co_return base::Result<void>{};
}

io::Task<> Channels::disable(std::string id) {
  co_await database_.execute(
      "UPDATE notice_channels SET enabled = 0, updated_at = $2 WHERE id = $1", {id, clock_.now()});
}

io::Task<bool> Channels::unsubscribe(std::string token) {
  const auto done = co_await database_.execute(
      "UPDATE notice_channels SET enabled = 0, updated_at = $2 WHERE unsubscribe_token = $1",
      {token, clock_.now()});
  co_return done.affected == 1;
}

}  // namespace notices
