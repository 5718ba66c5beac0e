#include "notices/notices.h"

#include "base/metrics.h"
#include "base/text.h"

#include <fmt/format.h>

namespace notices {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view deliver_kind = "notice.deliver";
constexpr std::size_t problem_max = 300;
constexpr auto kept = std::chrono::days{30};
constexpr auto webhook_timeout = 15s;
constexpr std::size_t answer_max = 64 * 1024;

metrics::Counter deliveries{
    "notice_deliveries_total", "Notices handed over, by kind of channel.", {"kind", "outcome"}};

Notice read_notice(const db::Row& row) {
  Notice notice{.about = row["about"].text(),
                .key = row["notice_key"].text(),
                .title = row["title"].text(),
                .body = row["body"].text(),
                .link = row["link"].text()};
  auto details = base::parse_json(row["details"].text());
  if (details && details->is_object()) notice.details = std::move(details->get_object());
  return notice;
}

// Empty, or why it is dropped: there were too many in the last hour.
std::string first_problem(bool is_mail, std::int64_t sent) {
  const std::int64_t max = is_mail ? Notices::mails_per_hour_max : Notices::webhooks_per_hour_max;
  return sent < max ? "" : fmt::format("More than {} in an hour.", max);
}

}  // namespace

Notices::Notices(Doors doors)
    : doors_(std::move(doors)), channels_(doors_.database, doors_.clock, doors_.vault) {}

io::Task<bool> Notices::tell(db::Session& session, base::WorkspaceId workspace, Notice notice) {
  const base::Instant now = doors_.clock.now();
  const std::string id = base::make_uuid7();
  const auto added = co_await session.execute(
      "INSERT INTO notices (id, workspace_id, about, notice_key, title, body, link, details, at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace_id, notice_key)"
      " DO NOTHING",
      {id, workspace, notice.about, notice.key, notice.title, notice.body, notice.link,
       json::serialize(notice.details), now});
  if (added.affected == 0) co_return false;
  const auto channels = co_await session.execute(
      "SELECT c.id, c.kind, (SELECT COUNT(*) FROM notice_deliveries d WHERE d.channel_id = c.id"
      " AND d.created_at > $3 AND d.state <> 'dropped') AS sent FROM notice_channels c"
      " WHERE c.workspace_id = $1 AND c.enabled = 1 AND c.about LIKE $2",
      {workspace, "%\"" + notice.about + "\"%", now - 1h});
  for (const db::Row& channel : channels) co_await add_delivery(session, id, channel, now);
  co_return true;
}

io::Task<> Notices::add_delivery(db::Session& session, std::string notice, const db::Row& channel,
                                 base::Instant now) {
  const std::string id = channel["id"].text();
  const std::string problem =
      first_problem(channel["kind"].text() == "email", channel["sent"].integer());
  co_await session.execute(
      "INSERT INTO notice_deliveries (notice_id, channel_id, state, tries, problem, created_at)"
      " VALUES ($1, $2, $3, 0, $4, $5)",
      {notice, id, problem.empty() ? "waiting" : "dropped", problem, now});
  if (!problem.empty()) co_return;
  co_await doors_.queue.enqueue(session, std::string(deliver_kind),
                                json::serialize(json::object{{"notice", notice}, {"channel", id}}),
                                {.run_at = now, .attempts_max = tries_max, .unique_key = {}});
}

void Notices::handle() {
  doors_.queue.handle(std::string(deliver_kind),
                      [this](jobs::Job job) { return deliver(std::move(job)); });
}

io::Task<std::optional<Told>> Notices::find(std::string id) {
  const auto rows = co_await doors_.database.execute("SELECT * FROM notices WHERE id = $1", {id});
  if (rows.empty()) co_return std::nullopt;
  co_return Told{.id = id, .notice = read_notice(rows[0]), .at = rows[0]["at"].instant()};
}

// Throws to be called again: the queue waits longer each time.
io::Task<> Notices::deliver(jobs::Job job) {
  const json::value payload = base::parse_json(job.payload).value_or(json::object{});
  const std::string notice = base::text_at(payload, "/notice");
  const std::string id = base::text_at(payload, "/channel");
  const auto told = co_await find(notice);
  auto channel = co_await channels_.find(id);
  if (!told || !channel) co_return;  // removed meanwhile
  if (!channel->input.enabled) {
    co_await settle(notice, id, "dropped", "The channel was turned off.");
    co_return;
  }
  const std::string kind(to_string(channel->input.kind));
  const auto refusal = co_await send(std::move(*channel), *told);
  deliveries.add({kind, refusal ? "failed" : "delivered"});
  if (!refusal) {
    co_await settle(notice, id, "delivered", "");
    co_return;
  }
  const bool over = refusal->for_good || job.attempt >= tries_max;
  co_await settle(notice, id, over ? "failed" : "waiting", refusal->problem);
  if (refusal->for_good) co_return;
  throw base::Unavailable(refusal->problem);
}

io::Task<std::optional<Notices::Refusal>> Notices::send(Channel channel, Told told) {
  if (channel.input.kind == ChannelKind::email) {
    co_return co_await send_mail(std::move(channel), std::move(told));
  }
  co_return co_await send_webhook(std::move(channel), std::move(told));
}

