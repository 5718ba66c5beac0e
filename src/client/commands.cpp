#include "client/commands.h"

#include "base/json.h"
#include "base/text.h"
#include "client/print.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace client {
namespace {

using Answer = base::Result<json::value>;
using Print = void (*)(const json::value&);

// Runs one conversation with the server to its end and prints what came of it.
int converse(const Options& options, Print print, std::function<io::Task<Answer>(Api&)> talk) {
  struct Conversation {
    static io::Task<> run(const Options& options, Print print,
                          std::function<io::Task<Answer>(Api&)> talk, int& code) {
      Api api(co_await asio::this_coro::executor, options.server);
      const Answer answer = co_await talk(api);
      if (!answer) {
        fmt::print(stderr, "socialtrend: {}\n", answer.error().message);
        co_return;
      }
      if (options.json) {
        fmt::print("{}\n", json::serialize(*answer));
      } else {
        print(*answer);
      }
      const json::value* verdict = base::find(*answer, "/ok");
      code = verdict && verdict->is_bool() && !verdict->get_bool() ? 1 : 0;
    }
  };
  int code = 1;
  io::run([&] { return Conversation::run(options, print, talk, code); });
  return code;
}

std::unexpected<base::Error> refuse(std::string message) {
  return std::unexpected(base::Error{.code = "client", .message = std::move(message)});
}

base::Result<std::string> read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return refuse(fmt::format("{} cannot be read", path.string()));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string without_at(std::string_view handle) {
  return std::string(handle.starts_with('@') ? handle.substr(1) : handle);
}

// An id, a handle, or a network of which there is one account.
base::Result<std::string> account_id(const json::array& accounts, const std::string& wanted) {
  std::vector<std::string> found;
  for (const json::value& account : accounts) {
    const std::string id = base::text_at(account, "/id");
    if (id == wanted) return id;
    if (without_at(base::text_at(account, "/handle")) == without_at(wanted) ||
        base::text_at(account, "/network") == wanted) {
      found.push_back(id);
    }
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) return refuse(fmt::format("there is no account {}", wanted));
  return refuse(fmt::format("{} accounts are called {}: use an id of `socialtrend accounts`",
                            found.size(), wanted));
}

io::Task<base::Result<json::array>> resolve_accounts(Api& api, std::vector<std::string> wanted) {
  const Answer page = co_await api.get("/api/accounts?limit=200");
  if (!page) co_return std::unexpected(page.error());
  const json::value* items = base::find(*page, "/items");
  if (!items || !items->is_array()) co_return refuse("the server's answer has no accounts");
  json::array variants;
  for (const std::string& one : wanted) {
    auto id = account_id(items->get_array(), one);
    if (!id) co_return std::unexpected(id.error());
    variants.push_back(json::object{{"account_id", *id}});
  }
  co_return variants;
}

io::Task<base::Result<json::array>> upload_media(Api& api, std::vector<std::string> files) {
  json::array ids;
  for (const std::string& file : files) {
    const std::size_t equals = file.find('=');
    auto bytes = read_all(file.substr(0, equals));
    if (!bytes) co_return std::unexpected(bytes.error());
    std::string path = "/api/media";
    if (equals != std::string::npos) {
      path += "?alt_text=" + base::url_encode(std::string_view(file).substr(equals + 1));
    }
    const Answer item =
        co_await api.send(std::move(path), "application/octet-stream", std::move(*bytes));
    if (!item) co_return std::unexpected(item.error());
    ids.emplace_back(base::text_at(*item, "/id"));
  }
  co_return ids;
}

json::object when_of(const NewPost& wish) {
  if (wish.now) return {{"type", "now"}};
  if (wish.next_slot) return {{"type", "next_slot"}};
  if (!wish.at.empty()) return {{"type", "at"}, {"at", wish.at}};
  if (wish.local.empty()) return {{"type", "draft"}};
  json::object when{{"type", "at"}, {"local", wish.local}};
  if (!wish.time_zone.empty()) when["time_zone"] = wish.time_zone;
  return when;
}

io::Task<Answer> write_post(Api& api, NewPost wish) {
  auto variants = co_await resolve_accounts(api, wish.accounts);
  if (!variants) co_return std::unexpected(variants.error());
  base::Result<json::array> media = json::array{};
  if (!wish.dry_run) media = co_await upload_media(api, wish.media);
  if (!media) co_return std::unexpected(media.error());
  json::array parts;
  for (const std::string& text : wish.parts) {
    json::object part{{"text", text}};
    part["media"] = parts.empty() ? std::move(*media) : json::array{};
    parts.push_back(std::move(part));
  }
  json::object post{
      {"parts", std::move(parts)}, {"variants", std::move(*variants)}, {"when", when_of(wish)}};
  if (!wish.language.empty()) post["language"] = wish.language;
  co_return co_await api.post(wish.dry_run ? "/api/posts/validate" : "/api/posts", std::move(post));
}

// The timeline, each entry with the name of the account that it is about.
io::Task<Answer> read_timeline(Api& api, std::string path) {
  const Answer post = co_await api.get(path);
  if (!post) co_return post;
  Answer timeline = co_await api.get(path + "/timeline");
  if (!timeline) co_return timeline;
  std::map<std::string, std::string> names;
  if (const json::value* targets = base::find(*post, "/targets"); targets && targets->is_array()) {
    for (const json::value& target : targets->get_array()) {
      names[base::text_at(target, "/id")] = fmt::format("{} {}", base::text_at(target, "/network"),
                                                        base::text_at(target, "/account_handle"));
    }
  }
  json::value* items =
      timeline->is_object() ? timeline->get_object().if_contains("items") : nullptr;
  if (items && items->is_array()) {
    for (json::value& entry : items->get_array()) {
      if (!entry.is_object()) continue;
      entry.get_object()["account"] = names[base::text_at(entry, "/target_id")];
    }
  }
  co_return timeline;
}

std::string post_path(const std::string& id) { return "/api/posts/" + base::url_encode(id); }

int ask(const Options& options, Print print, std::string path) {
  return converse(options, print, [path](Api& api) { return api.get(path); });
}

int tell(const Options& options, Print print, std::string path, json::object body = {}) {
  return converse(options, print, [path, body](Api& api) { return api.post(path, body); });
}

}  // namespace

