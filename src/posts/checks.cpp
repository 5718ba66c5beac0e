#include "posts/checks.h"

#include "posts/quotas.h"
#include "posts/when.h"

#include <algorithm>

#include <fmt/format.h>

namespace posts {

namespace {

using accounts::AccountState;
using accounts::AccountView;
using networks::Network;

constexpr std::string_view alive = "state NOT IN ('draft', 'cancelled', 'rejected', 'missed')";

// Its own posts ($1 is one of them) are no strangers to a series.
constexpr std::string_view of_no_common_series =
    "NOT EXISTS (SELECT 1 FROM posts AS other, posts AS own WHERE own.id = $1 AND other.id ="
    " targets.post_id AND other.series_id = own.series_id)";

// Fields of a variant's own parts are named by the variant, so that the page can find them.
std::string prefix_of(const PostInput& input, const Variant& variant) {
  if (variant.parts.empty()) return "";
  const auto index = &variant - input.variants.data();
  return fmt::format("variants[{}].", index);
}

networks::Account public_side(const AccountView& view) {
  return {.id = view.id,
          .network = view.network,
          .remote_id = view.remote_id,
          .handle = view.handle,
          .credentials = {},
          .details = view.details};
}

std::vector<networks::PartDraft> drafts_of(const std::vector<Part>& parts,
                                           const std::vector<media::MediaItem>& media) {
  std::vector<networks::PartDraft> drafts;
  for (const Part& part : parts) {
    networks::PartDraft draft{.text = part.text, .media = {}};
    for (const base::MediaId& id : part.media) {
      auto item = std::find_if(media.begin(), media.end(),
                               [&id](const media::MediaItem& each) { return each.id == id; });
      if (item == media.end()) continue;
      draft.media.push_back({.id = id,
                             .content_type = item->content_type,
                             .bytes = item->bytes,
                             .alt_text = item->alt_text});
    }
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

// What will happen to the pictures, and what cannot: the drafts become what the network will get.
void fit_media(Check& check, std::vector<networks::PartDraft>& drafts, const media::Media& store,
               const std::vector<media::MediaItem>& media, const networks::Limits& limits,
               const std::string& prefix) {
  if (limits.media_max == 0) return;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    for (std::size_t j = 0; j < drafts[i].media.size(); ++j) {
      networks::MediaInfo& draft = drafts[i].media[j];
      const auto item = std::ranges::find(media, draft.id, &media::MediaItem::id);
      const media::Fit fit = store.fit_for(*item, limits);
      if (fit.kind == media::Fit::Kind::as_it_is) continue;
      if (!limits.media_types.empty()) draft.content_type = limits.media_types.front();
      if (limits.image_bytes_max > 0) draft.bytes = std::min(draft.bytes, limits.image_bytes_max);
      if (fit.reason.empty()) continue;
      auto& notices = fit.kind == media::Fit::Kind::convert ? check.notes : check.errors;
      notices.push_back(
          {fmt::format("{}parts[{}].media[{}]", prefix, i, j), "The image " + fit.reason + "."});
    }
  }
}

void warn_of_account(Check& check, const AccountView& view, const Network& network) {
  if (view.state == AccountState::broken) {
    check.warnings.push_back({"account", "must be connected again: the post waits until then."});
  } else if (view.state == AccountState::paused) {
    check.warnings.push_back({"account", "is paused: the post waits until it goes on."});
  }
  if (network.retry_class(public_side(view)) == networks::RetryClass::blind) {
    check.warnings.push_back({"account", network.about().retry_note});
  }
}

void warn_of_alt_text(Check& check, const std::vector<networks::PartDraft>& drafts,
                      const std::string& prefix) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const auto& media = drafts[i].media;
    if (std::any_of(media.begin(), media.end(),
                    [](const networks::MediaInfo& each) { return each.alt_text.empty(); })) {
      check.warnings.push_back({fmt::format("{}parts[{}].media", prefix, i),
                                "An image has no alternative text for people who cannot see it."});
    }
  }
}

void check_content(Check& check, const PostInput& input, const Variant& variant,
                   const AccountView& view, const Network& network, const media::Media& store,
                   const std::vector<media::MediaItem>& media) {
  const std::vector<Part>& parts = parts_for(input.parts, input.variants, variant.account);
  const std::string prefix = prefix_of(input, variant);
  auto drafts = drafts_of(parts, media);
  const networks::Limits limits = network.limits(public_side(view));
  fit_media(check, drafts, store, media, limits, prefix);
  for (base::FieldError& error : network.check(drafts, limits)) {
    check.errors.push_back({prefix + error.field, std::move(error.message)});
  }
  if (parts.size() > 1 && network.about().threads == networks::Threads::none) {
    check.errors.push_back(
        {prefix + "parts", network.about().label + " has no threads: use one part there."});
  }
  for (const Part& part : parts) check.counts.push_back(network.count(part.text, limits));
  if (network.about().alt_text) warn_of_alt_text(check, drafts, prefix);
}

std::vector<base::FieldError> missing_media(const PostInput& input,
                                            const std::vector<media::MediaItem>& found) {
  std::vector<base::FieldError> errors;
  auto look = [&](const std::vector<Part>& parts, const std::string& prefix) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (const base::MediaId& id : parts[i].media) {
        if (std::none_of(found.begin(), found.end(),
                         [&id](const media::MediaItem& each) { return each.id == id; })) {
          errors.push_back({fmt::format("{}parts[{}].media", prefix, i),
                            "names media that does not exist (any more): upload it again"});
        }
      }
    }
  };
  look(input.parts, "");
  for (const Variant& variant : input.variants) look(variant.parts, prefix_of(input, variant));
  return errors;
}

