#include "convert/main.h"

#include "convert/picture.h"
#include "convert/sandbox.h"

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <unistd.h>

namespace convert {

namespace {

constexpr std::size_t input_max = std::size_t{64} * 1024 * 1024;

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<Request> request_of(int argc, char** argv) {
  if (argc != 5) return std::nullopt;
  Request request;
  std::string_view types = argv[1];
  while (!types.empty()) {
    const std::size_t comma = std::min(types.find(','), types.size());
    request.types.emplace_back(types.substr(0, comma));
    types.remove_prefix(std::min(comma + 1, types.size()));
  }
  const auto bytes = number_of(argv[2]);
  const auto side = number_of(argv[3]);
  const auto pixels = number_of(argv[4]);
  if (request.types.empty() || !bytes || !side || !pixels) return std::nullopt;
  request.bytes_max = *bytes;
  request.side_max = *side;
  request.pixels_max = *pixels;
  return request;
}

std::optional<std::string> read_input() {
  std::string bytes;
  std::string block(1 << 16, '\0');
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || bytes.size() > input_max) return std::nullopt;
    if (got == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(got));
  }
}

bool write_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto request = request_of(argc, argv);
  if (!request) return wrong_usage;
  if (!start_library() || !enter_sandbox()) return EXIT_FAILURE;
  const auto input = read_input();
  if (!input) return unreadable;
  const auto copy = make_copy(*input, *request);
  if (!copy) return copy.error() == Refusal::unreadable ? unreadable : unfittable;
  return write_output(*copy) ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace convert
