// How the witness learns what is stored: it reads the rows that each commit has changed.
#include "base/json.h"
#include "witness.h"

#include <algorithm>

namespace sim {

namespace {

db::Rows read(const std::string& sql, std::int64_t row) {
  return DatabaseServer::connection().execute(sql, {row}, {});
}

std::set<std::int64_t> rows_of(const std::vector<RowChange>& changes, std::string_view table) {
  std::set<std::int64_t> rows;
  for (const RowChange& change : changes) {
    if (change.table == table) rows.insert(change.row);
  }
  return rows;
}

}  // namespace

void Witness::committed(const Process& writer, const std::vector<RowChange>& changes) {
  for (std::int64_t row : rows_of(changes, "posts")) read_post(row);
  for (std::int64_t row : rows_of(changes, "accounts")) read_account(row);
  Told told = read_timeline(changes);
  for (std::int64_t row : rows_of(changes, "attempts")) read_attempt(row, told);
  for (std::int64_t row : rows_of(changes, "targets")) read_target(writer, row, told);
}

Witness::Told Witness::read_timeline(const std::vector<RowChange>& changes) {
  Told told;
  for (std::int64_t row : rows_of(changes, "timeline")) {
    const db::Rows rows =
        read("SELECT target_id, event, message FROM timeline WHERE rowid = $1", row);
    if (!rows.empty()) told[rows[0][0].text()] += rows[0][1].text() + "\n";
  }
  return told;
}

void Witness::read_post(std::int64_t row) {
  const db::Rows rows =
      read("SELECT id, workspace_id, parts, variants FROM posts WHERE rowid = $1", row);
  if (rows.empty()) return;
  posts_[rows[0][0].text()] = {.workspace = rows[0][1].text(),
                               .parts = posts::parts_from_column(rows[0][2].text()),
                               .variants = posts::variants_from_column(rows[0][3].text())};
  for (auto& [id, target] : targets_) {
    if (target.post != rows[0][0].text()) continue;
    const std::string text = text_of(target);
    if (text == target.text) continue;
    const bool busy = target.state == TargetState::claimed ||
                      target.state == TargetState::sending || target.state == TargetState::unknown;
    if (busy || target.state == TargetState::published) {
      break_promise(fmt::format("the text of {} was changed while it is {}", name(target),
                                posts::to_string(target.state)));
    } else if (target.uncertain > 0) {
      break_promise(name(target) + " may be out already, and its text was changed");
    }
    target.text = text;
  }
}

void Witness::read_attempt(std::int64_t row, Told& told) {
  const db::Rows rows =
      read("SELECT id, target_id, frozen, story FROM attempts WHERE rowid = $1", row);
  if (rows.empty()) return;
  Attempt& attempt = attempts_[rows[0][0].text()];
  const std::string before = std::move(attempt.story);
  attempt = {.target = rows[0][1].text(), .frozen = rows[0][2].text(), .story = rows[0][3].text()};
  if (!attempt.story.starts_with(before)) break_promise("the story of an attempt was rewritten");
  if (attempt.story.size() > before.size()) {
    told[attempt.target] += attempt.story.substr(before.size());
  }
}

// Only a grant that the network itself has taken back makes people connect an account again.
void Witness::read_account(std::int64_t row) {
  const db::Rows rows = read("SELECT remote_id, state FROM accounts WHERE rowid = $1", row);
  if (rows.empty()) return;
  const std::string before = std::exchange(account_states_[rows[0][0].text()], rows[0][1].text());
  if (before != rows[0][1].text()) {
    story_.tell("database", "{} is {}", rows[0][0].text(), rows[0][1].text());
  }
  const bool breaks = before != "broken" && rows[0][1].text() == "broken";
  if (breaks && renewals_hold_ && internet_.lets_in(rows[0][0].text())) {
    break_promise(rows[0][0].text() + " is called broken, but its grant holds");
  }
}

std::string Witness::text_of(const Target& target) const {
  const auto post = posts_.find(target.post);
  if (post == posts_.end()) return {};
  const auto& parts = posts::parts_for(post->second.parts, post->second.variants, {target.account});
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (target.whole || static_cast<int>(i) == target.part) text += parts[i].text + "|";
  }
  return text;
}