std::string account_list(const Checked& checked, db::Params& params) {
  std::string list;
  for (const auto& [id, view] : checked.accounts) {
    params.emplace_back(id);
    list += fmt::format("{}${}", list.empty() ? "" : ", ", params.size());
  }
  return list;
}

// Says how near the nearest post of the same text is.
std::string twin_notice(std::optional<base::Instant> before, std::optional<base::Instant> after,
                        base::Instant due) {
  const bool recent =
      (before && due - *before <= duplicate_window) || (after && *after - due <= duplicate_window);
  if (recent) return "The same text goes, or went, to this account within seven days.";
  const base::Instant other = before ? *before : *after;
  return fmt::format("The same text {} to this account on {}.", before ? "went" : "goes",
                     base::format_rfc3339(other).substr(0, 10));
}

Check* find_check(Checked& checked, const base::AccountId& account) {
  for (Check& check : checked.checks) {
    if (check.account == account) return &check;
  }
  return nullptr;
}

}  // namespace

bool Checked::ok() const {
  return common_errors.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& each) {
           return each.errors.empty();
         });
}

std::vector<base::FieldError> Checked::errors() const {
  std::vector<base::FieldError> all = common_errors;
  for (const Check& check : checks) {
    for (const base::FieldError& error : check.errors) {
      std::string message = error.message;
      if (!check.handle.empty()) message += " (" + check.handle + " on " + check.network + ")";
      all.push_back({error.field, std::move(message)});
    }
  }
  return all;
}

std::vector<Warning> Checked::warnings() const {
  std::vector<Warning> all;
  for (const Check& check : checks) {
    for (const base::FieldError& notice : check.warnings) {
      all.push_back({.account = check.account, .handle = check.handle, .notice = notice});
    }
  }
  return all;
}

std::vector<base::FieldError> Checked::structural_errors() const {
  std::vector<base::FieldError> all = common_errors;
  for (const Check& check : checks) {
    if (!accounts.contains(check.account)) {
      all.insert(all.end(), check.errors.begin(), check.errors.end());
    }
  }
  return all;
}

Checks::Checks(db::Database& database, accounts::Accounts& accounts, media::Media& media,
               NetworkLookup networks)
    : database_(database), accounts_(accounts), media_(media), networks_(std::move(networks)) {}

io::Task<Checked> Checks::check(base::WorkspaceId workspace, PostInput input,
                                std::optional<base::Instant> due,
                                std::optional<base::PostId> self) {
  Checked checked;
  const auto media =
      co_await media_.list(database_, workspace, media_of(input.parts, input.variants));
  checked.common_errors = missing_media(input, media);
  std::map<base::AccountId, AccountView> known;
  for (AccountView& view : co_await accounts_.list(workspace)) {
    const base::AccountId id = view.id;
    known.emplace(id, std::move(view));
  }
  for (std::size_t i = 0; i < input.variants.size(); ++i) {
    const Variant& variant = input.variants[i];
    Check check{.account = variant.account};
    auto view = known.find(variant.account);
    const Network* network = view == known.end() ? nullptr : networks_(view->second.network);
    if (network == nullptr) {
      check.errors.push_back({fmt::format("variants[{}].account_id", i), "is not an account here"});
    } else {
      check.network = view->second.network;
      check.handle = view->second.handle;
      check_content(check, input, variant, view->second, *network, media_, media);
      warn_of_account(check, view->second, *network);
      if (due) {
        const auto& parts = parts_for(input.parts, input.variants, variant.account);
        const auto quota = co_await quota_warning(
            database_, *network, public_side(view->second),
            {.due = *due, .posts = static_cast<std::int64_t>(parts.size()), .self = self});
        if (quota) check.warnings.push_back({"when", *quota});
      }
      checked.accounts.emplace(variant.account, view->second);
      checked.threads.emplace(variant.account, network->about().threads);
    }
    checked.checks.push_back(std::move(check));
  }
  if (due && !checked.accounts.empty()) {
    co_await warn_of_neighbours(checked, input, *due, self);
  }
  co_return checked;
}

