// However a connection's bytes are cut into reads, the parser must come to the same end: a framing
// that depends on the cut is how requests are smuggled.
#include "base/check.h"
#include "http/request_parser.h"

#include <cstddef>
#include <cstdint>

namespace {

struct Outcome {
  int refused = 0;
  bool done = false;
  std::string head;
  std::string body;
  std::size_t taken = 0;

  bool operator==(const Outcome&) const = default;
};

Outcome parse(std::string_view bytes, std::size_t step) {
  constexpr std::size_t header_max = 512;
  constexpr std::size_t body_max = 1024;
  http::RequestParser parser(header_max);
  Outcome outcome;
  std::size_t available = 0;
  bool allowed = false;
  while (!parser.done()) {
    const auto taken = parser.put(bytes.substr(outcome.taken, available - outcome.taken));
    if (!taken) {
      outcome.refused = taken.error().status;
      return outcome;
    }
    outcome.taken += *taken;
    if (parser.header_done() && !allowed) {
      const auto head = parser.head();
      const auto allowance = parser.allow_body(body_max);
      if (!head || !allowance) {
        outcome.refused = head ? allowance.error().status : head.error().status;
        return outcome;
      }
      outcome.head = head->method + " " + head->path;
      allowed = true;
      continue;
    }
    if (*taken > 0) continue;
    if (available == bytes.size()) break;
    available = std::min(bytes.size(), available + step);
  }
  outcome.done = parser.done();
  outcome.body = parser.take_body();
  CHECK(outcome.body.size() <= body_max);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty() || bytes.size() > 4096) return 0;
  const Outcome whole = parse(bytes, bytes.size());
  const Outcome dribbled = parse(bytes, 1);
  const Outcome chopped = parse(bytes, 7);
  // An error may be seen sooner or later, with more or less taken; what is accepted must be the
  // same.
  CHECK(whole.done == dribbled.done && whole.done == chopped.done);
  if (whole.done) CHECK(whole == dribbled && whole == chopped);
  return 0;
}
