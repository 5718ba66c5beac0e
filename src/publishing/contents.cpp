// What targets say, and what was frozen of it.
#include "base/check.h"
#include "base/json.h"
#include "db/given.h"
#include "publishing/store.h"

#include <fmt/format.h>

namespace publishing {

namespace {

std::optional<Store::Text> text_of(const db::Row& row, const Work& work) {
  const auto own = posts::parts_from_column(row["parts"].text());
  const auto variants = posts::variants_from_column(row["variants"].text());
  Store::Text text{.parts = posts::parts_for(own, variants, work.account),
                   .language = row["language"].text()};
  if (!work.whole) {
    const auto part = static_cast<std::size_t>(work.part);
    if (part >= text.parts.size()) return std::nullopt;
    text.parts = {text.parts[part]};
  }
  return text;
}

}  // namespace

io::Task<std::string> Store::frozen(base::AttemptId attempt) {
  auto rows = co_await database_.execute("SELECT frozen FROM attempts WHERE id = $1", {attempt});
  CHECK(!rows.empty());
  co_return rows[0][0].text();
}

io::Task<std::optional<Store::Text>> Store::text(Work work) {
  auto rows = co_await database_.execute(
      "SELECT parts, variants, language FROM posts WHERE id = $1", {work.post});
  if (rows.empty()) co_return std::nullopt;
  co_return text_of(rows[0], work);
}

io::Task<std::map<base::TargetId, Store::Text>> Store::texts(std::vector<Work> works) {
  std::map<base::TargetId, Text> texts;
  if (works.empty()) co_return texts;
  db::GivenRows given(database_.dialect(), {{"id", db::Column::text}});
  std::set<base::PostId> posts;
  for (const Work& work : works) {
    if (posts.insert(work.post).second) given.add({work.post});
  }
  auto rows = co_await database_.execute(
      fmt::format("WITH {} SELECT id, parts, variants, language FROM posts WHERE id IN (SELECT id"
                  " FROM given)",
                  given.table()),
      given.take());
  std::map<base::PostId, const db::Row*> found;
  for (const db::Row& row : rows) found.emplace(row["id"].id<base::PostId>(), &row);
  for (const Work& work : works) {
    const auto row = found.find(work.post);
    if (row == found.end()) continue;
    if (auto text = text_of(*row->second, work)) texts.emplace(work.id, std::move(*text));
  }
  co_return texts;
}

io::Task<std::optional<json::object>> Store::reference(base::TargetId target) {
  auto rows = co_await database_.execute("SELECT reference FROM targets WHERE id = $1", {target});
  if (rows.empty() || rows[0][0].is_null()) co_return std::nullopt;
  auto value = base::parse_json(rows[0][0].text());
  if (!value || !value->is_object()) co_return std::nullopt;
  co_return value->as_object();
}

}  // namespace publishing
