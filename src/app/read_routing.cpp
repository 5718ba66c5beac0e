#include "app/read_routing.h"

#include "accounts/principal.h"

#include <fmt/format.h>

namespace app {
namespace {

using namespace std::chrono_literals;

// A replica that is further behind is not used at all.
constexpr auto needed_for = 10min;
constexpr std::size_t needed_max = 10'000;
constexpr auto settle_pause = 20ms;
constexpr auto settle_again_after = 1s;

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

std::string position_cookie(const db::Position& position, bool secure) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", ReadRouting::cookie,
                     position.text(), std::chrono::seconds(needed_for).count(),
                     secure ? "; Secure" : "");
}

}  // namespace

ReadRouting::ReadRouting(io::Executor executor, db::ReplicaReads& reads,
                         const http::Router& lagging, std::set<std::string, std::less<>> patterns)
    : reads_(reads),
      lagging_(lagging),
      patterns_(std::move(patterns)),
      has_noted_(std::move(executor)) {}

http::Filter ReadRouting::filter() {
  return [this](http::Request request, http::Handler next) {
    return handle(std::move(request), std::move(next));
  };
}

io::Task<http::Response> ReadRouting::handle(http::Request request, http::Handler next) {
  if (!is_read(request.method)) co_return co_await change(std::move(request), std::move(next));
  if (patterns_.contains(request.route) && co_await may_lag(request)) {
    co_return co_await lagging_.handle(std::move(request));
  }
  co_return co_await next(std::move(request));
}

io::Task<http::Response> ReadRouting::change(http::Request request, http::Handler next) {
  const auto who = accounts::principal(request, accounts::Role::viewer);
  const base::WorkspaceId workspace = who ? who->workspace : base::WorkspaceId{};
  const bool browser = !who || who->by_session;
  const bool secure = request.secure;
  http::Response response;
  try {
    response = co_await next(std::move(request));
  } catch (...) {  // it may have been made
    if (workspace) changed(workspace);
    throw;
  }
  const db::Position written = co_await reads_.position();
  if (workspace) need(workspace, written);
  response.headers.set(header, written.text());
  if (browser) response.headers.add("Set-Cookie", position_cookie(written, secure));
  co_return response;
}

io::Task<bool> ReadRouting::may_lag(const http::Request& request) {
  db::Position needed;
  const auto who = accounts::principal(request, accounts::Role::viewer);
  const std::string brought(request.headers.has(header) ? std::string(request.headers.get(header))
                                                        : request.cookie(cookie));
  if (!brought.empty()) {
    const auto position = db::Position::parse(brought);
    if (!position) co_return false;
    needed = *position;
  } else if (who && !who->by_session) {
    co_return false;
  }
  if (who) {
    if (noted_.contains(who->workspace) || asked_.contains(who->workspace)) co_return false;
    const auto known = needed_.find(who->workspace);
    if (known != needed_.end()) needed = std::max(needed, known->second.position);
  }
  co_return co_await reads_.has(needed);
}

void ReadRouting::need(const base::WorkspaceId& workspace, db::Position position) {
  if (position == db::Position::beyond_all()) return changed(workspace);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (needed_.size() >= needed_max) {
    std::erase_if(needed_, [&](const auto& each) { return now - each.second.since > needed_for; });
  }
  Needed& needed = needed_[workspace];
  needed = {.position = std::max(needed.position, position), .since = now};
}

void ReadRouting::changed(const base::WorkspaceId& workspace) {
  noted_.insert(workspace);
  has_noted_.notify();
}

io::Task<> ReadRouting::settle() {
  while (true) {
    while (noted_.empty() && asked_.empty()) co_await has_noted_.wait();
    asked_.merge(noted_);
    noted_.clear();
    const db::Position position = co_await reads_.position();
    if (position == db::Position::beyond_all()) {
      co_await io::sleep_for(settle_again_after);
      continue;
    }
    for (const base::WorkspaceId& workspace : std::exchange(asked_, {})) need(workspace, position);
    co_await io::sleep_for(settle_pause);
  }
}

}  // namespace app
