// The way of one target through the worker, step by step. Each step ends with a committed state,
// so that a crash between any two of them can be told apart.
#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/spans.h"
#include "base/text.h"
#include "io/traced.h"
#include "publishing/guarded.h"
#include "publishing/progress.h"
#include "publishing/within.h"
#include "publishing/worker.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace publishing {

namespace {

using namespace boost::asio::experimental::awaitable_operators;

metrics::Histogram lateness{"publishing_lateness_seconds",
                            "Start of sending minus due time, of first tries.",
                            metrics::latency_bounds()};

constexpr std::string_view held_up = "the program was held up too long";
constexpr std::string_view restarting = "the program is being restarted";
// Media and containers that a network was given do not last there. What surely never reached it may
// be frozen anew then; what may have, never.
constexpr std::chrono::hours frozen_max{1};

base::Instant instant_of(const Work& work) { return std::max(work.ready_at, work.due_at); }

bool has_gone_stale(const Work& work, base::Instant now) {
  return work.unclear_count == 0 && work.sent_at && now > *work.sent_at + frozen_max;
}

// Nothing when it may publish.
std::optional<std::string> why_waiting(const OpenedAccount& opened) {
  if (opened.state == accounts::AccountState::broken) {
    return fmt::format(
        "The account must be connected again ({}). The post waits and then goes out.",
        opened.reason);
  }
  if (opened.state != accounts::AccountState::connected) {
    return fmt::format("{} The post waits until it goes on.",
                       opened.reason.empty() ? "The account is paused." : opened.reason);
  }
  return std::nullopt;
}

networks::Outcome refusal_of(networks::Prepared prepared) {
  if (auto* no = std::get_if<networks::Rejected>(&prepared)) return std::move(*no);
  if (auto* broken = std::get_if<networks::AccountBroken>(&prepared)) return std::move(*broken);
  auto* later = std::get_if<networks::RetryLater>(&prepared);
  CHECK(later != nullptr);
  return std::move(*later);
}

networks::RetryLater internal_trouble() {
  return {.reason = "something went wrong on our side; it is in the log"};
}

}  // namespace

// Thousands wait between the two halves: little is kept meanwhile.
io::Task<> Worker::fly(FlightPtr flight) {
  if (!co_await get_ready(flight)) co_return co_await give_probe_back(flight);
  // Also after a pause that ended before its time had come.
  co_await await_time(instant_of(flight->work));
  co_await depart(std::move(flight));
}

io::Task<bool> Worker::get_ready(FlightPtr flight) {
  if (!co_await board(flight)) co_return false;
  if (!co_await prepare(flight)) co_return false;
  // Blind networks cannot be asked after a crash: for them the write-ahead waits for the instant,
  // so that only a crash in the sending itself costs a question to a person.
  co_return is_blind(*flight) || co_await write_ahead(flight);
}

io::Task<> Worker::depart(FlightPtr flight) {
  if (!co_await await_turn(flight)) co_return co_await let_go(flight);
  // Some more than can be sent at once are written down together; not all of a burst, for each that
  // waits between the two is a person's question after a crash.
  std::unique_ptr<Turns::Ticket> pen;
  if (is_blind(*flight)) {
    pen = writing_turns_.enlist("");
    if (!pen->take()) co_await pen->wait();
    if (!co_await may_send_now(flight)) co_return co_await let_go(flight);
    if (!co_await write_ahead(flight)) co_return co_await give_probe_back(flight);
  }
  auto room = sending_turns_.enlist("");
  if (!room->take()) co_await room->wait();
  // Whatever it waited for may have taken its time.
  if (!co_await may_send_now(flight)) co_return co_await let_go(flight);
  pen.reset();
  auto outcome = co_await send(flight);
  room.reset();
  // Thousands may wait for their records at once, which need none of this.
  flight->account = {};
  flight->frozen = {};
  flight->turn.reset();  // the account's next one may go while this one is recorded
  if (!record_without_waiting(flight, outcome)) co_await record(flight, std::move(outcome));
}

// A post that was made from a trend goes out while the trend lives. What may be there already is
// not asked about: it is finished as it was begun.
io::Task<bool> Worker::is_fresh(FlightPtr flight) {
  const Work& work = flight->work;
  if (!doors_.freshness || work.unclear_count > 0) co_return true;
  if (!flight->guarded) {
    flight->guarded = !(co_await doors_.freshness->guarded({work.post})).empty();
  }
  if (!*flight->guarded) co_return true;
  auto died = co_await doors_.freshness->look(work.post, work.id);
  if (!died) co_return true;
  co_await move(flight, std::move(*died));
  co_return false;
}