io::Task<> Checks::warn_of_neighbours(Checked& checked, const PostInput& input, base::Instant due,
                                      std::optional<base::PostId> self) {
  const base::PostId own = self.value_or(base::PostId{});
  const auto minute = std::chrono::floor<std::chrono::minutes>(due);
  db::Params params{own, base::Instant{minute}, base::Instant{minute + std::chrono::minutes{1}}};
  std::string sql = fmt::format(
      "SELECT DISTINCT account_id FROM targets WHERE post_id <> $1 AND due_at >= $2 AND due_at < $3"
      " AND {} AND account_id IN ({}) AND {}",
      alive, account_list(checked, params), of_no_common_series);
  auto clashes = co_await database_.execute(std::move(sql), std::move(params));
  for (const db::Row& row : clashes) {
    if (Check* check = find_check(checked, row["account_id"].id<base::AccountId>())) {
      check->warnings.push_back({"when", "Another post goes to this account in the same minute."});
    }
  }

  co_await warn_of_twins(checked, input, due, own);
}

void Checks::warn_of_clock(Checked& checked, const When& when, const std::string& zone) {
  if (!when.local) return;
  const std::string note = clock_note(*when.local, when.time_zone.empty() ? zone : when.time_zone);
  if (note.empty()) return;
  for (Check& check : checked.checks) check.warnings.push_back({"when.local", note});
}

// The same text on the same account, ever; the other posts of a series are meant to be alike.
io::Task<> Checks::warn_of_twins(Checked& checked, const PostInput& input, base::Instant due,
                                 base::PostId own) {
  db::Params params{own, due};
  const std::string accounts = account_list(checked, params);
  std::string hashes;
  for (const Check& check : checked.checks) {
    params.emplace_back(text_hash(parts_for(input.parts, input.variants, check.account)));
    hashes += fmt::format("{}${}", hashes.empty() ? "" : ", ", params.size());
  }
  const auto twins = co_await database_.execute(
      fmt::format(
          "SELECT account_id, text_hash, MAX(CASE WHEN due_at <= $2 THEN due_at END) AS earlier,"
          " MIN(CASE WHEN due_at > $2 THEN due_at END) AS later FROM targets WHERE post_id <> $1"
          " AND {} AND account_id IN ({}) AND text_hash IN ({}) AND {} GROUP BY account_id, "
          "text_hash",
          alive, accounts, hashes, of_no_common_series),
      std::move(params));
  for (const db::Row& row : twins) {
    Check* check = find_check(checked, row["account_id"].id<base::AccountId>());
    if (!check) continue;
    const auto& parts = parts_for(input.parts, input.variants, check->account);
    if (text_hash(parts) != row["text_hash"].text()) continue;
    const auto before = row["earlier"].optional_instant();
    const auto after = row["later"].optional_instant();
    if (before || after) check->warnings.push_back({"parts", twin_notice(before, after, due)});
  }
}

json::object to_json(const Check& check) {
  auto list = [](const std::vector<base::FieldError>& notices) {
    json::array array;
    for (const base::FieldError& notice : notices) {
      array.push_back(json::object{{"field", notice.field}, {"message", notice.message}});
    }
    return array;
  };
  json::array counts;
  for (const networks::Count& count : check.counts) {
    counts.push_back(json::object{
        {"used", count.used}, {"max", count.max}, {"unit", networks::to_string(count.unit)}});
  }
  return {{"account_id", check.account.value},
          {"network", check.network},
          {"handle", check.handle},
          {"ok", check.errors.empty()},
          {"errors", list(check.errors)},
          {"warnings", list(check.warnings)},
          {"notes", list(check.notes)},
          {"counts", std::move(counts)}};
}

}  // namespace posts
