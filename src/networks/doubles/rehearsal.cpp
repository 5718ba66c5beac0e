#include "networks/doubles/rehearsal.h"

#include "base/json.h"
#include "base/text.h"
#include "networks/doubles/received.h"

#include <charconv>

namespace networks::doubles {
namespace {

constexpr std::size_t posts_shown = 1000;
constexpr std::size_t posts_shown_max = 1'000'000;
constexpr std::size_t faults_max = 1000;
constexpr std::int64_t down_ms_max = 3'600'000;
constexpr std::chrono::seconds stop_deadline{1};

bool is_wanted(const Kind& kind, const std::vector<std::string>& names) {
  if (kind.make == nullptr) return false;
  return names.empty() || std::ranges::any_of(names, [&](const auto& name) {
           return name == kind.name || name == kind.network;
         });
}

std::optional<std::string> unknown_name(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto known = [&](const Kind& kind) {
      return kind.make != nullptr && (kind.name == name || kind.network == name);
    };
    if (std::ranges::none_of(kinds(), known)) return name;
  }
  return std::nullopt;
}

http::Response to_problem(const base::Error& error) { return http::problem(error); }

io::Task<http::Response> at_once(http::Response response) { co_return response; }

struct FaultOrder {
  std::string network;
  std::vector<Fault> next;
  std::optional<FaultPlan> plan;
  std::chrono::milliseconds down{0};
};

base::Result<FaultOrder> read_order(const json::value& body) {
  base::JsonReader in(body);
  FaultOrder order;
  order.network = in.optional_text("network", {.max = 60}).value_or("");
  for (const auto& name : in.texts("next", faults_max, {.min = 1, .max = 60})) {
    if (const auto fault = parse_fault(name)) {
      order.next.push_back(*fault);
    } else {
      in.error("next", "There is no fault '" + base::clean_utf8(name) + "'.");
    }
  }
  if (const auto text = in.optional_text("plan", {.max = 1000})) {
    if (auto plan = parse_fault_plan(*text)) {
      order.plan = std::move(*plan);
    } else {
      in.error("plan", plan.error().fields.front().message);
    }
  }
  order.down =
      std::chrono::milliseconds(in.optional_integer("down_ms", 1, down_ms_max).value_or(0));
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return order;
}

}  // namespace

