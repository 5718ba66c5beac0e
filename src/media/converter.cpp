#include "media/converter.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "media/child.h"

#include <filesystem>
#include <unistd.h>

#include <fmt/format.h>

namespace media {

namespace {

metrics::Counter conversions{
    "media_conversions_total", "Pictures made to fit a network, by outcome.", {"outcome"}};

constexpr std::size_t output_max = std::size_t{64} * 1024 * 1024;
// What socialtrend-convert answers (src/convert/main.h).
constexpr int unreadable = 3;
constexpr int unfittable = 4;

std::string program_beside_us() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string() : (self.parent_path() / "socialtrend-convert").string();
}

std::vector<std::string> arguments_of(const Conversion& conversion) {
  return {base::join(conversion.types, ","), std::to_string(conversion.bytes_max),
          std::to_string(conversion.side_max), std::to_string(conversion.pixels_max)};
}

base::Result<std::string> verdict(ChildResult result) {
  const auto refuse = [](std::string_view outcome, std::string message) {
    conversions.add({std::string(outcome)});
    return base::fail({.status = 422, .code = "media_conversion", .message = std::move(message)});
  };
  if (result.exit_code == unreadable) {
    return refuse("unreadable", "The picture is damaged: it cannot be read.");
  }
  if (result.exit_code == unfittable) {
    return refuse("unfittable", "The picture cannot be made small enough.");
  }
  if (result.exit_code != 0) {
    base::log_warn("media_converter_failed", {{"exit_code", result.exit_code}});
    return refuse("failed", "The picture could not be converted: it takes too much to read it.");
  }
  conversions.add({"converted"});
  return std::move(result.output);
}

}  // namespace

ProgramConverter::ProgramConverter(io::Executor executor, std::string program,
                                   std::chrono::milliseconds time_max)
    : program_(program.empty() ? program_beside_us() : std::move(program)),
      time_max_(time_max),
      freed_(std::move(executor)) {}

bool ProgramConverter::available() const { return ::access(program_.c_str(), X_OK) == 0; }

io::Task<base::Result<std::string>> ProgramConverter::convert(SharedBytes bytes,
                                                              Conversion conversion) {
  while (busy_) co_await freed_.wait();
  busy_ = true;
  const auto done = std::shared_ptr<void>(nullptr, [this](void*) {
    busy_ = false;
    freed_.notify();
  });
  co_return verdict(co_await run_child(program_, arguments_of(conversion), std::move(bytes),
                                       time_max_, output_max));
}

}  // namespace media
