#include "networks/steps.h"

#include "base/crypto.h"
#include "base/text.h"
#include "networks/fields.h"

namespace networks {
namespace {

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
  const auto now = clock_->now();
  if (progress_ != nullptr) value_ = progress_->value();
  if (text_field(value_, "content") != mark_ || age(now) >= life) begin(now);
}

void Steps::begin(base::Instant now) {
  value_ = {{"content", mark_}, {"began_at", base::to_micros(now)}};
}

std::string Steps::text(std::string_view name) const { return text_field(value_, name); }

io::Task<> Steps::set(std::string name, json::value value) {
  value_[name] = std::move(value);
  if (progress_ != nullptr) co_await progress_->save(value_);
}

io::Task<> Steps::clear() {
  begin(clock_->now());
  if (progress_ != nullptr) co_await progress_->save(value_);
}

std::chrono::seconds Steps::age(base::Instant now) const {
  const auto began = base::from_micros(integer_field(value_, "began_at"));
  return std::chrono::floor<std::chrono::seconds>(now - began);
}

}  // namespace networks
