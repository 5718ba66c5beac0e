// Jetstream frames: any bytes, cut into frames at zero bytes.
#include "base/text.h"
#include "trends/intake.h"
#include "trends/sources/jetstream_frames.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> frames;
  for (const std::string_view frame : base::split(input, '\0')) frames.emplace_back(frame);
  const auto now = base::from_micros(1'795'435'200'000'000);
  auto batch = trends::parse_jetstream(frames, now);
  for (trends::Mention& mention : batch.mentions) {
    if (mention.at > now) std::abort();
    if (trends::make_fit(mention, now, false) && !base::is_utf8(mention.text)) std::abort();
  }
  trends::JetstreamPosition::parse(input);
  return 0;
}
