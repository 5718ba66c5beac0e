// Against two databases that say what they are told to. A real replica: tests/dr/reads.py.
#include "db/replica_reads.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace db {
namespace {

using namespace std::chrono_literals;

// One server: where its log stands, and how it fails.
class ScriptedServer final : public Database {
 public:
  io::Task<Rows> execute(std::string sql, Params) override {
    ++statements;
    if (hangs) co_await io::sleep_for(1h);
    if (gone) throw base::Unavailable("gone");
    if (sql.contains("pg_")) co_return standing();
    if (refuses) throw DatabaseError(DatabaseError::Kind::serialization, "conflict with recovery");
    co_return row({"name"}, {name});
  }
  io::Task<std::unique_ptr<Transaction>> begin() override {
    throw base::Unavailable("no transactions on " + name);
    co_return nullptr;
  }
  Dialect dialect() const override { return Dialect::postgres; }
  PoolState pool() const override { return {}; }
  io::Task<> close() override { co_return; }

  std::string name;
  std::string cluster = "7/main";
  Position at;  // written or replayed up to
  bool standby = false;
  bool gone = false;
  bool hangs = false;
  bool refuses = false;
  int statements = 0;

 private:
  static Rows row(std::vector<std::string> names, std::vector<Value> values) {
    Rows rows{.names = std::make_shared<const std::vector<std::string>>(std::move(names)),
              .rows = {}};
    rows.rows.emplace_back(rows.names, std::move(values));
    return rows;
  }
  Rows standing() const {
    const Value replayed = standby ? Value(at.text()) : Value();
    return row({"position", "replayed", "standby", "cluster"},
               {at.text(), replayed, standby, cluster});
  }
};

struct Pair {
  Pair() {
    primary.name = "primary";
    auto made = std::make_unique<ScriptedServer>();
    made->name = "replica";
    made->standby = true;
    replica = made.get();
    reads = std::make_unique<ReplicaReads>(primary, std::move(made),
                                           ReplicaOptions{.lag_max = 40ms, .patience = 50ms});
  }
  void write_up_to(std::uint64_t position) { primary.at = {position}; }
  void replay_up_to(std::uint64_t position) { replica->at = {position}; }
  io::Task<std::string> who_answers() {
    const Rows rows = co_await reads->execute("SELECT name FROM posts");
    co_return rows[0]["name"].text();
  }