int create_post(const Options& options, const NewPost& wish) {
  NewPost post = wish;
  for (std::string& text : post.parts) {
    if (text == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  }
  return converse(options, wish.dry_run ? print_validation : print_post,
                  [post](Api& api) { return write_post(api, post); });
}

int list_posts(const Options& options, std::string state, std::string search, int limit) {
  std::string path = fmt::format("/api/posts?limit={}", limit);
  if (!state.empty()) path += "&state=" + base::url_encode(state);
  if (!search.empty()) path += "&q=" + base::url_encode(search);
  return ask(options, print_posts, std::move(path));
}

int show_post(const Options& options, std::string id) {
  return ask(options, print_post, post_path(id));
}

int show_timeline(const Options& options, std::string id) {
  return converse(options, print_timeline,
                  [path = post_path(id)](Api& api) { return read_timeline(api, path); });
}

int change_post(const Options& options, std::string id, std::string verb) {
  return tell(options, print_post, post_path(id) + "/" + verb);
}

int reject_post(const Options& options, std::string id, std::string reason) {
  return tell(options, print_post, post_path(id) + "/reject", {{"reason", reason}});
}

int decide(const Options& options, std::string id, std::string target, std::string decision) {
  return tell(options, print_post,
              post_path(id) + "/targets/" + base::url_encode(target) + "/decide",
              {{"decision", decision}});
}

int schedule_many(const Options& options, const std::filesystem::path& csv, bool dry_run) {
  auto table = read_all(csv);
  if (!table) {
    fmt::print(stderr, "socialtrend: {}\n", table.error().message);
    return 1;
  }
  const std::string path = std::string("/api/posts/bulk") + (dry_run ? "?dry_run=true" : "");
  return converse(options, print_bulk, [path, text = std::move(*table)](Api& api) {
    return api.send(path, "text/csv", text);
  });
}

int list_trends(const Options& options, std::string search, int limit) {
  std::string path = fmt::format("/api/trends?limit={}", limit);
  if (!search.empty()) path += "&q=" + base::url_encode(search);
  return ask(options, print_trends, std::move(path));
}

int list_accounts(const Options& options) {
  return ask(options, print_accounts, "/api/accounts?limit=200");
}

}  // namespace client
