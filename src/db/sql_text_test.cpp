#include "db/sql_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace db {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SplitStatements, AtSemicolonsAtTheEndOfALine) {
  EXPECT_THAT(split_statements("SELECT 1;\n  SELECT 2 ;  \nSELECT 3"),
              ElementsAre("SELECT 1", "SELECT 2", "SELECT 3"));
  EXPECT_THAT(split_statements("SELECT 1; SELECT 2;"), ElementsAre("SELECT 1; SELECT 2"));
  EXPECT_THAT(split_statements("SELECT 1; -- one\nSELECT 2;\r\n"),
              ElementsAre("SELECT 1", "-- one\nSELECT 2"));
  EXPECT_THAT(split_statements(""), IsEmpty());
  EXPECT_THAT(split_statements("-- nothing;\n/* at all;\n */\n;\n"), IsEmpty());
}

TEST(SplitStatements, NotInsideQuotesCommentsOrBodies) {
  EXPECT_THAT(split_statements("INSERT INTO t VALUES ('a;\n''b;\n');\nSELECT \"x;\ny\";\n"),
              ElementsAre("INSERT INTO t VALUES ('a;\n''b;\n')", "SELECT \"x;\ny\""));
  EXPECT_THAT(split_statements("SELECT 1 /* a;\n b */ + 1;\nSELECT 2 -- c;\n + 2;\n"),
              ElementsAre("SELECT 1 /* a;\n b */ + 1", "SELECT 2 -- c;\n + 2"));
  const std::string function =
      "CREATE FUNCTION f() RETURNS trigger AS $body$\nBEGIN\n  PERFORM $$x;\n$$;\nEND;\n"
      "$body$ LANGUAGE plpgsql";
  EXPECT_THAT(split_statements(function + ";\nSELECT $1;\n"), ElementsAre(function, "SELECT $1"));
}

TEST(SplitStatements, KeepsTriggersWhole) {
  const std::string trigger =
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n"
      "  UPDATE a SET x = CASE WHEN x > 1 THEN 1 ELSE 2 END;\n"
      "  DELETE FROM b;\nEND";
  EXPECT_THAT(split_statements(trigger + ";\nSELECT 1;\n"), ElementsAre(trigger, "SELECT 1"));
  EXPECT_THAT(
      split_statements("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();\nSELECT 1;"),
      ElementsAre("CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()", "SELECT 1"));
}

TEST(SplitStatements, EndsOnUnfinishedText) {
  for (const char* text : {"SELECT 'a;\n", "/* a;\n", "$x$ a;\n", "\"a;\n", "$", "'"}) {
    EXPECT_EQ(split_statements(text).size(), std::string_view(text) == "/* a;\n" ? 0U : 1U) << text;
  }
}

TEST(QueryName, IsTheLeadingComment) {
  EXPECT_EQ(query_name("-- posts.claim\nUPDATE posts SET x = 1"), "posts.claim");
  EXPECT_EQ(query_name("  /* posts claim */ UPDATE posts"), "posts_claim");
  EXPECT_EQ(query_name("/* a\"}\n*/ SELECT 1"), "a__");
  EXPECT_EQ(query_name("-- " + std::string(500, 'x') + "\nSELECT 1").size(), 60U);
}

TEST(QueryName, IsElseTheVerbAndTheTable) {
  EXPECT_EQ(query_name("SELECT a, 'from x' FROM posts WHERE b = $1"), "select_posts");
  EXPECT_EQ(query_name("insert into Posts (id) values ($1)"), "insert_posts");
  EXPECT_EQ(query_name("UPDATE posts SET a = 1"), "update_posts");
  EXPECT_EQ(query_name("DELETE FROM posts"), "delete_posts");
  EXPECT_EQ(query_name("SELECT 1"), "select");
  EXPECT_EQ(query_name(""), "other");
  EXPECT_EQ(query_name("(("), "other");
}

TEST(VerbOf, SeesTransactionControl) {
  EXPECT_EQ(verb_of("BEGIN IMMEDIATE"), Verb::begin);
  EXPECT_EQ(verb_of("start transaction"), Verb::begin);
  EXPECT_EQ(verb_of("/* x */ commit"), Verb::end);
  EXPECT_EQ(verb_of("ROLLBACK"), Verb::end);
  EXPECT_EQ(verb_of("ROLLBACK TO here"), Verb::rollback_to);
  EXPECT_EQ(verb_of("rollback transaction to savepoint here"), Verb::rollback_to);
  EXPECT_EQ(verb_of("-- x\nWITH due AS (SELECT 1) UPDATE t SET a = 1"), Verb::change);
  EXPECT_EQ(verb_of("SELECT 1"), Verb::other);
}

}  // namespace
}  // namespace db
