#include "rules/engine.h"

#include "accounts/membership.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "posts/timeline.h"
#include "topics/relevance.h"

#include <fmt/format.h>

namespace rules {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view lease_name = "rules";
constexpr auto lease_ttl = 60s;
constexpr auto seen_within = 15min;  // a trend that was not listed for longer is over
constexpr auto items_within = 24h;
constexpr int turns_between_prunes = 240;
// What somebody else has done meanwhile: no failure of this rule.
constexpr std::string_view overtaken = "overtaken";

metrics::Counter acted{"rules_acted_total", "Actions of rules, by what they came to.", {"outcome"}};

Story story_of_item(const topics::WatchSample& item) {
  Story story{.id = item.source + ":" + item.mention,
              .label = base::truncate_graphemes(item.text, 100),
              .text = item.text,
              .url = item.url,
              .matched_by = item.by,
              .relevance = 1};
  if (!item.language.empty()) story.languages.push_back(item.language);
  return story;
}

// Of the trends that the rule's list finds, with the relevance.
std::optional<Story> story_if_found(const topics::Matcher& matcher, std::string id, double score,
                                    const json::object& body) {
  const auto rated = topics::relevance(matcher, body);
  if (rated.empty()) return std::nullopt;
  Story story = story_of(std::move(id), score, body);
  story.relevance = rated.begin()->second.value;
  story.matched_by = rated.begin()->second.by;
  return story;
}

std::string done_in_words(const Rule& rule) {
  if (!rule.post) return "Told.";
  const std::string_view told = rule.notify ? " and told" : "";
  switch (rule.post->mode) {
    case PostMode::draft:
      return fmt::format("Drafted{}.", told);
    case PostMode::approval:
      return fmt::format("Held for approval, for the next slot{}.", told);
    case PostMode::slot:
      return fmt::format("Scheduled into the next slot{}.", told);
  }
  return "";
}

notices::Notice notice_of(const StoredRule& rule, const Story& story,
                          const std::optional<base::PostId>& post) {
  const bool is_trend = rule.rule.trigger.type == TriggerType::trend;
  std::string body = is_trend ? fmt::format("{} is rising: {:.0f} authors, score {:.1f}. ",
                                            story.label, story.authors, story.score)
                              : fmt::format("{}\n{}\n", story.label, story.url);
  body += done_in_words(rule.rule);
  return {.about = std::string(notices::about_rule),
          .key = fmt::format("rule:{}:{}", rule.id, story.id),
          .title = fmt::format("{}: {}", rule.rule.name, story.label),
          .body = std::move(body),
          .link = post       ? "/posts/" + post->value
                  : is_trend ? "/trends/" + story.id
                             : "",
          .details = {{"rule_id", rule.id},
                      {"watch_list_id", rule.rule.list},
                      {"story", story.id},
                      {"label", story.label},
                      {"matched_by", story.matched_by},
                      {"post_id", post ? json::value(post->value) : json::value(nullptr)}}};
}

base::Error overtaken_error() {
  return {.status = 409,
          .code = std::string(overtaken),
          .message = "It has acted already, or was changed meanwhile."};
}

}  // namespace

io::Task<> Engine::run() {
  for (int turns = 0;; ++turns) {
    if (co_await doors_.leases.acquire(std::string(lease_name), lease_ttl)) {
      co_await turn();
      if (turns % turns_between_prunes == 0) co_await store_.prune();
    }
    co_await io::sleep_for(every);
  }
}

io::Task<std::size_t> Engine::turn() {
  const auto rules = co_await store_.enabled();
  if (rules.empty()) co_return 0;
  const Current current = co_await doors_.board.current(seen_within);
  std::size_t count = 0;
  for (const StoredRule& rule : rules) count += co_await apply(rule, current);
  co_return count;
}

io::Task<std::vector<Story>> Engine::stories(const StoredRule& rule, const Current& current) {
  std::vector<Story> found;
  const auto list = co_await doors_.lists.get(rule.workspace, rule.rule.list);
  if (!list || !list->enabled) co_return found;
  if (rule.rule.trigger.type == TriggerType::item) {
    const base::Instant since =
        std::max(doors_.clock.now() - items_within, rule.created_at);  // nothing of before it
    for (const auto& item : co_await doors_.lists.items_since(list->id, since)) {
      found.push_back(story_of_item(item));
    }
    co_return found;
  }
  const topics::Matcher matcher({{list->id, list->interest}});
  const auto lens = co_await filters_.lens(rule.workspace);
  for (const auto& each : current) {
    if (lens->hides(each.trend.body)) continue;
    auto story = story_if_found(matcher, each.trend.id, each.score, each.trend.body);
    if (!story) continue;
    story->generated = each.generated;
    found.push_back(std::move(*story));
  }
  co_return found;
}