// Whether there is a way at all: time, network, account.
io::Task<bool> Worker::board(FlightPtr flight) {
  const Work& work = flight->work;
  if (is_too_late(now(), work.due_at, work.too_late)) {
    co_await move(flight, event::CameTooLate{});
    co_return false;
  }
  if (!co_await is_fresh(flight)) co_return false;
  if (!flight->network) {
    const networks::Rejected why{.code = "no_network",
                                 .reason = "this version does not know the network"};
    co_await move(flight, event::CouldNotPrepare{why});
    co_return false;
  }
  std::optional<OpenedAccount> opened;
  if (flight->opened) opened = std::move(*std::exchange(flight->opened, nullptr));
  if (!opened) opened = co_await doors_.accounts->open(work.workspace, work.account);
  if (!opened) {
    co_await move(flight, event::AccountGone{});
    co_return false;
  }
  if (auto why = why_waiting(*opened)) {
    co_await move(flight, event::AccountWaits{std::move(*why)});
    co_return false;
  }
  flight->account = std::move(opened->account);
  flight->account_version = opened->version;
  flight->boarded_at = now();
  flight->retry = flight->network->retry_class(flight->account);
  // Claimed ahead: what will be over by its time holds nothing up.
  if (auto rest = rest_of(*flight, std::max(now(), instant_of(work)))) {
    co_await move(flight, event::Held{.until = rest->until, .reason = rest->reason});
    co_return false;
  }
  co_return true;
}

io::Task<bool> Worker::prepare(FlightPtr flight) {
  if (flight->work.attempt && !has_gone_stale(flight->work, now())) {
    // Frozen with an earlier attempt: the same bytes again, whatever has changed since.
    flight->frozen.payload = co_await store_.frozen(*flight->work.attempt);
    co_return true;
  }
  // The network, or our own patience, wanted this pause: claiming ahead does not shorten it.
  const bool again = flight->work.retry_count > 0 || flight->work.waiting_since;
  base::Instant begin = again ? flight->work.ready_at : now();
  const auto rest = rest_of(*flight, now());
  if (rest && rest->until <= instant_of(flight->work)) begin = std::max(begin, rest->until);
  if (begin > now()) co_await pause(begin - now(), stop_event_);
  if (stopping_) {
    co_await move(flight, event::Withdrawn{std::string(restarting)});
    co_return false;
  }
  if (!co_await passes_breaker(flight)) co_return false;
  networks::Prepared prepared = co_await ask_to_prepare(flight);
  if (flight->lost) co_return false;
  if (auto* frozen = std::get_if<networks::Frozen>(&prepared)) {
    flight->frozen = std::move(*frozen);
    co_return true;
  }
  if (auto* works = std::get_if<networks::StillWorking>(&prepared)) {
    co_await move(flight, event::NetworkWorks{std::move(*works)});
    co_return false;
  }
  if (flight->held_back) {
    co_await move(flight, event::Withdrawn{std::string(held_up)});
    co_return false;
  }
  networks::Outcome outcome = co_await judged(flight, refusal_of(std::move(prepared)));
  event::CouldNotPrepare failed;
  Breakers::Lesson lesson;
  if (auto* no = std::get_if<networks::Rejected>(&outcome)) failed.why = *no;
  if (auto* later = std::get_if<networks::RetryLater>(&outcome)) {
    failed.why = *later;
    lesson = lesson_of(*flight, outcome);
  }
  const auto* broken = std::get_if<networks::AccountBroken>(&outcome);
  if (broken) failed.why = *broken;
  co_await move(flight, failed);
  co_await share(flight, lesson, outcome);
  if (broken) {
    co_await doors_.accounts->mark_broken(flight->work.account, broken->reason,
                                          flight->account_version);
  }
  co_return false;
}

io::Task<networks::Prepared> Worker::ask_to_prepare(FlightPtr flight) {
  auto room = preparing_turns_.enlist("");
  if (!room->take()) co_await room->wait();
  // The creation time is part of the bytes: fixed once, kept with the attempt.
  networks::Key key{.value = flight->work.key,
                    .created_at = flight->work.key_created_at.value_or(
                        std::max(instant_of(flight->work), now()))};
  flight->work.key_created_at = key.created_at;
  auto result = co_await within([this] { return doors_.sleep(settings_.prepare_max); },
                                prepare_content(flight, key));
  if (!result) co_return networks::RetryLater{.reason = "getting it ready took too long"};
  auto& prepared = *result;
  if (prepared) co_return std::move(*prepared);
  base::log_error("publish_prepare_failed", {{"target.id", flight->work.id.value},
                                             {"network", flight->work.network},
                                             {"error.message", prepared.error()}});
  co_return internal_trouble();
}