base::Result<std::unique_ptr<Rehearsal>> Rehearsal::make(io::Executor executor,
                                                         RehearsalOptions options,
                                                         const base::Clock& clock) {
  if (const auto name = unknown_name(options.networks)) {
    return base::invalid("networks", "There is no double of '" + base::clean_utf8(*name) + "'.");
  }
  std::unique_ptr<Rehearsal> rehearsal(new Rehearsal(executor, std::move(options)));
  const auto& given = rehearsal->options_;
  // A double keeps its port and its chance whichever others are wanted.
  for (std::size_t place = 0; place < kinds().size(); ++place) {
    const auto& kind = kinds()[place];
    if (!is_wanted(kind, given.networks)) continue;
    const auto port = given.port == 0 ? 0 : given.port + 1 + place;
    if (port > 65'535) return base::invalid("port", "The port is too high for all networks.");
    rehearsal->stations_.push_back(
        std::make_unique<Station>(executor, kind, clock,
                                  StationOptions{.port = static_cast<std::uint16_t>(port),
                                                 .faults = given.faults,
                                                 .place = place,
                                                 .rate_limits = given.rate_limits}));
  }
  return rehearsal;
}

Rehearsal::Rehearsal(io::Executor executor, RehearsalOptions options)
    : executor_(executor), options_(std::move(options)), tasks_(executor) {}

Rehearsal::~Rehearsal() = default;

void Rehearsal::start() {
  for (const auto& station : stations_) station->open();
  auto router = std::make_shared<http::Router>();
  bind(*router);
  control_ = std::make_unique<http::Server>(executor_, http::ServerOptions{.port = options_.port},
                                            std::move(router));
  control_->start();
}

io::Task<> Rehearsal::stop() {
  if (control_) co_await control_->stop(stop_deadline);
  tasks_.stop();
  co_await tasks_.join();
  for (const auto& station : stations_) co_await station->close();
}

std::string Rehearsal::address() const {
  return fmt::format("http://127.0.0.1:{}", control_->port());
}

json::object Rehearsal::about() const {
  json::array networks;
  for (const auto& station : stations_) {
    const auto& kind = station->kind();
    networks.push_back(json::object{{"name", kind.name},
                                    {"network", kind.network},
                                    {"label", by_id(kind.network)->about().label},
                                    {"address", station->address()},
                                    {"settings", station->settings()}});
  }
  return {{"control", address()}, {"networks", std::move(networks)}};
}

json::object Rehearsal::received(std::string_view name, std::size_t limit) const {
  json::array networks;
  std::size_t accepted = 0;
  std::size_t doubled = 0;
  for (const auto& station : stations_) {
    const auto& kind = station->kind();
    if (!name.empty() && name != kind.name && name != kind.network) continue;
    const auto& taken = station->far().taken();
    const auto groups = group(taken);
    accepted += taken.size();
    doubled += taken.size() - groups.size();
    json::object entry{{"name", kind.name}, {"network", kind.network}};
    for (auto& field : to_json(groups, taken.size(), limit))
      entry.emplace(field.key(), std::move(field.value()));
    networks.push_back(std::move(entry));
  }
  return {{"accepted", accepted}, {"doubled", doubled}, {"networks", std::move(networks)}};
}

void Rehearsal::bind(http::Router& router) {
  router.get("/", [this](const http::Request&) { return at_once(page()); });
  router.get("/networks",
             [this](const http::Request&) { return at_once(http::json_response(about())); });
  router.get("/received",
             [this](http::Request request) { return show_received(std::move(request)); });
  router.post("/faults", [this](http::Request request) { return set_faults(std::move(request)); });
  router.post("/reset", [this](http::Request request) { return reset(std::move(request)); });
}

base::Result<std::vector<Station*>> Rehearsal::pick(const std::string& name) {
  std::vector<Station*> picked;
  for (const auto& station : stations_) {
    if (name.empty() || name == station->kind().name || name == station->kind().network)
      picked.push_back(station.get());
  }
  if (picked.empty()) return base::invalid("network", "This rehearsal has no such network.");
  // While one is down its script is somebody else's.
  if (std::ranges::any_of(picked, [](const auto* station) { return !station->is_open(); }))
    return std::unexpected(base::Error{
        .status = 409, .code = "down", .message = "The network is down at the moment."});
  return picked;
}

io::Task<http::Response> Rehearsal::show_received(http::Request request) const {
  std::size_t limit = posts_shown;
  if (const auto text = request.query.get("limit")) {
    const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (error != std::errc{} || stop != text->data() + text->size() || limit > posts_shown_max) {
      co_return to_problem(
          base::invalid("limit", fmt::format("Give a number up to {}.", posts_shown_max)).error());
    }
  }
  const std::string name(request.query.get("network").value_or(""));
  co_return http::json_response(received(name, limit));
}

io::Task<http::Response> Rehearsal::set_faults(http::Request request) {
  const auto body = http::json_body(request);
  if (!body) co_return to_problem(body.error());
  auto order = read_order(*body);
  if (!order) co_return to_problem(order.error());
  auto picked = pick(order->network);
  if (!picked) co_return to_problem(picked.error());
  for (auto* station : *picked) {
    if (order->plan) station->plan(*order->plan);
    for (const auto fault : order->next) station->far().faults().next(fault);
    if (order->down.count() > 0) {
      tasks_.start_once("rehearsal_down",
                        [station, time = order->down] { return station->go_down(time); });
    }
  }
  co_return http::no_content();
}

io::Task<http::Response> Rehearsal::reset(http::Request request) {
  std::string name;
  if (!request.body.empty()) {
    const auto body = http::json_body(request);
    if (!body) co_return to_problem(body.error());
    base::JsonReader in(*body);
    name = in.optional_text("network", {.max = 60}).value_or("");
    if (auto ok = in.finish(); !ok) co_return to_problem(ok.error());
  }
  auto picked = pick(name);
  if (!picked) co_return to_problem(picked.error());
  for (auto* station : *picked) co_await station->reset();
  co_return http::no_content();
}

http::Response Rehearsal::page() const {
  std::string rows;
  for (const auto& station : stations_) {
    const auto& taken = station->far().taken();
    const auto groups = group(taken);
    const auto last = taken.empty() ? "" : base::truncate_graphemes(taken.back().text, 120);
    rows += fmt::format("<tr><td>{}<td><code>{}</code><td align=right>{}<td align=right>{}<td>{}\n",
                        base::escape_html(station->kind().name), station->address(), taken.size(),
                        taken.size() - groups.size(), base::escape_html(last));
  }
  return http::text_response(
      fmt::format("<!doctype html><html lang=en><meta charset=utf-8><meta http-equiv=refresh "
                  "content=2><title>Rehearsal</title><style>body{{font-family:sans-serif}}td,th"
                  "{{padding:.3em .8em;text-align:left}}</style><h1>Rehearsal</h1><table><tr>"
                  "<th>Network<th>Address<th>Received<th>Doubled<th>Last text\n{}</table>"
                  "<p>Everything: <a href=/received>/received</a>, what to fill in: "
                  "<a href=/networks>/networks</a></html>\n",
                  rows),
      "text/html; charset=utf-8");
}

}  // namespace networks::doubles
