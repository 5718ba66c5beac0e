#include "posts/bulk.h"

#include "accounts/audit.h"
#include "posts/when.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace posts {

namespace {

void add(std::vector<base::FieldError>& errors, const base::Error& error) {
  if (error.fields.empty()) errors.push_back({"", error.message});
  errors.insert(errors.end(), error.fields.begin(), error.fields.end());
}

std::vector<std::size_t> good_rows(const BulkResult& result) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    if (result.rows[i].errors.empty()) rows.push_back(i);
  }
  return rows;
}

}  // namespace

Bulk::Bulk(db::Database& database, const base::Clock& clock, Checks& checks, Slots& slots,
           Signals signals)
    : database_(database),
      clock_(clock),
      checks_(checks),
      slots_(slots),
      signals_(std::move(signals)) {}

io::Task<std::vector<Checked>> Bulk::check(const accounts::Principal& who, const BulkInput& input,
                                           BulkResult& result) {
  std::vector<Checked> all(input.rows.size());
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    BulkRowResult& row = result.rows[i];
    row.errors = input.rows[i].errors;
    if (!row.errors.empty()) continue;
    const PostInput& content = input.rows[i].input;
    auto due = resolve(content.when, who.time_zone, clock_.now());
    if (!due) {
      add(row.errors, due.error());
      continue;
    }
    row.due_at = *due;
    all[i] = co_await checks_.check(who.workspace, content, *due, std::nullopt);
    Checks::warn_of_clock(all[i], content.when, who.time_zone);
    const bool draft = content.when.type == WhenType::draft;
    row.errors = draft ? all[i].structural_errors() : all[i].errors();
    row.warnings = all[i].warnings();
  }
  co_return all;
}

io::Task<BulkResult> Bulk::run(accounts::Principal who, BulkInput input) {
  BulkResult result;
  result.rows.resize(input.rows.size());
  const auto checked = co_await check(who, input, result);
  const base::Instant now = clock_.now();
  auto tx = co_await database_.begin();
  const Standing standing =
      co_await read_standing(*tx, database_.dialect(), who.workspace, who.user);
  std::vector<Times> times(input.rows.size());
  for (std::size_t i : good_rows(result)) {
    BulkRowResult& row = result.rows[i];
    NewPost post{.id = base::PostId::make(),
                 .workspace = who.workspace,
                 .author = who.user,
                 .zone_of_workspace = who.time_zone,
                 .input = input.rows[i].input,
                 .due = row.due_at};
    const base::PostId id = post.id;
    auto written = co_await write_post(*tx, slots_, std::move(post), checked[i], standing, now);
    if (written) {
      times[i] = std::move(*written);
      row.due_at = times[i].due_at;
      row.post = id;
    } else {
      add(row.errors, written.error());
      co_await tx->execute("DELETE FROM posts WHERE id = $1", {id});
    }
  }
  warn_of_each_other(input, result, times);
  const std::size_t good = good_rows(result).size();
  result.ok = good == result.rows.size();
  const bool wanted =
      !input.dry_run && good > 0 && (result.ok || input.mode == BulkMode::good_rows);
  if (!wanted) {
    for (BulkRowResult& row : result.rows) row.post.reset();
    co_return result;  // the transaction was only to find out
  }
  co_await accounts::append_audit(
      *tx, now,
      accounts::audited(who, "bulk.made",
                        {.type = "post",
                         .id = "",
                         .name = fmt::format("{} posts at once", good),
                         .after = standing.approval_required ? "waiting for approval" : ""}));
  co_await tx->commit();
  result.created = good;
  if (signals_.changed) signals_.changed(who.workspace, {{"type", "post"}, {"id", ""}});
  if (signals_.due_soon) signals_.due_soon();
  co_return result;
}

void warn_of_each_other(const BulkInput& input, BulkResult& result,
                        const std::vector<Times>& times) {
  std::map<std::pair<std::string, base::Instant>, std::size_t> minutes;
  std::map<std::pair<std::string, std::string>, std::size_t> texts;
  for (std::size_t i = 0; i < input.rows.size(); ++i) {
    BulkRowResult& row = result.rows[i];
    if (!row.errors.empty()) continue;
    const PostInput& post = input.rows[i].input;
    const auto warn = [&row](const base::AccountId& account, std::string field,
                             std::string message) {
      row.warnings.push_back(
          {.account = account, .handle = "", .notice = {std::move(field), std::move(message)}});
    };
    for (const auto& [account, at] : times[i].by_account) {
      const base::Instant minute{std::chrono::floor<std::chrono::minutes>(at)};
      const auto [same, first] = minutes.try_emplace({account.value, minute}, i);
      if (!first) {
        warn(account, "when",
             fmt::format("Row {} goes to this account in the same minute.", same->second + 1));
      }
      const auto hash = text_hash(parts_for(post.parts, post.variants, account));
      const auto [twin, new_text] = texts.try_emplace({account.value, hash}, i);
      if (!new_text) {
        warn(account, "parts",
             fmt::format("Row {} has the same text for this account.", twin->second + 1));
      }
    }
  }
}

json::object to_json(const BulkResult& result, bool dry_run) {
  json::array rows;
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const BulkRowResult& row = result.rows[i];
    json::array errors;
    for (const base::FieldError& error : row.errors) {
      errors.push_back(json::object{{"field", error.field}, {"message", error.message}});
    }
    json::value post;
    if (row.post) post = row.post->value;
    json::value due;
    if (row.due_at) due = base::format_rfc3339(*row.due_at);
    rows.push_back(json::object{{"row", i + 1},
                                {"ok", row.errors.empty()},
                                {"errors", std::move(errors)},
                                {"warnings", to_json(row.warnings)},
                                {"due_at", std::move(due)},
                                {"post_id", std::move(post)}});
  }
  return {{"ok", result.ok},
          {"dry_run", dry_run},
          {"created", result.created},
          {"rows", std::move(rows)}};
}

}  // namespace posts
