#include "trends/shipments.h"

namespace trends {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fetched_bytes_max = std::size_t{16} << 20;
constexpr std::int64_t fetched_together = 64;  // of one part
constexpr auto alive_for = 15s;
constexpr auto forgotten_after = 10min;

}  // namespace

Shipments::Shipments(db::Database& database, const base::Clock& clock)
    : database_(database), clock_(clock) {}

io::Task<std::int64_t> Shipments::last_number(std::string part) {
  const auto rows = co_await database_.execute(
      "-- shipments.last\nSELECT shipped FROM source_state WHERE source = $1", {part});
  co_return rows.empty() ? 0 : rows[0]["shipped"].integer();
}

io::Task<bool> Shipments::ship(Shipment shipment, Standing standing) {
  if (shipment.mentions == 0) {
    const auto moved = co_await database_.execute(
        "-- shipments.move\nUPDATE source_state SET resume_from = $3 WHERE source = $1 AND "
        "fence = $2",
        {shipment.part, standing.fence, standing.cursor});
    co_return moved.affected == 1;
  }
  auto transaction = co_await database_.begin();
  const auto moved = co_await transaction->execute(
      "-- shipments.ship\nUPDATE source_state SET resume_from = $3, shipped = $4 "
      "WHERE source = $1 AND fence = $2 AND shipped = $5",
      {shipment.part, standing.fence, standing.cursor, shipment.number, shipment.number - 1});
  if (moved.affected != 1) {
    const auto written = co_await transaction->execute(
        "SELECT shipped FROM source_state WHERE source = $1 AND fence = $2",
        {shipment.part, standing.fence});
    co_return !written.empty() && written[0]["shipped"].integer() == shipment.number;
  }
  co_await transaction->execute(
      "INSERT INTO trend_shipments (part, number, made_at, mentions, bytes) "
      "VALUES ($1, $2, $3, $4, $5)",
      {shipment.part, shipment.number, clock_.now(), shipment.mentions,
       db::Bytes{std::move(shipment.bytes)}});
  co_await transaction->commit();
  co_return true;
}

io::Task<Shipments::Arrived> Shipments::after(Positions counted) {
  Arrived arrived;
  std::size_t bytes = 0;
  const auto parts = co_await database_.execute(
      "-- shipments.parts\nSELECT part, MAX(number) AS newest FROM trend_shipments GROUP BY part "
      "ORDER BY part");
  for (const db::Row& part : parts) {
    const std::string name = part["part"].text();
    const std::int64_t newest = part["newest"].integer();
    std::int64_t last = counted[name];
    while (last < newest) {
      if (bytes > fetched_bytes_max) {
        arrived.more = true;
        co_return arrived;
      }
      const auto rows = co_await database_.execute(
          "-- shipments.fetch\nSELECT number, mentions, bytes FROM trend_shipments "
          "WHERE part = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4",
          {name, last, newest, fetched_together});
      if (rows.empty()) break;  // pruned meanwhile
      for (const db::Row& row : rows) {
        last = row["number"].integer();
        bytes += row["bytes"].bytes().size();
        arrived.shipments.push_back({.part = name,
                                     .number = last,
                                     .mentions = row["mentions"].integer(),
                                     .bytes = row["bytes"].bytes()});
      }
    }
  }
  co_return arrived;
}

io::Task<> Shipments::forget(db::Session& session, Positions counted) {
  for (const auto& [part, number] : counted) {
    co_await session.execute(
        "-- shipments.forget\nDELETE FROM trend_shipments WHERE part = $1 AND number <= $2",
        {part, number});
  }
}

io::Task<std::int64_t> Shipments::prune(base::Instant made_before) {
  const auto dropped = co_await database_.execute(
      "-- shipments.prune\nDELETE FROM trend_shipments WHERE made_at < $1", {made_before});
  co_return dropped.affected;
}

io::Task<std::size_t> Shipments::beat(std::string process) {
  const base::Instant now = clock_.now();
  co_await database_.execute(
      "-- shards.beat\nINSERT INTO trend_shards (process, seen_at) VALUES ($1, $2) "
      "ON CONFLICT (process) DO UPDATE SET seen_at = excluded.seen_at",
      {process, now});
  co_await database_.execute("-- shards.forget\nDELETE FROM trend_shards WHERE seen_at < $1",
                             {now - forgotten_after});
  const auto rows = co_await database_.execute(
      "-- shards.count\nSELECT COUNT(*) AS alive FROM trend_shards WHERE seen_at >= $1",
      {now - alive_for});
  co_return static_cast<std::size_t>(rows[0]["alive"].integer());
}

io::Task<> Shipments::leave(std::string process) {
  co_await database_.execute("-- shards.leave\nDELETE FROM trend_shards WHERE process = $1",
                             {process});
}

}  // namespace trends