io::Task<std::optional<Notices::Refusal>> Notices::send_webhook(Channel channel, Told told) {
  const auto now = std::chrono::floor<std::chrono::seconds>(doors_.clock.now());
  const std::string timestamp = std::to_string(now.time_since_epoch().count());
  http::ClientRequest request{.method = "POST",
                              .url = channel.input.destination,
                              .timeout = webhook_timeout,
                              .body_max = answer_max};
  request.body = json::serialize(
      json::object{{"id", told.id},
                   {"about", told.notice.about},
                   {"title", told.notice.title},
                   {"body", told.notice.body},
                   {"url", told.notice.link.empty() ? "" : doors_.public_url + told.notice.link},
                   {"details", told.notice.details},
                   {"at", base::format_rfc3339(told.at)}});
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Idempotency-Key", told.id);
  request.headers.set("X-SocialTrend-Event", "notice");
  request.headers.set("X-SocialTrend-Timestamp", timestamp);
  request.headers.set("X-SocialTrend-Signature",
                      "sha256=" + base::hex(base::hmac_sha256(channel.input.secret,
                                                              timestamp + "." + request.body)));
  const auto answer = co_await doors_.http.send(std::move(request));
  if (!answer) {
    const bool never = answer.error().code == "blocked_address" || answer.error().code == "bad_url";
    co_return Refusal{.for_good = never, .problem = answer.error().message};
  }
  if (answer->status >= 200 && answer->status < 300) co_return std::nullopt;
  if (answer->status == 410) co_await channels_.disable(channel.id);
  co_return Refusal{.for_good = answer->status == 410,
                    .problem = fmt::format("The receiver answered {}.", answer->status)};
}

io::Task<std::optional<Notices::Refusal>> Notices::send_mail(Channel channel, Told told) {
  const std::string stop =
      doors_.public_url.empty()
          ? ""
          : doors_.public_url + "/api/notices/unsubscribe/" + channel.unsubscribe_token;
  std::string text = told.notice.body;
  if (!told.notice.link.empty() && !doors_.public_url.empty()) {
    text += "\n\n" + doors_.public_url + told.notice.link;
  }
  if (!stop.empty()) text += "\n\n-- \nNo more of these: " + stop;
  const auto sent = co_await doors_.mailer.send({.to = channel.input.destination,
                                                 .subject = told.notice.title,
                                                 .text = std::move(text),
                                                 .message_id = told.id + "@socialtrend.invalid",
                                                 .unsubscribe = stop});
  if (sent) co_return std::nullopt;
  co_return Refusal{.for_good = !doors_.mailer.available(), .problem = sent.error().message};
}

io::Task<> Notices::settle(std::string notice, std::string channel, std::string state,
                           std::string problem) {
  co_await doors_.database.execute(
      "UPDATE notice_deliveries SET state = $3, problem = $4, tries = tries + 1,"
      " delivered_at = $5 WHERE notice_id = $1 AND channel_id = $2",
      {notice, channel, state, problem.substr(0, problem_max),
       state == "delivered" ? db::Value(doors_.clock.now()) : db::Value()});
}

io::Task<base::Result<void>> Notices::test(base::WorkspaceId workspace, std::string id) {
  auto channel = co_await channels_.get(workspace, id);
  if (!channel) co_return std::unexpected(channel.error());
  const Told told{.id = base::make_uuid7(),
                  .notice = {.about = "test",
                             .key = "",
                             .title = "A test of " + channel->input.name,
                             .body = "Notices arrive here."},
                  .at = doors_.clock.now()};
  const auto refusal = co_await send(std::move(*channel), told);
  if (!refusal) co_return base::Result<void>{};
  co_return base::fail({.status = 502, .code = "not_delivered", .message = refusal->problem});
}

io::Task<std::vector<Told>> Notices::list(base::WorkspaceId workspace, std::size_t limit) {
  std::vector<Told> told;
  for (const db::Row& row : co_await doors_.database.execute(
           "SELECT * FROM notices WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2",
           {workspace, limit})) {
    told.push_back({.id = row["id"].text(), .notice = read_notice(row), .at = row["at"].instant()});
  }
  if (told.empty()) co_return told;
  const auto rows = co_await doors_.database.execute(
      "SELECT d.notice_id, d.channel_id, d.state, d.problem, c.name FROM notice_deliveries d"
      " JOIN notice_channels c ON c.id = d.channel_id WHERE c.workspace_id = $1"
      " AND d.notice_id >= $2",
      {workspace, told.back().id});
  for (const db::Row& row : rows) {
    const auto found = std::ranges::find(told, row["notice_id"].text(), &Told::id);
    if (found == told.end()) continue;
    found->deliveries.push_back({.channel = row["channel_id"].text(),
                                 .channel_name = row["name"].text(),
                                 .state = row["state"].text(),
                                 .problem = row["problem"].text()});
  }
  co_return told;
}

io::Task<> Notices::prune() {
  co_await doors_.database.execute("DELETE FROM notices WHERE at < $1",
                                   {doors_.clock.now() - kept});
}

}  // namespace notices