io::Task<std::size_t> Engine::apply(StoredRule rule, const Current& current) {
  const auto found = co_await stories(rule, current);
  std::vector<std::string> ids;
  for (const Story& story : found) ids.push_back(story.id);
  const auto runs = co_await store_.runs_of(rule.id, std::move(ids));
  const base::Instant day = day_begin(rule.rule.conditions, doors_.clock.now());
  Past past = co_await store_.past(doors_.database, rule.id, day);
  std::size_t count = 0;
  for (const Story& story : found) {
    const auto known = runs.find(story.id);
    Run run = known != runs.end() ? known->second : Run{.story = story.id};
    run.label = story.label;
    if (run.state != RunState::waiting) continue;
    if (auto reason = why_not(rule.rule, story, past, doors_.clock.now())) {
      if (run.reason == *reason) continue;
      run.reason = std::move(*reason);
      co_await store_.note(rule.id, std::move(run));
    } else if (co_await act(rule, story, std::move(run))) {
      ++count;
      past = co_await store_.past(doors_.database, rule.id, day);
    }
  }
  co_return count;
}

io::Task<bool> Engine::act(StoredRule rule, Story story, Run run) {
  const auto done = co_await carry_out(rule, story);
  if (done) {
    acted.add({"acted"});
    base::log_info("rule_acted", {{"rule.id", rule.id}, {"story", story.id}});
    co_return true;
  }
  if (done.error().code == overtaken) co_return false;
  acted.add({"failed"});
  ++run.tries;
  run.state = run.tries >= tries_max ? RunState::failed : RunState::waiting;
  run.reason = done.error().message;
  co_await store_.note(rule.id, std::move(run));
  co_return false;
}

io::Task<base::Result<void>> Engine::carry_out(StoredRule rule, Story story) {
  if (!rule.rule.post) {
    auto tx = co_await doors_.database.begin();
    auto settled = co_await settle(*tx, rule, story, std::nullopt);
    if (settled) co_await tx->commit();
    co_return settled;
  }
  auto author = co_await accounts::find_membership(doors_.database, rule.author, rule.workspace);
  if (!author) {
    co_return base::conflict(
        "The person who changed this rule last has left: somebody must save it again.");
  }
  auto input = co_await write(rule, story);
  if (!input) co_return std::unexpected(input.error());
  const auto alongside = [this, &rule, &story](db::Session& session, base::PostId post,
                                               std::optional<base::Instant>) {
    return settle(session, rule, story, std::move(post));
  };
  auto post = co_await doors_.posts.create(*author, std::move(*input), alongside);
  if (!post) co_return std::unexpected(post.error());
  co_return base::Result<void>{};
}

io::Task<base::Result<posts::PostInput>> Engine::write(const StoredRule& rule, const Story& story) {
  const PostAction& action = *rule.rule.post;
  posts::PostInput input;
  input.language = action.caption.language;
  if (rule.rule.trigger.type == TriggerType::trend) input.trend = story.id;
  if (action.mode != PostMode::draft) input.when.type = posts::WhenType::next_slot;
  for (const base::AccountId& account : action.accounts) {
    auto text = co_await caption(rule, story, account);
    if (!text) co_return std::unexpected(text.error());
    const std::vector<posts::Part> parts{{.text = std::move(*text), .media = {}}};
    if (input.parts.empty()) input.parts = parts;
    input.variants.push_back({.account = account, .parts = parts});
  }
  co_return input;
}

