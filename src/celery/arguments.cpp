#include "celery/arguments.h"

#include "base/id.h"
#include "base/text.h"
#include "posts/post.h"

#include <fmt/format.h>

namespace celery {
namespace {

using base::JsonReader;

std::unexpected<base::Error> type_error(std::string message) {
  return base::fail({.status = 400, .code = "arguments", .message = std::move(message)});
}

// One text is as good as a list with it.
void listen_to_one(json::object& arguments, std::string_view name) {
  json::value* value = arguments.if_contains(name);
  if (value != nullptr && value->is_string()) {
    json::string text = value->get_string();
    *value = json::array{std::move(text)};
  }
}

json::object read_when(JsonReader& in) {
  if (const std::string text = in.optional_text("when", {.min = 1, .max = 64}).value_or("now");
      text == "now" || text == "draft" || text == "next_slot") {
    return {{"type", text}};
  } else if (base::parse_rfc3339(text)) {
    return {{"type", "at"}, {"at", text}};
  } else {
    return {{"type", "at"}, {"local", text}};
  }
}

bool is_web_address(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

MediaWanted read_medium(JsonReader& outer, const json::value& value, std::size_t index) {
  constexpr std::size_t url_max = 2000;
  const std::string name = fmt::format("media[{}]", index);
  MediaWanted medium;
  if (value.is_string()) {
    medium.url = std::string(value.get_string());
  } else {
    JsonReader in(value, name);
    medium.url = in.text("url", {.min = 1, .max = url_max});
    medium.alt_text = in.optional_text("alt_text", {.max = 5'000}).value_or("");
    outer.absorb(in);
  }
  if (base::is_uuid(medium.url)) {
    std::swap(medium.id, medium.url);
  } else if (medium.url.size() > url_max || !is_web_address(medium.url)) {
    outer.error(name, "is neither an http(s) address nor the id of a medium");
  }
  return medium;
}

std::vector<MediaWanted> read_media(JsonReader& in) {
  std::vector<MediaWanted> media;
  const json::array* list = in.optional_array("media", posts::media_per_part_max);
  if (list == nullptr) return media;
  for (std::size_t i = 0; i < list->size(); ++i) media.push_back(read_medium(in, (*list)[i], i));
  return media;
}

bool is_meant(const accounts::AccountView& account, std::string_view name) {
  if (account.id.value == name || account.handle == name) return true;
  if (name.starts_with('@') && account.handle == name.substr(1)) return true;
  return name == fmt::format("{}:{}", account.network, account.handle);
}

}  // namespace

base::Result<json::object> bind_arguments(const Task& task, std::vector<std::string_view> names) {
  if (task.args.size() > names.size()) {
    return type_error(fmt::format("{}() takes at most {} arguments but {} were given", task.name,
                                  names.size(), task.args.size()));
  }
  json::object bound;
  for (std::size_t i = 0; i < task.args.size(); ++i) {
    if (!task.args[i].is_null()) bound[names[i]] = task.args[i];
  }
  for (const auto& [name, value] : task.kwargs) {
    if (bound.contains(name)) {
      return type_error(fmt::format("{}() got multiple values for argument '{}'", task.name,
                                    base::truncate_graphemes(std::string_view(name), 60)));
    }
    if (!value.is_null()) bound[name] = value;
  }
  return bound;
}

base::Result<UploadWanted> read_upload(const Task& task) {
  auto bound = bind_arguments(task, {"text", "accounts", "media", "when"});
  if (!bound) return base::fail(bound.error());
  json::object& arguments = *bound;
  if (arguments.contains("post") && !arguments.contains("text")) {
    arguments["text"] = std::move(arguments["post"]);
    arguments.erase("post");
  }
  for (const char* name : {"accounts", "networks", "media"}) listen_to_one(arguments, name);
  const json::value value(std::move(arguments));
  JsonReader in(value);
  UploadWanted wanted{.text = in.text("text", {.max = posts::text_bytes_max}),
                      .accounts = in.texts("accounts", posts::variants_max, {.min = 1, .max = 300}),
                      .networks = in.texts("networks", posts::variants_max, {.min = 1, .max = 50}),
                      .media = read_media(in),
                      .when = read_when(in),
                      .other = {}};
  if (const auto zone = in.optional_text("time_zone", {.max = 64})) {
    wanted.when["time_zone"] = *zone;
  }
  if (const auto language = in.optional_text("language", {.max = 35})) {
    wanted.other["language"] = *language;
  }
  if (const json::object* too_late = in.optional_object("too_late")) {
    wanted.other["too_late"] = *too_late;
  }
  if (const auto ok = in.finish(); !ok) return base::fail(ok.error());
  return wanted;
}

base::Result<std::vector<base::AccountId>> find_accounts(
    const UploadWanted& wanted, const std::vector<accounts::AccountView>& connected) {
  std::vector<base::AccountId> found;
  std::vector<base::FieldError> errors;
  const auto add = [&found](const accounts::AccountView& account) {
    if (std::ranges::find(found, account.id) == found.end()) found.push_back(account.id);
  };
  for (const std::string& name : wanted.accounts) {
    std::vector<const accounts::AccountView*> meant;
    for (const auto& account : connected) {
      if (is_meant(account, name)) meant.push_back(&account);
    }
    if (meant.size() == 1) {
      add(*meant.front());
    } else {
      errors.push_back({"accounts", meant.empty()
                                        ? fmt::format("\"{}\" is not connected", name)
                                        : fmt::format("\"{}\" fits several; say network:handle "
                                                      "or the id",
                                                      name)});
    }
  }
  for (const std::string& network : wanted.networks) {
    bool any = false;
    for (const auto& account : connected) {
      if (account.network != network) continue;
      any = true;
      add(account);
    }
    if (!any) {
      errors.push_back({"networks", fmt::format("no account on \"{}\" is connected", network)});
    }
  }
  if (!errors.empty()) return base::invalid(std::move(errors));
  return found;
}

}  // namespace celery
