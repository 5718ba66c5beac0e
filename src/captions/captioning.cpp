#include "captions/captioning.h"

#include "base/text.h"

#include <algorithm>

namespace captions {
namespace {

// The shape of RFC 5646 as far as it matters here.
bool is_language(std::string_view text) {
  const auto is_part = [](std::string_view part) {
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !part.empty() && part.size() <= 8 && std::ranges::all_of(part, good);
  };
  return text.size() >= 2 && std::ranges::all_of(base::split(text, '-'), is_part);
}

base::Result<CaptionWanted> read(const json::value& body) {
  base::JsonReader in(body);
  const auto text = [&in](std::string_view name, std::size_t max) {
    return in.optional_text(name, {.max = max}).value_or("");
  };
  CaptionWanted wanted{.trend_id = text("trend_id", 100),
                       .topic = text("topic", 500),
                       .network = text("network", 50),
                       .account_id = text("account_id", 100),
                       .request = {.tone = Tone::neutral,
                                   .language = text("language", 35),
                                   .instructions = text("instructions", 1000)}};
  const base::Result<Tone> tone =
      parse_tone(in.optional_text("tone", {.max = 20}).value_or("neutral"));
  if (!tone) in.error("tone", tone.error().fields.front().message);
  if (wanted.trend_id.empty() == base::trim(wanted.topic).empty()) {
    in.error("trend_id", "give either trend_id or topic");
  }
  if (!wanted.request.language.empty() && !is_language(wanted.request.language)) {
    in.error("language", "must be a language tag such as en or pt-BR");
  }
  if (const auto good = in.finish(); !good) return base::fail(good.error());
  wanted.request.tone = *tone;
  return wanted;
}

json::object to_json(const Caption& caption) {
  return {{"text", caption.text},
          {"hashtags", json::array(caption.hashtags.begin(), caption.hashtags.end())},
          {"offline", caption.offline},
          {"model", caption.model},
          {"note", caption.note}};
}

}  // namespace

Captioning::Captioning(Services services) : services_(std::move(services)) {}

io::Task<base::Result<json::object>> Captioning::compose(base::WorkspaceId workspace,
                                                         json::value body) {
  const base::Result<CaptionWanted> wanted = read(body);
  if (!wanted) co_return base::fail(wanted.error());
  const base::Result<Room> room = co_await find_room(workspace, *wanted);
  if (!room) co_return base::fail(room.error());
  const base::Result<TrendEvidence> evidence = co_await find_evidence(workspace, *wanted);
  if (!evidence) co_return base::fail(evidence.error());
  co_return to_json(co_await services_.composer.compose(*evidence, wanted->request, *room));
}

io::Task<base::Result<Room>> Captioning::find_room(base::WorkspaceId workspace,
                                                   CaptionWanted wanted) {
  if (!wanted.account_id.empty()) {
    const auto account = co_await services_.accounts.get(workspace, {wanted.account_id});
    if (!account) co_return base::invalid("account_id", "is not an account of this workspace");
    const networks::Network* network = networks::by_id(account->network);
    if (network == nullptr) co_return base::invalid("account_id", "is on an unknown network");
    co_return Room(network, network->limits({.id = account->id,
                                             .network = account->network,
                                             .remote_id = account->remote_id,
                                             .handle = account->handle,
                                             .credentials = {},
                                             .details = account->details}));
  }
  if (wanted.network.empty()) co_return Room();
  const networks::Network* network = networks::by_id(wanted.network);
  if (network == nullptr) co_return base::invalid("network", "is not one of GET /api/networks");
  co_return Room(network, network->about().limits);
}

io::Task<base::Result<TrendEvidence>> Captioning::find_evidence(base::WorkspaceId workspace,
                                                                CaptionWanted wanted) {
  if (wanted.trend_id.empty()) {
    TrendEvidence topic{.label = tidy_line(wanted.topic, 100), .observed = false};
    if (topic.label.empty()) co_return base::invalid("topic", "holds no text");
    co_return topic;
  }
  std::optional<TrendEvidence> found = co_await services_.find_evidence(workspace, wanted.trend_id);
  if (!found) co_return base::not_found("There is no such trend (any more).");
  co_return std::move(*found);
}

}  // namespace captions