io::Task<base::Result<std::string>> Engine::caption(const StoredRule& rule, const Story& story,
                                                    base::AccountId account) {
  const captions::CaptionRequest& wanted = rule.rule.post->caption;
  json::object asked{{"account_id", account.value},
                     {"tone", captions::to_string(wanted.tone)},
                     {"language", wanted.language},
                     {"instructions", wanted.instructions}};
  const bool is_trend = rule.rule.trigger.type == TriggerType::trend;
  if (is_trend) {
    asked["trend_id"] = story.id;
  } else {
    asked["topic"] = base::truncate_graphemes(story.text, 100);
  }
  const auto made = co_await doors_.captioning.compose(rule.workspace, std::move(asked));
  if (!made) co_return std::unexpected(made.error());
  std::string text = base::text_at(json::value(*made), "/text");
  if (!is_trend && !story.url.empty()) text += "\n" + story.url;
  co_return text;
}

io::Task<base::Result<void>> Engine::settle(db::Session& session, StoredRule rule, Story story,
                                            std::optional<base::PostId> post) {
  Run run{.story = story.id, .label = story.label, .reason = done_in_words(rule.rule)};
  if (post) run.post = post->value;
  const base::Instant now = doors_.clock.now();
  if (!co_await store_.take(session, rule.id, rule.version, std::move(run))) {
    co_return base::fail(overtaken_error());
  }
  // The rule is locked: what another process did about other stories counts now.
  const Past past =
      co_await store_.past(session, rule.id, day_begin(rule.rule.conditions, now), story.id);
  if (why_not(rule.rule, story, past, now)) co_return base::fail(overtaken_error());
  if (post && rule.rule.post->mode == PostMode::approval) {
    co_await hold_for_approval(session, *post, rule.rule.name);
  }
  const bool guarded = post && rule.rule.trigger.type == TriggerType::trend &&
                       rule.rule.freshness != Freshness::publish;
  if (guarded) {
    co_await session.execute(
        "INSERT INTO post_guards (post_id, trend_id, policy, score_min, created_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        {*post, story.id, to_string(rule.rule.freshness), rule.rule.fresh_score_min, now});
  }
  if (rule.rule.notify) {
    co_await doors_.notices.tell(session, rule.workspace, notice_of(rule, story, post));
  }
  co_return base::Result<void>{};
}

io::Task<> Engine::hold_for_approval(db::Session& session, base::PostId post, std::string name) {
  const base::Instant now = doors_.clock.now();
  const auto rows = co_await session.execute(
      "UPDATE targets SET state = 'awaiting_approval', ready_at = NULL, updated_at = $2"
      " WHERE post_id = $1 AND state = 'scheduled' RETURNING id",
      {post, now});
  std::vector<posts::NewEntry> entries;
  for (const db::Row& row : rows) {
    entries.push_back({.post = post,
                       .target = row["id"].id<base::TargetId>(),
                       .event = "approval_needed",
                       .actor = name,
                       .message = "Written by a rule: somebody must approve it first."});
  }
  co_await posts::append_timeline(session, now, std::move(entries));
}

io::Task<base::Result<std::vector<Engine::Would>>> Engine::dry_run(base::WorkspaceId workspace,
                                                                   Rule rule,
                                                                   std::chrono::days days) {
  const auto list = co_await doors_.lists.get(workspace, rule.list);
  if (!list) co_return base::invalid("watch_list_id", "is not a watch list of this workspace");
  const base::Instant since = doors_.clock.now() - days;
  std::vector<Would> would;
  if (rule.trigger.type == TriggerType::item) {
    for (const auto& item : co_await doors_.lists.items_since(list->id, since)) {
      would.push_back({.story = story_of_item(item), .at = item.at});
    }
  } else {
    const topics::Matcher matcher({{list->id, list->interest}});
    const auto lens = co_await filters_.lens(workspace);
    for (const PastTrend& trend : co_await store_.trends_since(since)) {
      if (lens->hides(trend.body)) continue;
      auto story = story_if_found(matcher, trend.id, trend.best_score, trend.body);
      if (!story) continue;
      story->generated = trend.generated;
      would.push_back({.story = std::move(*story), .at = trend.best_at});
    }
  }
  std::vector<base::Instant> done;
  for (Would& each : would) {
    Past past;
    const base::Instant day = day_begin(rule.conditions, each.at);
    past.acted_today = std::ranges::count_if(done, [&](base::Instant at) { return at >= day; });
    if (!done.empty()) past.last_acted = done.back();
    each.why_not = why_not(rule, each.story, past, each.at);
    if (!each.why_not) done.push_back(each.at);
  }
  co_return would;
}

}  // namespace rules
