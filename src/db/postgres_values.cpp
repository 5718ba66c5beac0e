#include "db/postgres_values.h"

#include "base/error.h"
#include "base/text.h"

#include <charconv>

namespace db::postgres {
namespace {

// From the server's catalog (pg_type); they never change.
constexpr Oid bool_oid = 16;
constexpr Oid bytea_oid = 17;
constexpr Oid int8_oid = 20;
constexpr Oid int2_oid = 21;
constexpr Oid int4_oid = 23;
constexpr Oid oid_oid = 26;
constexpr Oid float4_oid = 700;
constexpr Oid float8_oid = 701;
constexpr Oid numeric_oid = 1700;

Value read_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Too small or too large for a double: strtod gives the nearest, zero or infinity.
  if (error != std::errc()) value = std::strtod(std::string(text).c_str(), nullptr);
  return value;
}

Value read_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  // sum() of BIGINT is NUMERIC on PostgreSQL: an integer as long as it is one and fits.
  if (error != std::errc() || end != last) return read_real(text);
  return value;
}

int nibble(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

Value read_bytes(const char* text, std::size_t size) {
  std::string bytes;
  if (size >= 2 && text[0] == '\\' && text[1] == 'x') {
    bytes.reserve(size / 2 - 1);
    for (std::size_t at = 2; at + 1 < size; at += 2) {
      bytes += static_cast<char>(nibble(text[at]) * 16 + nibble(text[at + 1]));
    }
    return Bytes{std::move(bytes)};
  }
  std::size_t length = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> raw(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(text), &length), &PQfreemem);
  if (raw) bytes.assign(reinterpret_cast<const char*>(raw.get()), length);
  return Bytes{std::move(bytes)};
}

Value read_field(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  const char* data = PQgetvalue(result, row, column);
  const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
  switch (PQftype(result, column)) {
    case bool_oid:
      return data[0] == 't';
    case int2_oid:
    case int4_oid:
    case int8_oid:
    case oid_oid:
    case numeric_oid:
      return read_integer({data, size});
    case float4_oid:
    case float8_oid:
      return read_real({data, size});
    case bytea_oid:
      return read_bytes(data, size);
    default:
      return std::string(data, size);
  }
}

DatabaseError::Kind kind_of(std::string_view sqlstate) {
  if (sqlstate == "23505") return DatabaseError::Kind::unique;
  if (sqlstate == "23503") return DatabaseError::Kind::foreign_key;
  if (sqlstate == "23514" || sqlstate == "23502") return DatabaseError::Kind::check;
  if (sqlstate == "40001" || sqlstate == "40P01") return DatabaseError::Kind::serialization;
  return DatabaseError::Kind::other;
}

// Connections, resources, shut-downs, and a server that became a standby.
bool may_pass(std::string_view sqlstate) {
  if (sqlstate.empty() || sqlstate == "25006") return true;
  for (const std::string_view class_of : {"08", "53", "57", "58"}) {
    if (sqlstate.starts_with(class_of)) return true;
  }
  return false;
}

}  // namespace

void check(const Params& params) {
  for (const Value& value : params) {
    const auto* text = std::get_if<std::string>(&value.storage());
    if (text != nullptr && text->find('\0') != std::string::npos) {
      throw DatabaseError(DatabaseError::Kind::other, "a text parameter holds a NUL byte");
    }
  }
}

Encoded::Encoded(const Params& params) {
  types_.reserve(params.size());
  values_.reserve(params.size());
  lengths_.reserve(params.size());
  formats_.reserve(params.size());
  for (const Value& value : params) {
    std::visit([this](const auto& stored) { add(stored); }, value.storage());
  }
}

void Encoded::add(Null) {
  types_.push_back(0);
  values_.push_back(nullptr);
  lengths_.push_back(0);
  formats_.push_back(0);
}

void Encoded::add_owned(std::string text) {
  owned_.push_back(std::make_unique<std::string>(std::move(text)));
  add(*owned_.back());
}

void Encoded::add(std::int64_t value) { add_owned(std::to_string(value)); }

void Encoded::add(double value) { add_owned(fmt::format("{}", value)); }

void Encoded::add(const std::string& text) {
  types_.push_back(0);
  values_.push_back(text.c_str());
  lengths_.push_back(0);
  formats_.push_back(0);
}

void Encoded::add(const Bytes& bytes) {
  types_.push_back(bytea_oid);
  values_.push_back(bytes.data.data());
  lengths_.push_back(static_cast<int>(bytes.data.size()));
  formats_.push_back(1);
}

Rows decode(const PGresult* result) {
  Rows rows;
  const int columns = PQnfields(result);
  const int count = PQntuples(result);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) names.emplace_back(PQfname(result, column));
  rows.names = std::make_shared<const std::vector<std::string>>(std::move(names));
  rows.rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      values.push_back(read_field(result, row, column));
    }
    rows.rows.emplace_back(rows.names, std::move(values));
  }
  const std::string_view affected = PQcmdTuples(const_cast<PGresult*>(result));
  std::from_chars(affected.data(), affected.data() + affected.size(), rows.affected);
  return rows;
}

std::string sqlstate_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

std::exception_ptr error_of(const PGresult* result) {
  const std::string sqlstate = sqlstate_of(result);
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  // An ERROR of that state is our own mistake (wrong number of parameters); a FATAL is PgBouncer's.
  const bool our_mistake =
      sqlstate == "08P01" && severity != nullptr && std::string_view(severity) == "ERROR";
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  std::string message(base::trim(primary != nullptr ? primary : PQresultErrorMessage(result)));
  // "invalid input syntax for type bigint: "...": the value is somebody's.
  if (sqlstate.starts_with("22")) message = message.substr(0, message.find(": \""));
  message = fmt::format("PostgreSQL {}: {}", sqlstate, message);
  if (may_pass(sqlstate) && !our_mistake)
    return std::make_exception_ptr(base::Unavailable(message));
  return std::make_exception_ptr(DatabaseError(kind_of(sqlstate), message));
}

}  // namespace db::postgres