void Witness::target_gone(const Process& writer, std::int64_t row) {
  const auto known = rows_.find(row);
  if (known == rows_.end()) return;
  const auto target = targets_.find(known->second);
  if (target != targets_.end()) {
    story_.tell(writer.name, "removes {}", name(target->second));
    const TargetState state = target->second.state;
    if (!may_be_removed(state)) {
      break_promise(fmt::format("{} was removed while it is {}", name(target->second),
                                posts::to_string(state)));
    }
    targets_.erase(target);
  }
  rows_.erase(known);
}

void Witness::read_target(const Process& writer, std::int64_t row, const Told& told) {
  const db::Rows rows = read(
      "SELECT targets.id, post_id, targets.workspace_id, account_id, targets.network, part, whole,"
      " previous_id, targets.state, fence, lease_owner, lease_until, due_at, publish_key,"
      " attempt_id, uncertain_count, targets.state_reason, accounts.remote_id, claimed_at FROM "
      "targets"
      " LEFT "
      "JOIN"
      " accounts ON accounts.id = account_id WHERE targets.rowid = $1",
      row);
  const auto known = rows_.find(row);
  if (known != rows_.end() && (rows.empty() || rows[0][0].text() != known->second)) {
    target_gone(writer, row);
  }
  if (rows.empty()) return;
  const db::Row& stored = rows[0];
  rows_[row] = stored[0].text();
  const auto place = targets_.find(stored[0].text());
  Target next = place == targets_.end() ? Target{.number = ++numbers_} : place->second;
  next.id = stored[0].text();
  next.post = stored[1].text();
  next.workspace = stored[2].text();
  next.account = stored[3].text();
  next.network = stored[4].text();
  next.part = static_cast<int>(stored[5].integer());
  next.whole = stored[6].boolean();
  next.previous = stored[7].text();
  next.state = posts::stored_target_state(stored[8].text());
  next.fence = stored[9].integer();
  next.owner = stored[10].text();
  next.lease_until = stored[11].optional_instant();
  next.due_at = stored[12].optional_instant();
  next.key = stored[13].text();
  next.attempt = stored[14].text();
  next.uncertain = stored[15].integer();
  next.remote_id = stored[17].text();
  next.claimed_at = stored[18].optional_instant();
  next.text = text_of(next);
  keys_[next.key] = next.id;
  scheduler_.mix(static_cast<std::uint64_t>(next.number * 16) +
                 static_cast<std::uint64_t>(next.state));
  if (place == targets_.end()) {
    story_.tell(writer.name, "writes {}: {} '{}'", name(next), stored[8].text(), next.text);
    targets_[next.id] = std::move(next);
    return;
  }
  changed(writer, place->second, next, told, stored[16].text());
  place->second = std::move(next);
}

void Witness::changed(const Process& writer, const Target& before, Target& after, const Told& told,
                      std::string_view reason) {
  check_owner(writer, before, after);
  check_edit(writer, before, after);
  if (before.state == after.state) return;
  story_.tell(writer.name, "{}: {} -> {}{}{}", name(after), posts::to_string(before.state),
              posts::to_string(after.state), reason.empty() ? "" : ": ", reason);
  check_transition(writer, before, after);
  const auto words = told.find(after.id);
  // A claim is told by its row, and put in words by the commit that ends it.
  const bool is_told =
      after.state == TargetState::claimed
          ? after.claimed_at.has_value()
          : words != told.end() && (before.state != TargetState::claimed ||
                                    words->second.find("claimed") != std::string::npos);
  if (!is_told) {
    break_promise(fmt::format("the timeline does not tell that {} went from {} to {}", name(after),
                              posts::to_string(before.state), posts::to_string(after.state)));
  }
  if (workers_.contains(writer.name)) return;
  if (before.state == TargetState::awaiting_approval && after.state == TargetState::scheduled) {
    after.approved_text = after.text;
  }
  if (before.state == TargetState::needs_decision && after.state == TargetState::published) {
    after.said_published = true;
  }
  // Whoever schedules again what had ended, or decides so, wants another one.
  const bool had_ended =
      before.state == TargetState::needs_decision || before.state == TargetState::cancelled ||
      before.state == TargetState::rejected || before.state == TargetState::missed;
  if (had_ended && after.state != TargetState::published && after.state != TargetState::cancelled) {
    ++after.consents;
  }
}

}  // namespace sim
