// The two ways of writing a table of posts, JSON and CSV, read into the same rows.
#include "base/json.h"
#include "base/text.h"
#include "posts/bulk.h"
#include "posts/csv.h"
#include "posts/input.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace posts {

namespace {

using Accounts = std::vector<accounts::AccountView>;

constexpr std::array columns = {"text",      "accounts", "at",    "local",
                                "time_zone", "when",     "media", "language"};

std::string_view without_at(std::string_view handle) {
  return handle.starts_with('@') ? handle.substr(1) : handle;
}

// "bluesky:@ada.example", "@ada.example" or the id.
std::vector<base::AccountId> find_accounts(std::string_view name, const Accounts& accounts) {
  std::string_view network;
  std::string_view handle = name;
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    network = name.substr(0, colon);
    handle = name.substr(colon + 1);
  }
  std::vector<base::AccountId> found;
  for (const accounts::AccountView& account : accounts) {
    if (account.id.value == name) return {account.id};
    const bool same = base::equals_ignore_case(without_at(account.handle), without_at(handle));
    if (same && (network.empty() || account.network == network)) found.push_back(account.id);
  }
  return found;
}

std::vector<Variant> read_accounts(base::JsonReader& in, const Accounts& accounts) {
  std::vector<Variant> variants;
  for (const std::string& name : in.texts("accounts", variants_max, {.min = 1, .max = 300})) {
    const auto found = find_accounts(name, accounts);
    if (found.empty()) {
      in.error("accounts", fmt::format("names `{}`, which is not an account here", name));
    } else if (found.size() > 1) {
      in.error("accounts",
               fmt::format("`{}` is the name of {} accounts: write {}", name, found.size(),
                           name.contains(':') ? "the account's id" : "network:name"));
    } else if (std::ranges::any_of(variants,
                                   [&](const auto& v) { return v.account == found[0]; })) {
      in.error("accounts", fmt::format("names `{}` twice", name));
    } else {
      variants.push_back({.account = found[0], .parts = {}});
    }
  }
  return variants;
}

When read_row_when(base::JsonReader& in) {
  When when{.type = WhenType::at,
            .at = in.optional_instant("at"),
            .local = in.optional_text("local", {.max = 32}),
            .time_zone = in.optional_text("time_zone", {.max = 64}).value_or("")};
  const bool timed = when.at || when.local;
  const std::string type = in.optional_text("when", {.max = 20}).value_or(timed ? "at" : "");
  if (type == "next_slot") {
    when.type = WhenType::next_slot;
  } else if (type == "now") {
    when.type = WhenType::now;
  } else if (type == "draft") {
    when.type = WhenType::draft;
  } else if (type != "at") {
    in.error("when", "is one of at, next_slot, now, draft, unless `at` or `local` is given");
  }
  if (when.type != WhenType::at && timed) in.error("when", "is not `at`, but a time is given");
  if (!when.time_zone.empty() && !base::is_time_zone(when.time_zone)) {
    in.error("time_zone", "is not an IANA time zone such as Europe/Paris");
  }
  return when;
}

BulkRow read_short(const json::value& value, const Accounts& accounts) {
  base::JsonReader in(value);
  BulkRow row;
  Part part{.text = base::clean_utf8(in.text("text", {.max = text_bytes_max})), .media = {}};
  for (std::string& id : in.texts("media", media_per_part_max, {.min = 1, .max = 64})) {
    if (!base::is_uuid(id)) in.error("media", "holds something that is not an id");
    part.media.push_back({std::move(id)});
  }
  row.input.parts.push_back(std::move(part));
  row.input.language = in.optional_text("language", {.max = 35}).value_or("");
  row.input.variants = read_accounts(in, accounts);
  row.input.when = read_row_when(in);
  if (row.input.when.type != WhenType::draft && row.input.variants.empty() && !in.has("accounts")) {
    in.error("accounts", "names no account to publish to");
  }
  if (auto ok = in.finish(); !ok) row.errors = std::move(ok.error().fields);
  return row;
}

BulkRow read_row(const json::value& value, const Accounts& accounts) {
  const bool whole = value.is_object() && value.get_object().contains("parts");
  if (!whole) return read_short(value, accounts);
  BulkRow row;
  auto input = read_post_input(value);
  if (input) {
    row.input = std::move(*input);
  } else {
    row.errors = input.error().fields;
    if (row.errors.empty()) row.errors.push_back({"", input.error().message});
  }
  return row;
}

// A list inside a field of CSV: handles and ids hold none of these.
json::array list_of(std::string_view text) {
  json::array items;
  std::string item;
  for (char c : text) {
    const bool between = c == ' ' || c == ',' || c == ';' || c == '|' || c == '\n' || c == '\t';
    if (!between) item += c;
    if (between && !item.empty()) {
      items.emplace_back(item);
      item.clear();
    }
  }
  if (!item.empty()) items.emplace_back(item);
  return items;
}

json::object row_of(const std::vector<std::string>& header,
                    const std::vector<std::string>& fields) {
  json::object row;
  for (std::size_t i = 0; i < std::min(header.size(), fields.size()); ++i) {
    const std::string& name = header[i];
    if (fields[i].empty()) continue;
    if (name == "accounts" || name == "media") {
      row[name] = list_of(fields[i]);
    } else {
      row[name] = fields[i];
    }
  }
  return row;
}

}  // namespace

base::Result<BulkInput> read_bulk(const json::value& body, const Accounts& accounts) {
  base::JsonReader in(body);
  BulkInput input;
  input.dry_run = in.optional_boolean("dry_run").value_or(false);
  const std::string mode = in.optional_text("mode", {.max = 20}).value_or("all_or_nothing");
  if (mode == "good_rows") {
    input.mode = BulkMode::good_rows;
  } else if (mode != "all_or_nothing") {
    in.error("mode", "is one of all_or_nothing, good_rows");
  }
  const json::array* rows = in.optional_array("rows", bulk_rows_max);
  if (rows == nullptr || rows->empty()) in.error("rows", "needs at least one row");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  for (const json::value& row : *rows) input.rows.push_back(read_row(row, accounts));
  return input;
}

base::Result<BulkInput> read_bulk_csv(std::string_view text, const Accounts& accounts) {
  if (!base::is_utf8(text)) return base::invalid("csv", "is not UTF-8");
  auto lines = read_csv(text, bulk_rows_max + 1);
  if (!lines) return std::unexpected(lines.error());
  if (lines->size() < 2) return base::invalid("csv", "needs a line of names and at least one row");
  std::vector<std::string>& header = lines->front();
  for (std::string& name : header) {
    name = base::to_lower_ascii(base::trim(name));
    if (std::ranges::find(columns, name) == columns.end()) {
      return base::invalid("csv", fmt::format("has a column `{}`; known are {}", name.substr(0, 50),
                                              fmt::join(columns, ", ")));
    }
  }
  BulkInput input;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    BulkRow row = read_row(row_of(header, (*lines)[i]), accounts);
    if ((*lines)[i].size() > header.size()) {
      row.errors.push_back({"", "has more fields than the first line has names"});
    }
    input.rows.push_back(std::move(row));
  }
  return input;
}

}  // namespace posts
