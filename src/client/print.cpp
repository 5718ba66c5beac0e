#include "client/print.h"

#include "base/json.h"
#include "base/text.h"

#include <fmt/format.h>

namespace client {
namespace {

std::string plain(std::string text, std::size_t max = 200) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return base::count_graphemes(text) <= max ? text : base::truncate_graphemes(text, max) + "...";
}

std::string field(const json::value& value, std::string_view pointer, std::size_t max = 200) {
  return plain(base::text_at(value, pointer), max);
}

double number(const json::value& value, std::string_view pointer) {
  const json::value* found = base::find(value, pointer);
  return found && found->is_number() ? found->to_number<double>() : 0;
}

const json::array& items(const json::value& value, std::string_view pointer) {
  static const json::array none;
  const json::value* found = base::find(value, pointer);
  return found && found->is_array() ? found->get_array() : none;
}

void print_messages(const json::value& from, std::string_view pointer, std::string_view mark) {
  for (const json::value& one : items(from, pointer)) {
    fmt::print("    {} {}: {}\n", mark, field(one, "/field"), field(one, "/message"));
  }
}

}  // namespace

void print_post(const json::value& post) {
  fmt::print("{}  {}  {}\n", field(post, "/id"), field(post, "/state"), field(post, "/due_at"));
  for (const json::value& part : items(post, "/parts")) {
    fmt::print("  \"{}\"\n", field(part, "/text"));
  }
  for (const json::value& target : items(post, "/targets")) {
    fmt::print("  {} {} {}  {}{}\n", field(target, "/network"), field(target, "/account_handle"),
               field(target, "/state"), field(target, "/url"),
               field(target, "/state") == "needs_decision" ? "  target " + field(target, "/id")
                                                           : std::string());
    if (const std::string reason = field(target, "/state_reason", 400); !reason.empty()) {
      fmt::print("    {}\n", reason);
    }
  }
  print_messages(post, "/warnings", "note:");
}

void print_posts(const json::value& page) {
  for (const json::value& post : items(page, "/items")) {
    const auto& parts = items(post, "/parts");
    fmt::print("{}  {:<18} {:<20} {}\n", field(post, "/id"), field(post, "/state"),
               field(post, "/due_at"), parts.empty() ? "" : field(parts[0], "/text", 60));
  }
}

void print_timeline(const json::value& answer) {
  for (const json::value& entry : items(answer, "/items")) {
    const std::string person = field(entry, "/actor");
    fmt::print("{}  {}  {}{}\n", field(entry, "/at"), field(entry, "/account"),
               field(entry, "/message", 400), person.empty() ? std::string() : " (" + person + ")");
  }
}

void print_validation(const json::value& answer) {
  fmt::print("{}  {}\n", base::boolean_at(answer, "/ok") ? "fine" : "not possible",
             field(answer, "/due_at"));
  for (const json::value& check : items(answer, "/checks")) {
    fmt::print("  {} {}\n", field(check, "/network"), field(check, "/handle"));
    print_messages(check, "/errors", "error:");
    print_messages(check, "/warnings", "warning:");
    print_messages(check, "/notes", "note:");
  }
}

void print_bulk(const json::value& answer) {
  for (const json::value& row : items(answer, "/rows")) {
    fmt::print("row {:>4}  {:<7} {}  {}\n", base::integer_at(row, "/row"),
               base::boolean_at(row, "/ok") ? "fine" : "refused", field(row, "/due_at"),
               field(row, "/post_id"));
    print_messages(row, "/errors", "error:");
    print_messages(row, "/warnings", "warning:");
  }
  fmt::print("{} scheduled\n", base::integer_at(answer, "/created"));
}

void print_trends(const json::value& answer) {
  for (const json::value& trend : items(answer, "/items")) {
    fmt::print("{:>7.1f}  {:<32} {:>6.0f} authors, expected {:.1f}, since {}{}\n",
               number(trend, "/score"), field(trend, "/label", 32), number(trend, "/authors"),
               number(trend, "/expected"), field(trend, "/since"),
               base::boolean_at(trend, "/coordinated") ? "  (looks coordinated)" : "");
  }
  if (base::boolean_at(answer, "/generated")) fmt::print("These come from the demonstration.\n");
}

void print_accounts(const json::value& page) {
  for (const json::value& account : items(page, "/items")) {
    fmt::print("{}  {:<12} {:<30} {}  {}\n", field(account, "/id"), field(account, "/network"),
               field(account, "/handle"), field(account, "/state"),
               field(account, "/state_reason"));
  }
}

}  // namespace client