io::Task<networks::Prepared> Worker::prepare_content(FlightPtr flight, networks::Key key) {
  std::optional<Store::Text> text;
  if (flight->text) text = std::move(*std::exchange(flight->text, nullptr));
  if (!text) text = co_await store_.text(flight->work);
  if (!text) {
    co_return networks::Rejected{.code = "gone", .reason = "its text is not there any more"};
  }
  networks::Content content{.parts = {}, .language = text->language, .reply_to = std::nullopt};
  for (posts::Part& part : text->parts) {
    networks::Part ready{.text = std::move(part.text), .media = {}};
    if (!part.media.empty()) {
      auto images = co_await doors_.images(flight->work.workspace, part.media,
                                           flight->network->limits(flight->account));
      if (!images) {
        co_return networks::Rejected{.code = "media", .reason = images.error().message};
      }
      ready.media = std::move(*images);
    }
    content.parts.push_back(std::move(ready));
  }
  if (flight->work.previous) content.reply_to = co_await store_.reference(*flight->work.previous);
  flight->posts = static_cast<std::int64_t>(content.parts.size());
  KeptProgress progress(*doors_.database, flight->work, [flight] { flight->lost = true; });
  LeasedDoors leased(doors_.context, permit_of(flight));
  leased.context.progress = &progress;
  auto prepared =
      co_await flight->network->prepare(leased.context, flight->account, std::move(content), key);
  flight->held_back = leased.held_back();
  co_return prepared;
}

std::shared_ptr<const Change> Worker::attempt_of(const Flight& flight,
                                                 base::AttemptId attempt) const {
  auto change = std::make_shared<Change>(change_of(flight, event::AttemptCommitted{}));
  change->attempt =
      NewAttempt{.id = std::move(attempt),
                 .frozen = flight.frozen.payload,
                 .key_created_at = flight.work.key_created_at.value_or(flight.work.ready_at)};
  change->details = {{"attempt", flight.work.attempt_count + 1},
                     {"key", flight.work.key},
                     {"sha256", base::hex(base::sha256(flight.frozen.payload))}};
  return change;
}

// Commits key and payload. Only after this may a byte go out.
io::Task<bool> Worker::write_ahead(FlightPtr flight) {
  const base::AttemptId attempt = base::AttemptId::make();
  if (!co_await take_units(flight, attempt)) co_return false;
  const bool written = co_await move_surely(flight, attempt_of(*flight, attempt));
  if (!written) co_await give_units_back(flight);
  co_return written;
}

// Surely nothing was sent.
io::Task<> Worker::let_go(FlightPtr flight) {
  co_await give_units_back(flight);
  co_await give_probe_back(flight);
}

// Its turn among the posts of its account.
io::Task<bool> Worker::await_turn(FlightPtr flight) {
  if (!stopping_ && !flight->turn->take()) {
    co_await (flight->turn->wait() || stop_event_.wait());
  }
  co_return co_await may_send_now(flight);
}

// The last look before the first byte.
io::Task<bool> Worker::may_send_now(FlightPtr flight) {
  if (stopping_ || !permit_of(flight)()) {
    co_await move(flight, event::Withdrawn{std::string(stopping_ ? restarting : held_up)});
    co_return false;
  }
  if (!co_await passes_breaker(flight)) co_return false;
  // Who waited long in line looks again at what may have changed meanwhile.
  if (now() > flight->boarded_at + settings_.lead + settings_.skew) {
    if (!co_await board_again(flight)) co_return false;
  }
  co_return co_await keep_units(flight);
}

// Other credentials, or none: the account may have been renewed, paused or disconnected.
io::Task<bool> Worker::board_again(FlightPtr flight) {
  auto opened = co_await doors_.accounts->open(flight->work.workspace, flight->work.account);
  if (!opened || why_waiting(*opened)) {
    co_await move(flight, event::Withdrawn{"the account is not what it was"});
    co_return false;
  }
  flight->account = std::move(opened->account);
  flight->account_version = opened->version;
  flight->boarded_at = now();
  co_return true;
}

io::Task<networks::Outcome> Worker::send(FlightPtr flight) {
  if (flight->work.attempt_count == 0) {
    lateness.observe(base::to_seconds(now() - flight->work.due_at));
  }
  const base::ScopedSpan span("publish " + flight->work.network,
                              {{"socialtrend.network", flight->work.network}});
  LeasedDoors leased(doors_.context, permit_of(flight));
  auto result = co_await within(
      [this] { return doors_.sleep(settings_.publish_max); },
      io::within_trace(base::scope_of(span),
                       flight->network->publish(leased.context, flight->account, flight->frozen)));
  flight->held_back = leased.held_back();
  if (!result) {
    co_return networks::Unknown{
        .reason = fmt::format("no answer within {}", in_words(settings_.publish_max))};
  }
  auto& outcome = *result;
  if (outcome) co_return std::move(*outcome);
  // Something may have been sent before it threw.
  base::log_error("publish_threw", {{"target.id", flight->work.id.value},
                                    {"network", flight->work.network},
                                    {"error.message", outcome.error()}});
  co_return networks::Unknown{.reason = "the sending was interrupted"};
}

}  // namespace publishing
