#include "app/trends_cache.h"

#include "accounts/principal.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view list_route = "/api/trends";
constexpr const char* trends_channel = "trends-changed";
// Short: what Redis does not know at once is quicker made here.
constexpr auto redis_timeout = 200ms;
constexpr std::size_t question_max = 1'000;

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool shapes_the_list(std::string_view route) {
  return std::ranges::any_of(
      std::array<std::string_view, 3>{"/api/trend", "/api/watch-lists", "/api/sources"},
      [&](std::string_view beginning) { return route.starts_with(beginning); });
}

// The same for the same question, in whatever order its parts were sent.
std::string question_of(const http::Query& query) {
  auto pairs = query.pairs;
  std::ranges::sort(pairs);
  std::string question;
  for (const auto& [name, value] : pairs) {
    question += base::url_encode(name) + "=" + base::url_encode(value) + "&";
  }
  return question;
}

// Its body, when it is good enough to be kept; the answer itself goes to whoever made it.
io::Task<redis::Cache::Thing> make_list(http::Request request, http::Handler next,
                                        std::optional<http::Response>& made) {
  made = co_await next(std::move(request));
  const bool good = made->status == 200 && !made->stream && made->static_body.empty();
  co_return good ? redis::Cache::Thing(made->body) : std::nullopt;
}

std::unique_ptr<redis::Client> connect(Process& process) {
  const auto endpoint = redis::endpoint_of(process.settings.redis).value();  // checked at start
  if (!endpoint) return nullptr;
  return std::make_unique<redis::Client>(process.loop.get_executor(),
                                         redis::ClientOptions{.connection = {.endpoint = *endpoint},
                                                              .command_timeout = redis_timeout});
}

}  // namespace

TrendsCache::TrendsCache(Process& process, jobs::Wake& wake)
    : wake_(wake),
      client_(connect(process)),
      cache_(process.loop.get_executor(), process.clock, client_.get(),
             {.name = "trends", .prefix = process.settings.redis.prefix + ":cache:trends"}),
      bell_(wake.on_ring(trends_channel, [this] { cache_.forget_here(); })) {
  process.router->filter([this](http::Request request, http::Handler next) {
    return handle(std::move(request), std::move(next));
  });
  if (client_) process.tasks.start("trends-cache", [this] { return client_->run(); });
}

io::Task<http::Response> TrendsCache::handle(http::Request request, http::Handler next) {
  const auto who = accounts::principal(request, accounts::Role::viewer);
  if (!who) co_return co_await next(std::move(request));
  const std::string group = who->workspace.value;
  if (is_read(request.method)) {
    const bool kept = request.route == list_route && request.target.size() <= question_max;
    if (kept) co_return co_await list(group, std::move(request), std::move(next));
    co_return co_await next(std::move(request));
  }
  if (!shapes_the_list(request.route)) co_return co_await next(std::move(request));
  // However it ends: also a change whose answer is an error may have been made.
  const std::shared_ptr<void> over(nullptr, [this, &group](void*) { changed(group); });
  co_return co_await next(std::move(request));
}

io::Task<http::Response> TrendsCache::list(std::string group, http::Request request,
                                           http::Handler next) {
  std::optional<http::Response> made;
  auto body = co_await cache_.get(std::move(group), question_of(request.query),
                                  [&] { return make_list(request, next, made); });
  if (made) co_return std::move(*made);
  if (!body) co_return co_await next(std::move(request));
  http::Response response;
  response.headers.set("Content-Type", "application/json");
  response.body = std::move(*body);
  co_return response;
}

void TrendsCache::changed(const std::string& group) {
  cache_.forget(group);
  wake_.ring(trends_channel);
}

}  // namespace app
