#include "networks/steps.h"

#include "base/crypto.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/fields.h"

namespace networks {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{200};
constexpr milliseconds longest_pause{5'000};
constexpr milliseconds waiting_max{90'000};
// A network that is not done by then has lost what it was given.
constexpr std::chrono::minutes working_max{15};

// Soon at first, since pictures take a moment only.
std::chrono::seconds next_question(std::chrono::seconds age) {
  return std::clamp(age / 4, std::chrono::seconds(1), std::chrono::seconds(30));
}

io::Task<std::expected<bool, Outcome>> wait_for(Steps::Ask ask) {
  milliseconds waited{0};
  for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    auto done = co_await ask();
    if (!done || *done || waited >= waiting_max) co_return done;
    co_await io::sleep_for(pause);
    waited += pause;
  }
}

// Every part with its length before it, so that two contents never look alike.
std::string mark_of(const Content& content) {
  std::string all;
  const auto add = [&all](std::string_view text) {
    all += fmt::format("{}:", text.size());
    all += text;
  };
  for (const auto& part : content.parts) {
    add(part.text);
    for (const auto& image : part.media) {
      add(image.id.value);
      add(image.alt_text);
      add(std::to_string(image.bytes.size()));
    }
  }
  if (content.reply_to) add(json::serialize(*content.reply_to));
  return base::hex(base::sha256(all));
}

}  // namespace

Steps::Steps(Context context, const Content& content, std::chrono::seconds life)
    : progress_(context.progress), clock_(context.clock), mark_(mark_of(content)) {
  if (progress_ != nullptr) value_ = progress_->value();
  if (text_field(value_, "content") != mark_ || age() >= life) begin();
}

void Steps::begin() { value_ = {{"content", mark_}, {"began_at", base::to_micros(clock_->now())}}; }

std::string Steps::text(std::string_view name) const { return text_field(value_, name); }

io::Task<> Steps::set(std::string name, std::string value) {
  value_[name] = value;
  if (progress_ != nullptr) co_await progress_->save(value_);
}

io::Task<> Steps::clear() {
  begin();
  if (progress_ != nullptr) co_await progress_->save(value_);
}

io::Task<std::optional<Prepared>> Steps::finish(std::string name, Ask ask, std::string reason) {
  name += " is";
  if (text(name) == "done") co_return std::nullopt;
  // Whoever can be called again asks once and keeps nobody waiting.
  auto done = progress_ != nullptr ? co_await ask() : co_await wait_for(std::move(ask));
  if (!done) {
    if (std::holds_alternative<Rejected>(done.error())) co_await clear();
    co_return while_preparing(std::move(done.error()));
  }
  if (*done) {
    co_await set(name, "done");
    co_return std::nullopt;
  }
  if (progress_ != nullptr && age() < working_max) {
    co_return StillWorking{.after = next_question(age()), .reason = std::move(reason)};
  }
  co_await clear();
  co_return RetryLater{.reason = std::move(reason)};
}

std::chrono::seconds Steps::age() const {
  const auto began = base::from_micros(integer_field(value_, "began_at"));
  return std::chrono::floor<std::chrono::seconds>(clock_->now() - began);
}

}  // namespace networks
