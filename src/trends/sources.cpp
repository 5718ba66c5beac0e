#include "io/task.h"
#include "trends/source.h"

namespace trends {

#define SOURCE(name) std::unique_ptr<Source> make_##name();
#include "trends/sources/all.def"
#undef SOURCE

const std::vector<std::unique_ptr<Source>>& all_sources() {
  static const auto sources = [] {
    std::vector<std::unique_ptr<Source>> made;
#define SOURCE(name) made.push_back(make_##name());
#include "trends/sources/all.def"
#undef SOURCE
    return made;
  }();
  return sources;
}

const Source* source_by_id(std::string_view id) {
  for (const auto& source : all_sources()) {
    if (source->about().id == id) return source.get();
  }
  return nullptr;
}

std::string Source::label(const json::object&) const { return about().label; }

std::vector<base::FieldError> Source::check(const json::object&) const { return {}; }

io::Task<> pause(SourceContext context, std::chrono::nanoseconds time) {
  if (context.wake == nullptr) {
    co_await io::sleep_for(time);
  } else {
    co_await context.wake->wait_for(time);
  }
}

std::string text_setting(const json::object& settings, std::string_view key) {
  const json::value* value = settings.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::vector<std::string> list_setting(const json::object& settings, std::string_view key) {
  std::vector<std::string> items;
  const json::value* value = settings.if_contains(key);
  if (value == nullptr || !value->is_array()) return items;
  for (const json::value& item : value->get_array()) {
    if (item.is_string()) items.emplace_back(item.get_string());
  }
  return items;
}

}  // namespace trends
