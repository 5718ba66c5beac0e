#include "captions/composer.h"

#include "base/crypto.h"
#include "base/metrics.h"
#include "captions/answer.h"
#include "captions/offline.h"
#include "captions/prompt.h"

namespace captions {
namespace {

metrics::Counter composed{"captions_total", "Captions by the way they were made.", {"way"}};

std::string about_evidence(const TrendEvidence& evidence) {
  std::string note;
  if (evidence.generated) note += " This trend is from the demonstration stream, not from people.";
  if (evidence.coordinated)
    note += " Much of this trend comes from few hands: look before you join.";
  return note;
}

void add_to_note(Caption& caption, std::string_view text) {
  if (caption.note.empty() && text.starts_with(' ')) text.remove_prefix(1);
  caption.note += text;
}

}  // namespace

Composer::Composer(http::Client& client, const base::Clock& clock, Settings settings)
    : clock_(clock), model_(client, std::move(settings)) {}

io::Task<Caption> Composer::compose(TrendEvidence evidence, CaptionRequest request, Room room) {
  evidence = tidy(std::move(evidence));
  std::string reason = "No language model is configured (OPENAI_BASE_URL).";
  if (model_.configured()) {
    base::Result<Caption> written = co_await ask_model(evidence, request, room);
    if (written) {
      composed.add({"model"});
      add_to_note(*written, about_evidence(evidence));
      co_return std::move(*written);
    }
    reason = written.error().message;
  }
  composed.add({model_.configured() ? "fallback" : "offline"});
  Caption caption = compose_offline(evidence, request, room, clock_.now(), reason);
  add_to_note(caption, about_evidence(evidence));
  co_return caption;
}

io::Task<base::Result<Caption>> Composer::ask_model(TrendEvidence evidence, CaptionRequest request,
                                                    Room room) {
  const std::string mark = base::random_token(12);
  const base::Result<std::string> said =
      co_await model_.complete(make_messages(evidence, request, room, mark));
  if (!said) co_return base::fail(said.error());
  std::optional<Caption> caption = accept_answer(*said, evidence, request, room);
  if (!caption) {
    co_return base::fail({.status = 502,
                          .code = "model_failed",
                          .message = "The language model's answer could not be used."});
  }
  caption->model = model_.name();
  co_return std::move(*caption);
}

}  // namespace captions
