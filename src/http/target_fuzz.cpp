// What parse_target() lets through is a path that everybody reads the same way, whatever came in.
#include "base/check.h"
#include "base/text.h"
#include "http/target.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = http::Query::parse(text);
  CHECK(query.pairs.size() <= http::query_pairs_max);
  for (const auto& [name, value] : query.pairs) CHECK(base::is_utf8(name) && base::is_utf8(value));

  const auto target = http::parse_target(text);
  if (!target) {
    CHECK(target.error().status == 400 || target.error().status == 414);
    return 0;
  }
  const std::string& path = target->path;
  CHECK(path.starts_with('/') && base::is_utf8(path));
  CHECK(path.find_first_of(std::string_view("\\\r\n\0", 4)) == std::string::npos);
  CHECK((path + "/").find("/../") == std::string::npos &&
        (path + "/").find("/./") == std::string::npos);
  CHECK(path.find("//") == std::string::npos);
  return 0;
}
