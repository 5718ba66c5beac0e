#include "celery/message.h"

#include "base/text.h"
#include "celery/arguments.h"
#include "celery/broker.h"
#include "celery/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace celery {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::object message(json::object headers, const json::value& body) {
  return {{"body", base::base64(json::serialize(body))},
          {"content-type", "application/json"},
          {"content-encoding", "utf-8"},
          {"headers", std::move(headers)},
          {"properties", json::object{{"body_encoding", "base64"}}}};
}

json::object headers(json::object more = {}) {
  json::object all{{"task", "tasks.auto_upload"}, {"id", "one"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

json::value body(json::object kwargs = {}, json::object embed = {}) {
  return json::array{json::array{"first"}, std::move(kwargs), std::move(embed)};
}

std::string refusal_of(const json::object& raw) {
  const auto task = read_task(json::serialize(raw));
  return task ? "" : task.error().message;
}

TEST(Message, IsReadWithItsTimes) {
  const auto task = read_task(json::serialize(
      message(headers({{"eta", "2026-11-23T10:00:00.5+01:00"}, {"expires", "2026-11-23T12:00:00"}}),
              body({{"text", "Hello"}}))));
  ASSERT_TRUE(task) << task.error().message;
  EXPECT_EQ(task->id, "one");
  EXPECT_EQ(task->kwargs.at("text").as_string(), "Hello");
  EXPECT_EQ(base::format_rfc3339(*task->eta), "2026-11-23T09:00:00.5Z");
  EXPECT_EQ(base::format_rfc3339(*task->expires), "2026-11-23T12:00:00Z");  // UTC unless said
  EXPECT_FALSE(task->has_links);
}

TEST(Message, SaysWhyItIsRefused) {
  json::object pickle = message(headers(), body());
  pickle["content-type"] = "application/x-python-serialize";
  EXPECT_THAT(refusal_of(pickle), HasSubstr("only application/json"));
  EXPECT_THAT(refusal_of(message({{"id", "one"}}, body())), HasSubstr("protocol 2"));
  EXPECT_THAT(refusal_of(message(headers({{"id", "with space"}}), body())), HasSubstr("`id`"));
  EXPECT_THAT(refusal_of(message(headers({{"eta", "soon"}}), body())), HasSubstr("eta"));
  EXPECT_THAT(refusal_of(message(headers({{"compression", "x-gzip"}}), body())),
              HasSubstr("Compressed"));
  EXPECT_THAT(refusal_of(message(headers(), json::object{})), HasSubstr("[args, kwargs, embed]"));
}

TEST(Message, KnowsWhatShouldFollow) {
  const json::object chained{{"chain", json::array{json::object{{"task", "next"}}}}};
  EXPECT_TRUE(read_task(json::serialize(message(headers(), body({}, chained))))->has_links);
}

TEST(Message, SurvivesAnyBytes) {
  const std::string good = json::serialize(message(headers(), body()));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_task(std::string_view(good).substr(0, size)));
  }
  EXPECT_FALSE(read_task(std::string(100'000, '[')));
  EXPECT_FALSE(read_task(std::string(message_bytes_max + 1, ' ')));
}

TEST(Message, IsMarkedWhenDeliveredAgain) {
  const std::string marked = mark_redelivered(json::serialize(message(headers(), body())));
  const json::value value = json::parse(marked);
  EXPECT_TRUE(base::boolean_at(value, "/headers/redelivered"));
  EXPECT_TRUE(base::boolean_at(value, "/properties/delivery_info/redelivered"));
  EXPECT_TRUE(read_task(marked));
  EXPECT_EQ(mark_redelivered("no json"), "no json");
}

TEST(Message, CarriesWhatItWasGiven) {
  const auto read = read_envelope(write_envelope(json::object{{"ok", "pong"}}, {{"ticket", "t"}},
                                                 {.exchange = "e", .routing_key = "r"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(base::text_at(read->body, "/ok"), "pong");
  EXPECT_EQ(read->headers.at("ticket").as_string(), "t");
}

TEST(Arguments, AreBoundAsPythonWould) {
  Task task{.name = "t", .args = {"a", nullptr}, .kwargs = {{"accounts", "x"}}};
  const auto bound = bind_arguments(task, {"text", "accounts"});
  ASSERT_TRUE(bound);  // None stands for nothing
  EXPECT_EQ(bound->at("accounts").as_string(), "x");
  task.kwargs["text"] = "b";
  EXPECT_THAT(bind_arguments(task, {"text", "accounts"}).error().message,
              HasSubstr("multiple values for argument 'text'"));
  EXPECT_THAT(bind_arguments(task, {"text"}).error().message, HasSubstr("at most 1"));
}

TEST(Arguments, NameEachBadOne) {
  const auto wanted = read_upload(
      {.name = "t",
       .args = {},
       .kwargs = {{"text", 7}, {"media", json::array{"file:///etc/passwd"}}, {"colour", "red"}}});
  ASSERT_FALSE(wanted);
  std::vector<std::string> names;
  for (const base::FieldError& field : wanted.error().fields) names.push_back(field.field);
  EXPECT_THAT(names, ElementsAre("text", "media[0]", "colour"));
}

accounts::AccountView account(const char* id, const char* network, const char* handle) {
  return {.id = {id}, .network = network, .handle = handle};
}

TEST(Arguments, FindTheAccountsThatAreMeant) {
  const std::vector connected{account("1", "mastodon", "ada@a.example"),
                              account("2", "bluesky", "ada"), account("3", "x", "ada")};
  const auto found = find_accounts(
      {.accounts = {"@ada@a.example", "bluesky:ada", "2"}, .networks = {"x"}}, connected);
  ASSERT_TRUE(found);
  EXPECT_THAT(*found,
              ElementsAre(base::AccountId{"1"}, base::AccountId{"2"}, base::AccountId{"3"}));
  EXPECT_THAT(find_accounts({.accounts = {"ada"}}, connected).error().message,
              HasSubstr("fits several"));
  EXPECT_THAT(find_accounts({.networks = {"slack"}}, connected).error().message,
              HasSubstr("no account on \"slack\""));
}

TEST(Binding, IsReadAsItIsWritten) {
  const auto binding = read_binding(write_binding({.routing_key = "key", .queue = "queue"}));
  ASSERT_TRUE(binding);
  EXPECT_EQ(binding->routing_key, "key");
  EXPECT_EQ(binding->queue, "queue");
  EXPECT_FALSE(read_binding("no separators"));
}

TEST(Control, IsAddressedByNameOrPattern) {
  EXPECT_TRUE(is_addressed(json::object{{"destination", nullptr}}, "a@b"));
  EXPECT_TRUE(is_addressed(json::object{{"destination", json::array{"a@b"}}}, "a@b"));
  EXPECT_FALSE(is_addressed(json::object{{"destination", json::array{"c@b"}}}, "a@b"));
  EXPECT_TRUE(is_addressed(json::object{{"pattern", "a@*"}, {"matcher", "glob"}}, "a@b"));
  EXPECT_FALSE(is_addressed(json::object{{"pattern", "(a+)+"}, {"matcher", "pcre"}}, "a@b"));
}

TEST(Outcome, HidesNothingThatTheProducerCanMend) {
  const Outcome outcome = failure({.status = 422, .fields = {{"text", "is missing"}}});
  EXPECT_EQ(exception_text(outcome), "ValueError('text: is missing')");
  EXPECT_THAT(json::serialize(outcome.result), HasSubstr("builtins"));
}

}  // namespace
}  // namespace celery