  ScriptedServer primary;
  ScriptedServer* replica = nullptr;
  std::unique_ptr<ReplicaReads> reads;
};

void with_pair(io::Task<> (*body)(Pair&)) {
  Pair pair;
  io::run([&] { return body(pair); });
}

TEST(Position, IsReadAndWrittenAsPostgresDoes) {
  EXPECT_EQ(Position::parse("16/B374D848")->text(), "16/B374D848");
  EXPECT_EQ(Position::parse("0/0")->bytes, 0U);
  EXPECT_LT(*Position::parse("1/FFFFFFFF"), *Position::parse("2/0"));
  EXPECT_EQ(Position::parse(Position::beyond_all().text()), Position::beyond_all());
  for (const char* wrong : {"", "/", "1/", "/1", "1/2/3", "x/1", "1/123456789", "-1/0", " 1/0"}) {
    EXPECT_FALSE(Position::parse(wrong)) << wrong;
  }
}

TEST(ReplicaReads, GoToTheReplicaOnceItHasBeenLookedAt) {
  with_pair([](Pair& pair) -> io::Task<> {
    EXPECT_EQ(co_await pair.who_answers(), "primary") << "nothing is known yet";
    co_await pair.reads->look();
    EXPECT_EQ(pair.reads->trouble(), "");
    EXPECT_EQ(co_await pair.who_answers(), "replica");
  });
}

TEST(ReplicaReads, SeeTheirOwnWrites) {
  with_pair([](Pair& pair) -> io::Task<> {
    pair.write_up_to(100);
    pair.replay_up_to(100);
    co_await pair.reads->look();
    pair.write_up_to(200);
    const Position written = co_await pair.reads->position();
    EXPECT_EQ(written.bytes, 200U);
    EXPECT_FALSE(co_await pair.reads->has(written));
    pair.replay_up_to(200);
    EXPECT_TRUE(co_await pair.reads->has(written)) << "it asks, and does not wait for a look";
    const int asked = pair.replica->statements;
    EXPECT_TRUE(co_await pair.reads->has(written));
    EXPECT_EQ(pair.replica->statements, asked) << "what is known is not asked again";
    EXPECT_FALSE(co_await pair.reads->has(Position::beyond_all()));
  });
}

TEST(ReplicaReads, AWriteWhosePlaceIsUnknownIsBeyondAll) {
  with_pair([](Pair& pair) -> io::Task<> {
    pair.primary.gone = true;
    EXPECT_EQ(co_await pair.reads->position(), Position::beyond_all());
  });
}

TEST(ReplicaReads, FallBackWithoutAnErrorWhenTheReplicaIsGone) {
  with_pair([](Pair& pair) -> io::Task<> {
    co_await pair.reads->look();
    pair.replica->gone = true;
    EXPECT_EQ(co_await pair.who_answers(), "primary");
    const int asked = pair.replica->statements;
    EXPECT_EQ(co_await pair.who_answers(), "primary");
    EXPECT_EQ(pair.replica->statements, asked) << "not asked again before the next look";
    pair.replica->gone = false;
    co_await pair.reads->look();
    EXPECT_EQ(co_await pair.who_answers(), "replica");
  });
}

TEST(ReplicaReads, DoNotWaitLongForOneThatHangs) {
  with_pair([](Pair& pair) -> io::Task<> {
    co_await pair.reads->look();
    pair.replica->hangs = true;
    EXPECT_EQ(co_await pair.who_answers(), "primary");
    EXPECT_EQ(pair.reads->trouble(), "it does not answer");
    EXPECT_FALSE(co_await pair.reads->has({}));
  });
}

TEST(ReplicaReads, ARefusalIsOfThatStatementAlone) {
  with_pair([](Pair& pair) -> io::Task<> {
    co_await pair.reads->look();
    pair.replica->refuses = true;
    EXPECT_EQ(co_await pair.who_answers(), "primary");
    EXPECT_EQ(pair.reads->trouble(), "");
  });
}

TEST(ReplicaReads, OneTooFarBehindIsNotUsed) {
  with_pair([](Pair& pair) -> io::Task<> {
    pair.write_up_to(100);
    co_await pair.reads->look();
    EXPECT_EQ(pair.reads->trouble(), "") << "behind, but not for long";
    co_await io::sleep_for(60ms);  // the limit is 40 ms
    co_await pair.reads->look();
    EXPECT_NE(pair.reads->trouble(), "");
    EXPECT_EQ(co_await pair.who_answers(), "primary");
    pair.replay_up_to(100);
    co_await pair.reads->look();
    EXPECT_EQ(co_await pair.who_answers(), "replica");
  });
}

TEST(ReplicaReads, WhatIsNoReplicaOfThisDatabaseIsNotUsed) {
  with_pair([](Pair& pair) -> io::Task<> {
    pair.replica->standby = false;
    co_await pair.reads->look();
    EXPECT_EQ(co_await pair.who_answers(), "primary") << "it was promoted";
    pair.replica->standby = true;
    pair.replica->cluster = "8/main";
    co_await pair.reads->look();
    EXPECT_EQ(co_await pair.who_answers(), "primary") << "of another cluster";
  });
}

TEST(ReplicaReads, GoOnWhileThePrimaryIsAway) {
  with_pair([](Pair& pair) -> io::Task<> {
    co_await pair.reads->look();
    pair.primary.gone = true;
    co_await pair.reads->look();
    EXPECT_EQ(co_await pair.who_answers(), "replica");
  });
}

}  // namespace
}  // namespace db
